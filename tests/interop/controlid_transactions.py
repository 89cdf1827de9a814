#!/usr/bin/env python3
"""A push server for a Control iD access controller that hands out several commands at once, with
nothing but Python's standard library.

Written from Control iD's newer page on Push: the answer to /push has `transactions`, and the
device posts `transactions_results`, where each has the `transactionid` of its command.

    python3 controlid_transactions.py [PORT]

It prints its address once it listens. GET /report tells how far it is and what was wrong.
"""

import itertools
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

USER = {"id": 12, "name": "Walter White", "registration": "0001"}
CARD = {"value": 11223344, "user_id": 12}
ACTION = {"action": "sec_box", "parameters": "id=65793, reason=3"}
TAKEN = "constraint failed: UNIQUE constraint failed: cards.value"

# Two answers to /push: each command with what must come back, the answer or the error.
BATCHES = [
    [
        ("system_information", {}, lambda it, error: it["serial"] == "0G0200/005B6D"),
        ("create_objects", {"object": "users", "values": [USER]}, lambda it, error: it == {"ids": [12]}),
        ("create_objects", {"object": "cards", "values": [CARD]}, lambda it, error: it == {"ids": [1]}),
    ],
    [
        (
            "load_objects",
            {"object": "users", "fields": ["name"], "where": {"users": {"id": 12}}},
            lambda it, error: it == {"users": [{"name": "Walter White"}]},
        ),
        ("create_objects", {"object": "cards", "values": [CARD]}, lambda it, error: error == TAKEN),
        (
            "execute_actions",
            {"actions": [ACTION]},
            lambda it, error: it == {"actions": [{"action": "sec_box", "status": "allowed"}]},
        ),
        ("logout", {}, lambda it, error: it is None and error is None),
        ("destroy_objects", {"object": "users"}, lambda it, error: it == {"changes": 1}),
    ],
]

batches = iter(BATCHES)
numbers = itertools.count(1)
waiting = {}
problems = []
finished = 0


class Push(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = urlsplit(self.path).path
        if path == "/push":
            self.reply(200, self.transactions())
        elif path == "/report":
            total = sum(map(len, BATCHES))
            self.reply(200, "\n".join([f"{finished} of {total} finished", *problems]))
        else:
            self.reply(404, "")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            for result in json.loads(body)["transactions_results"]:
                self.check(result)
        except Exception as why:
            problems.append(repr(why))
        query = parse_qs(urlsplit(self.path).query)
        if query.get("deviceId") != ["3206485144263533"]:
            problems.append(f"the device is {query}")
        self.reply(400 if problems else 200, "")

    def transactions(self):
        transactions = []
        for endpoint, body, expects in next(batches, []):
            number = next(numbers)
            waiting[number] = (endpoint, expects)
            transactions.append({"transactionid": str(number), "verb": "POST", "endpoint": endpoint, "body": body})
        return json.dumps({"transactions": transactions}) if transactions else ""

    def check(self, result):
        global finished
        endpoint, expects = waiting.pop(result["transactionid"])
        text = result.get("response")
        answer = json.loads(text) if text else None
        error = result.get("error")
        if result["success"] is (error is None) and expects(answer, error):
            finished += 1
        else:
            problems.append(f"{endpoint}: {result}")

    def reply(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0), Push)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
