"""What a Python user writes to check a file of OneNET pushes: FILE TOKEN.

A line is a bare body, or a capture record that holds one. Exits with 1 if a signature is wrong.
"""
import base64
import hashlib
import json
import sys

path, token = sys.argv[1], sys.argv[2].encode()
checked = mismatches = 0
with open(path, encoding="utf-8") as lines:
    for line in lines:
        body, push = line, json.loads(line)
        if "request" in push:
            body = push["request"]["body"]
            push = json.loads(body)
        # The signature covers the bytes of `msg` as they stand, so the text is cut out.
        msg = body[body.index('"msg":') + 6 : body.rindex(',"msg_signature"')]
        digest = hashlib.md5(token + push["nonce"].encode() + msg.encode()).digest()
        checked += 1
        mismatches += base64.b64encode(digest).decode() != push["msg_signature"]
print(f"{checked} checked, {mismatches} mismatches")
sys.exit(mismatches > 0)
