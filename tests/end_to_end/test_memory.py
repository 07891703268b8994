"""What of a party's secrets stands in the memory of the process: while a session runs, and when it is over.

What is guaranteed is what `GONE` says, no more: `protocol_spec/secrets.md` has the whole table. `pytest -s` prints what
was found of each sort.
"""

import os
import re
import signal
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

import psimatch
from psimatch.kernel import wiping

DUMPING = Path(__file__).parents[1] / "support" / "dumping.py"
# Of each sort so many pieces are looked for, of so many bytes: none is found by chance.
PIECES = 8
PIECE_BYTES = 16
# Sorts of which nothing stands in memory when a session is over, however it ended, with the C kernels.
GONE = {
    "ephemeral seed",
    "server key seed",
    "server key",
    "proof nonce",
    "what blinds come from",
    "blinds",
    "outputs",
    "keys of the shuffle",
}
# Sorts that are seen while they serve: the search can find them.
TOLD = {"client": {"blinds"}, "server": {"server key", "server key seed", "proof nonce"}}
LIVE = {"client": {"blinds", "outputs", "ephemeral seed"}, "server": {"server key", "outputs", "ephemeral seed"}}

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="memory is read from /proc"),
    pytest.mark.skipif(wiping.compiled is None, reason="without the C kernels bytes can't be wiped"),
]


def wait_until_stopped(process):
    """Wait until the process has stopped itself, and take note of that."""
    found = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    assert found.si_code == os.CLD_STOPPED, process.communicate()
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)


def memory_of(process):
    """All that the process can write to, joined."""
    parts = []
    maps = Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8")
    with Path(f"/proc/{process.pid}/mem").open("rb", buffering=0) as memory:
        for line in maps.splitlines():
            first, last, rights = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            if rights.startswith("rw"):
                memory.seek(int(first, 16))
                parts.append(memory.read(int(last, 16) - int(first, 16)))
    return b"".join(parts)


def secrets_of(path):
    """The secrets that the process has told, by sort, cut into pieces to look for."""
    data, found = path.read_bytes(), defaultdict(list)
    while data:
        head, _, rest = data.partition(b"\n")
        name, _, size = head.decode().rpartition(" ")
        secret, data = rest[: int(size)], rest[int(size) :]
        # Not the first bytes, where the allocator writes into a block that is free.
        starts = range(16 if len(secret) > 32 else 8, len(secret) - PIECE_BYTES + 1, 32)
        found[name] += [secret[start : start + PIECE_BYTES] for start in starts]
    return {name: pieces[:: -(-len(pieces) // PIECES)] for name, pieces in found.items()}


def seen(process, path):
    """How many pieces of each sort stand in its memory, of how many that were looked for."""
    memory = memory_of(process)
    found = {name: (sum(piece in memory for piece in pieces), len(pieces)) for name, pieces in secrets_of(path).items()}
    print(path.parent.name, {name: f"{count} of {all_}" for name, (count, all_) in found.items()})
    return found


class Dumped:
    """A match of two parties whose processes stop, so that their memory can be read."""

    def __init__(self, pair, *, client_points, server_points):
        self.sides = {"client": pair.care, "server": pair.police}
        # Nothing matches: the claim of a match is sent, and stands in messages.
        pair.police.write_list(["police 1", "police 2"])
        self.processes = {}
        self._start("server", server_points, "--listen", "127.0.0.1:0")
        line = self.processes["server"].stderr.readline()
        address = re.search(r"listening on (\S+) for", line)
        assert address, line
        self._start("client", client_points, "--connect", address[1])

    def _start(self, role, points, *arguments):
        side = self.sides[role]
        passphrase = ("--passphrase-file", "passphrase") if (side.folder / "passphrase").exists() else ()
        program = (str(DUMPING), str(self._path(role)), points)
        self._path(role).unlink(missing_ok=True)
        self.processes[role] = side.match(*arguments, *passphrase, program=program)

    def _path(self, role):
        return self.sides[role].folder / "told"

    def seen(self, role):
        """Wait until it has stopped, and look."""
        wait_until_stopped(self.processes[role])
        return seen(self.processes[role], self._path(role))

    def pass_by(self, role):
        """Wait until it has stopped, and let it go on."""
        wait_until_stopped(self.processes[role])
        self.go_on(role)

    def go_on(self, role):
        self.processes[role].send_signal(signal.SIGCONT)

    def end(self, role, code):
        self.go_on(role)
        output, errors = self.processes[role].communicate()
        assert self.processes[role].returncode == code, (output, errors)


def live(dumped):
    """Go through a session, and return what was seen while it ran."""
    found = {"client": dumped.seen("client")}
    dumped.go_on("client")
    # Before Evaluated leaves the server has all of its secrets.
    found["server"] = dumped.seen("server")
    dumped.go_on("server")
    at_outputs = dumped.seen("client")
    found["client"] = {name: max(found["client"].get(name, (0, 0)), at_outputs[name]) for name in at_outputs}
    return found


def go_through(dumped):
    """Go on until the client has its outputs, and stands there."""
    dumped.pass_by("client")
    dumped.pass_by("server")
    wait_until_stopped(dumped.processes["client"])


def assert_live(found):
    for role, sorts in LIVE.items():
        for name in sorts:
            count, looked_for = found[role][name]
            assert count, f"{role}: none of {looked_for} pieces of {name} was found while the session ran"


def assert_gone(found, role):
    assert set(found) >= {"ephemeral seed", "what blinds come from", "outputs", "keys of the shuffle"} | TOLD[role]
    for name in GONE & set(found):
        count, looked_for = found[name]
        assert not count, f"{role}: {count} of {looked_for} pieces of {name} are there still"


def test_a_finished_session_leaves_no_key_and_no_blind(pair):
    for name, side in (("care", pair.care), ("police", pair.police)):
        passphrase = f"paard batterij nietje van {name}"
        (side.folder / "passphrase").write_text(passphrase, encoding="utf-8")
        (side.folder / "passphrase").chmod(0o600)
        psimatch.write_identity(side.folder / f"{name}.identity", pair.identities[name], passphrase, force=True)
    dumped = Dumped(pair, client_points="2,outputs,over", server_points="3,over")
    assert_live(live(dumped))
    dumped.go_on("client")
    for role in LIVE:
        found = dumped.seen(role)
        assert_gone(found, role)
        # What lives as long as the process is found, so what is not found is gone.
        assert found["identity seed"] == (1, 1)
    for role in LIVE:
        dumped.end(role, 0)


@pytest.mark.parametrize("role", LIVE)
def test_a_session_that_was_aborted_leaves_none_either(pair, role):
    points = {"client": "2,outputs", "server": "3"}
    points[role] += ",over"
    dumped = Dumped(pair, client_points=points["client"], server_points=points["server"])
    go_through(dumped)
    other = "server" if role == "client" else "client"
    dumped.processes[other].kill()
    if role == "client":
        dumped.go_on("client")
    assert_gone(dumped.seen(role), role)
    dumped.end(role, 4)
    dumped.processes[other].communicate()


def test_a_session_with_an_auditor_leaves_none_either(pair):
    """Its blinds are kept, but sealed."""
    auditor = psimatch.Identity.generate("auditor")
    agreement = pair.signed(replace(pair.terms, auditor=auditor.public.fingerprint_text))
    for side in (pair.care, pair.police):
        side.sign(agreement)
        psimatch.write_public(side.folder / "auditor.public", auditor.public)
    dumped = Dumped(pair, client_points="2,outputs,over", server_points="3,over")
    go_through(dumped)
    dumped.go_on("client")
    for role in LIVE:
        assert_gone(dumped.seen(role), role)
    for role in LIVE:
        dumped.end(role, 0)


def test_what_is_not_wiped_is_found(pair):
    """The control: the same search, where secrets are dropped and not overwritten."""
    dumped = Dumped(pair, client_points="2,outputs", server_points="3,over,unwiped")
    go_through(dumped)
    dumped.go_on("client")
    with pytest.raises(AssertionError, match="are there still"):
        assert_gone(dumped.seen("server"), "server")
    dumped.end("server", 0)
    dumped.processes["client"].communicate()
