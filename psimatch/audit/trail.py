"""What a session keeps for the auditor: rows under two shares, and every signed message (psimatch-1 §12)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psimatch import randomness
from psimatch.audit.merkle import merkle_root
from psimatch.audit.records import Header, KeySeed, Record, Rows, encode
from psimatch.audit.rows import (
    PERSON_BYTES,
    ROW_OVERHEAD,
    SALT_BYTES,
    SHARE_BYTES,
    Row,
    blinding_of,
    seal_row,
    share,
)
from psimatch.digest import digest, length_prefixed
from psimatch.envelope import SignedMessage
from psimatch.errors import MessageFormatError, NotAPartyError
from psimatch.identity import PublicIdentity
from psimatch.kernel.wiping import wipe
from psimatch.oprf import Blinding
from psimatch.outputs import AuditBegun, AuditRecord
from psimatch.own_set import OwnSet
from psimatch.parameters import Label, Role
from psimatch.sealing import seal
from psimatch.terms import Terms


def seed_info(role: Role, agreement_id: bytes, session_id: bytes) -> bytes:
    """Return the context under which the auditor's seed is sealed to the auditor."""
    # §12.3
    return length_prefixed(Label.AUDIT_SEED, role.value.encode()) + agreement_id + session_id


def answer_info(role: Role, agreement_id: bytes, session_id: bytes, places: Sequence[int] | None) -> bytes:
    """Return the context of an owner's answer to a request for these places, or for all."""
    # §12.5
    packed = b"".join(place.to_bytes(4, "big") for place in places or ())
    asked = digest(Label.AUDIT_REQUEST, b"all" if places is None else b"some", packed)
    return length_prefixed(Label.AUDIT_ANSWER, role.value.encode()) + agreement_id + session_id + asked


class AuditTrail:
    """One session's audit file in the making; `take` gives what is to be written, in order.

    Where the agreement names no auditor nothing is kept, and there is no root.
    """

    def __init__(self, role: Role, terms: Terms, auditor: PublicIdentity | None) -> None:
        """Keep for the auditor that the agreement names.

        Raises:
            NotAPartyError: the agreement names another auditor, or none.
        """
        if terms.auditor != ("" if auditor is None else auditor.fingerprint_text):
            raise NotAPartyError(
                "the session was not given the auditor that the agreement names",
                hint="hand in the public identity of that auditor, or none where the agreement names none",
            )
        self._role = role
        self._agreement_id = terms.id
        self._auditor = auditor
        # By place: the persons whose token stands there.
        self._persons: dict[int, tuple[int, ...]] = {}
        self._waiting: list[AuditBegun | AuditRecord] = []
        # What was signed before the session had an id.
        self._early: list[SignedMessage] | None = []
        self._seeds: tuple[bytes, bytes] = (b"", b"")
        self._leaves: list[bytes] = []
        self._row_bytes = 0

    @property
    def active(self) -> bool:
        """Whether anything is kept."""
        return self._auditor is not None

    def take(self) -> Iterator[AuditBegun | AuditRecord]:
        """Give what is to be written next, each once."""
        waiting, self._waiting = self._waiting, []
        yield from waiting

    def begin(self, session_id: bytes, own: OwnSet, set_size: int) -> None:
        """Begin the file: from here on what is kept gets written."""
        # §12.3
        if self._auditor is None:
            return
        auditor_seed, owner_seed = (randomness.random_bytes(SHARE_BYTES) for _ in range(2))
        self._seeds = auditor_seed, owner_seed
        if self._role is Role.CLIENT:
            self._persons = own.persons()
        most = max(map(len, self._persons.values()), default=0)
        self._row_bytes = ROW_OVERHEAD + own.longest + PERSON_BYTES * most + own.longest_case_ref
        info = seed_info(self._role, self._agreement_id, session_id)
        sealed_seed = seal(auditor_seed, self._auditor.sealing_key, info)
        header = Header(self._role, self._agreement_id, session_id, set_size, self._row_bytes, sealed_seed)
        self._waiting.append(AuditBegun(session_id, encode(header), owner_seed))
        early, self._early = self._early or [], None
        for message in early:
            self._keep(message)

    def keep_rows(self, own: OwnSet, places: slice, blinding: Blinding | None = None) -> None:
        """Keep the rows at the next places, in order."""
        # §12.2
        if not self.active:
            return
        salts = randomness.random_bytes(SALT_BYTES * (places.stop - places.start))
        leaves, sealed = [], []
        for number, identifier in enumerate(own.inputs(b"", places)):
            place = places.start + number
            salt = salts[SALT_BYTES * number : SALT_BYTES * (number + 1)]
            persons = self._persons.get(place, ())
            row = Row(salt, identifier, blinding_of(blinding, number), persons, own.case_ref(place))
            leaves.append(row.leaf)
            plaintext = row.encode(self._row_bytes)
            sealed.append(seal_row(plaintext, self._shares(place)))
            if row.blinding:
                wipe(row.blinding, plaintext)
        self._leaves += leaves
        self._keep(Rows(b"".join(leaves), b"".join(sealed)))

    def keep_key_seed(self, seed: bytes) -> None:
        """Keep the seed of the server's key, as one row more than there are."""
        self._keep(KeySeed(seal_row(seed, self._shares(len(self._leaves)))))

    def root(self) -> bytes:
        """Return what commits to all rows (32 bytes), once they are kept; the seeds are gone after that."""
        # §12.2
        root = merkle_root(self._leaves) if self.active else b""
        self.drop()
        return root

    def check_peer_root(self, root: bytes, *, first: bool = True) -> None:
        """Check that the peer commits to its rows in its first message that can, and nowhere else.

        Raises:
            MessageFormatError: it does not.
        """
        # §12.2
        if (root != b"") != (first and self.active):
            raise MessageFormatError("a message has an audit root where none belongs, or lacks one")

    def keep_message(self, message: SignedMessage) -> None:
        """Keep a message, sent or accepted."""
        if not self.active:
            return
        if self._early is None:
            self._keep(message)
        else:
            self._early.append(message)

    def drop(self) -> None:
        """Forget seeds, leaves and which rows are one person's; messages can still be kept."""
        # The owner's went out with `AuditBegun`.
        wipe(self._seeds[0])
        self._seeds = (b"", b"")
        self._leaves.clear()
        self._persons.clear()

    def _shares(self, place: int) -> tuple[bytes, bytes]:
        auditor_seed, owner_seed = self._seeds
        return share(auditor_seed, place), share(owner_seed, place)

    def _keep(self, record: Record) -> None:
        self._waiting.append(AuditRecord(encode(record)))
