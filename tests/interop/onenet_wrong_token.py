#!/usr/bin/env python3
"""Wrong: the token is not the one of the console."""

from onenet_right import Receiver, serve


class OtherToken(Receiver):
    token = "20200321182810"


serve(OtherToken)
