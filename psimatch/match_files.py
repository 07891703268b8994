"""Write what a session found, and what was skipped, as files that look like the list of flags they come from."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from psimatch.columns import RESULT_COLUMNS
from psimatch.contact import disarm
from psimatch.errors import OutputError
from psimatch.flags import FlagList
from psimatch.identifiers import PERSON, Identifier, rule_of
from psimatch.linkage import linking_tokens
from psimatch.private_file import write_private

if TYPE_CHECKING:
    from psimatch.matching import Match

# In front of the user's own columns, since a row may have more cells than the header.
_SKIPPED_COLUMNS: Final = ("row", "field", "problem", "remedy")


def write_matches(
    path: str | os.PathLike[str],
    flags: FlagList,
    matches: Iterable[Match],
    *,
    force: bool = False,
) -> int:
    """Write the matched rows of `flags`, each with reference, kind, rules and the peer's contact; return how many.

    One line a row and kind, in the order of rows; all rows that share a matched identifier are there. Of a person the
    rules are named by which it matched, and the reference is that of the first. The user's own cells stay exactly as
    they were; the peer's contact is disarmed.
    Mode 0600, whole or not at all.

    Raises:
        OutputError: the file exists and not `force`, can't be written, or a match belongs to no row of `flags`.
    """
    by_identifier = {match.identifier: match for match in matches}
    lines: list[Sequence[str]] = [(*flags.columns, *RESULT_COLUMNS)]
    used: set[Identifier] = set()
    for flag in flags.rows:
        used.update(identifier for identifier in flag.identifiers if identifier in by_identifier)
        tokens = linking_tokens(flag, by_identifier)
        alone = [item for item in flag.identifiers if item.kind != PERSON and item in by_identifier]
        for identifier, rules in [*((item, ()) for item in alone), *((token, tokens) for token in tokens[:1])]:
            match = by_identifier[identifier]
            names = ", ".join(rule_of(rule).name for rule in rules)
            lines.append((*flag.cells, match.reference, identifier.kind, names, disarm(match.peer_contact)))
    unknown = len(by_identifier) - len(used)
    if unknown:
        raise OutputError(
            f"{unknown} matches belong to no row of {flags.path}",
            hint="write the matches with the list of flags that the session ran with",
        )
    write_private(path, _csv(flags, lines), force=force)
    return len(lines) - 1


def write_skipped(path: str | os.PathLike[str], flags: FlagList, *, force: bool = False) -> int:
    """Write the invalid rows of `flags`, each with row number, field, problem and remedy; return how many lines.

    One line a row and error. Mode 0600, whole or not at all.

    Raises:
        OutputError: the file exists and not `force`, or can't be written.
    """
    lines: list[Sequence[str]] = [(*_SKIPPED_COLUMNS, *flags.columns)]
    for invalid in flags.invalid:
        lines.extend(
            (str(invalid.row), error.field, error.problem, error.remedy, *invalid.cells) for error in invalid.errors
        )
    write_private(path, _csv(flags, lines), force=force)
    return len(lines) - 1


def _csv(flags: FlagList, lines: Iterable[Sequence[str]]) -> bytes:
    """Return the lines as CSV with the separator of the list, and a byte order mark if the list has one."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=flags.delimiter, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode("utf-8-sig" if flags.byte_order_mark else "utf-8")
