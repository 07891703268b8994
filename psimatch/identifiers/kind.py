"""A kind: a versioned way to write an identifier, and the columns that it is read from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from psimatch.identifiers.identifier import Identifier


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a list of flags: its name, its other names (all lower case), and whether a kind needs it."""

    name: str
    aliases: tuple[str, ...] = ()
    required: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name and then the aliases."""
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Kind:
    """How to make an identifier from the text of some columns.

    `values` is the number of values that exist: what a party that may ask for all of them would have to enumerate. It
    is None where nobody can say.
    `parse` takes the raw text by canonical field name, of those fields whose columns exist, and raises FieldError.
    `has_form` tells whether a value is written as `parse` writes it. In a session a value of any other form could match
    nothing, and nobody would notice.
    A change of `parse` that gives any text another value is a new version.
    """

    name: str
    version: int
    values: int | None
    fields: tuple[Field, ...]
    parse: Callable[[Mapping[str, str]], Identifier]
    has_form: Callable[[bytes], bool]

    @property
    def label(self) -> str:
        """Return the name with the version, as an agreement writes it: `nl-bsn/1`."""
        return f"{self.name}/{self.version}"

    def share(self, evaluations: int) -> float | None:
        """Return the share of all values that so many evaluations can test; None where nobody can say."""
        return None if self.values is None else evaluations / self.values
