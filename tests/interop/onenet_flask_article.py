#!/usr/bin/env python3
"""An article's OneNET receiver in Flask, as it stands there; only its indentation was lost
and put back, and its last line starts it on a free port. Wrong: request.args makes a blank of
every `+`, and its fourth step compares a signature that Flask has decoded already.

Needs Flask.
"""

import base64
import hashlib

from flask import Flask, request
from werkzeug.serving import make_server

app = Flask(__name__)


@app.route("/he/data/push/global", methods=['GET', 'POST'])
def he_data_push_global():
    if request.method == 'POST':
        print('**** Receive Post Data *****')
        print(request.data)
        return 'POST SUCCESS'
    msg = request.args.get('msg') or None
    signature = request.args.get('signature') or None
    nonce = request.args.get('nonce') or None
    if not all([msg, signature, nonce]):
        return 'invalid parameter'
    token = '20200321182801'  # Token filled in when adding URL
    # Step 1: Calculate MD5
    params_str = token + nonce + msg
    md5 = hashlib.md5(params_str.encode('utf-8')).digest()
    # Step 2: Encode as Base64 string value
    b64_str = base64.b64encode(md5)
    # Step 3: URL Decode the Base64 string value obtained in the previous step
    b64_str = b64_str.decode('utf-8')
    # Step 4: Compare the URL Decode value with the request parameter signature value
    if signature == b64_str:
        return msg
    return 'invalid token'


if __name__ == '__main__':
    server = make_server('127.0.0.1', 0, app)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
