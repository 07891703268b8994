"""What other people wrote, on lines of which none can pass for one of this program's own.

Whoever proposes an agreement writes its title, purpose, legal basis and reason, and the names of the parties. Somebody
else reads them on a screen and signs. So free text is shown in one way:

* Every line begins with the name of its field and a bar. Lines of the program have no bar there. The name also keeps a
  terminal that knows writing from right to left from turning the line round.
* A line ends before the edge of the screen, counted in cells at their widest, so the terminal breaks none itself.
* Runs of spaces become one space, so nothing can be moved down or aligned under something else.
* What shows as nothing, or piles up marks over other lines, is written as its code point.

The numbers that matter come after all free text, so it can't push them off the screen.
"""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Iterator
from typing import Final

import psimatch

LABEL: Final = 13
_BAR: Final = "| "
# A terminal breaks lines at its edge; wider ones are no easier to read. In a narrower one than 24 cells nobody signs.
_WIDEST: Final = 100
_NARROWEST: Final = 24
# No language that people write names and purposes in needs more than two marks over a letter.
_MARKS: Final = 2
# What looks like our quotes is another sign in a name, and a name is never broken at a space.
_INSIDE: Final = {**dict.fromkeys(map(ord, '"“”„‟❝❞〝〞〟＂'), "'"), ord(" "): "\u00a0"}


def screen_width() -> int:
    """Return how many cells a line of the screen has, from 24 to 100; 80 where there is no screen."""
    return max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size().columns))


def marked(name: str, text: str, width: int) -> list[str]:
    """Return free text as lines of less than `width` cells, each behind the name of its field and a bar."""
    mark = f"{name:<{LABEL}}{_BAR}"
    return [f"{mark}{line}" for line in _lines(_shown(text), width - 1 - len(mark))]


def quoted(name: str, most: int = 40) -> str:
    """Return a name for a sentence: in quotes that it can't close, on one line, cut after so many cells.

    The whole name stands on marked lines.
    """
    lines = list(_lines(_shown(name).translate(_INSIDE), most))
    return f"“{lines[0]}{'' if len(lines) == 1 else '...'}”"


def cells(text: str) -> int:
    """Return how many cells a text takes on a screen at most.

    Terminals do not agree on the width of ambiguous characters and of symbols, so these count as two, and marks as one.
    """
    return sum(map(_cells_of, text))


def _cells_of(character: str) -> int:
    if character.isascii():
        return 1
    wide = unicodedata.east_asian_width(character) in "WFA" or unicodedata.category(character).startswith("S")
    return 2 if wide else 1


def _shown(text: str) -> str:
    """Return text with single spaces, and with what shows as nothing or piles up as code points."""
    out: list[str] = []
    # A mark at the beginning would stand over the bar.
    marks = _MARKS
    for character in " ".join(psimatch.visible(text).split()):
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        out.append(character if marks <= _MARKS else f"<U+{ord(character):04X}>")
    return "".join(out)


def _lines(text: str, room: int) -> Iterator[str]:
    """Break text into lines of at most `room` cells: at a space where there is one, else where the room ends."""
    while cells(text) > room:
        end = _end(text, room)
        space = text.rfind(" ", 1, end + 1)
        at = space if space > 0 else end
        yield text[:at]
        text = text[at:].lstrip(" ")
        if text and unicodedata.category(text[0]) in {"Mn", "Me"}:
            text = f"<U+{ord(text[0]):04X}>{text[1:]}"
    yield text


def _end(text: str, room: int) -> int:
    """Return how many characters of a text fit into so many cells; at least one, so that lines come to an end."""
    used = 0
    for number, character in enumerate(text):
        used += _cells_of(character)
        if used > room:
            return max(1, number)
    return len(text)
