"""The signed terms of a series of sessions (psimatch-1 §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from psimatch.errors import (
    AgreementChangedError,
    AgreementNotInForceError,
    AgreementUnsignedError,
    NotAPartyError,
)
from psimatch.identity import Identity, PublicIdentity, WrongSignatureError
from psimatch.parameters import Role
from psimatch.terms import Terms


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

    def name_of(self, public: PublicIdentity) -> str:
        """Return the name that the agreement gives to an identity; the name in its file nobody has signed.

        Raises:
            NotAPartyError: it is none of the parties.
        """
        return self.terms.party(self.role_of(public)).name

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
