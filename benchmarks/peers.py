"""How fast is psimatch beside other libraries, on the same machine, lists and cores, in the same run?

Each library lives in an environment of its own under build/peers, made at the first run; one that can't be installed
here is left out, and the output says so. Results are checked; a wrong one is marked, not hidden. The libraries are
semi-honest: none proves anything, seals or signs. psimatch does all three.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from measuring import ROOT, Figures, add_budget, parser, read_size, size, within, write
from relay import Relay
from two_parties import Run, measure

from psimatch import kernel_names

HERE = Path(__file__).parent
ENVIRONMENTS = ROOT / "build" / "peers"
PYTHONS = (sys.executable, "python3.10", "python3.11", "python3.12", "python3.13")
LIMIT = 1_800


@dataclass(frozen=True)
class Peer:
    """A library, its protocol, what that gives, and how to run it."""

    name: str
    package: str
    protocol: str
    gives: str
    cores: tuple[int, ...] = (1, 2)


PEERS = (
    Peer("openmined-psi", "openmined-psi==2.0.6", "", "ECDH over P-256; semi-honest", cores=(1,)),
    Peer("spu ecdh", "spu==0.9.5", "ecdh", "ECDH over Curve25519, hash to x only; semi-honest"),
    Peer("spu ecdh-elligator2", "spu==0.9.5", "ecdh-elligator2", "ECDH, sound hash to the curve; semi-honest"),
    Peer("spu kkrt", "spu==0.9.5", "kkrt", "oblivious transfer (KKRT); semi-honest"),
    Peer("spu rr22", "spu==0.9.5", "rr22", "VOLE (RR22); semi-honest"),
)


def environment(package: str, *others: str) -> Path | None:
    """Return a Python that has the packages; None, after a clear word, where there is none."""
    folder = ENVIRONMENTS / package.replace("=", "-")
    python = folder / "bin" / "python"
    if (folder / "installed").exists():
        return python
    tried = []
    for candidate in filter(None, map(shutil.which, PYTHONS)):
        shutil.rmtree(folder, ignore_errors=True)
        install = [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--only-binary",
            ":all:",
        ]
        for command in ([candidate, "-m", "venv", str(folder)], [*install, package, *others]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                break
        else:
            (folder / "installed").touch()
            return python
        tried.append(candidate)
    shutil.rmtree(folder, ignore_errors=True)
    print(f"skipped: {package} can't be installed with any of {', '.join(tried)}: no network, or no wheel for them")
    return None


def free_port() -> int:
    """Return a port that nobody uses just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def run_openmined(python: Path, _: Peer, sizes: tuple[int, int], cores: int) -> Figures:
    """Run both parties in one process."""
    command = [str(python), str(HERE / "peer_openmined.py"), *map(str, (*sizes, cores))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=LIMIT)
    figures: Figures = json.loads(done.stdout)
    return figures


def run_spu(python: Path, peer: Peer, sizes: tuple[int, int], cores: int, *, count: bool = False) -> Figures:
    """Run two processes; with `count`, through relays that count bytes and cost time."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        ports = [free_port(), free_port()]
        relays = [stack.enter_context(Relay(port)) for port in ports] if count else []
        running = []
        for rank in (0, 1):
            seen = list(ports)
            if count:
                seen[1 - rank] = relays[1 - rank].port
            folder = Path(name) / str(rank)
            folder.mkdir()
            words = (rank, peer.protocol, *sizes, cores, folder, *(f"127.0.0.1:{port}" for port in seen))
            command = [str(python), str(HERE / "peer_spu.py"), *map(str, words)]
            running.append(
                subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            )
        told = [process.communicate(timeout=LIMIT)[0] for process in running]
    sides = [json.loads(line[8:]) for text in told for line in text.splitlines() if line.startswith("figures ")]
    if len(sides) < len(told):
        raise RuntimeError("\n".join(told)[-2_000:])
    return {
        "seconds": max(side["ended"] for side in sides) - min(side["began"] for side in sides),
        "peak_megabytes": {
            role: side["peak_megabytes"] for role, side in zip(("client", "server"), sides, strict=True)
        },
        "right": all(side["right"] for side in sides),
        "bytes": sum(relay.bytes for relay in relays) if count else None,
    }


def measured(name: str, gives: str, sizes: tuple[int, int], cores: int, figures: Figures) -> Figures:
    """Return one run in the shape of all, and print it."""
    items = sum(sizes)
    sent = figures.pop("bytes", None)
    run = {
        "name": name,
        "gives": gives,
        "client_items": sizes[0],
        "server_items": sizes[1],
        "cores": cores,
        "microseconds_per_item": figures["seconds"] / items * 1e6,
        "bytes_per_item": None if sent is None else sent / items,
        **figures,
    }
    peak = max(run["peak_megabytes"].values())
    sent_text = "" if run["bytes_per_item"] is None else f"{run['bytes_per_item']:.1f}"
    print(
        f"  {name:<22}{cores:>2} core(s){run['seconds']:>10.3f} s{run['microseconds_per_item']:>9.1f} us/item"
        f"{sent_text:>7} B/item{peak:>6.0f} MB{'' if run['right'] else '  WRONG RESULT'}",
        flush=True,
    )
    return run


def psimatch_runs(
    sizes: list[tuple[int, int]], kernels: list[str], budget: float, left_out: list[Figures]
) -> list[Figures]:
    """Run psimatch with each kernel."""
    runs = []
    gives = "verifiable OPRF over ristretto255: every answer proved, sealed and signed"
    for kernel in kernels:
        run_one = lambda pair, cores, kernel=kernel: _own(Run(pair[0], pair[1], cores, kernel))  # noqa: E731
        runs += contest(f"psimatch {kernel}", gives, sizes, (1, 2), run_one, budget, left_out)
    return runs


def _own(run: Run) -> Figures:
    figures = measure(run)
    sent = figures["bytes_per_item"] * (run.client_items + run.server_items)
    return {
        "seconds": figures["seconds"],
        "bytes": sent,
        "peak_megabytes": figures["peak_megabytes"],
        # `measure` ends the benchmark where it is not.
        "right": True,
    }


def contest(
    name: str,
    gives: str,
    sizes: list[tuple[int, int]],
    cores: tuple[int, ...],
    run_one: Callable[[tuple[int, int], int], Figures],
    budget: float,
    left_out: list[Figures],
) -> list[Figures]:
    """Run one contestant at each size, from the smallest; each run says how long the next one would take."""
    runs: list[Figures] = []
    for pair in sorted(sizes, key=sum):
        before = runs[-len(cores)] if runs else None
        expected = before["seconds"] * sum(pair) / (before["client_items"] + before["server_items"]) if before else 0
        if within(f"{name}, {size(*pair)}", expected, budget, left_out):
            runs += [measured(name, gives, pair, number, run_one(pair, number)) for number in cores]
    return runs


def peer_runs(peer: Peer, sizes: list[tuple[int, int]], budget: float, left_out: list[Figures]) -> list[Figures]:
    """Run a peer at each size, or say why not."""
    python = environment(peer.package)
    if python is None:
        left_out.append({"what": peer.name, "why": "can't be installed here"})
        return []

    def run_one(pair: tuple[int, int], cores: int) -> Figures:
        if not peer.protocol:
            return run_openmined(python, peer, pair, cores)
        figures = run_spu(python, peer, pair, cores)
        if sum(pair) <= 25_000:
            # The time is that of the run before: the relays take some themselves.
            figures["bytes"] = run_spu(python, peer, pair, cores, count=True)["bytes"]
        return figures

    return contest(peer.name, peer.gives, sizes, peer.cores, run_one, budget, left_out)


def main() -> None:
    """Measure, print, write."""
    options = parser(__doc__, "peers")
    options.add_argument("--sizes", nargs="+", default=["1000", "10000", "100000"], metavar="N[xM]")
    options.add_argument("--peers", nargs="*", choices=[peer.name for peer in PEERS], help="only these; none for none")
    options.add_argument("--kernels", nargs="+", choices=kernel_names(), default=list(kernel_names()))
    add_budget(options)
    given = options.parse_args()
    sizes, left_out = [read_size(each) for each in given.sizes], list[Figures]()
    runs = psimatch_runs(sizes, given.kernels, given.budget, left_out)
    for peer in PEERS:
        if given.peers is None or peer.name in given.peers:
            runs += peer_runs(peer, sizes, given.budget, left_out)
    write(given.output, "peers", {"runs": runs, "left_out": left_out})


if __name__ == "__main__":
    main()
