#!/usr/bin/env python3
"""Measures `mqtt watch` beside mosquitto_sub and `mqtt platform` beside mosquitto, as a Markdown table.

    cargo build --release && python3 benches/mqtt.py

What the clients get is sent by a socket here, packets made before the first is sent; each prints
what it gets to /dev/null. The brokers pass on messages from one socket to another: mosquitto as
they are, the platform after it has checked a device's report and written it anew for the
application. Peers run in alternation, medians are shown, and what counts is their CPU (user + sys,
from wait4) a message. Then 10,000 clients log in and subscribe to a topic each. Needs Linux
(taskset), Python 3.9, mosquitto and mosquitto-clients; everything is on loopback.
"""
import argparse
import base64
import hashlib
import hmac
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

from measure import PUSHRIG, machine, print_table, ratio
from receiver import micros, resident

KEY = "XU/H2c4SmG6sZ3IRkomTQ1b/XzkDsl+1xzVh0gr1JaAC9Ugo7BNIAJEaAH+MK7i+"
TOPIC = "$sys/00001/iot-0001/thing/property"
POST = TOPIC + "/post"
PARAMS = '{"Power":{"value":"on","time":1524448722123},"WF":{"value":23.6,"time":1524448722123}}'
PROPERTY = (
    '{"productId":"00001","deviceName":"iot-0001","messageType":"notify","notifyType":"property",'
    '"data":{"id":"12345","params":%s}}' % PARAMS
)
REPORT = '{"id":"12345","version":"1.0","params":%s}' % PARAMS


def main():
    options = read_options()
    if not PUSHRIG.exists():
        sys.exit("cargo build --release first")
    print(machine())
    print()
    rows = []
    with tempfile.TemporaryDirectory(prefix="pushrig-bench-") as directory:
        directory = Path(directory)
        brokers = {"mosquitto": mosquitto(directory), "platform": mqtt_platform(directory)}
        for qos in (0, 1):
            rows += client_rows(qos, options)
            rows += broker_rows(qos, brokers, options)
        idle = [memory_of_idle(brokers[name], name, options.idle) for name in brokers]
        title = f"platform: memory of {options.idle:,} connections, each (peer: mosquitto)"
        rows.append([title, *(f"{size / 1024:.2f} KiB" for size in idle), ratio(*idle)])
    print_table(rows)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=200_000, help="messages of a run")
    parser.add_argument("--runs", type=int, default=5, help="runs of each peer")
    parser.add_argument("--idle", type=int, default=10_000, help="connections that are idle")
    return parser.parse_args()


# -- packets ------------------------------------------------------------------------------------


def packet(kind, body):
    length, rest = b"", len(body)
    while True:
        rest, digit = rest >> 7, rest & 0x7F
        length += bytes([digit | 0x80 if rest else digit])
        if not rest:
            return bytes([kind]) + length + body


def text(value):
    value = value if isinstance(value, bytes) else value.encode()
    return len(value).to_bytes(2, "big") + value


def connect(client_id, username="", password=""):
    flags = 0xC2 if username else 0x02
    body = text("MQTT") + bytes([4, flags, 0, 0]) + text(client_id)
    return packet(0x10, body + (text(username) + text(password) if username else b""))


def subscribe(topic, qos):
    return packet(0x82, b"\0\1" + text(topic) + bytes([qos]))


def publish(topic, payload, qos, number):
    pkid = (number % 65_535 + 1).to_bytes(2, "big") if qos else b""
    return packet(0x30 | qos << 1, text(topic) + pkid + payload.encode())


def publishes(topic, payload, qos, count):
    return b"".join(publish(topic, payload, qos, number) for number in range(count))


def token(version, res, key=KEY, et="4102444800"):
    signed = "\n".join([et, "sha256", res, version]).encode()
    sign = base64.b64encode(hmac.new(base64.b64decode(key), signed, hashlib.sha256).digest())
    fields = {"version": version, "res": res, "et": et, "method": "sha256", "sign": sign}
    return "&".join(f"{name}={urllib.parse.quote(value, safe='')}" for name, value in fields.items())


# -- clients ------------------------------------------------------------------------------------


def client_rows(qos, options):
    stream = publishes(TOPIC, PROPERTY, qos, options.messages)
    count = str(options.messages)

    def watch(*flags):
        flags = ["--username", "u", "--topic", TOPIC, "--count", count, "--qos", str(qos), *flags]
        return lambda port: [PUSHRIG, "mqtt", "watch", f"127.0.0.1:{port}", *flags]

    def mosquitto_sub(port):
        flags = ["-t", TOPIC, "-C", count, "-q", str(qos), "-v"]
        return ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), *flags]

    peers = {
        "mosquitto_sub": mosquitto_sub,
        "watch, human": watch(),
        "watch, --format json": watch("--format", "json"),
        "watch, -q": watch("-q"),
    }
    costs = alternate(options.runs, peers, lambda peer: client_run(peer, stream, qos, options.messages))
    return table(f"QoS {qos}, a message (peer: mosquitto_sub -v)", costs, "mosquitto_sub")


def client_run(command, stream, qos, count):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        words = [os.fspath(word) for word in command(listener.getsockname()[1])]
        child = subprocess.Popen(["taskset", "-c", "1", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peer, _ = listener.accept()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.recv(4096)
        peer.sendall(packet(0x20, b"\0\0"))
        asked = peer.recv(4096)
        peer.sendall(packet(0x90, asked[2:4] + bytes([qos])))
        threading.Thread(target=swallow, args=(peer,), daemon=True).start()
        started = time.perf_counter()
        try:
            peer.sendall(stream)
        except OSError:
            pass
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"{words}: exit code {child.returncode}")
        peer.close()
    return (usage.ru_utime + usage.ru_stime) / count, count / wall


def swallow(peer):
    try:
        while peer.recv(1 << 16):
            pass
    except OSError:
        pass


# -- brokers ------------------------------------------------------------------------------------


def mosquitto(directory):
    config = directory / "mosquitto.conf"

    def start():
        port = free_port()
        config.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
            "max_inflight_messages 0\nlog_type none\n"
        )
        return spawn(["mosquitto", "-c", config]), port

    return start


def mqtt_platform(directory):
    known = directory / "platform.toml"
    known.write_text(
        f'[[user]]\nid = "10311"\naccess_key = "{KEY}"\n'
        f'[[device]]\nproduct = "00001"\nname = "iot-0001"\nkey = "{KEY}"\n'
    )

    def start():
        port = free_port()
        command = [PUSHRIG, "mqtt", "platform", known, "--bind", f"127.0.0.1:{port}", "-q"]
        return spawn(command), port

    return start


def spawn(command):
    command = ["taskset", "-c", "1", *map(os.fspath, command)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def dial(port, hello):
    for _ in range(500):
        try:
            peer = socket.create_connection(("127.0.0.1", port))
            break
        except OSError:
            time.sleep(0.01)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peer.sendall(hello)
    if peer.recv(4)[3:] != b"\0":
        sys.exit("a login was refused")
    return peer


APPLICATION = ("userid/10311", token("2020-05-29", "userid/10311"))
DEVICE = ("00001", token("2018-10-31", "products/00001/devices/iot-0001"))


def broker_rows(qos, brokers, options):
    # What the platform passes on is what the other gets as it is.
    reports = {
        "mosquitto": (TOPIC, publishes(TOPIC, PROPERTY, qos, options.messages)),
        "platform": (TOPIC, publishes(POST, REPORT, qos, options.messages)),
    }
    runs = {
        name: lambda name=name: broker_run(brokers[name], *reports[name], qos, options.messages)
        for name in brokers
    }
    costs = alternate(options.runs, runs, lambda run: run())
    return table(f"QoS {qos}, a message passed on (peer: mosquitto)", costs, "mosquitto")


def broker_run(start, topic, stream, qos, count):
    child, port = start()
    listener = dial(port, connect("app", *APPLICATION))
    listener.sendall(subscribe(topic, qos))
    listener.recv(5)
    device = dial(port, connect("iot-0001", *DEVICE))
    threading.Thread(target=swallow, args=(device,), daemon=True).start()
    size = len(publish(topic, PROPERTY, qos, 0))
    started = time.perf_counter()
    sender = threading.Thread(target=feed, args=(device, stream), daemon=True)
    sender.start()
    heard = take(listener, size, qos, count)
    wall = time.perf_counter() - started
    if heard < count:
        print(f"note: {count - heard:,} of {count:,} messages were dropped", file=sys.stderr)
    usage = stop(child)
    return (usage.ru_utime + usage.ru_stime) / heard, heard / wall


def feed(device, stream):
    # No faster than it is taken: what waits too long is dropped by both.
    for at in range(0, len(stream), 1 << 16):
        device.sendall(stream[at : at + (1 << 16)])


def take(listener, size, qos, count):
    """How many messages come; they are all of one size."""
    taken, acknowledged = 0, 0
    listener.settimeout(2)
    try:
        while taken < count * size:
            data = listener.recv(1 << 20)
            if not data:
                break
            taken += len(data)
            if qos:
                whole = taken // size
                acks = b"".join(
                    b"\x40\2" + (number % 65_535 + 1).to_bytes(2, "big")
                    for number in range(acknowledged, whole)
                )
                acknowledged = whole
                listener.sendall(acks)
    except socket.timeout:
        pass
    return taken // size


def stop(child):
    child.send_signal(signal.SIGINT)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage


def memory_of_idle(start, name, count):
    """What each connection adds to the resident memory."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    child, port = start()
    dial(port, connect("first", *APPLICATION)).close()
    before = resident(child.pid)
    peers = []
    for number in range(count):
        peer = dial(port, connect(f"client-{number}", *APPLICATION))
        peer.sendall(subscribe(TOPIC, 1))
        peers.append(peer)
    for peer in peers:
        peer.recv(5)
    size = (resident(child.pid) - before) / count
    for peer in peers:
        peer.close()
    stop(child)
    return size


# -- the table ----------------------------------------------------------------------------------


def alternate(runs, peers, run):
    """For each peer the medians of CPU seconds a message, and messages a second."""
    taken = {name: [] for name in peers}
    # One round first, for the caches, which does not count.
    for round_number in range(runs + 1):
        for name, peer in peers.items():
            cost = run(peer)
            if round_number > 0:
                taken[name].append(cost)
    return {name: list(map(statistics.median, zip(*costs))) for name, costs in taken.items()}


def table(title, costs, peer):
    beside = costs.pop(peer)
    rows = [
        [f"{name}: CPU at {title}", micros(beside[0]), micros(own[0]), ratio(beside[0], own[0])]
        for name, own in costs.items()
    ]
    return rows + [
        [f"{name}: messages a second at {title}", f"{beside[1]:,.0f}", f"{own[1]:,.0f}", ratio(beside[1], own[1])]
        for name, own in costs.items()
    ]


if __name__ == "__main__":
    main()
