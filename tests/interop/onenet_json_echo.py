#!/usr/bin/env python3
"""Wrong: the echo is answered as JSON, as a framework does that makes JSON of what it is given."""

import json

from onenet_right import Receiver, serve


class AnswersJson(Receiver):
    def echo(self, msg):
        return json.dumps(msg)


serve(AnswersJson)
