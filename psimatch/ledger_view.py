"""A ledger as one reads it: whose it is, what was charged, and whether it is as it was written (psimatch-1 §11)."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import Self

from psimatch import crockford
from psimatch.agreement import Agreement
from psimatch.budget import DAY, Spending, Term, first_day_that_counts, start_of
from psimatch.contact import without_blanks
from psimatch.digest import NO_DIGEST
from psimatch.errors import LedgerError
from psimatch.identity import FINGERPRINT_BYTES, PublicIdentity
from psimatch.ledger_entries import OPENED_LEDGER, ChainCheck, Entry, hash_of, owner_of
from psimatch.ledger_store import LedgerStore, entry_of
from psimatch.messages import Standing
from psimatch.terms import Terms


@dataclass(frozen=True, slots=True)
class Verified:
    """A whole ledger that is as it was written: how many entries, its head (32 bytes), and of when the last one is."""

    entries: int
    head: bytes
    last: int


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
        before = self.charged_before(party, start_of(self._first_day(agreement.terms, party)))
        last = self._store.last("charged", party=party)
        today = now - now % DAY
        return Spending(
            self.charged_before(party, None) - before,
            self._store.count("charged", party=party, time__from=today),
            None if last is None else last.time,
            self._store.count("admitted", party=party, time__from=today),
        )

    def charged_before(self, party: str, moment: int | None) -> int:
        """Return how many evaluations a party was charged for before a moment; None for all."""
        when = {} if moment is None else {"time__before": moment}
        last = self._store.last("charged", party=party, **when)
        return 0 if last is None else int(last.fields["party_charged"])

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
