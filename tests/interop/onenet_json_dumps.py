#!/usr/bin/env python3
"""Wrong: `msg` is parsed and written again before it is hashed, and Python writes blanks. It
answers what it computed, as one prints to find out."""

import json

from onenet_right import Receiver, serve


class WritesAgain(Receiver):
    def signed(self, body, push):
        return json.dumps(push["msg"]).encode()

    def sign(self, nonce, msg):
        self.computed = super().sign(nonce, msg)
        return self.computed

    def reply(self, status, text):
        super().reply(status, f"{text}: not {self.computed}" if status == 401 else text)


serve(WritesAgain)
