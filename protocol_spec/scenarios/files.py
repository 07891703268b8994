"""Files that people hand to one another: public identities and agreements (§2.3, §3.4)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from protocol_spec.reference import CLIENT, SERVER, Terms, agreement_id, agreement_signed, example_terms
from protocol_spec.scenarios.scenario import Scenario

KEYS = CLIENT.public


def quoted(value: object) -> str:
    """Write a value as TOML; texts and lists of them are as in JSON."""
    return json.dumps(value, ensure_ascii=False)


def identity_text(**changes: object) -> str:
    """Return a public identity file; what is changed to None is left out."""
    fields: dict[str, object] = {
        "format": "psimatch-public-identity-1", "name": "Zoë & Co", "signing_key": KEYS.signing.hex(),
        "sealing_key": KEYS.sealing.hex(), **changes,
    }  # fmt: skip
    return "".join(f"{name} = {quoted(value)}\n" for name, value in fields.items() if value is not None)


def identities() -> Iterator[tuple[str, str | bytes, bool]]:
    """Return public identity files, and whether they are in order."""
    right, signing, sealing = identity_text(), KEYS.signing.hex(), KEYS.sealing.hex()
    most = 16_384
    yield "a public identity", right, True
    yield (
        "with comments, other spaces and another order",
        "# of ours\n" + "".join(line.replace(" = ", "=") + "\n" for line in reversed(right.splitlines())),
        True,
    )
    yield "with Windows line ends", right.replace("\n", "\r\n"), True
    yield "of the most bytes", right + "#" * (most - len(right.encode())), True
    yield "of a byte more", right + "#" * (most + 1 - len(right.encode())), False
    yield "with a name of 200 characters", identity_text(name="é" * 200), True
    for name, changes in (
        ("of another format", {"format": "psimatch-public-identity-2"}), ("without a format", {"format": None}),
        ("without a name", {"name": None}), ("with an empty name", {"name": ""}), ("with a name of spaces",
        {"name": "  "}),
        ("with a name of 201 characters", {"name": "n" * 201}), ("with a name of two lines", {"name": "a\nb"}),
        ("with a number in the place of a name", {"name": 7}), ("with a field too many", {"mail": "x"}),
        ("without a signing key", {"signing_key": None}), ("without a sealing key", {"sealing_key": None}),
        ("with a signing key cut short", {"signing_key": signing[:-2]}), ("with a signing key of 33 bytes",
        {"signing_key": signing + "00"}),
        ("with a signing key in upper case", {"signing_key": signing.upper()}), ("with spaces in a key",
        {"signing_key": " " + signing}),
        ("with a sealing key cut short", {"sealing_key": sealing[:-2]}), ("with a sealing key too long",
        {"sealing_key": sealing + "00"}),
        ("with a sealing key in upper case", {"sealing_key": sealing.upper()}),
        ("with an ML-KEM key out of range", {"sealing_key": "ff" * 1184 + sealing[2368:]}),
        ("with an X25519 point of low order", {"sealing_key": sealing[:2368] + "00" * 32}),
    ):  # fmt: skip
        yield name, identity_text(**changes), False
    yield "with a field twice", right + right.splitlines()[1], False
    yield "that is no TOML", right.replace('"\n', "\n", 1), False
    yield "that is no UTF-8", right.encode() + b"# \xff", False
    yield "that is empty", "", False


def agreement_text(terms: Terms, *signatures: str) -> str:
    """Return an agreement file with these tables of signatures."""
    plain = {name: value for name, value in terms.items() if not isinstance(value, dict)}
    tables = {name: value for name, value in terms.items() if isinstance(value, dict)}
    text = "".join(f"{name} = {quoted(value)}\n" for name, value in plain.items())
    for name, fields in tables.items():
        text += f"[{name}]\n" + "".join(f"{key} = {quoted(value)}\n" for key, value in fields.items())
    return text + "".join(signatures)


def table(party: object, signature: object, more: str = "") -> str:
    """Return the table of a signature."""
    return f"[[signature]]\nparty = {quoted(party)}\ned25519 = {quoted(signature)}\n{more}"


def agreements() -> Iterator[tuple[str, str | bytes, bool]]:
    """Return agreement files, and whether they are in order."""
    terms = example_terms()
    known = agreement_id(terms)
    one, two = (
        party.sign(agreement_signed(role, known)).hex() for role, party in (("client", CLIENT), ("server", SERVER))
    )
    client, server = table("client", one), table("server", two)
    whole = agreement_text(terms, client, server)
    yield "signed by both", whole, True
    yield "signed by nobody", agreement_text(terms), True
    yield "signed by the server alone", agreement_text(terms, server), True
    yield "signatures in another order, with comments", agreement_text(terms, "# first\n", server, client), True
    yield (
        "a signature that does not hold, which is not asked here",
        agreement_text(terms, table("client", "00" * 64)),
        True,
    )
    yield "parties in one line", inline(terms), True
    for name, tables in (
        ("two signatures of one party", (client, server, client)), ("one signature twice", (client, client)),
        ("a third party", (client, table("auditor", one))), ("a signature without its party",
        (f'[[signature]]\ned25519 = "{one}"\n',)),
        ("a party without its signature", ('[[signature]]\nparty = "client"\n',)),
        ("a signature with a field too many", (table("client", one, "day = 1\n"),)),
        ("a signature in upper case", (table("client", one.upper()),)), ("a signature cut short", (table("client",
        one[:-2]),)),
        ("a signature too long", (table("client", one + "00"),)), ("a signature with a space", (table("client",
        " " + one),)),
        ("a number in the place of a signature", (table("client", 7),)), ("a number in the place of a party",
        (table(7, one),)),
        ("a table in the place of the signatures", (client.replace("[[signature]]", "[signature]"),)),
    ):  # fmt: skip
        yield name, agreement_text(terms, *tables), False
    yield "signatures as a text", f'signature = "{one}"\n' + agreement_text(terms), False
    yield "a day of TOML in the place of a text", whole.replace('"2020-01-01"', "2020-01-01"), False
    yield "a fraction of TOML in the place of a number", whole.replace("max_items = 8\n", "max_items = 8.0\n"), False
    spaced = whole.replace("max_evaluations = 100000\n", "max_evaluations = 100_000\n")
    yield "a number with an underscore", spaced, True
    yield "a number in hexadecimal", whole.replace("max_items = 8\n", "max_items = 0x8\n"), True
    yield "a field twice", f"max_items = 8\n{whole}", False
    yield "an unknown field", f"notes = 1\n{whole}", False
    yield "a field missing", whole.replace("max_items = 8\n", ""), False
    yield "that is no UTF-8", whole.encode() + b"# \xff", False
    yield "that is no TOML", "{}", False


def inline(terms: Terms) -> str:
    """Return an agreement file whose parties are inline tables."""
    text = ""
    for name, value in terms.items():
        if isinstance(value, dict):
            value = "{" + ", ".join(f"{key} = {quoted(item)}" for key, item in value.items()) + "}"
            text += f"{name} = {value}\n"
        else:
            text += f"{name} = {quoted(value)}\n"
    return text


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    for operation, files, refused, what, where in (
        ("public_identity", identities(), "identity_file", "A public identity file", "§2.3"),
        ("agreement_file", agreements(), "terms", "An agreement file", "§3.4"),
    ):
        for name, text, right in files:
            data = text if isinstance(text, bytes) else text.encode()
            about = f"{what}{'' if right else ' that must be refused'}: {name}."
            yield Scenario(operation, name, about, where, {"file": data}, "" if right else refused)
