"""Make `bad/flags.csv`: one bad row for each rule that a row can break. Its first column names the rule.

Rules of the file as a whole (encoding, header, quotes) have no row here: each of them stops the reading.
"""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import Final

_HEADER: Final = ("rule", "bsn", "postcode", "huisnummer", "huisletter", "toevoeging", "text", "contact")

# rule, bsn, postcode, number, letter, addition, text, contact
_ROWS: Final[tuple[tuple[str, ...], ...]] = (
    ("bsn: not a number", "twaalf", "", "", "", "", "", ""),
    ("bsn: digits of another script", "٩٩٩٩٩٠٠١٩", "", "", "", "", "", ""),
    ("bsn: too short", "1234567", "", "", "", "", "", ""),
    ("bsn: too long", "9999900190", "", "", "", "", "", ""),
    ("bsn: all zeros", "000000000", "", "", "", "", "", ""),
    ("bsn: eleven-test", "999990018", "", "", "", "", "", ""),
    ("bsn: a decimal number", "12345672.0", "", "", "", "", "", ""),
    ("bsn: scientific notation", "1.0E+09", "", "", "", "", "", ""),
    ("postcode: not one", "", "351 HJ", "12", "", "", "", ""),
    ("postcode: begins with zero", "", "0511 HJ", "12", "", "", "", ""),
    ("postcode: never issued", "", "3511 SS", "12", "", "", "", ""),
    ("postcode: odd character", "", "3511 HÉ", "12", "", "", "", ""),
    ("postcode: missing", "", "", "12", "", "", "", ""),
    ("huisnummer: missing", "", "3511 HJ", "", "", "", "", ""),
    ("huisnummer: zero", "", "3511 HJ", "0", "", "", "", ""),
    ("huisnummer: too large", "", "3511 HJ", "123456", "", "", "", ""),
    ("huisnummer: a decimal number", "", "3511 HJ", "12.0", "", "", "", ""),
    ("huisnummer: a date", "", "3511 HJ", "2024-01-12", "", "", "", ""),
    ("huisnummer: a month", "", "3511 HJ", "12-jan", "", "", "", ""),
    ("huisnummer: no number first", "", "3511 HJ", "nr 12", "", "", "", ""),
    ("huisnummer: suffix in two places", "", "3511 HJ", "12a", "A", "", "", ""),
    ("huisnummer: two numbers in the suffix", "", "3511 HJ", "12-1-1", "", "", "", ""),
    ("huisletter: more than a letter", "", "3511 HJ", "12", "bis", "", "", ""),
    ("huisletter: a digit", "", "3511 HJ", "12", "1", "", "", ""),
    ("toevoeging: odd character", "", "3511 HJ", "12", "", "bís", "", ""),
    ("toevoeging: a decimal number", "", "3511 HJ", "12", "", "1.0", "", ""),
    ("toevoeging: too long", "", "3511 HJ", "12", "", "achterhuis", "", ""),
    ("text: too long", "", "", "", "", "", "y" * 1025, ""),
    ("text: no character", "", "", "", "", "", "a\ufffe", ""),
    ("contact: too long", "999990019", "", "", "", "", "", "toestel " * 65),
    ("contact: control character", "999990019", "", "", "", "", "", "toestel\x1b[2J 214"),
    ("contact: invisible character", "999990019", "", "", "", "", "", "toestel\u202e 412"),
    ("row: two errors", "twaalf", "3511 SS", "12", "", "", "", ""),
    ("row: a cell too few", "999990019", "", "", "", "", ""),
    ("row: a cell too many", "999990019", "", "", "", "", "", "", ""),
)


def make_bad_list(folder: Path) -> None:
    """Write `bad/flags.csv` below the folder.

    Raises:
        OSError: the folder can't be written.
    """
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([_HEADER, *_ROWS])
    target = folder / "bad" / "flags.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text.getvalue().encode("utf-8"))


if __name__ == "__main__":
    make_bad_list(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
