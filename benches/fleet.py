#!/usr/bin/env python3
"""Measures a fleet of polling devices beside wrk and oha, and prints a Markdown table.

    cargo build --release && python3 benches/fleet.py

10,000 devices poll a server once a second each; memory, CPU and the worst lateness are taken.
wrk and oha hold as many connections to the same server; oha keeps the same rate, wrk knows none,
so its CPU is that of a request at full speed. The clients run on one core, the server
(examples/sink.rs) on the other. Then one device runs a command after another, and the server
(examples/push_server.rs) takes the time from a command to its result. Needs Linux (taskset) and
Python 3.9, and 10,100 open files for a process; peers that are not installed are named as
missing. Loopback only.
"""
import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from measure import PUSHRIG, ROOT, example, machine, peak_memory, print_table, pushrig, ratio
from sender import installed, micros


def main():
    options = read_options()
    room = options.devices + 100
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < room:
        sys.exit(f"a process needs {room} open files: ulimit -Hn {room}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (room, room))
    missing = []
    if not PUSHRIG.exists():
        sys.exit(f"{PUSHRIG} is not there (cargo build --release)")
    print(machine())
    print()
    with server(example("sink", missing)) as address:
        rows = measure_fleet(address, options, missing)
    rows += measure_one(options, missing)
    print_table(rows)
    if missing:
        print("\nMissing:", "; ".join(missing))


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--seconds", type=int, default=20, help="of each steady run")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--results", type=int, default=20_000, help="of the one device")
    return parser.parse_args()


@contextmanager
def server(sink):
    if sink is None:
        sys.exit("there is no server to poll")
    command = ["taskset", "-c", "1", sink, "127.0.0.1:0", "idle"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        yield child.stdout.readline().decode().strip()
    finally:
        child.kill()
        child.wait()


# -- the fleet ----------------------------------------------------------------------------------


def measure_fleet(address, options, missing):
    count = options.devices
    clients = {
        "wrk": lambda seconds: installed(
            "wrk", "-t", "1", "-c", str(count), "-d", f"{seconds}s", f"http://{address}/push"
        ),
        "oha": lambda seconds: installed(
            "oha", "-c", str(count), "-q", str(count), "-z", f"{seconds}s", "--no-tui",
            f"http://{address}/push",
        ),
    }
    missing += [name for name, command in clients.items() if command(1) is None]
    memory = {name: peak(command(5)) / count for name, command in clients.items() if command(1)}
    own_memory = (peak(fleet(address, count, 5)) - peak(fleet(address, 1, 2))) / (count - 1)
    rows = [
        [f"fleet of {count:,}: memory a device, beside {name}", kilo(each), kilo(own_memory), ratio(each, own_memory)]
        for name, each in memory.items()
    ]
    rows.append([f"fleet of {count:,}: memory a device (budget 3.0 kB)", "–", kilo(own_memory), "–"])
    runs = [steady(address, options) for _ in range(options.runs)]
    share, cost, late = (statistics.median(run[key] for run in runs) for key in range(3))
    rows.append([f"fleet of {count:,} at 1 Hz: share of a core (budget 20 %)", "–", f"{share:.1%}", "–"])
    for name, command in clients.items():
        if command(1):
            peer = cpu_a_request(command(options.seconds))
            rows.append([f"fleet of {count:,} at 1 Hz: CPU a poll, beside a request of {name}", micros(peer), micros(cost), ratio(peer, cost)])
    rows.append([f"fleet of {count:,} at 1 Hz: the worst lateness of a poll", "–", f"{late:.0f} ms", "–"])
    return rows


def fleet(address, devices, seconds):
    return pushrig(
        *["device", "--server", f"http://{address}", "--id", "1000000", "--devices", str(devices)],
        *["--period", "1s", "--for", f"{seconds}s", "-q", "--format", "json"],
    )


def peak(command):
    return peak_memory(["taskset", "-c", "0", *command])


def steady(address, options):
    """Share of a core, CPU a poll and worst lateness, start and end taken away."""
    short = spent(fleet(address, options.devices, 4))
    long = spent(fleet(address, options.devices, 4 + options.seconds))
    cpu, polls = long[0] - short[0], long[1] - short[1]
    return cpu / options.seconds, cpu / polls, max(long[2], short[2])


def spent(command):
    cpu, said = run(command)
    counters = json.loads(said.splitlines()[-1])["counters"]
    return cpu, counters["polls"], counters["late_ms"]


def cpu_a_request(command):
    cpu, said = run(command)
    found = re.search(r"(\d+) requests in|\[200\] (\d+) responses", said)
    return cpu / int(found[1] or found[2])


def run(command):
    """CPU of the client on the first core, and what it said."""
    command = ["taskset", "-c", "0", *map(os.fspath, command)]
    reader, writer = os.pipe()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, writer, 1)])
    os.close(writer)
    with os.fdopen(reader) as out:
        said = out.read()
    _, status, usage = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(command[:6])} … failed: {said[-500:]}")
    return usage.ru_utime + usage.ru_stime, said


def kilo(value):
    return f"{value / 1000:.2f} kB"


# -- one device ---------------------------------------------------------------------------------


def measure_one(options, missing):
    """From the command to its result, as the server sees it."""
    path = example("push_server", missing)
    if path is None:
        return []
    peer = [sys.executable, ROOT / "benches" / "peers" / "device.py"]
    own = lambda address: pushrig(
        *["device", "--server", f"http://{address}", "--id", "478435", "--until-idle", "-q"],
        *["--hot-loop-cap", "0"],
    )
    taken = {"peer": [], "own": []}
    for _ in range(options.runs):
        taken["peer"].append(answered(path, lambda address: [*peer, address], options))
        taken["own"].append(answered(path, own, options))
    rows = []
    for index, name in enumerate(["p50", "p99"]):
        peer, own = (statistics.median(run[index] for run in taken[who]) for who in ("peer", "own"))
        title = f"one device: from a command to its result, {name}, beside a Python loop that looks nothing up"
        rows.append([title, micros(peer), micros(own), ratio(peer, own)])
    return rows


def answered(path, client, options):
    with subprocess.Popen(
        ["taskset", "-c", "1", path, "127.0.0.1:0", str(options.results)], stdout=subprocess.PIPE, text=True
    ) as child:
        address = child.stdout.readline().strip()
        run(client(address))
        found = re.search(r"p50 (\d+) ns, p99 (\d+) ns", child.stdout.read())
    return int(found[1]) / 1e9, int(found[2]) / 1e9


if __name__ == "__main__":
    main()
