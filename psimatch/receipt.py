"""What both parties sign at the end of a session (psimatch-1 §5.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from psimatch import canonical
from psimatch.digest import DIGEST_BYTES, digest, length_prefixed
from psimatch.errors import MessageFormatError, ReceiptError
from psimatch.identity import Identity, PublicIdentity, WrongSignatureError
from psimatch.messages import Receipt as ReceiptMessage
from psimatch.parameters import Label, Role

_ITEMS: Final = 9


@dataclass(frozen=True, slots=True)
class Receipt:
    """The facts of a session; `matches` is None where the server does not learn them."""

    session_id: bytes
    agreement_id: bytes
    client_digest: bytes
    server_digest: bytes
    client_set_size: int
    server_set_size: int
    matches: int | None
    client_ledger_head: bytes
    server_ledger_head: bytes

    @classmethod
    def from_body(cls, body: bytes) -> Receipt:
        """Read the canonical bytes.

        Raises:
            ReceiptError: they are not those of a receipt.
        """
        # §5.5
        try:
            value = canonical.decode(body, longest_array=_ITEMS)
        except MessageFormatError:
            value = None
        if not isinstance(value, list) or len(value) != _ITEMS or not _is_well_formed(value):
            raise ReceiptError("the body of a receipt is malformed")
        if value[6] is not None:
            value[6] = int.from_bytes(value[6], "big")
        return cls(*value)

    @property
    def digest(self) -> bytes:
        """The 32 bytes that stand for it."""
        # §5.5
        return digest(Label.RECEIPT, self.body)

    def set_size(self, role: Role) -> int:
        """Return the padded set size of the party in that role."""
        return self.client_set_size if role is Role.CLIENT else self.server_set_size

    def ledger_head(self, role: Role) -> bytes:
        """Return the ledger head of the party in that role."""
        return self.client_ledger_head if role is Role.CLIENT else self.server_ledger_head

    @property
    def body(self) -> bytes:
        """The canonical bytes."""
        # §5.5
        return canonical.encode(
            [
                self.session_id,
                self.agreement_id,
                self.client_digest,
                self.server_digest,
                self.client_set_size,
                self.server_set_size,
                # Of one length whatever the number, since the length of the envelope shows.
                None if self.matches is None else self.matches.to_bytes(4, "big"),
                self.client_ledger_head,
                self.server_ledger_head,
            ]
        )

    def signed_bytes(self, role: Role) -> bytes:
        """Return what the party in that role signs."""
        return length_prefixed(Label.RECEIPT_SIGNATURE, role.value.encode()) + self.body

    def signed_by(self, identity: Identity, role: Role) -> ReceiptMessage:
        """Return the message that carries this receipt with one party's signature."""
        return ReceiptMessage(self.body, identity.sign(self.signed_bytes(role)))

    def check(self, message: ReceiptMessage, peer: PublicIdentity, role: Role) -> None:
        """Check that the peer, in its role, signed these same facts.

        Raises:
            ReceiptError: other facts, or another's signature.
        """
        # §5.5
        if message.body != self.body:
            raise ReceiptError("the peer's receipt says something else than what happened in this session")
        try:
            peer.verify(self.signed_bytes(role), message.signature)
        except WrongSignatureError:
            raise ReceiptError("the peer's receipt is not signed by it") from None


def _is_well_formed(value: list[object]) -> bool:
    digests = [*value[:4], *value[7:]]
    numbers = value[4:6]
    return (
        all(isinstance(item, bytes) and len(item) == DIGEST_BYTES for item in digests)
        and all(isinstance(item, int) and not isinstance(item, bool) and 1 <= item < 2**32 for item in numbers)
        and (value[6] is None or (isinstance(value[6], bytes) and len(value[6]) == 4))
    )
