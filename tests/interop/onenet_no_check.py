#!/usr/bin/env python3
"""Checks nothing: it echoes what it is asked, and takes every push. OneNET's documentation
permits that; so anybody can push."""

from urllib.parse import urlsplit

from onenet_right import Receiver, serve


class TakesAll(Receiver):
    def do_GET(self):
        self.reply(200, self.query(urlsplit(self.path).query).get("msg", ""))

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.reply(200, "ok")


serve(TakesAll)
