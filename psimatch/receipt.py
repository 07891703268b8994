"""What both parties sign at the end of a session (psimatch-1 §5.5)."""

from __future__ import annotations

from dataclasses import dataclass

from psimatch import canonical
from psimatch.digest import length_prefixed
from psimatch.errors import ReceiptError
from psimatch.identity import Identity, PublicIdentity, WrongSignatureError
from psimatch.messages import Receipt as ReceiptMessage
from psimatch.parameters import Label, Role


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
            ]
        )

    def _signed(self, role: Role) -> bytes:
        return length_prefixed(Label.RECEIPT_SIGNATURE, role.value.encode()) + self.body

    def signed_by(self, identity: Identity, role: Role) -> ReceiptMessage:
        """Return the message that carries this receipt with one party's signature."""
        return ReceiptMessage(self.body, identity.sign(self._signed(role)))

    def check(self, message: ReceiptMessage, peer: PublicIdentity, role: Role) -> None:
        """Check that the peer, in its role, signed these same facts.

        Raises:
            ReceiptError: other facts, or another's signature.
        """
        # §5.5
        if message.body != self.body:
            raise ReceiptError("the peer's receipt says something else than what happened in this session")
        try:
            peer.verify(self._signed(role), message.signature)
        except WrongSignatureError:
            raise ReceiptError("the peer's receipt is not signed by it") from None
