#!/usr/bin/env python3
"""Wrong: reads the query as a form, as Flask's request.args does, so a `+` becomes a blank."""

from urllib.parse import parse_qsl

from onenet_right import Receiver, serve


class PlusIsLost(Receiver):
    def query(self, text):
        return dict(parse_qsl(text))


serve(PlusIsLost)
