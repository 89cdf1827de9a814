#!/usr/bin/env python3
"""A OneNET push receiver that is right, with nothing but Python's standard library.

Written from OneNET's documentation of HTTP push: the URL verification (GET) and the
pushes (POST), both signed with base64(md5(token + nonce + msg)).

    python3 onenet_right.py [PORT]

It prints its address once it listens; without a PORT it takes a free one.
"""

import base64
import hashlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

TOKEN = "20200321182801"


class Receiver(BaseHTTPRequestHandler):
    token = TOKEN
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        query = self.query(urlsplit(self.path).query)
        msg, nonce = query.get("msg", ""), query.get("nonce", "")
        if query.get("signature") == self.sign(nonce, msg.encode()):
            self.reply(200, self.echo(msg))
        else:
            self.reply(401, "invalid token")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            push = json.loads(body)
            right = self.signature(push) == self.sign(push["nonce"], self.signed(body, push))
        except (KeyError, TypeError, ValueError):
            self.reply(400, "not a push of OneNET's")
            return
        if right:
            self.reply(200, "ok")
        else:
            self.reply(401, "invalid signature")

    def query(self, text):
        """The platform sends base64 as it is, so a `+` is a `+` and not a blank."""
        pairs = (pair.partition("=") for pair in text.split("&"))
        return {name: unquote(value) for name, _, value in pairs}

    def echo(self, msg):
        return msg

    def signature(self, push):
        return push.get("msg_signature")

    def signed(self, body, push):
        """What a push's signature covers: the bytes of `msg` as they came, or `enc_msg`."""
        if "enc_msg" in push:
            return push["enc_msg"].encode()
        text = body.decode()
        start = text.index('"msg":') + len('"msg":')
        _, end = json.JSONDecoder().raw_decode(text, start)
        return text[start:end].encode()

    def sign(self, nonce, msg):
        digest = hashlib.md5(self.token.encode() + nonce.encode() + msg).digest()
        return base64.b64encode(digest).decode()

    def reply(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def serve(receiver):
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = ThreadingHTTPServer(("127.0.0.1", port), receiver)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve(Receiver)
