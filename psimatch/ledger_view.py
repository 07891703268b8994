"""A ledger as one reads it: whose it is, what was charged, and whether it is as it was written (psimatch-1 §11)."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import Any, Final, Self

from psimatch import crockford
from psimatch.agreement import Agreement
from psimatch.budget import DAY, Spending, Term, first_day_that_counts, start_of
from psimatch.contact import without_blanks
from psimatch.digest import NO_DIGEST
from psimatch.errors import LedgerError
from psimatch.identity import FINGERPRINT_BYTES, PublicIdentity
from psimatch.ledger_entries import CLOCK_ACCEPTED, OPENED_LEDGER, ChainCheck, Entry, hash_of, owner_of
from psimatch.ledger_store import LedgerStore, entry_of
from psimatch.messages import Standing
from psimatch.receipt import Receipt
from psimatch.terms import Terms


@dataclass(frozen=True, slots=True)
class Verified:
    """A whole ledger that is as it was written: how many entries, its head (32 bytes), and of when the last one is."""

    entries: int
    head: bytes
    last: int


@dataclass(frozen=True, slots=True)
class NotCounted:
    """Evaluations under earlier agreements that a new one does not count; `last` is the id of the last of them."""

    evaluations: int
    last: str


# More entries than SQLite can number.
_NO_END: Final = 1 << 62


class LedgerView:
    """Reads a ledger. Every method raises LedgerError where the file can't be used."""

    def __init__(self, path: str | os.PathLike[str] | None, *, create: bool = False) -> None:
        """Open the ledger at `path`.

        Raises:
            LedgerError: it is missing, or no ledger.
        """
        self._store = LedgerStore(path, create=create)

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def __enter__(self) -> Self:
        """Return the ledger, to be closed at the end."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    @property
    def owner(self) -> PublicIdentity:
        """The party that keeps it."""
        entry = self._store.first(OPENED_LEDGER)
        if entry is None:
            raise LedgerError("the ledger has no entry", hint="it was never used; name the right file with --ledger")
        return owner_of(entry)

    @property
    def head(self) -> bytes:
        """The hash of the last entry; 32 bytes."""
        row = self._store.last_row()
        return NO_DIGEST if row is None else hash_of(row[1])

    def entries(self) -> Iterator[Entry]:
        """Yield the entries, from the first; `verify` tells whether they are as they were written."""
        for row in self._store.rows():
            yield entry_of(row)

    def _ends_with(self, kind: str, fields: Mapping[str, Any]) -> bool:
        """Return whether the last entry is of this kind and says just this.

        A Hello that somebody sends again and again, to be refused each time, must not fill the ledger.
        """
        row = self._store.last_row()
        last = None if row is None else entry_of(row)
        return last is not None and (last.kind, last.fields) == (kind, fields)

    def verify(self) -> Verified:
        """Check every entry, from the first: its form, place, time, hash and signature, and what is charged.

        Each session is charged once at most, after it was admitted, and the sums of charges are right.

        Entries that were cut off at the end leave no trace in here; a peer's receipts show it.

        Raises:
            LedgerCorruptError: names the first entry that is not as it was written.
        """
        # §11.2
        self._store.check_file()
        chain, last = ChainCheck(), 0
        for row in self._store.rows():
            last = chain.take(*row).time
        chain.end()
        return Verified(chain.count, chain.head, last)

    def standing(self, peer: PublicIdentity) -> Standing:
        """Return what this ledger says about the sessions with a peer so far."""
        # §11.3
        who = peer.fingerprint.hex()
        opened, charged = self._store.last("opened", peer=who), self._store.last("charged", peer=who)
        finished = self._store.last("finished", peer=who)
        return Standing(
            0 if opened is None else opened.fields["sessions"],
            0 if charged is None else charged.fields["charged"],
            NO_DIGEST if finished is None else bytes.fromhex(finished.fields["receipt"]),
        )

    def peer_charged(self, peer: PublicIdentity) -> int:
        """Return for how many evaluations the peer says that it has charged this party, when it last said so."""
        admitted = self._store.last("admitted", peer=peer.fingerprint.hex())
        return 0 if admitted is None else int(admitted.fields["peer_charged"])

    def peers(self) -> dict[str, str]:
        """Return the names of all peers that the ledger knows, by fingerprint in hexadecimal."""
        return {entry.fields["peer"]: entry.fields["peer_name"] for entry in self._store.entries("accepted")}

    def finished_with(self, fingerprint: bytes) -> list[Entry]:
        """Return the entries of the sessions with a peer that both have signed, in order."""
        return self._store.entries("finished", peer=fingerprint.hex())

    def receipts_with(self, fingerprint: bytes) -> list[Entry]:
        """Return the entries of the receipts of the sessions with a peer: with both signatures, or the own alone."""
        finished = self.finished_with(fingerprint)
        sessions = {entry.fields["session"] for entry in finished}
        signed = self._store.entries("signed", peer=fingerprint.hex())
        alone = [entry for entry in signed if entry.fields["session"] not in sessions]
        return sorted([*finished, *alone], key=lambda entry: entry.number)

    def charge_of(self, session_id: bytes) -> Entry | None:
        """Return the entry by which a session charged the peer."""
        return self._store.last("charged", session=session_id.hex())

    def withdrawn(self, agreement: Agreement) -> Entry | None:
        """Return the entry by which an agreement was withdrawn."""
        return self._store.first("withdrawn", agreement=agreement.terms.id.hex())

    def refused(self, peer: PublicIdentity) -> bool:
        """Say whether a standing of the peer's was refused, and nobody has acknowledged it since."""
        # §11.3
        who = peer.fingerprint.hex()
        refused, acknowledged = self._store.last("refused", peer=who), self._store.last("acknowledged", peer=who)
        return refused is not None and (acknowledged is None or acknowledged.number < refused.number)

    def largest_set(self, agreement: Agreement) -> int:
        """Return the largest set size that this party has told under an agreement; 0 where it has told none.

        A `Submission` of less is filled up to it: a size that falls would tell that the list has become shorter.
        """
        # §8.1 step 1
        declared = self._store.last("declared", agreement=agreement.terms.id.hex())
        return 0 if declared is None else int(declared.fields["set_size"])

    def check_set_size(self, agreement: Agreement, set_size: int) -> None:
        """Check that a session's own set is no smaller than one that the peer was told of before.

        Raises:
            LedgerError: it is.
        """
        # §8.1 step 1
        largest = self.largest_set(agreement)
        if set_size < largest:
            raise LedgerError(
                f"the peer was told a set size of {largest:,} before, and {set_size:,} would tell that the list shrank",
                hint="make the submission with at_least=ledger.largest_set(agreement), or start the match again",
            )

    def spending(self, agreement: Agreement, peer: PublicIdentity, now: int) -> Spending:
        """Return what a peer has spent of an agreement's budget."""
        # §11.1
        party, _ = self.party_under(agreement, peer)
        start = now - now % DAY
        # What a clock that was ahead has charged may lie in days to come, so the day has an end too.
        today = {"time__from": start, "time__before": start + DAY}
        return Spending(
            self._charged_from(party, start_of(self._first_day(agreement.terms, party))),
            self._store.count("charged", party=party, **today),
            self._last_charge(party),
            self._store.count("admitted", party=party, **today),
        )

    def not_counted(self, agreement: Agreement, peer: PublicIdentity) -> NotCounted | None:
        """Return what a peer was charged for under earlier agreements and what this one does not count; None for none.

        So it is where an agreement renews none of them, and its term overlaps with none of theirs: it allows the peer
        the whole budget anew. Who did not mean that lets the next agreement name the last one (`--renews`).
        """
        # §11.1
        party, _ = self.party_under(agreement, peer)
        first = start_of(self._first_day(agreement.terms, party))
        evaluations = self.charged_to(party) - self._charged_from(party, first)
        others = [
            entry
            for entry in self._store.entries("accepted", party=party)
            if entry.fields["agreement"] != agreement.terms.id.hex()
        ]
        if not evaluations or not others:
            return None
        return NotCounted(evaluations, crockford.encode(bytes.fromhex(others[-1].fields["agreement"])))

    def charged_to(self, party: str, **before: int) -> int:
        """Return how many evaluations a party was charged for in all, or before the entry `number__before`."""
        last = self._store.last("charged", party=party, **before)
        return 0 if last is None else int(last.fields["party_charged"])

    def _charged_from(self, party: str, moment: int) -> int:
        """Return how many evaluations a party was charged for from a moment on, by the times that the entries bear.

        Times go on from entry to entry, but where a clock was accepted they may go back. Between two such entries the
        last charge before the moment tells the sum of all before it, so few entries are looked at.
        """
        # §11.1
        starts = [0, *(entry.number for entry in self._store.entries(CLOCK_ACCEPTED, peer=None))]
        total = 0
        for start, end in zip(starts, [*starts[1:], _NO_END], strict=True):
            within = {"number__from": start, "number__before": end}
            early = self._store.last("charged", party=party, time__before=moment, **within)
            before = self.charged_to(party, number__before=start) if early is None else early.fields["party_charged"]
            total += self.charged_to(party, number__before=end) - int(before)
        return total

    def _last_charge(self, party: str) -> int | None:
        """Return when a party was last charged; a clock that was accepted since makes it as late as it can be."""
        # §11.1
        last, accepted = self._store.last("charged", party=party), self._store.last(CLOCK_ACCEPTED, peer=None)
        if last is None:
            return None
        return accepted.time if accepted is not None and accepted.number > last.number else last.time

    def party_of(self, fingerprint: bytes) -> str:
        """Return the party that a peer is known as: the fingerprint that it had at first."""
        accepted = self._store.last("accepted", peer=fingerprint.hex())
        return fingerprint.hex() if accepted is None else str(accepted.fields["party"])

    def party_under(self, agreement: Agreement, peer: PublicIdentity) -> tuple[str, str]:
        """Return the party that a peer is under an agreement, and what speaks against it, or nothing."""
        # §11.1
        terms = agreement.terms
        own = peer.fingerprint.hex()
        known = self._store.last("accepted", peer=own)
        if terms.predecessor:
            predecessor = self._accepted(fingerprint_hex(terms.predecessor))
            if predecessor is None:
                return self.party_of(peer.fingerprint), "the ledger does not know the agreement that this one renews"
            party = str(predecessor.fields["party"])
            if known is not None and known.fields["party"] != party:
                return str(known.fields["party"]), "the agreement renews one with another party"
            return party, ""
        if known is not None:
            return str(known.fields["party"]), ""
        name = _folded(agreement.name_of(peer))
        if any(_folded(entry.fields["peer_name"]) == name for entry in self._store.entries("accepted")):
            return (
                own,
                "the ledger knows a party of this name with other keys, and the agreement renews none of its own",
            )
        return own, ""

    def _acknowledged_as_new(self, agreement: Agreement, peer: PublicIdentity) -> bool:
        """Say whether an operator has acknowledged an agreement that the ledger would refuse as new."""
        found = self._store.last("acknowledged", agreement=agreement.terms.id.hex())
        return found is not None and found.fields["peer"] == peer.fingerprint.hex()

    def _own_size(self, session: str) -> int:
        """Return what the peer charged this side for in a session whose receipt it signed; else 0."""
        finished, charged = self._store.last("finished", session=session), self._store.last("charged", session=session)
        if finished is None or charged is None:
            return 0
        receipt = Receipt.from_body(bytes.fromhex(finished.fields["body"]))
        peer_size: int = charged.fields["evaluations"]
        return receipt.client_set_size + receipt.server_set_size - peer_size

    def _place_of(self, receipt: bytes) -> int | None:
        """Return where a receipt stands in the ledger; None for one that it does not know."""
        name = receipt.hex()
        found = self._store.first("signed", receipt=name) or self._store.first("finished", receipt=name)
        return None if found is None else found.number

    def _accepted(self, agreement_id: str) -> Entry | None:
        """Return the entry of an agreement, by its id in hexadecimal."""
        return self._store.first("accepted", agreement=agreement_id)

    def _first_day(self, terms: Terms, party: str) -> date:
        known = {
            entry.fields["agreement"]: Term(
                date.fromisoformat(entry.fields["valid_from"]),
                date.fromisoformat(entry.fields["valid_until"]),
                entry.fields["predecessor"],
            )
            for entry in self._store.entries("accepted", party=party)
        }
        own = Term(terms.valid_from, terms.valid_until, fingerprint_hex(terms.predecessor))
        return first_day_that_counts(own, known)


def _folded(name: str) -> str:
    """Return a party's name as people read it: capitals, blanks and ways to compose a letter make no other party."""
    return " ".join(without_blanks(unicodedata.normalize("NFKC", name)).casefold().split())


def fingerprint_hex(groups: str) -> str:
    """Return an id that is written in groups in hexadecimal, as entries have it; nothing for nothing."""
    return crockford.decode(groups, FINGERPRINT_BYTES).hex() if groups else ""
