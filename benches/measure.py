"""What the benchmarks share: running commands in turn, what they cost, and the table."""
import contextlib
import ctypes
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PUSHRIG = TARGET / "release" / "pushrig"
MEGA = 1_000_000


def pushrig(*arguments):
    return [PUSHRIG, *arguments] if PUSHRIG.exists() else None


def example(name, missing):
    """The path of one of the crate's examples, built."""
    cargo = os.environ.get("CARGO") or shutil.which("cargo")
    if cargo:
        command = [cargo, "build", "--release", "--quiet", "--example", name]
        subprocess.run(command, cwd=ROOT, check=False)
    path = TARGET / "release" / "examples" / name
    if path.exists():
        return path
    missing.append(f"examples/{name}.rs was not built")
    return None


# -- running ------------------------------------------------------------------------------------


QUIET = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]


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
