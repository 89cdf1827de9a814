#!/usr/bin/env python3
"""A WeChat official account's server that is right: a robot of WeRoBot, as its documentation
shows, on a free port.

Needs WeRoBot. It prints its address once it listens.
"""

from wsgiref.simple_server import make_server

import werobot

robot = werobot.WeRoBot(token="aaa", SESSION_STORAGE=False)


@robot.handler
def hello(message):
    return "hello"


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, robot.wsgi)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
