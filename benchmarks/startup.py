"""What does psimatch cost before and beside the matching: the import, the first byte, a whole match of ten?

The match is two `psimatch match` over TCP, started together; its time is from the start of the first to the exit of
the last. The best of several runs counts, since another process can only slow one down.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import Figures, parser, write
from two_parties import Run, parties

from psimatch import new_agreement_file, write_identity, write_public

# The command line as it is, which at its end tells its peak on stderr.
COMMAND = f"""
import atexit, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from inputs import peak_megabytes
atexit.register(lambda: print("peak", peak_megabytes(), file=sys.stderr))
from psimatch.cli import main
main()
"""


def import_seconds(repeats: int) -> float:
    """Return what `import psimatch` adds to the start of Python."""

    def best(code: str) -> float:
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            times.append(time.perf_counter() - start)
        return min(times)

    return best("import psimatch") - best("pass")


def prepare(folder: Path) -> None:
    """Write identities without passphrase, the agreement, and a list of ten for each party, five of them common."""
    client, server, agreement = parties(Run(10, 10))
    for name, identity in (("client", client), ("server", server)):
        write_identity(folder / f"{name}.identity", identity, None)
        write_public(folder / f"{name}.public", identity.public)
        values = [f"both {number}" for number in range(5)] + [f"{name} {number}" for number in range(5)]
        (folder / f"{name}.csv").write_text("\n".join(["text", *values, ""]))
    new_agreement_file(folder / "a.toml", agreement)


def command(name: str, *address: str) -> list[str]:
    """Return the command line of one party."""
    files = [f"{name}.csv", "--agreement", "a.toml", "--identity", f"{name}.identity"]
    output = ["--output", f"{name}.out.csv", "--force", "--json", "--quiet"]
    return [sys.executable, "-c", COMMAND, "match", *files, *address, *output]


def first_byte_seconds(folder: Path) -> float:
    """Return the time from the start of a process to its first byte on the line."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        start = time.perf_counter()
        process = subprocess.Popen(
            command("client", "--connect", address), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        connection, _ = listener.accept()
        with connection:
            connection.recv(1)
            seconds = time.perf_counter() - start
        process.terminate()
        process.wait()
    return seconds


def whole_match(folder: Path) -> tuple[float, dict[str, float]]:
    """Return the seconds of two processes that match ten with ten, and the peak of each."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    start = time.perf_counter()
    running = {
        name: subprocess.Popen(
            command(name, option, address), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for name, option in (("server", "--listen"), ("client", "--connect"))
    }
    told = {name: process.communicate() for name, process in running.items()}
    seconds = time.perf_counter() - start
    peaks = {}
    for name, (output, errors) in told.items():
        found = re.search(r"^peak (\S+)", errors, re.MULTILINE)
        if running[name].returncode or found is None or json.loads(output)["matches"] != 5:
            raise SystemExit(f"{name} did not match as it should: {errors}")
        peaks[name] = float(found[1])
    return seconds, peaks


def main() -> None:
    """Measure, print, write."""
    options = parser(__doc__, "startup")
    options.add_argument("--repeats", type=int, default=5, metavar="N", help="of each measurement (5)")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        matches = [whole_match(folder) for _ in range(given.repeats)]
        figures: Figures = {
            "import_seconds": import_seconds(given.repeats),
            "first_byte_seconds": min(first_byte_seconds(folder) for _ in range(given.repeats)),
            "match_of_ten_seconds": min(seconds for seconds, _ in matches),
            "peak_megabytes": {party: max(peaks[party] for _, peaks in matches) for party in ("client", "server")},
        }
    print(f"import psimatch adds      {figures['import_seconds']:.3f} s to the start of Python")
    print(f"process start to 1st byte {figures['first_byte_seconds']:.3f} s")
    print(f"a match of ten x ten      {figures['match_of_ten_seconds']:.3f} s, two processes, start to exit")
    print("peak of each process      " + ", ".join(f"{v:.1f} MB {k}" for k, v in figures["peak_megabytes"].items()))
    write(given.output, "startup", figures)


if __name__ == "__main__":
    main()
