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
import contextlib
import ctypes
import hashlib
import json
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PUSHRIG = TARGET / "release" / "pushrig"
BARE_CLAP = TARGET / "release" / "examples" / "bare_clap"
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
MEGA = 1_000_000


def main():
    options = read_options()
    missing = []
    peer_of_start = build_bare_clap(missing)
    if not PUSHRIG.exists():
        missing.append(f"pushrig itself: {PUSHRIG} is not there (cargo build --release)")
    print(machine())
    print()
    rows = []
    with tempfile.TemporaryDirectory(prefix="pushrig-bench-") as directory:
        if "verify" in options.only:
            rows += measure_verify(Path(directory), options)
        if "start" in options.only:
            rows += measure_start(peer_of_start, options, missing)
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


def measure_start(bare_clap, options, missing):
    flags = ["--token", TOKEN, "--nonce", NONCE, "--msg", MSG]
    openssl = shutil.which("openssl")
    commands = {
        "bare Rust + clap": bare_clap and [bare_clap, "sign", *flags],
        # Hashes this small file: what a shell script does for a signature.
        "openssl dgst": openssl and [openssl, "dgst", "-md5", "-binary", VERIFY_PY],
        "pushrig": pushrig("sign", "onenet", *flags),
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


def pushrig(*arguments):
    return [PUSHRIG, *arguments] if PUSHRIG.exists() else None


def build_bare_clap(missing):
    cargo = os.environ.get("CARGO") or shutil.which("cargo")
    if cargo:
        command = [cargo, "build", "--release", "--quiet", "--example", "bare_clap"]
        subprocess.run(command, cwd=ROOT, check=False)
    if BARE_CLAP.exists():
        return BARE_CLAP
    missing.append("bare Rust + clap: examples/bare_clap.rs was not built")
    return None


# -- the data -----------------------------------------------------------------------------------


def sign(token, nonce, msg, digest=hashlib.md5):
    return base64.b64encode(digest((token + nonce + msg).encode()).digest()).decode()


def random_signature():
    return base64.b64encode(random.Random(1).randbytes(16)).decode()


def write_pushes(bodies, records, count):
    """The same pushes twice: bare bodies, and capture records (version 1) that hold them."""
    chance = random.Random(1)
    # Quoted once by json.dumps, so that a record is what any JSON writer would write.
    before = (
        '{"v":1,"at":"2026-11-21T20:00:00.000Z","platform":"onenet","peer":"127.0.0.1:51234",'
        '"scheme":"http","request":{"method":"POST","target":"/push","version":"HTTP/1.1",'
        '"headers":[["Host","127.0.0.1:8080"],["User-Agent","OneNET"],'
        '["Content-Type","application/json; charset=utf-8"],["Content-Length","%d"]],"body":'
    )
    after = "}}\n"
    with open(bodies, "w", encoding="utf-8") as bare, open(records, "w", encoding="utf-8") as full:
        for number in range(1, count + 1):
            # The last one is signed wrongly, so that only who reads all of it says no.
            body = push(chance, TOKEN if number < count else "another token")
            bare.write(body + "\n")
            full.write(before % len(body) + json.dumps(body, ensure_ascii=False) + after)


def push(chance, token):
    """A data point as OneNET sends it: compact, keys in the order of a Java HashMap.

    The value is a device's frame in hexadecimal: one long string is what a JSON library reads
    fastest, so that the peer is not made slow by the choice of data.
    """
    msg = (
        f'{{"at":{1585579000000 + chance.getrandbits(30)},"type":1,"ds_id":"frame",'
        f'"value":"{chance.randbytes(72).hex()}","dev_id":{500000000 + chance.getrandbits(27)}}}'
    )
    nonce = "".join(chance.choices(NONCE_CHARACTERS, k=8))
    return f'{{"msg":{msg},"msg_signature":"{sign(token, nonce, msg)}","nonce":"{nonce}"}}'


# -- running ------------------------------------------------------------------------------------


def alternate(runs, commands, expected_exit):
    """Runs the commands in turn; a dict of medians for each, or None where there is no command."""
    taken = {name: [] for name in commands}
    # One round first, for the caches, which does not count.
    for round_number in range(runs + 1):
        for name, command in commands.items():
            if command is None:
                continue
            usage = run(command, expected_exit)
            if round_number > 0:
                taken[name].append(usage)
    return {
        name: {key: statistics.median(usage[key] for usage in usages) for key in usages[0]}
        if usages
        else None
        for name, usages in taken.items()
    }


QUIET = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]


def run(command, expected_exit):
    command = [os.fspath(word) for word in command]
    started = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=QUIET)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - started
    code = os.waitstatus_to_exitcode(status)
    if code != expected_exit:
        sys.exit(f"expected exit code {expected_exit}, got {code}: {' '.join(command)}")
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall}


def peak_memory(command):
    """The peak resident memory of a command in bytes, in a run of its own.

    Linux counts the memory that a process had before exec, which in a child of ours is all that
    Python takes. So a shell starts it, ends, and leaves us the orphan to wait for.
    """
    command = [os.fspath(word) for word in command]
    if sys.platform != "linux":
        child = os.posix_spawn(command[0], command, os.environ, file_actions=QUIET)
        # Counted in KiB but on macOS.
        return os.wait4(child, 0)[2].ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    pr_set_child_subreaper = 36
    if ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0) != 0:
        return None
    shell = ["/bin/sh", "-c", '"$@" &', "sh", *command]
    os.waitpid(os.posix_spawn(shell[0], shell, os.environ, file_actions=QUIET), 0)
    return os.wait4(-1, 0)[2].ru_maxrss * 1024


def counter():
    """The tool that counts instructions: perf where the kernel lets it, else valgrind."""
    if not hasattr(counter, "tool"):
        counter.tool = next(
            (tool for tool in ("perf", "valgrind") if shutil.which(tool) and count_by(tool, ["true"])),
            None,
        )
    return counter.tool


def count_instructions(command):
    if command is None or counter() is None:
        return None
    return count_by(counter(), [os.fspath(word) for word in command])


def count_by(tool, command):
    if tool == "perf":
        command = ["perf", "stat", "-x,", "-e", "instructions:u", "--", *command]
        pattern = r"^(\d+),[^,]*,instructions"
    else:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}", *command]
        pattern = r"Collected : (\d+)"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(pattern, done.stderr, re.MULTILINE)
    return int(found[1]) if found else None


# -- the table ----------------------------------------------------------------------------------


def row(what, key, unit, peer, own):
    peer, own = peer and peer[key], own and own[key]
    return [what, unit(peer), unit(own), ratio(peer, own)]


def seconds(value):
    return "–" if value is None else f"{value:.2f} s"


def millis(value):
    return "–" if value is None else f"{value * 1000:.2f} ms"


def mebibytes(value):
    return "–" if value is None else f"{value / 2**20:.1f} MiB"


def mega(value):
    return "–" if value is None else f"{value / MEGA:.2f} M"


def ratio(peer, own):
    return f"{own / peer:.2f}" if peer and own else "–"


def print_table(rows):
    print("| what | peer | pushrig | ratio |")
    print("|---|---|---|---|")
    for cells in rows:
        print(f"| {' | '.join(cells)} |")


def machine():
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        model = names[0] if names else model
    return f"{os.cpu_count()} cores, {model}, {platform.system()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
