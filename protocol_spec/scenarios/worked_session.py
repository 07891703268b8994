"""The worked session of the specification (§19), from the scenarios of its two sides."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from protocol_spec import reference as ref

SPEC = Path(__file__).parents[1] / "psimatch-1.md"
SCENARIO = "session/{}-both-learn-two-matches-with-contacts.json"
BEGIN, END = "<!-- session -->\n", "<!-- /session -->"
# The order in which the messages of a session with one chunk a side are sent.
FLOW = (
    "client Hello", "server ServerHello", "server Tags", "client Blinded", "server Evaluated", "client Claims",
    "server Contacts", "server LedgerHead", "client Receipt", "server Receipt",
)  # fmt: skip
# A line of the text holds 48 bytes; of what is longer than five lines the first is shown.
LINE, WHOLE = 96, 5 * 96
COLUMN = 16

Side = dict[str, Any]


def worked_session(client: Side, server: Side) -> str:
    """Return what stands in §19, from the content of the two scenarios."""
    sides = {"client": client, "server": server}
    lines = ["```text", *_given(client, server), ""]
    counts = dict.fromkeys(sides, 0)
    for number, step in enumerate(FLOW, 1):
        role, name = step.split()
        lines += [f"({number}) {name}, from the {role}", *_message(sides, role, counts[role]), ""]
        counts[role] += 1
    lines += ["What both have at the end", *_end(client["expect"]["output"])]
    where = " and ".join(f"[{SCENARIO.format(role)}](vectors/{SCENARIO.format(role)})" for role in sides)
    about = (
        "Three and three identifiers under an agreement with `max_items` 4, `reveal` both and contacts of 32 bytes;\n"
        "two are in both lists. Long fields are cut here; all of it, the sealed envelopes too, is in\n"
        f"{where}.\n\n"
    )
    return about + "\n".join(lines) + "\n```\n"


def _given(client: Side, server: Side) -> Iterator[str]:
    yield "Given"
    yield from _field("agreement id", ref.agreement_id(client["input"]["terms"]).hex())
    for role, side in (("client", client), ("server", server)):
        given = side["input"]
        yield from _field(f"{role} seed", given["identity_seed"])
        drawn = given["random"]
        yield from _field("ephemeral", drawn["ephemeral_secret"])
        # Each row here has one identifier of its own.
        items = [item for row in given["rows"] for item in row["identifiers"]]
        order = [("dummy" if at >= len(items) else _named(items[at])) for at in drawn["order"]]
        yield from _field("set, shuffled", ", ".join(order))
        for name, short in (("dummies", "dummy"), ("blinds", "blind"), ("proof_nonces", "proof nonce")):
            for value in drawn.get(name, ()):
                yield from _field(short, value)
        if "key_seed" in drawn:
            yield from _field("key seed", drawn["key_seed"])


def _named(item: dict[str, Any]) -> str:
    return f"{item['kind']}/{item['version']} {bytes.fromhex(item['value']).decode()}"


def _field(name: str, value: str) -> Iterator[str]:
    """Give a field in lines of 48 bytes; of a long one the first and its length."""
    long = len(value) > WHOLE
    pieces = [value[at : at + LINE] for at in range(0, len(value), LINE)] or ["none"]
    if long:
        pieces = [f"{pieces[0]}... {len(value) // 2:,} bytes"]
    for number, piece in enumerate(pieces):
        yield f"    {'' if number else name:{COLUMN}}{piece}"


def _message(sides: dict[str, Side], role: str, number: int) -> Iterator[str]:
    """Show one message: the header of its envelope, what is signed with it, and its fields."""
    side = sides[role]
    other = sides["server" if role == "client" else "client"]
    plaintext = side["expect"]["output"]["sent"][number]
    yield from _field("header", other["input"]["receive"][number][:102])
    yield from _field("signature", plaintext[:128])
    yield from _field("received", f"{int(plaintext[192:200], 16)} messages")
    shown = side["steps"]["sent"][number]["fields"]
    for name, value in shown.items():
        yield from _field(name.replace("_", " "), value if isinstance(value, str) else str(value).lower())
    filled = (len(plaintext) - 208) // 2 - int(plaintext[200:208], 16)
    if filled:
        yield from _field("fill", f"{filled} zero bytes")


def _end(output: dict[str, Any]) -> Iterator[str]:
    yield from _field("session id", output["session_id"])
    for match in output["matches"]:
        yield from _field("match", f"{_named(match)}  {match['reference']}")
    yield from _field("receipt digest", output["receipt"]["digest"])


def write_worked_session(vectors: Mapping[str, str], check: bool) -> int:
    """Write §19 from its two scenarios in a set, or say that it differs; return 1 where it does."""
    shown = worked_session(*(json.loads(vectors[SCENARIO.format(role)]) for role in ("client", "server")))
    text = SPEC.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    wanted = before + BEGIN + shown + END + after
    if check:
        print(f"{SPEC.name}: the worked session is {'different' if text != wanted else 'that of the scenarios'}")
        return int(text != wanted)
    SPEC.write_text(wanted, encoding="utf-8")
    return 0
