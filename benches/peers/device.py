"""A device as one would write it in an hour: what the simulated one is measured beside.

    python3 benches/peers/device.py 127.0.0.1:8123
"""
import http.client
import json
import sys
import uuid

server = http.client.HTTPConnection(sys.argv[1])
while True:
    asked = f"deviceId=478435&uuid={uuid.uuid4()}"
    server.request("GET", f"/push?{asked}")
    answer = server.getresponse().read()
    if not answer:
        break
    endpoint = json.loads(answer)["endpoint"]
    result = json.dumps({"response": json.dumps({"users": []})})
    headers = {"Content-Type": "application/json"}
    server.request("POST", f"/result?{asked}&endpoint={endpoint}", result, headers)
    server.getresponse().read()
