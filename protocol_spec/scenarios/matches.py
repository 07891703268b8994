"""Contacts, references, and the rows of an audit (§8.3, §8.4, §12)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from protocol_spec.reference import (
    Identifier,
    contact_key,
    encode_scalar,
    hkdf_expand,
    lp,
    random_scalar,
    seal_contact,
)
from protocol_spec.scenarios.scenario import Scenario, stream


def contact_scenarios() -> Iterator[Scenario]:
    """Seal contacts both ways, open them, and refuse those of the other direction (§8.3)."""
    draw = stream("references")
    for name, text, size in (
        ("a contact", "Team Noord, 070 123 45 67", 64),
        ("no contact", "", 16),
        ("a contact that fills its bytes", "Zoë", 4),
    ):
        secret, session = draw(32), draw(32)
        for to, other in (("server", "client"), ("client", "server")):
            both = {"match_secret": secret, "session_id": session}
            steps, towards = {"contact_key": contact_key(secret, session, to)}, f"{name} to the {to}"
            given = {**both, "to": to, "contact": text, "contact_size": size}
            yield Scenario("seal_contact", towards, f"Seal {towards}.", "§8.3", given, steps=steps)
            given = {**both, "to": to, "sealed": seal_contact(secret, session, to, text, size)}
            yield Scenario("open_contact", towards, f"Open {towards}.", "§8.3", given, steps=steps)
            about = f"A contact that was sealed to the {to}, taken for one to the {other}."
            yield Scenario("open_contact", f"{towards}, turned", about, "§8.3", given | {"to": other}, "contact")
    for name, raw, refused in (
        ("a line feed", b"a\nb", ""),
        ("not UTF-8", b"\xff\xfe", "contact"),
        ("zero within the text", b"a\x00b", ""),
    ):
        secret, session = draw(32), draw(32)
        cipher = ChaCha20Poly1305(contact_key(secret, session, "server"))
        sealed = cipher.encrypt(bytes(12), raw.ljust(16, b"\x00"), b"")
        given = {"match_secret": secret, "session_id": session, "to": "server", "sealed": sealed}
        operation = "open_contact" if refused else "hostile_contact"
        yield Scenario(operation, name, f"A contact that must not be shown as it is: {name}.", "§8.3", given, refused)


def reference_scenarios() -> Iterator[Scenario]:
    """Name matches, alone, with others, and with one whose first 40 bits are the same (§8.4)."""
    draw = stream("match references")
    session, secrets = draw(32), [draw(32) for _ in range(3)]
    info = lp(b"psimatch/1 match reference") + session
    for name, some in (
        ("one match", secrets[:1]),
        ("three matches", secrets),
        ("two that share their first 40 bits", [secrets[0], secrets[1], secrets[0]]),
    ):
        given = {"session_id": session, "match_secrets": some}
        steps = {"bytes": [hkdf_expand("sha512", secret, info, 8) for secret in some]}
        yield Scenario(
            "references", name, f"References of the matches of a session: {name}.", "§8.4", given, steps=steps
        )


def audit_scenarios() -> Iterator[Scenario]:
    """Commit to rows and seal them (§12.2, §12.3)."""
    draw = stream("audit")
    for role, number in (("client", 1), ("client", 2), ("server", 3), ("client", 5), ("server", 8)):
        seeds, rows = (draw(32), draw(32)), list[dict[str, Any]]()
        agreement, session = draw(32), draw(32)
        for place in range(number):
            item: Identifier = ("text", 1, f"row {place}".encode()) if place else ("dummy", 1, draw(32))
            blinding = bytes([place % 2]) + encode_scalar(random_scalar(draw)) if role == "client" else b""
            rows.append({
                "salt": draw(32), "kind": item[0], "version": item[1], "value": item[2], "blinding": blinding,
                "persons": [], "case_ref": f"case {place}" if place else "",
            })  # fmt: skip
        name = f"{number} row{'s' * (number > 1)} of a {role}"
        given = {
            "role": role, "agreement_id": agreement, "session_id": session, "auditor_seed": seeds[0],
            "owner_seed": seeds[1], "row_bytes": 320, "rows": rows, "places": list(range(0, number, 2)),
        }  # fmt: skip
        about = f"The leaves, root, shares and sealed rows of {name}."
        yield Scenario("audit_rows", name, about, "§12.2, §12.3, §12.5", given)


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    yield from contact_scenarios()
    yield from reference_scenarios()
    yield from audit_scenarios()
