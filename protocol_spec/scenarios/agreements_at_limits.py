"""Terms at the limits of each field, and beyond them (§3.1, §11.1)."""

from __future__ import annotations

from collections.abc import Iterator

from protocol_spec.reference import AUDITOR, KINDS, Terms, crockford, example_terms
from protocol_spec.scenarios.agreements import SEEDS
from protocol_spec.scenarios.scenario import Scenario

CLIENT, SERVER = (example_terms()[role] for role in ("client", "server"))
VALUES = {"nl-address": 10**7, "nl-bag": 10**7, "plate": 10**7, "phone": 10**8, "nl-bsn": 90_909_090,
          "person": 3_300_000}  # fmt: skip


def budgets(above: int, reason: str) -> Iterator[tuple[str, Terms]]:
    """Return terms with a budget so much above a hundredth of the values of each kind."""
    for kind, values in VALUES.items():
        region = {"phone_region": "NL"} if kind == "phone" else {}
        limits = {"max_evaluations": values // 100 + above, "large_budget_reason": reason}
        label = next(label for label in KINDS if label.startswith(f"{kind}/"))
        yield f"of {kind}", example_terms(kinds=[label], **region, **limits)


def right_terms() -> Iterator[tuple[str, Terms]]:
    """Return terms that are right."""
    texts = {"title": "t" * 300, "purpose": "é" * 300, "legal_basis": "😀" * 300}
    yield "texts of the most characters", example_terms(**texts, client={**CLIENT, "name": "n" * 200})
    yield "texts with spaces at their ends", example_terms(title=" t ", client={**CLIENT, "name": " n "})
    yield "a term of one day", example_terms(valid_from="2028-02-29", valid_until="2028-02-29")
    yield "as many evaluations as items", example_terms(max_evaluations=8)
    yield "every kind", example_terms(kinds=sorted(KINDS), max_evaluations=33_000, phone_region="DE")
    for name, terms in budgets(0, ""):
        yield f"a hundredth {name}", terms
    for name, terms in budgets(1, "r"):
        yield f"one above a hundredth {name}, with a reason", terms


def wrong_texts() -> Iterator[tuple[str, Terms]]:
    """Return terms with a text that is none, or too long."""
    for field in ("title", "purpose", "legal_basis"):
        yield f"an empty {field}", example_terms(**{field: ""})
        yield f"a {field} of spaces", example_terms(**{field: "   "})
        yield f"a {field} of one character too many", example_terms(**{field: "x" * 301})
        yield f"a number in the place of a {field}", example_terms(**{field: 1})
    for name, character in (
        ("a no-break space", "\u00a0"), ("a zero-width space", "\u200b"), ("a line separator", "\u2028"),
        ("a right-to-left override", "\u202e"), ("a tab", "\t"), ("an unassigned character", "\u0378"),
    ):  # fmt: skip
        yield f"a title with {name}", example_terms(title=f"a{character}b")
    for name, party in (
        ("a name of 201 characters", {**CLIENT, "name": "n" * 201}), ("an empty name", {**CLIENT, "name": ""}),
        ("a name of spaces", {**CLIENT, "name": "  "}), ("a name with a tab", {**CLIENT, "name": "a\tb"}),
        ("a name as a number", {**CLIENT, "name": 7}), ("a party without a name",
        {"fingerprint": CLIENT["fingerprint"]}),
        ("a party as text", "Care institution"),
        ("a fingerprint whose last digit is not filled with zeros", written(lambda text: text[:-1] + "1")),
        ("a fingerprint without hyphens", written(lambda text: text.replace("-", ""))),
        ("a fingerprint with a letter that Crockford left out", written(lambda text: "U" + text[1:])),
        ("a fingerprint with a line feed", written(lambda text: text + "\n")),
    ):  # fmt: skip
        yield name, example_terms(client=party)
    yield "a reason of 301 characters", example_terms(max_evaluations=2**40, large_budget_reason="r" * 301)
    yield "a reason of spaces", example_terms(max_evaluations=100_001, large_budget_reason="  ")
    yield "nil in the place of no reason", example_terms(large_budget_reason=None)


def written(change: object) -> Terms:
    """Return the client with its fingerprint written otherwise."""
    return {**CLIENT, "fingerprint": change(CLIENT["fingerprint"])} if callable(change) else CLIENT


def wrong_choices() -> Iterator[tuple[str, Terms]]:
    """Return terms that choose what there is not."""
    yield "a kind that there is none of", example_terms(kinds=["shoe/1"])
    yield "a version that there is none of", example_terms(kinds=["nl-bsn/2"])
    yield "kinds as text", example_terms(kinds="nl-bsn/1")
    yield "a kind as a number", example_terms(kinds=[1])
    yield "nil in the place of reveal", example_terms(reveal=None)
    yield "a contact of one byte that is never sent", example_terms(reveal="client", contact_size=1)
    yield "an auditor who is the server", example_terms(auditor=SERVER["fingerprint"])
    yield "an auditor cut short", example_terms(auditor=crockford(AUDITOR.public.fingerprint, 52)[:-5])
    yield "the first version of persons", example_terms(kinds=["person/1"], max_evaluations=33_000)
    for name, region in (
        ("one letter", "N"),
        ("three letters", "NLD"),
        ("no ASCII letters", "ÄÖ"),
        ("no country", "ZZ"),
    ):
        yield f"a region of {name}", example_terms(kinds=["phone/1"], phone_region=region)
    yield "nil in the place of a region", example_terms(phone_region=None)
    for name, day in (
        ("that is none", "2021-02-29"), ("with a time", "2021-01-01T00:00"), ("of a week", "2021-W01-1"),
        ("as a week", "2021-W01"), ("as a number", 20210101), ("with one digit", "2021-1-01"), ("with a space",
        " 2021-01-01"),
    ):  # fmt: skip
        yield f"a first day {name}", example_terms(valid_from=day)
        yield f"a last day {name}", example_terms(valid_until=day)


def wrong_numbers() -> Iterator[tuple[str, Terms]]:
    """Return terms with a number that is none, or out of its bounds."""
    names = ("max_items", "max_evaluations", "sessions_per_day", "minutes_between_sessions", "contact_size",
             "retention_days")  # fmt: skip
    for name in names:
        words = name.replace("_", " ")
        yield f"{words} as a fraction", example_terms(max_items=1) | {name: 8.0}
        yield f"{words} as text", example_terms(max_items=1) | {name: "8"}
        yield f"{words} as true", example_terms(max_items=1) | {name: True}
        yield f"{words} as nil", example_terms(max_items=1) | {name: None}
        yield f"{words} below zero", example_terms(max_items=1) | {name: -1}
    most = {"max_evaluations": 2**40, "large_budget_reason": "r"}
    yield "one item above the most", example_terms(max_items=16_777_217, **most)
    yield "no evaluations", example_terms(max_items=1, max_evaluations=0)
    for name, terms in budgets(1, ""):
        yield f"one above a hundredth {name}", terms
    for name, terms in budgets(0, "r"):
        yield f"a reason for a hundredth {name}", terms
    among = example_terms(kinds=["plate/1", "text/1"], max_evaluations=100_001)
    yield "a large budget of one kind among others", among


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    for name, terms in right_terms():
        about = f"Terms, their bytes, id and signatures: {name}."
        yield Scenario("agreement", name, about, "§3", {"terms": terms, **SEEDS})
    for name, terms in (*wrong_texts(), *wrong_choices(), *wrong_numbers()):
        about = f"Terms that must be refused: {name}."
        yield Scenario("agreement", f"not, {name}", about, "§3.1, §11.1", {"terms": terms, **SEEDS}, "terms")
