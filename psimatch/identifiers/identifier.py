"""What is compared: a value of one kind in canonical form."""

from __future__ import annotations

from dataclasses import dataclass, field

from psimatch.errors import FieldError
from psimatch.parameters import LIMITS

# A kind's version is one byte of the PRF input.
_MAX_VERSION = 255


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """One canonical value; two parties match where all three fields are equal.

    `kind` and `version` name the rule that made `value`, so an old and a new canonical form never match by chance.
    The value is left out of `repr`, since a repr ends up in logs and tracebacks.

    Raises:
        FieldError: the kind is empty or not ASCII, the version not in 1..255, or the value not 1..1,024 bytes.
    """

    kind: str
    version: int
    value: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Check the three fields, so that having an identifier means it is valid."""
        if not self.kind or not self.kind.isascii():
            raise FieldError("kind", "is empty or not ASCII", "use a name such as nl-bsn")
        if not 1 <= self.version <= _MAX_VERSION:
            raise FieldError("version", "is not in 1..255", "count the versions of a kind from 1")
        if not 1 <= len(self.value) <= LIMITS.identifier_bytes:
            raise FieldError(
                self.kind,
                f"has {len(self.value)} bytes, where 1 to {LIMITS.identifier_bytes} are allowed",
                "leave out what is empty, and shorten what is too long",
            )

    @property
    def label(self) -> str:
        """The kind with its version, as an agreement writes it: `nl-bsn/1`."""
        return f"{self.kind}/{self.version}"
