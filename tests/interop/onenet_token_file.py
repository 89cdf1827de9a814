#!/usr/bin/env python3
"""Wrong: the token was read from a file, with the newline at its end."""

from onenet_right import TOKEN, Receiver, serve


class TokenWithNewline(Receiver):
    token = TOKEN + "\n"


serve(TokenWithNewline)
