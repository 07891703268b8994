"""The signed terms of a series of sessions (psimatch-1 §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from enum import Enum
from types import MappingProxyType
from typing import Any

from psimatch import canonical, crockford
from psimatch.digest import digest, length_prefixed
from psimatch.errors import (
    AgreementChangedError,
    AgreementFormatError,
    AgreementNotInForceError,
    AgreementUnsignedError,
    FieldError,
    NotAPartyError,
)
from psimatch.identifiers import KINDS, Kind, kind_named
from psimatch.identity import FINGERPRINT_BYTES, Identity, PublicIdentity, WrongSignatureError
from psimatch.parameters import LIMITS, PROTOCOL_VERSION, Label, Role


class Reveal(Enum):
    """Who learns the matches."""

    BOTH = "both"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Party:
    """A party as the terms name it: its name, and the fingerprint (32 bytes) of its public identity."""

    name: str
    fingerprint: bytes

    @classmethod
    def of(cls, public: PublicIdentity) -> Party:
        """Return the party that a public identity stands for."""
        return cls(public.name, public.fingerprint)

    @property
    def fingerprint_text(self) -> str:
        """The fingerprint in groups, to compare by telephone."""
        return crockford.encode(self.fingerprint)


@dataclass(frozen=True, slots=True)
class Terms:
    """What two parties agree on; having it means that every field is valid.

    Raises:
        AgreementFormatError: a field is malformed or out of bounds; names the field.
    """

    title: str
    purpose: str
    legal_basis: str
    client: Party
    server: Party
    kinds: tuple[str, ...]
    max_items: int
    valid_from: date
    valid_until: date
    reveal: Reveal = Reveal.BOTH
    contact_size: int = 128

    def __post_init__(self) -> None:
        # §3.1
        for name in ("title", "purpose", "legal_basis"):
            _check_text(name, getattr(self, name), LIMITS.term_characters)
        for role in Role:
            _check_text(f"{role.value}.name", self.party(role).name, LIMITS.name_characters)
            if len(self.party(role).fingerprint) != FINGERPRINT_BYTES:
                raise _malformed(f"{role.value}.fingerprint", f"is {FINGERPRINT_BYTES} bytes")
        if self.client.fingerprint == self.server.fingerprint:
            raise _malformed("server.fingerprint", "is the client's own: a party can't be its own peer")
        self._check_kinds()
        _check_number("max_items", self.max_items, 1, LIMITS.max_items)
        _check_number("contact_size", self.contact_size, 0, LIMITS.contact_bytes)
        if self.reveal is Reveal.CLIENT and self.contact_size:
            raise _malformed("contact_size", "is 0 where reveal is client, since no contacts are exchanged")
        if self.valid_until < self.valid_from:
            raise _malformed("valid_until", "is before valid_from")

    def _check_kinds(self) -> None:
        if not 1 <= len(self.kinds) <= LIMITS.kinds or list(self.kinds) != sorted(set(self.kinds)):
            raise _malformed("kinds", f"names 1 to {LIMITS.kinds} kinds, sorted, each once")
        for label in self.kinds:
            if label not in {kind.label for kind in KINDS.values()}:
                known = ", ".join(kind.label for kind in KINDS.values())
                raise _malformed("kinds", f"names a kind that this program does not know; it knows {known}")

    def party(self, role: Role) -> Party:
        """Return the party in that role."""
        return self.client if role is Role.CLIENT else self.server

    @property
    def kinds_known(self) -> tuple[Kind, ...]:
        """The kinds themselves."""
        return tuple(kind_named(label) for label in self.kinds)

    def as_fields(self) -> dict[str, Any]:
        """Return the fields of §3.1: texts, integers, arrays and maps only."""
        return {
            "protocol": PROTOCOL_VERSION,
            "title": self.title,
            "purpose": self.purpose,
            "legal_basis": self.legal_basis,
            "client": {"name": self.client.name, "fingerprint": self.client.fingerprint_text},
            "server": {"name": self.server.name, "fingerprint": self.server.fingerprint_text},
            "kinds": list(self.kinds),
            "reveal": self.reveal.value,
            "max_items": self.max_items,
            "contact_size": self.contact_size,
            "valid_from": self.valid_from.isoformat(),
            "valid_until": self.valid_until.isoformat(),
        }

    @property
    def id(self) -> bytes:
        """The agreement id; 32 bytes."""
        # §3.2
        return digest(Label.AGREEMENT_ID, canonical.encode(self.as_fields()))

    @property
    def id_text(self) -> str:
        """The agreement id in groups."""
        return crockford.encode(self.id)

    def signed_bytes(self, role: Role) -> bytes:
        """Return what the party in that role signs."""
        # §3.3 step 1
        return length_prefixed(Label.AGREEMENT_SIGNATURE, role.value.encode()) + self.id

    @classmethod
    def from_fields(cls, given: Mapping[str, Any]) -> Terms:
        """Read the fields of §3.1, refusing an unknown or missing one.

        Raises:
            AgreementFormatError: names the field.
        """
        names = {"protocol"} | {item.name for item in fields(cls)}
        _check_names(given, names, "")
        if given["protocol"] != PROTOCOL_VERSION:
            raise _malformed("protocol", f"is not {PROTOCOL_VERSION}, the only one that this program speaks")
        values = {name: given[name] for name in names - {"protocol"}}
        for role in Role:
            values[role.value] = _read_party(role, given[role.value])
        values["kinds"] = _read_kinds(given["kinds"])
        values["reveal"] = _read_reveal(given["reveal"])
        for name in ("valid_from", "valid_until"):
            values[name] = read_day(name, given[name])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Terms and the signatures made so far, by role (64 bytes each).

    A signature in here is a claim until `verify` has checked it.
    """

    terms: Terms
    signatures: Mapping[Role, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "signatures", MappingProxyType(dict(self.signatures)))

    def role_of(self, public: PublicIdentity) -> Role:
        """Return the role that the agreement gives to an identity.

        Raises:
            NotAPartyError: none.
        """
        for role in Role:
            if self.terms.party(role).fingerprint == public.fingerprint:
                return role
        raise NotAPartyError(
            "this identity is not a party of the agreement",
            hint="use the identity whose fingerprint the agreement shows",
        )

    def sign(self, identity: Identity) -> Agreement:
        """Return the agreement with this party's signature added.

        Raises:
            NotAPartyError: the identity is not a party.
        """
        role = self.role_of(identity.public)
        return self._with(role, identity.sign(self.terms.signed_bytes(role)))

    def merged(self, other: Agreement) -> Agreement:
        """Return the agreement with the signatures of both copies.

        Raises:
            AgreementChangedError: the copies have different terms.
        """
        if other.terms != self.terms:
            raise AgreementChangedError(
                "the two copies have different terms", hint="compare them, and sign the one that both parties want"
            )
        merged = self
        for role, signature in other.signatures.items():
            if role not in merged.signatures:
                merged = merged._with(role, signature)
        return merged

    def _with(self, role: Role, signature: bytes) -> Agreement:
        return replace(self, signatures={**self.signatures, role: signature})

    def verify_signature(self, public: PublicIdentity) -> Role:
        """Check the signature of one party over these terms; return its role.

        Raises:
            NotAPartyError: the identity is not a party.
            AgreementUnsignedError: it has not signed.
            AgreementChangedError: it signed other terms.
        """
        role = self.role_of(public)
        name = f"{role.value} ({self.terms.party(role).name})"
        if role not in self.signatures:
            raise AgreementUnsignedError(
                f"the {name} has not signed the agreement",
                hint="that party signs with psimatch agreement sign; agreement merge joins two signed copies",
            )
        try:
            public.verify(self.terms.signed_bytes(role), self.signatures[role])
        except WrongSignatureError:
            raise AgreementChangedError(
                f"the signature of the {name} does not belong to these terms: they changed after it was made",
                hint="undo the change, or make the new terms a new agreement that both parties sign",
            ) from None
        return role

    def verify(self, one: PublicIdentity, other: PublicIdentity, today: date) -> None:
        """Check that both parties have signed these terms and that they are in force on that day.

        Raises:
            NotAPartyError, AgreementUnsignedError, AgreementChangedError, AgreementNotInForceError.
        """
        # §3.3 step 2
        if {self.verify_signature(one), self.verify_signature(other)} != set(Role):
            raise NotAPartyError(
                "the two identities are one and the same party", hint="name the peer's public identity"
            )
        self.check_in_force(today)

    def check_in_force(self, today: date) -> None:
        """Check that the agreement is in force on that day (UTC).

        Raises:
            AgreementNotInForceError: it is not.
        """
        # A datetime is a date to the type checker, but does not compare with one.
        today = date(today.year, today.month, today.day)
        if today < self.terms.valid_from:
            raise AgreementNotInForceError(
                f"the agreement is in force from {self.terms.valid_from}, not yet on {today} (UTC)",
                hint="wait until that day, or sign a new agreement",
            )
        if today > self.terms.valid_until:
            raise AgreementNotInForceError(
                f"the agreement expired: its last day was {self.terms.valid_until} (UTC)", hint="sign a new agreement"
            )


def read_day(name: str, value: object) -> date:
    """Read a day as `YYYY-MM-DD`, and only so.

    Raises:
        AgreementFormatError: it is written otherwise, or is no day.
    """
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None or day.isoformat() != value:
        raise _malformed(name, "is not a day written as YYYY-MM-DD in quotes")
    return day


def _malformed(name: str, problem: str) -> AgreementFormatError:
    return AgreementFormatError(f"the agreement's {name} {problem}", hint="correct it before anyone signs")


def _check_names(given: object, expected: set[str], place: str) -> None:
    if not isinstance(given, Mapping):
        raise _malformed(place.rstrip("."), "is not a table")
    for name in sorted(set(given) - expected):
        shown = name if name.isprintable() and len(name) <= 40 else "?"
        raise AgreementFormatError(
            f"the agreement has a field that does not exist: {place}{shown}", hint="remove it, or upgrade psimatch"
        )
    for name in sorted(expected - set(given)):
        raise AgreementFormatError(f"the agreement lacks the field {place}{name}", hint="add it")


def _check_text(name: str, value: object, limit: int) -> None:
    if not isinstance(value, str) or not value.strip() or len(value) > limit or not value.isprintable():
        raise _malformed(name, f"has not 1 to {limit} printable characters on one line")


def _check_number(name: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _malformed(name, f"is not a number from {low:,} to {high:,}")


def _read_party(role: Role, given: Any) -> Party:
    _check_names(given, {"name", "fingerprint"}, f"{role.value}.")
    text = given["fingerprint"]
    try:
        fingerprint = crockford.decode(text, FINGERPRINT_BYTES) if isinstance(text, str) else b""
    except ValueError:
        fingerprint = b""
    # Only the one way of writing it, so that equal terms always have equal ids.
    if not fingerprint or crockford.encode(fingerprint) != text:
        raise _malformed(f"{role.value}.fingerprint", "is not a fingerprint in 13 groups of four")
    return Party(given["name"], fingerprint)


def _read_kinds(given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(label, str) for label in given):
        raise _malformed("kinds", "is not an array of texts")
    return tuple(given)


def _read_reveal(given: object) -> Reveal:
    try:
        return Reveal(given)
    except ValueError:
        raise _malformed("reveal", "is neither both nor client") from None


def kinds_from_names(names: list[str]) -> tuple[str, ...]:
    """Return the sorted labels of kinds named with or without their version.

    Raises:
        FieldError: a kind is unknown; lists those that there are.
    """
    labels = {kind_named(name.strip()).label for name in names if name.strip()}
    if not labels:
        raise FieldError("kinds", "no kind is named", f"name some of {', '.join(KINDS)}")
    return tuple(sorted(labels))
