"""A kind: a versioned way to write an identifier, and the columns that it is read from (psimatch-1 §13.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from psimatch.identifiers.identifier import Identifier


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a list of flags: its name, its other names, and whether a kind needs it.

    Names are compared without case, spaces, dots, hyphens and underscores. A column that is called as one in `near`
    may be this one, or somebody else's, such as a case worker's own telephone: it is not read, and the reader says so.
    A column that `may_be_empty` must be there, but not filled in every row. One that is `shared` belongs to another
    kind too, so that filling it alone does not mean this kind.
    """

    name: str
    aliases: tuple[str, ...] = ()
    required: bool = True
    may_be_empty: bool = False
    shared: bool = False
    near: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name and then the aliases."""
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Kind:
    """How to make identifiers from the text of some columns: one, or for a person several tokens.

    `values` is the number of values that exist: what a party that may ask for all of them would have to enumerate. It
    is None where nobody can say.
    `parse` takes the raw text by canonical field name, of those fields whose columns exist, and raises FieldError.
    `has_form` tells whether a value is written as `parse` writes it. In a session a value of any other form could match
    nothing, and nobody would notice.
    `most_identifiers` is how many a record gives at most. Each counts as that many, so that a set's size does not tell
    how much is known about people.
    A change of `parse` that gives any text another value is a new version.
    """

    name: str
    version: int
    values: int | None
    fields: tuple[Field, ...]
    parse: Callable[[Mapping[str, str]], tuple[Identifier, ...]]
    has_form: Callable[[bytes], bool]
    most_identifiers: int = 1

    @property
    def label(self) -> str:
        """Return the name with the version, as an agreement writes it: `nl-bsn/1`."""
        return f"{self.name}/{self.version}"

    def share(self, evaluations: int) -> float | None:
        """Return the share of all values that so many evaluations can test; None where nobody can say."""
        return None if self.values is None else evaluations / self.values
