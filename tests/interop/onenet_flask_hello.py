#!/usr/bin/env python3
"""An article's first try in Flask: a page that answers, and knows nothing of the platform.

Needs Flask.
"""

from flask import Flask
from werkzeug.serving import make_server

app = Flask(__name__)


# OneNET global push link
@app.route("/he/data/push/global", methods=['GET'])
def he_data_push_global():
    return 'Hello IOT'


if __name__ == '__main__':
    server = make_server('127.0.0.1', 0, app)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
