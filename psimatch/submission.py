"""What a party brings to its sessions: its rows, checked and packed once for one agreement (psimatch-1 §7.2, §8.1).

A `Submission` is made from the rows of a list and the terms of an agreement. It alone knows which identifiers take part
and of which kinds they are, which tokens belong to one person, how many places persons reserve, which contact and which
case reference goes with what. A session takes a `Submission` and nothing that could contradict it.

Many sessions may be made from one `Submission`, at once or one after the other: a listener makes one for each
connection. Each session adds dummies and an order of its own, and changes nothing in here. What is packed is
overwritten when the last of caller and sessions has dropped the `Submission`.
"""

from __future__ import annotations

import weakref
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

from psimatch.contact import check_contact
from psimatch.errors import FieldError, LocalProtocolError
from psimatch.identifiers import PERSON, Identifier, rank_of
from psimatch.kernel.wiping import wipe
from psimatch.padding import bucket
from psimatch.parameters import LIMITS
from psimatch.prf import decoded, head_of
from psimatch.terms import Terms


class Row(Protocol):
    """What a `Submission` reads of a row: `Flag` and `SubmittedRow` have it."""

    @property
    def identifiers(self) -> Collection[Identifier]:
        """All that the row says about one youth, person or address."""

    @property
    def contact(self) -> str:
        """What the peer is shown where the row matches."""

    @property
    def case_ref(self) -> str:
        """The case reference, which the auditor looks the row up by."""

    @property
    def row(self) -> int:
        """The number of the row in its list, for errors; 0 where it has none."""


@dataclass(frozen=True, slots=True)
class SubmittedRow:
    """One row, for whoever has no `FlagList`; the tokens of one person stand in one row."""

    identifiers: tuple[Identifier, ...] = field(repr=False)
    contact: str = field(repr=False, default="")
    case_ref: str = field(repr=False, default="")
    row: int = 0


def strength(token: Identifier) -> tuple[int, bytes]:
    """Return what the tokens of one person are sorted by: the strongest first."""
    # §13.3
    return rank_of(token), token.value


def strongest(tokens: Iterable[Identifier]) -> Identifier | None:
    """Return the strongest of some tokens of one person; None where there are none."""
    return min(tokens, key=strength, default=None)


class Submission:
    """The rows of one party, for all of its sessions under one agreement: see the module."""

    def __init__(self, rows: Iterable[Row] | Mapping[Identifier, str], terms: Terms, *, at_least: int = 0) -> None:
        """Check and pack the rows.

        Args:
            rows: the rows of a `FlagList`, or `SubmittedRow`s. Where each row has one identifier, and no case
                reference, a mapping from the identifiers to their contacts serves.
            terms: those of the agreement. Contacts are left out where it has none, case references where it names no
                auditor.
            at_least: a set size that this party told under this agreement before; see `Ledger.largest_set`.

        Raises:
            TooManyItemsError: the rows take more places than the agreement allows.
            FieldError: a contact or a case reference is too long, or has what it can't hold; an identifier is not in
                canonical form; the tokens of a row are not those of one person; more persons share a token than an
                audit file can say. Names the row.
            LocalProtocolError: an identifier is of a kind that the agreement does not name, or a mapping has tokens of
                persons, of which it can't tell what belongs together.
        """
        self._agreement_id = terms.id
        self._contact_size, self._keeps_case_refs = terms.contact_size, bool(terms.auditor)
        self._kinds = {
            (kind.name, kind.version): (kind, head_of(kind.name, kind.version)) for kind in terms.kinds_known
        }
        self._packed, self._ends = bytearray(), array("Q", [0])
        # By item; case references only of those that have one.
        self._contacts: list[str] = []
        self._case_refs: dict[int, str] = {}
        # The items of each person, the strongest token first; where they end; and the contact of its first row.
        self._tokens, self._token_ends = array("I"), array("Q", [0])
        self._person_contacts: list[str] = []
        self._reserved = 0
        # Whether the caller forgets it or a session fails: nobody has to think of it.
        weakref.finalize(self, wipe, self._packed)
        if isinstance(rows, Mapping):
            self._pack_mapping(rows)
        else:
            self._pack_rows(rows)
        self._set_size = bucket(max(self.places, at_least), terms.max_items)

    # How it is packed.

    def _pack_mapping(self, contacts: Mapping[Identifier, str]) -> None:
        # A mapping has each identifier once, so none needs to be kept to find it again: that may be millions.
        for identifier, contact in contacts.items():
            if identifier.kind == PERSON:
                raise LocalProtocolError("the tokens of a person are submitted as a row, which says that they are one")
            self._pack(identifier, SubmittedRow((), contact))

    def _pack_rows(self, rows: Iterable[Row]) -> None:
        # §13.3
        numbers: dict[Identifier, int] = {}
        known: set[tuple[int, ...]] = set()
        shared: dict[int, int] = {}
        for row in rows:
            for identifier in row.identifiers:
                if identifier not in numbers:
                    numbers[identifier] = self._pack(identifier, row)
            tokens = sorted({item for item in row.identifiers if item.kind == PERSON}, key=strength)
            _check_one_person(tokens, row)
            person = tuple(numbers[token] for token in tokens)
            if person and person not in known:
                known.add(person)
                self._add_person(person, tokens[0], row, shared)

    def _add_person(self, person: tuple[int, ...], token: Identifier, row: Row, shared: dict[int, int]) -> None:
        for item in person:
            shared[item] = shared.get(item, 0) + 1
            if shared[item] > LIMITS.persons_of_token:
                raise FieldError(
                    PERSON,
                    f"{_place(row)}is alike to {LIMITS.persons_of_token:,} others that have another name or date",
                    "look for a name or a date that stands for an unknown one, and empty it",
                )
        self._tokens.extend(person)
        self._token_ends.append(len(self._tokens))
        if self._contact_size:
            self._person_contacts.append(row.contact)
        # Beside the tokens that are packed, which `_pack` takes off: one that two persons share counts for both.
        kind, _ = self._kinds[token.kind, token.version]
        self._reserved += max(kind.most_identifiers, len(person))

    def _pack(self, identifier: Identifier, row: Row) -> int:
        """Pack one identifier with what its first row says; return its number."""
        kind, head = self._kinds.get((identifier.kind, identifier.version), (None, b""))
        if kind is None:
            raise LocalProtocolError(f"the agreement does not name the kind {identifier.kind}")
        value, number = identifier.value, len(self._ends) - 1
        if not kind.has_form(value):
            problem = f"{_place(row)}is not in its canonical form"
            raise FieldError(kind.name, problem, f"make it with the parser of {kind.label}")
        if self._contact_size:
            self._check_contact(row)
            self._contacts.append(row.contact)
        if self._keeps_case_refs and row.case_ref:
            if len(row.case_ref.encode()) > LIMITS.case_ref_bytes:
                problem = f"{_place(row)}has over {LIMITS.case_ref_bytes} bytes"
                raise FieldError("case_ref", problem, "shorten it: the auditor looks the case up by it")
            self._case_refs[number] = row.case_ref
        if identifier.kind == PERSON:
            self._reserved -= 1
        self._packed += head
        self._packed += len(value).to_bytes(4, "big")
        self._packed += value
        self._ends.append(len(self._packed))
        return number

    def _check_contact(self, row: Row) -> None:
        try:
            check_contact(row.contact, self._contact_size)
        except FieldError as error:
            raise FieldError(error.field, f"{_place(row)}{error.problem}", error.remedy) from None

    # What a session asks.

    @property
    def agreement_id(self) -> bytes:
        """The id of the agreement that it was made for; 32 bytes."""
        return self._agreement_id

    @property
    def places(self) -> int:
        """How many places the rows take: each identifier one, each person one for each rule of its kind."""
        # §8.1 step 1
        return self.count + self._reserved

    @property
    def set_size(self) -> int:
        """To how many places each session fills the set up."""
        return self._set_size

    @property
    def count(self) -> int:
        """How many distinct identifiers there are; items are numbered from 0."""
        return len(self._ends) - 1

    @property
    def longest(self) -> int:
        """The bytes of the longest encoded identifier; 0 where there is none."""
        return max((end - start for start, end in pairwise(self._ends)), default=0)

    @property
    def longest_case_ref(self) -> int:
        """The bytes of the longest case reference that an auditor is to have; 0 where there is none."""
        return max((len(reference.encode()) for reference in self._case_refs.values()), default=0)

    def encoded(self, item: int) -> bytearray:
        """Return what stands for an item in its PRF input, behind the prefix."""
        return self._packed[self._ends[item] : self._ends[item + 1]]

    def identifier(self, item: int) -> Identifier:
        """Return an item itself."""
        return decoded(bytes(self.encoded(item)))

    def contact(self, item: int) -> str:
        """Return the contact of the first row that has an item."""
        return self._contacts[item] if self._contacts else ""

    def case_ref(self, item: int) -> str:
        """Return the case reference of the first row that has an item."""
        return self._case_refs.get(item, "")

    def persons(self) -> Iterator[array[int]]:
        """Yield for each distinct person the items of its tokens, the strongest first."""
        for start, end in pairwise(self._token_ends):
            yield self._tokens[start:end]

    def claims(self, matched: Collection[int]) -> dict[int, str]:
        """Return which of the items that matched are claimed, each with the contact to show the peer.

        Of each person that is the strongest token alone, so that one match has one reference; what reaches the peer by
        a weaker token only is not told. A token of several persons speaks for the first whose strongest it is.
        """
        # §7.2 step 5
        hit, token = bytearray(self.count), bytearray(self.count)
        for item in matched:
            hit[item] = 1
        chosen: dict[int, str] = {}
        for number, person in enumerate(self.persons()):
            first = -1
            # To the end for every person: where the loop stops would tell which have matched.
            for item in reversed(person):
                token[item] = 1
                first = item if hit[item] else first
            if first >= 0:
                chosen.setdefault(first, self._person_contacts[number] if self._person_contacts else "")
        return {**{item: self.contact(item) for item in matched if not token[item]}, **chosen}


def _check_one_person(tokens: Sequence[Identifier], row: Row) -> None:
    """Check that the tokens of a row, the strongest first, can be those of one person: `exact`, and no rule twice.

    A person's tokens on several rows would be several claims; those of two persons on one row would be one.
    """
    # §13.3
    ranks = [rank_of(token) for token in tokens]
    if ranks and (ranks[0] != 0 or len(set(ranks)) < len(ranks)):
        problem = f"{_place(row)}does not have the tokens of one person: the strongest, and at most one for each rule"
        raise FieldError(PERSON, problem, "put all tokens that the parser made of a person, and no others, in one row")


def _place(row: Row) -> str:
    return f"in row {row.row:,} " if row.row else ""
