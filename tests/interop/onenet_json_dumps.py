#!/usr/bin/env python3
"""Wrong: `msg` is parsed and written again before it is hashed, and Python writes blanks."""

import json

from onenet_right import Receiver, serve


class WritesAgain(Receiver):
    def signed(self, body, push):
        return json.dumps(push["msg"]).encode()


serve(WritesAgain)
