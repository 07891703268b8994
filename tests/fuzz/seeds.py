"""Where fuzzing begins: inputs made of the vectors, of the example lists, and of what psimatch itself writes."""

import json
import os
from pathlib import Path

import agreement_targets
import document_targets
import list_targets
import wire_targets
from choices import edit
from material import ROWS
from session_targets import MESSAGES

from psimatch import wire
from psimatch.errors import RemoteProtocolError
from psimatch.parameters import Role
from psimatch.transports.frames import frame
from psimatch.transports.preface import preface

ROOT = Path(__file__).parents[2]
# PSIMATCH_VECTORS names another set than the tree's core set.
VECTORS = Path(os.environ.get("PSIMATCH_VECTORS", ROOT / "protocol_spec" / "vectors"))


def vector_texts():
    """Return every text in the vectors, however they are laid out, each once."""
    texts = {}
    for path in sorted(VECTORS.rglob("*.json")):
        _collect(json.loads(path.read_bytes()), texts)
    return list(texts)


def _collect(value, texts):
    match value:
        case dict():
            for item in value.values():
                _collect(item, texts)
        case list():
            for item in value:
                _collect(item, texts)
        case str():
            texts[value] = None


def vector_bytes():
    """Return what the vectors have in hexadecimal."""
    found = []
    for text in vector_texts():
        try:
            found.append(bytes.fromhex(text))
        except ValueError:
            continue
    return [data for data in found if data]


def _some(items, most=40):
    """Return so many of the items at most, from all over."""
    return items[:: -(-len(items) // most)] if items else []


def _frames():
    envelopes = _some([data for data in vector_bytes() if data.startswith(b"psimatch")])
    for role, wanted in enumerate(Role):
        for polite in (0, 1):
            front = b"" if polite else preface(wanted.peer)
            yield bytes([role, polite, 7]) + front + b"".join(map(frame, (b"", b"one", *envelopes[:2])))
    yield bytes([0, 0, 0]) + b"psimatch/12 server\n"
    yield bytes([0, 0, 0]) + preface(Role.CLIENT)
    yield bytes([1, 1, 255]) + b"\xff\xff\xff\xff"
    yield from (bytes([1, 1, 99]) + frame(envelope) for envelope in envelopes)


def _messages():
    """Each message of the vectors, refused ones too, and nesting that claims much."""
    yield from (data for data in vector_bytes() if data[0] >> 4 in (8, 9) and len(data) <= 4_096)
    yield b"\x91" * 5_000
    yield b"\xdf\x00\x00\x09\xc4" * 500


def _envelopes():
    size = len(wire_targets.HELLO)
    envelopes = [data for data in vector_bytes() if data.startswith(b"psimatch")]
    yield from (bytes([1, 0]) + data for data in _some(envelopes))
    for role in range(2):
        yield from (bytes([role, 2]) + edit(at, 1, b"\x01")(1_400) for at in (0, 8, 10, 11, 15, 47, 51, 1_300))
        yield bytes([role, 3, 0, 0]) + wire_targets.HELLO
        yield from (bytes([role, 3, 0, 0]) + message for message in _some(_accepted()))
        yield from (bytes([role, 4, 0, 0]) + edit(at, 1, b"\x02")(size) for at in (0, 1, 40, 1_300))
        yield from (bytes([role, 5, 0, 0, 0]) + edit(at, 4, b"\0\0\0\1")(size + 104) for at in (0, 64, 96, 100))


def _accepted():
    """Return the messages of the vectors that can be read."""
    accepted = []
    for data in vector_bytes():
        try:
            wire.decode(data)
        except RemoteProtocolError:
            continue
        accepted.append(data)
    return accepted


def _sessions():
    """Each way to change each message of each side, where both learn the matches; and some where they don't."""
    for role in range(2):
        # Half of them, since each is a whole session.
        ways = ((at, way) for at in range(MESSAGES) for way in range(7) if (at + way) % 2 == role)
        yield from (bytes([role, 0, 0, at, way, 0, way, 0, 1]) for at, way in ways)
        yield from (bytes([role, *setting, at, 3, 0, 4, 0, 1]) for setting in ((1, 0), (0, 1)) for at in (0, 2, 5))


def _agreements():
    text = agreement_targets.TEXT.encode()
    yield b"\x00" + text
    yield b"\x01" + edit(100, 3, b"x")(len(text))
    for number, line in enumerate(agreement_targets.FIELDS):
        value = line.partition(" = ")[2].encode()
        yield from (bytes([way, number]) + given for way, given in ((2, value), (2, b"1"), (3, b"Pilot \xe2\x80\xae")))
    yield from (bytes([3, number % 20]) + text.encode() for number, text in enumerate(_some(vector_texts())))
    yield b"\x00" + b"[" * 3_000


def _flags():
    for name in ("care/flags.csv", "police/persons.csv", "bad/flags.csv"):
        data = (ROOT / "examples" / name).read_bytes()
        lines = data.splitlines(keepends=True)
        for number in range(len(list_targets.LISTS)):
            yield from (
                bytes([number, 0, 2]) + b"".join([lines[0], *lines[at : at + 8]]) for at in range(1, len(lines), 30)
            )
    header = b"telefoon;email;platform;account;iban;bag_id;kenteken;text;achternaam;geboortedatum\n"
    row = b"06%;$@example.org;ig;$;NL91ABNA0417164300;0363200000000001;AB-123-C;$;$;1-2-2010\n"
    yield b"\x00\x00\x02" + header + row
    yield b'\x01\x01\x01Burgerservicenr,Zaak,contact\n%,$,"$\n"\n'
    yield b"\x03\x00\x00\xef\xbb\xbf" + list_targets.csv_of(("text", "dossier"), ("$", "%" * 60), ('"$"', ""))


def _kinds():
    texts = (
        b"123456782",
        b"0612345678",
        b"+31 6 %",
        b"NL91 ABNA 0417 1643 00",
        b"AB-123-C",
        b"a@b.example",
        b"1234 AB\x1f12 a",
    )
    texts += (
        b"0363200000000001",
        b"https://t.me/$",
        b"ig\x1f@$.a",
        "Berg, van der\x1f25-04-2009\x1fZoë".encode(),
        b"[::1]:7443",
    )
    texts += (
        b"2027-02-28",
        b"\x1b]0;$\x07=1+1",
        b"K7QF-3M2X",
        b"$",
        b"%",
        "\u202e\ud800x".encode("utf-8", "surrogatepass"),
    )
    for number in range(len(list_targets.ALL) + len(list_targets.TEXTS)):
        for text in texts:
            yield bytes([number]) + (b"\x00" if number in _CHOOSING else b"") + text


_CHOOSING = {number for number, kind in enumerate(list_targets.ALL) if kind.name in {"person", "phone"}}


def _documents():
    for number, genuine in enumerate(document_targets.GENUINE):
        for place, text in enumerate(genuine):
            yield bytes([number, 0]) + text
            yield from (bytes([number, 2, place, at, at]) + b'["$"]' for at in range(4))
            yield from (bytes([number, 1, place]) + edit(at, 1, b"9")(len(text)) for at in (0, 30, 120))
    last = len(document_targets.READERS)
    yield from (
        bytes([last, role, signed, request]) + bytes(32) for role in (0, 1) for signed in (0, 1) for request in (0, 1)
    )


def _ledgers():
    path, session = b"\x05/dev$\x01", b"\x20" + bytes(32) + b"\x00"
    yield b"\x01\x00\x00\x02" + path + session + b"\x01\x05"
    yield from (bytes([1, kind, 0, 2]) + path[: 6 + (kind == 0)] + session + b"\x01\x05" for kind in range(4))
    for number, body, _ in ROWS:
        size = len(body) + 1
        yield bytes([0, number, 0]) + body.encode()
        yield bytes([0, number, 1]) + edit(20, 2, b"ab")(size)
        yield from (
            bytes([way, number, 2, field, field % 4]) + b"5" for way in (0, 2) for field in range(number % 5, 14, 5)
        )
    yield from (b"\x03" + edit(at, 4, b"\xff\xff")(60_000) for at in (0, 16, 28, 60, 100, 4_096, 5_000, 20_000))


def _audits():
    for role in range(2):
        yield from (
            bytes([0, role, 1]) + edit(at, 1, b"\x01")(9_999) for at in (0, 4, 5, 6, 40, 200, 1_400, 2_000, 4_000)
        )
        yield from (
            bytes([2, role, at, way, 1]) + edit(9, 1, b"\x01")(200) for at in range(role, 16, 4) for way in (0, 1)
        )
        yield from (
            bytes([3, role, 1, part]) + given for part in range(3) for given in (b"", b"$", bytes(33), b"\0\0\0\4text")
        )
    yield b"\x04\0\0\0\4\x94\xc4\0\xc4\0\xc4\0\xa0"


def _tables():
    for number, name in enumerate(sorted(list_targets.PARTS)):
        part = list_targets.PARTS[name]
        yield bytes([1, number, 0]) + edit(60, 3, b"$")(len(part))
        yield bytes([1, number, 1]) + part
    yield from (bytes([0]) + edit(at, 1, b"\x01")(2_000) for at in (0, 4, 40, 100, 400, 600))


SEEDS = {
    "frames": _frames,
    "envelopes": _envelopes,
    "messages": _messages,
    "sessions": _sessions,
    "agreements": _agreements,
    "flags": _flags,
    "kinds": _kinds,
    "documents": _documents,
    "ledgers": _ledgers,
    "audits": _audits,
    "tables": _tables,
}


def seeds(name):
    """Return the seeds of a target, each once."""
    return list(dict.fromkeys(SEEDS[name]()))
