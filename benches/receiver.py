#!/usr/bin/env python3
"""Measures `listen` beside bare hyper (examples/hyper_bare.rs), and prints a Markdown table.

    cargo build --release && python3 benches/receiver.py

wrk sends signed OneNET pushes, each another one, over 50 keep-alive connections on one core; the
server has the other one. The servers run in alternation, medians are shown, and what counts is
their CPU (user + sys, from wait4) a request. Bare hyper reads the bodies to their end, and judges
nothing, parses nothing and keeps nothing. Then 10,000 connections are opened that send nothing. Needs Linux (taskset), Python 3.9
and wrk; the servers listen on loopback only.
"""
import argparse
import json
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import PUSHRIG, example, machine, print_table, ratio
from offline import TOKEN, random, sized_push

CONNECTIONS = 50

# Each request is made before the first is sent, and the last one ends the run early.
SCRIPT = """
local requests, next = {}, 0
function init()
  for body in io.lines("%s") do
    requests[#requests + 1] = wrk.format("POST", "/push", {["Content-Type"] = "application/json"}, body)
  end
end
function request()
  next = next + 1
  if next >= #requests then wrk.thread:stop() end
  return requests[math.min(next, #requests)]
end
"""


def main():
    options = read_options()
    missing = []
    bare = example("hyper_bare", missing)
    if missing or not PUSHRIG.exists():
        sys.exit(f"cargo build --release first: {'; '.join(missing)}")
    print(machine())
    print()
    with tempfile.TemporaryDirectory(prefix="pushrig-bench-") as directory:
        directory = Path(directory)
        servers = {
            "bare hyper": [bare, "127.0.0.1:0"],
            "listen, verifying (budget 1.2)": listen(),
            "listen, verifying, --capture (budget 1.5)": listen("--capture", directory / "c.ndjson"),
        }
        costs = measure(directory, servers, options)
        peer = costs.pop("bare hyper")
        rows = [
            [f"{name}: CPU a request", micros(peer[0]), micros(own[0]), ratio(peer[0], own[0])]
            for name, own in costs.items()
        ] + [
            [f"{name}: requests a second", f"{peer[1]:,.0f}", f"{own[1]:,.0f}", ratio(peer[1], own[1])]
            for name, own in costs.items()
        ]
        idle = [memory_of_idle(servers[name], options.idle) for name in list(servers)[:2]]
        title = f"listen: memory of {options.idle:,} idle connections, each"
        rows.append([title, *(f"{size / 1024:.1f} KiB" for size in idle), ratio(*idle)])
        print_table(rows)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=300_000, help="the most requests of a run")
    parser.add_argument("--seconds", type=int, default=2, help="time of each run")
    parser.add_argument("--runs", type=int, default=7, help="runs of each server")
    parser.add_argument("--body", type=int, default=200, help="bytes of a body")
    parser.add_argument("--idle", type=int, default=10_000, help="connections that send nothing")
    return parser.parse_args()


def listen(*flags):
    flags = ["--token", TOKEN, "-q", "--format", "json", *flags]
    return [PUSHRIG, "listen", "onenet", *flags]


def measure(directory, servers, options):
    """For each server the medians of CPU seconds a request, and requests a second."""
    chance = random.Random(1)
    bodies = directory / "bodies"
    bodies.write_text("".join(sized_push(chance, options.body) + "\n" for _ in range(options.requests)))
    script = directory / "post.lua"
    script.write_text(SCRIPT % bodies)
    taken = {name: [] for name in servers}
    # One round first, for the caches, which does not count.
    for round_number in range(options.runs + 1):
        for name, command in servers.items():
            (directory / "c.ndjson").unlink(missing_ok=True)
            cost = one_run(command, script, options.seconds)
            if round_number > 0:
                taken[name].append(cost)
    return {name: list(map(statistics.median, zip(*costs))) for name, costs in taken.items()}


def one_run(command, script, seconds):
    child, address = start(command)
    flags = ["-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "-s", script]
    wrk = ["taskset", "-c", "0", "wrk", *flags, f"http://{address}/push"]
    said = subprocess.run(wrk, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"{command}: {said}")
    usage = stop(child)
    count = int(re.search(r"(\d+) requests in", said)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    return (usage.ru_utime + usage.ru_stime) / count, rate


def start(command):
    command = ["taskset", "-c", "1", *map(os.fspath, command)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    said = child.stdout.readline().decode().strip()
    return child, json.loads(said)["bind"] if said.startswith("{") else said


def stop(child):
    child.send_signal(signal.SIGINT)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage


def memory_of_idle(command, count):
    """What each connection adds to the resident memory."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    child, address = start(command)
    host, port = address.split(":")
    before = resident(child.pid)
    sockets = [socket.create_connection((host, int(port))) for _ in range(count)]
    # A request on the last one: those before it were accepted.
    sockets[-1].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    sockets[-1].recv(1)
    after = resident(child.pid)
    stop(child)
    for connection in sockets:
        connection.close()
    return (after - before) / count


def resident(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024


def micros(value):
    return f"{value * 1e6:.2f} µs"


if __name__ == "__main__":
    main()
