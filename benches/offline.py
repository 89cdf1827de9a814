#!/usr/bin/env python3
"""Measures the offline commands beside their peers and prints a Markdown table.

    cargo build --release && python3 benches/offline.py

What is compared runs in alternation (A B A B …), so that a machine that warms up or slows down
does so for both; medians are shown, and the ratio is pushrig's part of the peer's. CPU (user + sys)
and peak memory of every child come from wait4. The data is made of random.Random(1) in a temporary directory: the same each
time. Needs Python 3.9, Unix, and 1 GB of disk for a million pushes; no packages.
"""
import argparse
import base64
import hashlib
import json
import random
import shutil
import sys
import tempfile
from pathlib import Path

from measure import (
    MEGA,
    PUSHRIG,
    ROOT,
    alternate,
    count_instructions,
    counter,
    example,
    machine,
    mebibytes,
    mega,
    millis,
    peak_memory,
    print_table,
    pushrig,
    ratio,
    row,
    seconds,
)

VERIFY_PY = ROOT / "benches" / "peers" / "verify.py"

TOKEN = "20200321182801"
# The published push of a device that came online.
NONCE = "w&INtJ9+"
MSG = '{"at":1585579321430,"login_type":7,"type":2,"dev_id":589888962,"status":1}'
MSG_OF_8_KEYS = (
    '{"at":1585579321430,"login_type":7,"type":2,"dev_id":589888962,'
    '"status":1,"imei":"867725030000001","ds_id":"3200_0_5750","value":21.5}'
)
# Neither as given, nor sorted, nor in any documented order.
KEY_ORDER = ["value", "at", "imei", "status", "ds_id", "type", "dev_id", "login_type"]

# Printable ASCII without what JSON escapes, as in the nonces that were seen.
NONCE_CHARACTERS = [chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"\\']


def main():
    options = read_options()
    missing = []
    peer_of_start = example("bare_clap", missing)
    if not PUSHRIG.exists():
        missing.append(f"pushrig itself: {PUSHRIG} is not there (cargo build --release)")
    print(machine())
    print()
    rows = []
    with tempfile.TemporaryDirectory(prefix="pushrig-bench-") as directory:
        if "verify" in options.only:
            rows += measure_verify(Path(directory), options)
        if "start" in options.only:
            rows += measure_start(Path(directory), peer_of_start, options, missing)
        if "explain" in options.only:
            rows += measure_explain(options)
    print_table(rows)
    if missing:
        print("\nMissing:", "; ".join(missing))


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=MEGA, help="pushes in each file")
    parser.add_argument("--runs", type=int, default=5, help="runs of each verify")
    parser.add_argument("--starts", type=int, default=200, help="runs of each start")
    parser.add_argument("--explains", type=int, default=20, help="runs of each explain")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=["verify", "start", "explain"],
        default=["verify", "start", "explain"],
    )
    return parser.parse_args()


# -- what is measured ---------------------------------------------------------------------------


def measure_verify(directory, options):
    bodies, records = directory / "bodies.ndjson", directory / "records.ndjson"
    write_pushes(bodies, records, options.count)
    rows = []
    for what, file, budget in [("bare bodies", bodies, 0.25), ("records", records, 0.30)]:
        title = f"verify {options.count:,} {what} of {file.stat().st_size // options.count} bytes"
        commands = {
            "peer": [sys.executable, VERIFY_PY, file, TOKEN],
            "pushrig": pushrig("verify", "onenet", file, "--token", TOKEN, "-q"),
        }
        # 1: the last signature is wrong.
        results = alternate(options.runs, commands, expected_exit=1)
        peer, own = results["peer"], results["pushrig"]
        rows.append(row(f"{title}: CPU (budget {budget:.2f})", "cpu", seconds, peer, own))
        rows.append(row(f"{title}: wall", "wall", seconds, peer, own))
        memory = [command and peak_memory(command) for command in commands.values()]
        what = f"{title}: peak memory (budget 16 MiB)"
        rows.append([what, *map(mebibytes, memory), ratio(*memory)])
    return rows


def installed(directory, executable):
    """A copy, as installing makes it: what a linker wrote lies in the cache in smaller pieces."""
    return executable and executable.exists() and shutil.copy2(executable, directory)


def measure_start(directory, bare_clap, options, missing):
    flags = ["--token", TOKEN, "--nonce", NONCE, "--msg", MSG]
    openssl = shutil.which("openssl")
    commands = {
        "bare Rust + clap": bare_clap and [installed(directory, bare_clap), "sign", *flags],
        # Hashes this small file: what a shell script does for a signature.
        "openssl dgst": openssl and [openssl, "dgst", "-md5", "-binary", VERIFY_PY],
        "pushrig": PUSHRIG.exists() and [installed(directory, PUSHRIG), "sign", "onenet", *flags],
    }
    if not openssl:
        missing.append("openssl")
    results = alternate(options.starts, commands, expected_exit=0)
    own = results.pop("pushrig")
    rows = []
    for name, peer in results.items():
        limit = " (budget 1.5)" if name == "bare Rust + clap" else ""
        rows.append(row(f"start of `sign` beside {name}: CPU{limit}", "cpu", millis, peer, own))
        rows.append(row(f"start of `sign` beside {name}: wall", "wall", millis, peer, own))
    counts = [count_instructions(commands[name]) for name in ("bare Rust + clap", "pushrig")]
    if counter() is None:
        missing.append("perf and valgrind: no instructions are counted")
    else:
        what = f"start of `sign`: instructions by {counter()} (budget 1.0 M)"
        rows.append([what, *map(mega, counts), ratio(*counts)])
    return rows


def measure_explain(options):
    onenet_order = json.loads(MSG_OF_8_KEYS)
    reordered = {key: onenet_order[key] for key in KEY_ORDER}
    cases = [
        ("a single: token with a newline", 10, MSG, sign(TOKEN + "\n", NONCE, MSG)),
        (
            "a pair: token with a newline, sha1 for md5",
            100,
            MSG,
            sign(TOKEN + "\n", NONCE, MSG, digest=hashlib.sha1),
        ),
        (
            "an order of 8 JSON keys",
            100,
            MSG_OF_8_KEYS,
            sign(TOKEN, NONCE, json.dumps(reordered, separators=(",", ":"))),
        ),
        ("nothing fits: the whole search", None, MSG, random_signature()),
        ("nothing fits, 8 JSON keys", None, MSG_OF_8_KEYS, random_signature()),
    ]
    rows = []
    for what, budget, msg, signature in cases:
        command = pushrig(
            *["explain", "onenet", "--token", TOKEN, "--nonce", NONCE],
            *["--msg", msg, "--signature", signature],
        )
        # Every given value but the signature is right, so the answer is no.
        own = alternate(options.explains, {"pushrig": command}, expected_exit=1)["pushrig"]
        limit = f" (budget {budget} ms)" if budget else ""
        rows.append(row(f"explain {what}: CPU{limit}", "cpu", millis, None, own))
        rows.append(row(f"explain {what}: wall", "wall", millis, None, own))
    return rows


# -- the data -----------------------------------------------------------------------------------


def sign(token, nonce, msg, digest=hashlib.md5):
    return base64.b64encode(digest((token + nonce + msg).encode()).digest()).decode()


def random_signature():
    return base64.b64encode(random.Random(1).randbytes(16)).decode()


def write_pushes(bodies, records, count):
    """The same pushes twice: bare bodies, and capture records (version 1) that hold them."""
    chance = random.Random(1)
    with open(bodies, "w", encoding="utf-8") as bare, open(records, "w", encoding="utf-8") as full:
        for number in range(1, count + 1):
            # The last one is signed wrongly, so that only who reads all of it says no.
            body = push(chance, TOKEN if number < count else "another token")
            bare.write(body + "\n")
            full.write(record(body))


def record(body):
    """A body as a line of a capture; quoted by json.dumps, as any JSON writer would."""
    return (
        '{"v":1,"at":"2026-11-21T20:00:00.000Z","platform":"onenet","peer":"127.0.0.1:51234",'
        '"scheme":"http","request":{"method":"POST","target":"/push","version":"HTTP/1.1",'
        '"headers":[["Host","127.0.0.1:8080"],["User-Agent","OneNET"],'
        f'["Content-Type","application/json; charset=utf-8"],["Content-Length","{len(body)}"]],'
        f'"body":{json.dumps(body, ensure_ascii=False)}}}}}\n'
    )


def sized_push(chance, size):
    """A push of so many bytes."""
    return push(chance, TOKEN, 72 - (len(push(chance, TOKEN)) - size) // 2)


def push(chance, token, frame=72):
    """A data point as OneNET sends it: compact, keys in the order of a Java HashMap.

    The value is a device's frame in hexadecimal: one long string is what a JSON library reads
    fastest, so that the peer is not made slow by the choice of data.
    """
    msg = (
        f'{{"at":{1585579000000 + chance.getrandbits(30)},"type":1,"ds_id":"frame",'
        f'"value":"{chance.randbytes(frame).hex()}","dev_id":{500000000 + chance.getrandbits(27)}}}'
    )
    nonce = "".join(chance.choices(NONCE_CHARACTERS, k=8))
    return f'{{"msg":{msg},"msg_signature":"{sign(token, nonce, msg)}","nonce":"{nonce}"}}'


if __name__ == "__main__":
    main()
