#!/usr/bin/env python3
"""A WeChat official account's server that is right: wechatpy checks the signature, as its
documentation shows.

Needs wechatpy. It prints its address once it listens.
"""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from wechatpy import create_reply, parse_message
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.utils import check_signature

TOKEN = "aaa"


class Account(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(lambda query: query.get("echostr", ""))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(lambda query: create_reply("hello", parse_message(body)).render())

    def answer(self, make):
        query = dict(parse_qsl(urlsplit(self.path).query))
        parts = [query.get(name, "") for name in ("signature", "timestamp", "nonce")]
        try:
            check_signature(TOKEN, *parts)
        except InvalidSignatureException:
            self.reply(403, "invalid signature")
        else:
            self.reply(200, make(query))

    def reply(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Account)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
