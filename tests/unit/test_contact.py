from __future__ import annotations

import unicodedata

import pytest

from psimatch.contact import check_contact, disarm
from psimatch.errors import FieldError


@pytest.mark.parametrize("text", ["", "Anneke, groep De Beuk, toestel 214", "+31 30 000 0000", "Zoë ☎ 12", "x" * 512])
def test_an_honest_contact_passes(text: str) -> None:
    check_contact(text)
    check_contact(text, 512)
    assert disarm(text).removeprefix("'")[:511] == text[:511]


@pytest.mark.parametrize(
    "text", ["a\nb", "a\tb", "a\x1b[31mb", "a\x7f", "a\x9b", "a\u202eb", "a\u200bb", "\ud800", "\ufeffa"]
)
def test_an_unsafe_contact_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(FieldError) as caught:
        check_contact(text)
    assert caught.value.field == "contact"
    assert text not in str(caught.value)


def test_a_contact_is_measured_in_bytes() -> None:
    check_contact("é" * 4, 8)
    with pytest.raises(FieldError, match="9 bytes, where 8"):
        check_contact("é" * 4 + "x", 8)


@pytest.mark.parametrize(
    ("hostile", "safe"),
    [
        ("a\x1b[31mred\x1b[0m", "ared"),
        ("a\x9b31mred", "ared"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]8;;http://x\x1b\\b", "ab"),
        ("a\x9d0;title\x9cb", "ab"),
        ("a\x1bPq#0\x1b\\b", "ab"),
        ("a\x1b]52;c;never closed", "a"),
        ("a\x1bcb", "ab"),
        ("a\x1b(Bb", "ab"),
        ("a\x1b\u200b[31mb", "ab"),
        ("a\x1b", "a"),
        ("a\r\nb\tc", "a b c"),
        ("a\u2028b\u2029c", "a b c"),
        ("a\x00\x08\x7f\x85b", "a b"),
        ("a\u202eb\u2066c\u200bd\u2060e\ufefff\u00adg", "abcdefg"),
        ("a\U000e0041b\ue000c\uffffd\u3164e\u2800f", "abcdef"),
        ("a\ud83db", "ab"),
        ("=1+1", "'=1+1"),
        ("+31 6 12", "'+31 6 12"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'=1"),
        ("\t=1", "'=1"),
        ("\u200b=1", "'=1"),
        ("\u00a0=1", "'=1"),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠1", "'＠1"),
        ("\u22121", "'\u22121"),
        ('"=1', "'\"=1"),
        ("x;=1", "x;'=1"),
        ('x, "=1', "x,' \"=1"),
        ("x|@1", "x|'@1"),
        ("a=b - c@d", "a=b - c@d"),
    ],
)
def test_a_hostile_contact_is_made_safe(hostile: str, safe: str) -> None:
    assert disarm(hostile) == safe
    assert disarm(safe) == safe


def test_a_disarmed_contact_is_bounded_and_whole_characters() -> None:
    assert disarm("€" * 600) == "€" * 170
    assert len(disarm(";=" * 600).encode()) <= 512
    assert disarm("\x1b]" * 300_000) == ""


def test_no_code_point_survives_that_moves_or_hides_text() -> None:
    for start in range(0, 0x110000, 64):
        shown = disarm("a" + "".join(map(chr, range(start, start + 64))))
        categories = {unicodedata.category(character) for character in shown}
        assert not categories & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
