"""The tables of the spec say what the code says: requirements, constants, labels, and the grammar of messages."""

import io
import re
from dataclasses import fields
from pathlib import Path

import cbor2
import msgpack
import pycddl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sessions import AUDITOR, Wire, make_agreement, make_client, make_server

from psimatch import canonical, errors, wire
from psimatch.identifiers import text
from psimatch.messages import (
    Abort,
    Blinded,
    Claims,
    Contacts,
    Evaluated,
    Hello,
    LedgerHead,
    Receipt,
    ServerHello,
    Standing,
    Tags,
)
from psimatch.parameters import LIMITS, Label
from psimatch.terms import Reveal

ROOT = Path(__file__).parents[2]
SPEC = (ROOT / "protocol_spec" / "psimatch-1.md").read_text(encoding="utf-8")
REQUIREMENTS = (ROOT / "protocol_spec" / "requirements.md").read_text(encoding="utf-8")
README = (ROOT / "protocol_spec" / "README.md").read_text(encoding="utf-8")


def block(name):
    return SPEC.partition(f"<!-- {name} -->")[2].partition(f"<!-- /{name} -->")[0]


def sections_with_requirements():
    """Return for each number of a MUST the section that it stands in, in order."""
    found, section = {}, ""
    for line in SPEC.splitlines():
        heading = re.match(r"#{2,3} (\d+(?:\.\d+)?) ", line)
        section = heading[1] if heading else section
        found.update({int(number): section for number in re.findall(r"\[R(\d+)\]", line)})
    return found


def test_every_must_has_a_number():
    """Between two numbers stands one sentence with a MUST, and none stands behind the last."""
    _, _, text = SPEC.partition("\n## 1 ")
    pieces = re.split(r"\[R\d+\]", text)
    numbers = [int(number) for number in re.findall(r"\[R(\d+)\]", text)]
    # A new one gets the next number that is free, wherever it stands: others refer to the old ones.
    assert len(set(numbers)) == len(numbers)
    assert all("MUST" in piece for piece in pieces[:-1])
    assert "MUST" not in pieces[-1]
    for piece in pieces[:-1]:
        first = piece.index("MUST")
        # A sentence may have several; a full stop or a new paragraph between two of them would part sentences.
        assert not re.search(r"\. .*MUST|\n\n(?s:.*)MUST", piece[first:]), piece[first:]


def test_every_requirement_names_a_test_that_exists():
    rows = re.findall(r"^\| R(\d+) \| ([\d.]+) \| .+? \| (.+) \|$", REQUIREMENTS, re.MULTILINE)
    assert {int(number): section for number, section, _ in rows} == sections_with_requirements()
    numbers = [int(number) for number, _, _ in rows]
    assert numbers == sorted(set(numbers))
    for number, _, shown_by in rows:
        named = re.findall(r"`(tests/[\w/.]+)(?:::(\w+))?`", shown_by)
        assert named, f"R{number} names no test"
        for path, function in named:
            text = (ROOT / path).read_text(encoding="utf-8")
            assert not path.endswith(".py") or re.search(rf"^ *def {function}\(", text, re.MULTILINE), (number, path)


def test_every_section_leads_to_a_module_and_to_tests():
    named = re.findall(r"^\| (§.+?) \| (.+) \| (.+) \|$", README, re.MULTILINE)
    chapters = {int(found) for where, _, _ in named for found in re.findall(r"§(\d+)", where)}
    # Chapter 1 introduces; from 16 on nothing is said that a module could do.
    assert chapters == set(range(2, 16))
    for where, modules, tests in named:
        for path in re.findall(r"`([\w/.]+)`", f"{modules} {tests}"):
            assert (ROOT / path).exists(), (where, path)


def test_constants():
    rows = re.findall(r"^\| `(\w+)` \| ([\d.,]+) \|", block("constants"), re.MULTILINE)
    shown = {name: float(value.replace(",", "")) for name, value in rows}
    limits = {item.name: float(getattr(LIMITS, item.name)) for item in fields(LIMITS)}
    # The bounds of a party's own files and of its operator's words are no part of the protocol.
    assert limits.keys() - shown.keys() == {"row_bytes", "list_bytes", "reason_characters"}
    assert shown == {name: limits[name] for name in shown}


def test_labels():
    rows = re.findall(r"^\| `(psimatch/1 [\w ]+)` \| §(\d+\.\d+),", block("labels"), re.MULTILINE)
    labels = {value.decode() for name, value in vars(Label).items() if name.isupper()}
    assert {label for label, _ in rows} == labels
    for label, section in rows:
        text = re.search(rf"^### {re.escape(section)} (.*?)(?=^##)", SPEC, re.MULTILINE | re.DOTALL)
        assert text, section
        assert f'"{label}"' in text[1] or f"`{label}`" in text[1], (label, section)


# The grammar.

GRAMMAR = block("grammar").partition("```cddl\n")[2].partition("```")[0]
MESSAGE, TERMS, RECEIPT, AUDIT = (
    pycddl.Schema(f"start = {rule}\n{GRAMMAR}") for rule in ("message", "terms", "receipt_body", "audit_record")
)


SAMPLES = [
    Hello(bytes(32), bytes(1_216), 8, *Standing(1, 0).fields),
    ServerHello(bytes(32), bytes(1_216), bytes(32), 8, *Standing(1, 0).fields, bytes(32)),
    Tags(False, bytes(32)),
    Blinded(bytes(32), bytes(32)),
    Evaluated(bytes(64), bytes(64)),
    Claims(True, bytes(16), bytes(64)),
    Contacts(1, bytes(64)),
    Receipt(b"body", bytes(64)),
    Abort(errors.AbortCode.FAILED),
    LedgerHead(bytes(32)),
]


def fits(schema, value):
    try:
        schema.validate_cbor(cbor2.dumps(value))
    except (pycddl.ValidationError, ValueError):
        return False
    return True


def signed_messages(**terms):
    """Return the messages of a whole session, and its audit records where the terms name an auditor."""
    agreement = make_agreement(**terms)
    audited = {"auditor": AUDITOR.public} if agreement.terms.auditor else {}
    lists = [{text(word): "" for word in words} for words in ("abc", "bcd")]
    sides = [make(agreement, own, **audited) for make, own in zip((make_client, make_server), lists, strict=True)]
    kept = []
    for side in sides:
        honest = side._channel._on_signed
        side._channel._on_signed = lambda signed, honest=honest: kept.append(signed.message) or honest(signed)
    wire = Wire(*sides).run()
    assert wire.errors == {}
    return agreement, kept, wire


@pytest.mark.parametrize(
    "terms",
    [{}, {"reveal": Reveal.CLIENT}, {"auditor": AUDITOR.public.fingerprint_text}, {"contact_size": 0}],
    ids=["both", "client", "audited", "no contacts"],
)
def test_a_session_speaks_the_grammar(terms):
    agreement, messages, wire = signed_messages(**terms)
    assert fits(TERMS, agreement.terms.as_fields())
    types = set()
    for message in messages:
        value = msgpack.unpackb(message)
        assert fits(MESSAGE, value), value[0]
        types.add(value[0])
        if value[0] == 8:
            assert fits(RECEIPT, msgpack.unpackb(value[1]))
    assert types == {1, 2, 3, 4, 5, 8, 10} | ({6, 7} if agreement.terms.reveal is Reveal.BOTH else set())
    for records in wire.audits.values():
        stream = io.BytesIO(records)
        while length := int.from_bytes(stream.read(4), "big"):
            assert fits(AUDIT, msgpack.unpackb(stream.read(length)))


@given(st.data())
def test_whatever_is_accepted_fits_the_grammar(data):
    """One field of a message is replaced by another value; the package takes it only if the grammar does."""
    value = msgpack.unpackb(wire.encode(data.draw(st.sampled_from(SAMPLES))))
    place = data.draw(st.integers(0, len(value) - 1))
    sizes = [len(value[place]) if isinstance(value[place], bytes) else 0, 0, 4, 16, 31, 32, 33, 64]
    value[place] = data.draw(
        st.one_of(
            st.sampled_from([None, True, [], {}, -1, 0, 1, 2_048, 2_049, 2**32 - 1, 2**32]),
            st.sampled_from(sizes).flatmap(lambda size: st.binary(min_size=size, max_size=size)),
        )
    )
    try:
        wire.decode(canonical.encode(value))
    except errors.RemoteProtocolError:
        return
    # The one length that a later check refuses (§5.2).
    assert fits(MESSAGE, value) or (value[0] == 5 and place == 2)
