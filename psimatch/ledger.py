"""A party's ledger: which sessions were, who was charged for what, and whether one more is allowed (psimatch-1 §11)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from psimatch import ledger_clock, ledger_entries, randomness
from psimatch.agreement import Agreement
from psimatch.audit import KEY_SUFFIX
from psimatch.budget import DAY
from psimatch.digest import NO_DIGEST
from psimatch.errors import AgreementWithdrawnError, HelloReplayedError, LedgerError, StandingError
from psimatch.files import Fate, sweep
from psimatch.identity import Identity, PublicIdentity
from psimatch.ledger_entries import SALT_BYTES, Entry, check_line
from psimatch.ledger_store import Row, entry_of
from psimatch.ledger_view import LedgerView, fingerprint_hex
from psimatch.messages import Standing
from psimatch.outputs import Admission, AdmissionNeeded, Charge, ChargeNeeded, Grant, ReceiptSigned
from psimatch.parameters import LIMITS, Role
from psimatch.retention import Purged
from psimatch.standing import ACKNOWLEDGE, check_standing
from psimatch.terms import Terms


class Ledger(LedgerView):
    """The ledger that a party keeps of its sessions, in the file at `path`, or in memory alone where `path` is None.

    What a method appends is on disk when it returns. All raise LedgerError where the file can't be used.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        identity: Identity,
        *,
        operator: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open the ledger, or begin it.

        Args:
            path: the file; it is made where there is none, readable by its owner alone.
            identity: the party that keeps it, whose signature stands under each entry.
            operator: the person who runs the sessions: 0 to 200 printable characters.
            clock: the time in seconds since 1970.

        Raises:
            LedgerError: the file can't be used, or is the ledger of another party; the operator's name is too long.
            LedgerCorruptError: its last entry is not as it was written. Later methods raise it too, where an entry on
                which they decide is not.
        """
        check_line("the operator's name", operator, LIMITS.name_characters, empty=True)
        super().__init__(path, create=True)
        self._identity = identity
        self._operator = operator
        self._clock = clock
        with self._store.writing():
            if self._store.last_row() is None:
                self._append(ledger_entries.OPENED_LEDGER, ledger_entries.opening_fields(identity.public))
        if self.owner.fingerprint != identity.public.fingerprint:
            name = self.owner.name
            self.close()
            raise LedgerError(
                f"the ledger is that of another identity, {name}",
                hint="each identity keeps a ledger of its own: name another with --ledger",
            )
        self._store.trust_only(identity.public)

    @property
    def now(self) -> int:
        """The time, in whole seconds since 1970.

        Raises:
            LedgerError: the clock is behind the last entry, or far ahead of it, and nobody has accepted that.
        """
        return self._now_after(self._store.last_row())

    def _now_after(self, row: Row | None) -> int:
        now = int(self._clock())
        return now if row is None else ledger_clock.time_after(entry_of(row).time, now)

    def _append(self, kind: str, fields: Mapping[str, Any], *, now: int | None = None) -> bytes:
        """Append an entry, of now or of an accepted time; return its hash, the new head; only within `writing`."""
        row = self._store.last_row()
        number, previous = (0, NO_DIGEST) if row is None else (row[0] + 1, ledger_entries.hash_of(row[1]))
        time_of_entry = self._now_after(row) if now is None else now
        entry = Entry(number, previous, time_of_entry, self._operator, kind, fields)
        body = entry.body
        try:
            # What is not in its one form would make the ledger unreadable for good.
            Entry.from_body(body)
        except ValueError:
            raise LedgerError(f"an entry of kind {kind} can't hold these fields", hint="please report it") from None
        self._store.append(entry, ledger_entries.sign(self._identity, body))
        return ledger_entries.hash_of(body)

    # What a session asks for.

    def check_open(self, agreement: Agreement, peer: PublicIdentity) -> None:
        """Check that a session may run now at all, as far as this ledger alone can tell; it changes nothing.

        Where this side has withdrawn, the peer is still to be told, so that is left to the session.

        Raises:
            BudgetError, AgreementWithdrawnError: what speaks against it.
        """
        withdrawn = self.withdrawn(agreement)
        if withdrawn is not None and withdrawn.fields["by"] == "peer":
            self._check_not_withdrawn(agreement)
        self._check_not_refused(peer)
        now = self.now
        self.spending(agreement, peer, now).check(agreement.terms, 1, now)

    def open_session(self, agreement: Agreement, peer: PublicIdentity, set_size: int) -> Standing:
        """Open a session as the client, with a set of that size; return what to tell the server of this ledger.

        Raises:
            RefusedError: the agreement was withdrawn, or what it renews is not known.
        """
        # §11.4
        with self._store.writing():
            return self._open(agreement, peer, set_size)

    def grant(
        self, agreement: Agreement, peer: PublicIdentity, needed: AdmissionNeeded | ChargeNeeded, role: Role
    ) -> Grant:
        """Grant what a session in `role` asks for, as `admit` or `charge` does."""
        if isinstance(needed, ChargeNeeded):
            return self.charge(agreement, peer, needed)
        return self.admit(agreement, peer, needed, role)

    def admit(self, agreement: Agreement, peer: PublicIdentity, needed: AdmissionNeeded, role: Role) -> Admission:
        """Admit the peer that has opened a session; `role` is this side's own.

        Raises:
            BudgetError, AgreementWithdrawnError, StandingError, HelloReplayedError: what speaks against it.
        """
        try:
            return self._admit(agreement, peer, needed, role)
        except StandingError as error:
            # A ServerHello is fresh, since it answers this side's Hello; a Hello may be an old one that somebody sends.
            if role is Role.CLIENT:
                self._refuse(agreement, peer, str(error))
            raise

    def _admit(self, agreement: Agreement, peer: PublicIdentity, needed: AdmissionNeeded, role: Role) -> Admission:
        # §7.4
        with self._store.writing():
            if role is Role.SERVER:
                if self._store.first("admitted", hello=needed.hello.hex()) is not None:
                    raise HelloReplayedError("this Hello was admitted before", hint="the client starts a new session")
                standing = self._open(agreement, peer, needed.own_set_size)
            else:
                standing = self.standing(peer)
            self._check_standing(peer, needed.standing)
            now = self.now
            self.spending(agreement, peer, now).check_admission(agreement.terms, needed.evaluations, now)
            fields = {
                **self._about(agreement, peer),
                "session": needed.session_id.hex(),
                "hello": needed.hello.hex(),
                "peer_sessions": needed.standing.sessions,
                "peer_charged": needed.standing.charged,
                "peer_receipt": needed.standing.last_receipt.hex(),
            }
            self._append("admitted", fields)
            return Admission(needed, standing)

    def _refuse(self, agreement: Agreement, peer: PublicIdentity, reason: str) -> None:
        """Keep that the peer's standing was refused: from then on every one is, until somebody acknowledges it."""
        with self._store.writing():
            if not self.refused(peer):
                self._append("refused", {**_under(agreement, peer.fingerprint), "reason": reason})

    def charge(self, agreement: Agreement, peer: PublicIdentity, needed: ChargeNeeded) -> Charge:
        """Charge the peer; what it pays for may be evaluated once this returns.

        Raises:
            BudgetError, AgreementWithdrawnError: what speaks against it.
        """
        # §11.1, §11.4
        with self._store.writing():
            self._check_not_withdrawn(agreement)
            now = self.now
            self.spending(agreement, peer, now).check(agreement.terms, needed.evaluations, now)
            admitted = self._store.last("admitted", session=needed.session_id.hex(), **_under(agreement, needed.party))
            if admitted is None or needed.party != peer.fingerprint or self.charge_of(needed.session_id) is not None:
                raise LedgerError("a session is charged once, to its admitted peer", hint="start a new session")
            about = self._about(agreement, peer)
            fields = {
                **about,
                "session": needed.session_id.hex(),
                "evaluations": needed.evaluations,
                "charged": self.standing(peer).charged + needed.evaluations,
                "party_charged": self.charged_to(about["party"]) + needed.evaluations,
                # The peer is told the head that follows: without this it could be searched for what was recorded.
                "salt": randomness.random_bytes(SALT_BYTES).hex(),
            }
            return Charge(needed, self._append("charged", fields))

    def record_receipt(self, agreement: Agreement, peer: PublicIdentity, signed: ReceiptSigned) -> None:
        """Keep a receipt: at first with the own signature alone, then with both, which finishes the session."""
        # §11.4
        receipt = signed.receipt
        fields = {
            **_under(agreement, peer.fingerprint),
            "session": receipt.session_id.hex(),
            "receipt": receipt.digest.hex(),
            "body": receipt.body.hex(),
            "signature": signed.signature.hex(),
        }
        with self._store.writing():
            if signed.peer_signature is None:
                self._append("signed", fields)
                return
            matches = -1 if signed.matches is None else signed.matches
            self._append("finished", {**fields, "peer_signature": signed.peer_signature.hex(), "matches": matches})

    def record_abort(self, agreement: Agreement, peer: PublicIdentity, session_id: bytes, reason: str) -> None:
        """Keep that a session ended early, and why: a word, not a message of the peer's."""
        fields = {**_under(agreement, peer.fingerprint), "session": session_id.hex(), "reason": reason}
        with self._store.writing():
            if session_id or not self._ends_with("aborted", fields):
                self._append("aborted", fields)

    # What an operator does.

    def withdraw(self, agreement: Agreement, *, by_peer: bool = False) -> None:
        """Refuse every later session under the agreement. To do so twice changes nothing."""
        peer = self._peer_of(agreement)
        with self._store.writing():
            if self.withdrawn(agreement) is None:
                self._append("withdrawn", {**_under(agreement, peer), "by": "peer" if by_peer else "self"})

    def acknowledge(self, agreement: Agreement, reason: str) -> None:
        """Admit the peer's next standing as it is, and an agreement that the ledger would refuse as new.

        Raises:
            LedgerError: the reason is empty, too long, or not printable on one line.
        """
        check_line("the reason", reason, LIMITS.reason_characters)
        with self._store.writing():
            self._append("acknowledged", {**_under(agreement, self._peer_of(agreement)), "reason": reason})

    def accept_clock(self, reason: str) -> tuple[int, int]:
        """Go on from the present clock, though it is behind the last entry or far ahead of it.

        What was charged stays charged (§11.1). Returns the time of the last entry and that of the new one, in seconds
        since 1970.

        Raises:
            LedgerError: the ledger takes this clock as it is, or the reason is no reason.
        """
        check_line("the reason", reason, LIMITS.reason_characters)
        with self._store.writing():
            row, now = self._store.last_row(), int(self._clock())
            before = now if row is None else entry_of(row).time
            if ledger_clock.is_taken(before, now):
                raise LedgerError("the ledger takes the clock of this machine as it is", hint="there is nothing to do")
            earlier = self._store.last(ledger_entries.CLOCK_ACCEPTED, peer=None)
            self._append(ledger_entries.CLOCK_ACCEPTED, {"reason": reason}, now=now)
            # What was written under a clock that was ahead must not stay until that time comes.
            self._store.bring_forward(now, -1 if earlier is None else earlier.number, by=max(0, before - now))
            return before, now

    def correct(self, reference: str, reason: str) -> None:
        """Keep that a match turned out to be false, by its reference, such as `K7QF-3M2X`.

        Raises:
            LedgerError: that is no reference, or the reason is empty, too long, or not printable on one line.
        """
        check_line("the reason", reason, LIMITS.reason_characters)
        if not ledger_entries.REFERENCE.fullmatch(reference):
            raise LedgerError("that is no match reference", hint="a reference looks like K7QF-3M2X")
        with self._store.writing():
            self._append("corrected", {"reference": reference, "reason": reason})

    def record_opening(self, agreement: Agreement, session_id: bytes, rows: int) -> None:
        """Keep that so many rows of a session were opened to the auditor."""
        with self._store.writing():
            fields = {**_under(agreement, self._peer_of(agreement)), "session": session_id.hex(), "rows": rows}
            self._append("rows opened", fields)

    def keep_until(self, path: str | os.PathLike[str], session_id: bytes, terms: Terms) -> None:
        """Remember a file of a session, which `purge` removes when the agreement's retention is over."""
        due = self.now + terms.retention_days * DAY
        if not str(path).isprintable():
            raise LedgerError("the name of a file has characters that can't be kept", hint="choose another name")
        with self._store.writing():
            self._store.add_file(Path(path).absolute(), session_id.hex(), due)

    def purge(self) -> Purged:
        """Destroy the files whose retention is over, and what killed programs left in the folders of all files.

        Raises:
            LedgerError: one can't be removed; those before it are.
        """
        purged = Purged(left_behind=sum(map(sweep, self._store.folders())))
        for path, session in self._store.files_due(self.now):
            fate = purged.destroy(path)
            with self._store.writing():
                self._store.forget_file(path)
                if path.suffix == KEY_SUFFIX and fate is Fate.OVERWRITTEN:
                    self._append("key destroyed", {"session": session})
                else:
                    self._append("purged", {"session": session, "files": int(path in purged.removed)})
        return purged

    # How.

    def _about(self, agreement: Agreement, peer: PublicIdentity) -> dict[str, Any]:
        return {**_under(agreement, peer.fingerprint), "party": self.party_of(peer.fingerprint)}

    def _peer_of(self, agreement: Agreement) -> bytes:
        return agreement.terms.party(agreement.role_of(self.owner).peer).fingerprint

    def _open(self, agreement: Agreement, peer: PublicIdentity, set_size: int) -> Standing:
        self._check_not_withdrawn(agreement)
        self.check_set_size(agreement, set_size)
        if self._store.first("accepted", agreement=agreement.terms.id.hex()) is None:
            self._accept(agreement, peer)
        if set_size > self.largest_set(agreement):
            self._append("declared", _under(agreement, peer.fingerprint) | {"set_size": set_size})
        before = self.standing(peer)
        self._append("opened", {**self._about(agreement, peer), "sessions": before.sessions + 1})
        return Standing(before.sessions + 1, before.charged, before.last_receipt)

    def _accept(self, agreement: Agreement, peer: PublicIdentity) -> None:
        # §11.1
        terms = agreement.terms
        party, problem = self.party_under(agreement, peer)
        if problem and not self._acknowledged_as_new(agreement, peer):
            raise StandingError(problem, hint=ACKNOWLEDGE)
        self._append(
            "accepted",
            {
                **_under(agreement, peer.fingerprint),
                "party": party,
                "peer_name": agreement.name_of(peer),
                "title": terms.title,
                "predecessor": fingerprint_hex(terms.predecessor),
                "valid_from": terms.valid_from.isoformat(),
                "valid_until": terms.valid_until.isoformat(),
                "max_evaluations": terms.max_evaluations,
            },
        )

    def _check_not_withdrawn(self, agreement: Agreement) -> None:
        found = self.withdrawn(agreement)
        if found is not None:
            who = "this side" if found.fields["by"] == "self" else "the peer"
            raise AgreementWithdrawnError(f"{who} has withdrawn the agreement", hint="sign a new agreement")

    def _check_not_refused(self, peer: PublicIdentity) -> None:
        if self.refused(peer):
            raise StandingError("what the peer told of its ledger was refused before", hint=ACKNOWLEDGE)

    def _check_standing(self, peer: PublicIdentity, told: Standing) -> None:
        # §11.3
        self._check_not_refused(peer)
        who = peer.fingerprint.hex()
        seen = self._store.last("admitted", peer=who)
        acknowledged = self._store.last("acknowledged", peer=who)
        if acknowledged is not None and (seen is None or acknowledged.number > seen.number):
            return
        before, paid = None, 0
        if seen is not None:
            fields = seen.fields
            receipt = bytes.fromhex(fields["peer_receipt"])
            before = Standing(fields["peer_sessions"], fields["peer_charged"], receipt)
            paid = self._own_size(fields["session"])
        check_standing(told, before, paid, self._place_of)


def _under(agreement: Agreement, peer: bytes) -> dict[str, Any]:
    """Return the fields of every entry about a peer, given its fingerprint."""
    return {"agreement": agreement.terms.id.hex(), "peer": peer.hex()}
