#!/usr/bin/env python3
"""A receiver of OneNET Studio's HTTP push that is right, with the standard library.

Written from OneNET Studio's documentation: the URL verification is that of OneNET; in a push,
`msg` is a string, and base64(md5(token + nonce + msg)) covers the string that it stands for.
"""

from onenet_right import Receiver, serve


class Studio(Receiver):
    def signature(self, push):
        return push["signature"]

    def signed(self, body, push):
        return push["msg"].encode()


serve(Studio)
