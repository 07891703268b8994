"""Whatever the proposer of an agreement writes, the screen of whoever signs shows it as his, and the true numbers last."""

import re
import unicodedata
from datetime import date

from hypothesis import example, given
from hypothesis import strategies as st
from sessions import CARE, POLICE, make_terms

from psimatch import KINDS, Party, Terms, visible
from psimatch.cli.explain import explained
from psimatch.cli.free_text import cells, marked, quoted
from psimatch.cli.session_count import sessions_words
from psimatch.cli.terms_text import terms_lines

FIELDS = ("title", "purpose", "legal basis", "why so large", "client", "server")
MARK = re.compile(rf"({'|'.join(FIELDS)}) *\| ")
DUTCH_MARK = re.compile(r"(titel|doel|grondslag|waarom zoveel|client|server) *\| ")
# Three marks in a row, and letters that are wide, go from right to left, stand over others, or draw boxes.
NASTY = "界한あﷺאبئ\u0301\u0302\u0489\u20dd─│┌┘█▒\u2800\u3164\ufe0f😀♥→§\u0e33\u0bb3A |"
PRINTABLE = st.characters(exclude_categories=("C", "Z"), include_characters=" ") | st.sampled_from(NASTY)


def texts(longest):
    return st.text(PRINTABLE, min_size=1, max_size=longest).filter(lambda text: text.strip() and text.isprintable())


IMITATION = ("budget       1 evaluations of a party in all" + " " * 40)[:80] * 3
ROWS = "│".join(["at most      1 identifiers of a party in a session".ljust(79)] * 3)


def terms_with(title, purpose, basis, reason, client, server, **changed):
    given_ = {"kinds": ("nl-address/1", "nl-bsn/1"), "max_items": 1_000, "max_evaluations": 2_000_000, **changed}
    parties = {
        "client": Party(client, CARE.public.fingerprint),
        "server": Party(server, POLICE.public.fingerprint),
    }
    return make_terms(title=title, purpose=purpose, legal_basis=basis, large_budget_reason=reason, **parties, **given_)


PLAIN = terms_with("t", "p", "l", "r", "c", "s")


def own_lines(lines):
    """Return the lines of the program's own, all of which stand at the end."""
    first = next(number for number, line in enumerate(lines) if not MARK.match(line))
    assert not any(MARK.match(line) or line[13:14] == "|" for line in lines[first:])
    return lines[first:]


def said(terms, width):
    """Return what the program's own lines say, without the id, which no two agreements share, and how many they are."""
    own = own_lines(terms_lines(terms, width))
    return "".join(own).replace(" ", "").replace(terms.id_text, ""), len(own)


def widest(line):
    """Count cells as a terminal would that draws ambiguous characters wide."""
    marks = ("Mn", "Me")
    return sum(
        0 if unicodedata.category(c) in marks else 2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in line
    )


@given(texts(300), texts(300), texts(300), texts(300), texts(200), texts(200), st.sampled_from([30, 80, 100]))
@example(IMITATION, IMITATION, IMITATION, IMITATION, IMITATION[:200], IMITATION[:200], 80)
@example(ROWS, "界" * 300, "\u0301" * 300, "א" * 300, "─" * 200, "😀" * 200, 80)
@example("A" + "\u0301" * 299, "|" * 300, "- " * 150, "client       | x " * 17, "x" * 200, "x  " * 60, 80)
def test_free_text_is_marked_and_the_numbers_come_last(title, purpose, basis, reason, client, server, width):
    terms = terms_with(title, purpose, basis, reason, client, server)
    assert said(terms, width) == said(PLAIN, width)
    lines = terms_lines(terms, width)
    written = dict.fromkeys(FIELDS, "")
    for line in lines:
        assert widest(line) < width
        assert cells(line) < width or line.startswith(("client", "server", "id"))
        if mark := MARK.match(line):
            rest = line[mark.end() :]
            written[mark[1]] += rest
            assert "  " not in rest
            assert not re.search(r"[\u0300-\u036f\u0489\u20dd]{3}|^[\u0300-\u036f\u0489\u20dd]", rest)
    for name, text in zip(FIELDS, (title, purpose, basis, reason, client, server), strict=True):
        if not any(unicodedata.category(character) in ("Mn", "Me") for character in text):
            assert written[name].replace(" ", "") == visible(text).replace(" ", "")


@given(texts(300), texts(200))
def test_in_plain_words_it_is_marked_too(text, name):
    terms = terms_with(text, text, text, text, name, name)
    lines = explained(terms, "nl")
    end = lines.index("")
    assert all(DUTCH_MARK.match(line) for line in lines[1:end])
    assert not any(DUTCH_MARK.match(line) for line in lines[end:])
    # In a sentence a name stands between quotes of which it has none itself, and on one line.
    inside = quoted(name)
    assert (inside[0], inside[-1]) == ("“", "”")
    assert not re.search('["“”]', inside[1:-1])
    assert cells(inside[1:-1]) <= 40 + len("...")
    assert any(inside in line for line in lines[end:])


def test_on_a_screen_of_24_lines_all_numbers_stand_under_any_text():
    assert len(own_lines(terms_lines(PLAIN, 80))) + 1 <= 23
    every = tuple(sorted(kind.label for kind in KINDS.values()))
    terms = terms_with(*["x" * 300] * 4, "c", "s", kinds=every, phone_region="NL", max_items=1)
    screen = "\n".join(terms_lines(terms, 80)[-22:])
    for words in ("kinds ", "persons ", "reveal ", "kept ", "valid ", "at most ", "budget  ", "sessions a day"):
        assert f"\n{words}" in screen or f" {words}" in screen, words
    # Of the kinds the one of which most can be tested stands nearest.
    assert "enough to test" in screen


@given(st.integers(1, 10_000), st.integers(0, 2_000_000), st.integers(0, 10_080))
def test_a_budget_in_sessions(items, evaluations, minutes):
    terms = make_terms(max_items=items, max_evaluations=max(items, evaluations), minutes_between_sessions=minutes)
    for lang in ("nl", "en"):
        words = sessions_words(terms, evaluations, terms.valid_from, lang)
        count = evaluations // items
        shown = f"{count:,}".replace(",", "." if lang == "nl" else ",")
        assert shown in words or count == 0


def test_a_budget_in_sessions_names_the_night():
    terms = make_terms(
        max_items=128, max_evaluations=128 * 26, valid_from=date(2026, 12, 1), valid_until=date(2027, 5, 31)
    )
    first = date(2026, 12, 2)
    assert sessions_words(terms, 3_328, first) == (
        "at least 26 sessions of full lists, with one a night until about 27 December 2026"
    )
    assert sessions_words(terms, 3_328, first, "nl") == (
        "minstens 26 sessies met volle lijsten, met één per nacht tot ongeveer 27 december 2026"
    )
    assert sessions_words(terms, 127, first) == "not one session of a full list"
    assert sessions_words(terms, 128 * 181, first).endswith("with one a night enough until the last day")
    weekly = Terms.from_fields({**terms.as_fields(), "minutes_between_sessions": 10_080})
    assert sessions_words(weekly, 128 * 3, first).endswith("with one every 7 days until about 16 December 2026")


def test_a_short_text_is_one_line():
    assert marked("purpose", "Find  runaways", 80) == ["purpose      | Find runaways"]
