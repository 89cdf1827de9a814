"""A token of OneNET Studio, from the vendor's document alone: prints it.

    python3 studio_token.py VERSION RES ET METHOD ACCESS_KEY
"""
import base64
import hmac
import sys
from urllib.parse import quote


def token(version, res, et, method, key):
    text = "\n".join([et, method, res, version])
    digest = hmac.new(base64.b64decode(key), text.encode(), method).digest()
    sign = base64.b64encode(digest).decode()
    fields = {"version": version, "res": res, "et": et, "method": method, "sign": sign}
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())


if __name__ == "__main__":
    print(token(*sys.argv[1:]))
