#!/usr/bin/env python3
"""Wrong: the echo is printed, and print adds a newline."""

import io

from onenet_right import Receiver, serve


class Prints(Receiver):
    def echo(self, msg):
        page = io.StringIO()
        print(msg, file=page)
        return page.getvalue()


serve(Prints)
