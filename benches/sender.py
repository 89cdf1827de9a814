#!/usr/bin/env python3
"""Measures `replay` beside wrk, oha and a reqwest loop, and prints a Markdown table.

    cargo build --release && python3 benches/sender.py

One core sends over 50 keep-alive connections, the other one runs the server (examples/sink.rs);
the body is 200 bytes of JSON. The clients run in alternation, medians are shown, and what counts
is CPU (user + sys, from wait4) a request. Only pushrig signs: a fresh nonce and signature each.
Then a file of 1,000,000 records streams through, whose memory must stay flat. Needs Linux
(taskset), Python 3.9, and 1 GB of disk; peers that are not installed are named as missing. The
server listens on loopback only.
"""
import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from measure import PUSHRIG, example, machine, mebibytes, peak_memory, print_table, pushrig, ratio
from offline import TOKEN, random, record, sized_push

CONNECTIONS = 50
PREPARED = 1_000


def main():
    options = read_options()
    missing = []
    sink = example("sink", missing)
    if not PUSHRIG.exists():
        missing.append(f"pushrig itself: {PUSHRIG} is not there (cargo build --release)")
    print(machine())
    print()
    rows = []
    with tempfile.TemporaryDirectory(prefix="pushrig-bench-") as directory, server(sink) as address:
        directory = Path(directory)
        rows += measure_repeat(directory, address, options, missing)
        rows += measure_stream(directory, address, options)
    print_table(rows)
    if missing:
        print("\nMissing:", "; ".join(missing))


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=300_000, help="requests of each run")
    parser.add_argument("--runs", type=int, default=7, help="runs of each client")
    parser.add_argument("--stream", type=int, default=1_000_000, help="records of the long file")
    parser.add_argument("--body", type=int, default=200, help="bytes of a body")
    return parser.parse_args()


@contextmanager
def server(sink):
    """The sink on the second core; its address."""
    if sink is None:
        sys.exit("there is no server to send to")
    child = subprocess.Popen(["taskset", "-c", "1", sink, "127.0.0.1:0"], stdout=subprocess.PIPE)
    try:
        yield child.stdout.readline().decode().strip()
    finally:
        child.kill()
        child.wait()


# -- what is measured ---------------------------------------------------------------------------


def measure_repeat(directory, address, options, missing):
    chance = random.Random(1)
    bodies = [sized_push(chance, options.body) for _ in range(PREPARED)]
    capture = directory / "prepared.ndjson"
    capture.write_text("".join(record(body) for body in bodies), encoding="utf-8")
    clients = {
        "wrk": wrk(directory, address, bodies[0], options),
        "oha": oha(directory, address, bodies[0], options),
        "a reqwest loop": reqwest(address, bodies[0], options, missing),
        "pushrig": replay(capture, address, "--repeat", str(options.requests // PREPARED)),
    }
    missing += [name for name, command in clients.items() if command is None]
    taken = {name: [] for name, command in clients.items() if command}
    # One round first, for the caches, which does not count.
    for round_number in range(options.runs + 1):
        for name in taken:
            cost = cpu_a_request(clients[name])
            if round_number > 0:
                taken[name].append(cost)
    own = statistics.median(taken.pop("pushrig"))
    title = f"replay, signed anew, {CONNECTIONS} connections, {options.body} bytes: CPU a request"
    return [
        [f"{title}, beside {name}{limit(name)}", micros(peer), micros(own), ratio(peer, own)]
        for name, peer in ((name, statistics.median(costs)) for name, costs in taken.items())
    ]


def limit(name):
    return " (budget 1.0)" if name == "wrk" else ""


def measure_stream(directory, address, options):
    """Memory over a short and a long file, and what a request costs that is read once."""
    rows = []
    chance = random.Random(2)
    memory = []
    for count in (options.stream // 10, options.stream):
        file = directory / f"{count}.ndjson"
        with open(file, "w", encoding="utf-8") as into:
            into.writelines(record(sized_push(chance, options.body)) for _ in range(count))
        command = replay(file, address)
        memory.append(peak_memory(command))
        if count == options.stream:
            own = statistics.median(cpu_a_request(command) for _ in range(3))
            title = f"replay, signed anew, a file of {count:,} records: CPU a request"
            rows.append([title, "–", micros(own), "–"])
        file.unlink()
    title = f"the same: peak memory, beside a file of {options.stream // 10:,}"
    return [*rows, [title, *map(mebibytes, memory), ratio(*memory)]]


# -- the clients --------------------------------------------------------------------------------


def replay(capture, address, *flags):
    return pushrig(
        *["replay", capture, "--to", f"http://{address}/", "--resign", "--token", TOKEN, "-q"],
        *["--concurrency", str(CONNECTIONS), *flags],
    )


def wrk(directory, address, body, options):
    script = directory / "post.lua"
    script.write_text(
        f'wrk.method = "POST"\nwrk.body = [==[{body}]==]\n'
        'wrk.headers["Content-Type"] = "application/json"\n'
    )
    # It counts time, not requests.
    duration = max(1, options.requests // 100_000)
    flags = ["-t", "1", "-c", str(CONNECTIONS), "-d", f"{duration}s", "-s", script]
    return installed("wrk", *flags, f"http://{address}/push")


def oha(directory, address, body, options):
    file = directory / "body.json"
    file.write_text(body)
    flags = ["-n", str(options.requests), "-c", str(CONNECTIONS), "--no-tui", "-m", "POST"]
    return installed("oha", *flags, "-D", file, "-T", "application/json", f"http://{address}/push")


def reqwest(address, body, options, missing):
    loop = example("reqwest_loop", missing)
    return loop and [loop, f"http://{address}/push", str(options.requests), str(CONNECTIONS), body]


def installed(name, *arguments):
    path = shutil.which(name)
    return path and [path, *arguments]


# What each client says of how many requests it made.
COUNTS = [r"(\d+) requests in", r"\[200\] (\d+) responses", r"^(\d+) requests", r"^(\d+) cases"]


def cpu_a_request(command):
    """User and system time of the client alone, on the first core, in seconds a request."""
    command = ["taskset", "-c", "0", *map(os.fspath, command)]
    reader, writer = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, writer, 1)]
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    os.close(writer)
    with os.fdopen(reader) as out:
        said = out.read()
    _, status, usage = os.wait4(child, 0)
    found = [re.search(pattern, said, re.MULTILINE) for pattern in COUNTS]
    count = next((int(match[1]) for match in found if match), 0)
    if os.waitstatus_to_exitcode(status) != 0 or count == 0:
        sys.exit(f"{' '.join(command[3:6])} … failed: {said[-500:]}")
    return (usage.ru_utime + usage.ru_stime) / count


def micros(value):
    return f"{value * 1e6:.2f} µs"


if __name__ == "__main__":
    main()
