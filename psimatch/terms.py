"""The terms of a series of sessions, as two parties agree on them (psimatch-1 §3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import Enum
from typing import Any, Final

from psimatch import canonical, crockford
from psimatch.digest import digest, length_prefixed
from psimatch.errors import AgreementFormatError, FieldError
from psimatch.identifiers import KINDS, PHONE, Kind, kind_named, phone_kind, regions
from psimatch.identity import FINGERPRINT_BYTES, PublicIdentity
from psimatch.parameters import LIMITS, PROTOCOL_VERSION, Label, Role

# Version 1 took children of one group home for one another.
_BEFORE_PERSON_2: Final = "person/1"
_RENEW: Final = (
    "make a new agreement for both to sign, with psimatch agreement new --renews ID and the kinds that are meant, such"
    " as person: what was spent of this one counts on"
)


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
    max_evaluations: int
    valid_from: date
    valid_until: date
    sessions_per_day: int = 3
    minutes_between_sessions: int = 0
    retention_days: int = 90
    predecessor: str = ""
    auditor: str = ""
    phone_region: str = ""
    large_budget_reason: str = ""
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
        self._check_choices()
        _check_number("max_items", self.max_items, 1, LIMITS.max_items)
        _check_number("contact_size", self.contact_size, 0, LIMITS.contact_bytes)
        self._check_budget()
        _check_number("retention_days", self.retention_days, 1, LIMITS.retention_days)
        if self.predecessor != "" and not _is_fingerprint(self.predecessor):
            raise _malformed("predecessor", "is not an agreement id in 13 groups of four")
        self._check_auditor()
        if self.reveal is Reveal.CLIENT and self.contact_size:
            raise _malformed("contact_size", "is 0 where reveal is client, since no contacts are exchanged")
        if self.valid_until < self.valid_from:
            raise _malformed("valid_until", "is before valid_from")

    def _check_auditor(self) -> None:
        # §12.1
        if self.auditor != "" and not _is_fingerprint(self.auditor):
            raise _malformed("auditor", "is not a fingerprint in 13 groups of four")
        if self.auditor in {self.client.fingerprint_text, self.server.fingerprint_text}:
            raise _malformed("auditor", "is one of the parties, which could then open rows alone")

    def _check_kinds(self) -> None:
        if not 1 <= len(self.kinds) <= LIMITS.kinds or list(self.kinds) != sorted(set(self.kinds)):
            raise _malformed("kinds", f"names 1 to {LIMITS.kinds} kinds, sorted, each once")
        for label in self.kinds:
            if label == _BEFORE_PERSON_2:
                raise AgreementFormatError(f"the agreement names the kind {label}, which is no more", hint=_RENEW)
            if label not in {kind.label for kind in KINDS.values()}:
                known = ", ".join(kind.label for kind in KINDS.values())
                raise _malformed("kinds", f"names a kind that this program does not know; it knows {known}")

    def _check_choices(self) -> None:
        # §13.2
        named = PHONE in {label.partition("/")[0] for label in self.kinds}
        known = regions() if named else [""]
        if self.phone_region not in known:
            problem = f"is not one of {', '.join(known)}" if named else f"is given, but no kind is {PHONE}"
            raise _malformed("phone_region", problem)

    def _check_budget(self) -> None:
        # §11.1
        _check_number("max_evaluations", self.max_evaluations, self.max_items, LIMITS.max_evaluations)
        _check_number("sessions_per_day", self.sessions_per_day, 1, LIMITS.sessions_per_day)
        _check_number("minutes_between_sessions", self.minutes_between_sessions, 0, LIMITS.minutes_between_sessions)
        large = self.budget_share > LIMITS.large_budget
        if self.large_budget_reason != "":
            _check_text("large_budget_reason", self.large_budget_reason, LIMITS.term_characters)
        if large and not self.large_budget_reason:
            raise AgreementFormatError(
                f"the agreement's max_evaluations lets a party test {self.budget_share:.1%} of all values of a kind",
                hint="make it smaller, or say in large_budget_reason why it must be so large",
            )
        if self.large_budget_reason and not large:
            raise _malformed("large_budget_reason", "is given, but the budget is not large")

    @property
    def budget_share(self) -> float:
        """The largest share of all values of one of its kinds that a party may test; 0 where nobody can say."""
        return max(kind.share(self.max_evaluations) or 0.0 for kind in self.kinds_known)

    def party(self, role: Role) -> Party:
        """Return the party in that role."""
        return self.client if role is Role.CLIENT else self.server

    @property
    def kinds_known(self) -> tuple[Kind, ...]:
        """The kinds themselves: of telephone numbers with the region."""
        kinds = (kind_named(label) for label in self.kinds)
        return tuple(phone_kind(self.phone_region) if kind.name == PHONE else kind for kind in kinds)

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
            "max_evaluations": self.max_evaluations,
            "sessions_per_day": self.sessions_per_day,
            "minutes_between_sessions": self.minutes_between_sessions,
            "large_budget_reason": self.large_budget_reason,
            "contact_size": self.contact_size,
            "valid_from": self.valid_from.isoformat(),
            "valid_until": self.valid_until.isoformat(),
            "predecessor": self.predecessor,
            "auditor": self.auditor,
            "phone_region": self.phone_region,
            "retention_days": self.retention_days,
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
        _check_not_before_person_2(given)
        check_names(given, names, "")
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


def _check_not_before_person_2(given: Mapping[str, Any]) -> None:
    """Refuse an agreement of before `person/2`, and say its id: by that a new one renews it.

    Raises:
        AgreementFormatError: it names `person/1`, or has a policy for persons.
    """
    kinds = given.get("kinds")
    if isinstance(kinds, list) and _BEFORE_PERSON_2 in kinds:
        old = "names the kind person/1, which mistook children and is no more"
    elif "person_policy" in given:
        old = "has the field person_policy, of an earlier psimatch: persons have one set of rules now"
    else:
        return
    try:
        agreement_id = crockford.encode(digest(Label.AGREEMENT_ID, canonical.encode(given)))
    except (TypeError, ValueError, OverflowError):
        # What could not be hashed nobody has signed.
        agreement_id = "ID"
    raise AgreementFormatError(f"the agreement {old}", hint=_RENEW.replace("ID", agreement_id))


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


def check_names(given: object, expected: set[str], place: str) -> None:
    """Check that a table has these fields and no others; `place` stands before their names.

    Raises:
        AgreementFormatError: names the field.
    """
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
    check_names(given, {"name", "fingerprint"}, f"{role.value}.")
    if not _is_fingerprint(given["fingerprint"]):
        raise _malformed(f"{role.value}.fingerprint", "is not a fingerprint in 13 groups of four")
    return Party(given["name"], crockford.decode(given["fingerprint"], FINGERPRINT_BYTES))


def _is_fingerprint(text: object) -> bool:
    """Say whether 32 bytes are written in the one way, so that equal terms always have equal ids."""
    try:
        return isinstance(text, str) and crockford.encode(crockford.decode(text, FINGERPRINT_BYTES)) == text
    except ValueError:
        return False


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
