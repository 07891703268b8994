"""Ledgers, standings and budgets (§11)."""

from __future__ import annotations

from collections.abc import Iterator

from protocol_spec.reference import (
    CLIENT,
    DAY,
    ZERO,
    Charge,
    Entry,
    EntryError,
    Standing,
    Terms,
    broken_points,
    entry_signed,
    first_day,
    first_second,
    standing_point,
    verify_ledger,
)
from protocol_spec.scenarios.example_ledger import Ledger, example_ledger, spoiled_entries, spoiled_ledgers, written
from protocol_spec.scenarios.scenario import Scenario, stream


def ledger_scenarios() -> Iterator[Scenario]:
    """Write a ledger, verify it, and refuse what was made of it (§11.2)."""
    entries = example_ledger()
    whole = written(CLIENT, entries)
    texts = [data.decode() for data, _ in whole]
    steps = {"signed": [entry_signed(data) for data, _ in whole]}
    about = "The hash and signature of an entry of each kind."
    given = {"seed": CLIENT.seed, "entries": texts}
    yield Scenario("write_entries", "an entry of each kind", about, "§11.2", given, steps=steps)

    def verifying(ledger: Ledger) -> dict[str, list[dict[str, str | bytes]]]:
        return {"entries": [{"entry": data.decode(), "signature": signature} for data, signature in ledger]}

    for name, part in (
        ("a client's ledger", whole),
        ("cut off at its end, which no ledger shows", whole[:8]),
        ("just opened", whole[:1]),
    ):
        yield Scenario("ledger", name, f"A ledger that verifies: {name}.", "§11.2", verifying(part))
    spoiled = [(name, written(CLIENT, bad)) for name, bad in spoiled_entries(entries)]
    for name, ledger in spoiled_ledgers(whole) + spoiled:
        about = f"A ledger that must be refused: {name}."
        yield Scenario("ledger", name, about, "§11.2", verifying(ledger[: refused_at(ledger) + 1]), "ledger")


def refused_at(ledger: Ledger) -> int:
    """Return the number of the entry at which verifying ends."""
    try:
        verify_ledger(ledger)
    except EntryError as error:
        return error.number
    raise SystemExit("a spoiled ledger is not refused")


def standing_scenarios() -> Iterator[Scenario]:
    """Tell standings, admitted and refused (§11.3)."""
    draw = stream("standing")
    one, two, three, lost = (draw(32) for _ in range(4))
    known = [one, two, three]
    told: list[tuple[str, int, Standing, Standing | None, int]] = [
        ("the first session", 0, (1, 0, ZERO), None, 0),
        ("a first that is not its first: sessions ended before Hello", 0, (7, 0, ZERO), None, 0),
        ("a receipt that was never signed here", 3, (2, 8, lost), None, 0),
        ("this ledger was lost", 3, (9, 64, two), None, 0),
        ("the next session", 0, (2, 8, one), (1, 0, ZERO), 8),
        ("the same number of sessions", 1, (1, 8, one), (1, 0, ZERO), 8),
        ("fewer sessions", 1, (3, 64, two), (4, 24, two), 8),
        ("a charge less than the receipt says", 2, (2, 7, one), (1, 0, ZERO), 8),
        ("no charge, and no receipt that says so", 0, (2, 0, ZERO), (1, 0, ZERO), 0),
        ("fewer charges than before", 2, (9, 23, two), (4, 24, two), 0),
        ("the last counter-signature was lost", 0, (5, 32, one), (4, 24, one), 8),
        ("two were lost, then one came", 0, (6, 40, three), (5, 32, one), 8),
        ("an older receipt", 3, (6, 40, one), (5, 32, two), 8),
        ("no receipt any more", 3, (6, 40, ZERO), (5, 32, two), 8),
        ("an unknown receipt after a known one", 3, (6, 40, lost), (5, 32, two), 8),
        ("the unknown receipt that was acknowledged", 0, (6, 40, lost), (5, 32, lost), 8),
        ("no receipt after the unknown one that was acknowledged", 3, (6, 40, ZERO), (5, 32, lost), 8),
        ("a known receipt after the one that was acknowledged", 0, (6, 40, three), (5, 32, lost), 8),
    ]
    names = ("sessions", "charged", "last_receipt")
    for name, point, now, seen, paid in told:
        receipts = [] if name == "this ledger was lost" else known
        if standing_point(now, seen, paid, receipts) != point:
            raise SystemExit(f"{name}: another point of the standing")
        shown = [None if each is None else dict(zip(names, each, strict=True)) for each in (now, seen)]
        given = {"told": shown[0], "seen": shown[1], "paid": paid, "receipts": receipts}
        where, about = f"§11.3 step {point}" if point else "§11.3", f"A standing that the peer tells: {name}."
        yield Scenario("standing", name, about, where, given, "standing" if point else "")


def first_day_scenarios() -> Iterator[Scenario]:
    """Find the first day that counts (§11.1)."""

    def term(name: str, first: str, last: str, predecessor: str = "") -> Terms:
        return {"id": name, "valid_from": first, "valid_until": last, "predecessor": predecessor}

    a, b = term("a", "2026-01-01", "2026-06-30"), term("b", "2026-07-01", "2026-12-31", "a")
    for name, own, others, day in (
        ("alone", a, [], "2026-01-01"),
        ("after another that ended", term("c", "2026-07-01", "2026-12-31"), [a], "2026-07-01"),
        ("a renewal", b, [a], "2026-01-01"),
        ("a renewal of a renewal", term("c", "2027-01-01", "2027-12-31", "b"), [a, b], "2026-01-01"),
        ("overlapping by a day", term("c", "2026-06-30", "2026-12-31"), [a], "2026-01-01"),
        ("overlapping an agreement that overlaps another", term("c", "2026-09-01", "2027-08-31"),
         [a, term("d", "2026-06-01", "2026-10-31")], "2026-06-01"),
        ("overlapping a renewal alone", term("c", "2026-09-01", "2027-08-31"), [a, b], "2026-07-01"),
        ("within a longer one", term("c", "2026-03-01", "2026-03-31"), [a], "2026-01-01"),
        ("a later one that overlaps", a, [term("c", "2026-05-01", "2026-12-31")], "2026-01-01"),
        ("a predecessor that is not known", b, [], "2026-07-01"),
    ):  # fmt: skip
        if first_day(own, others) != day:
            raise SystemExit(f"{name}: another first day")
        given = {"agreement": own, "others": others}
        yield Scenario("first_day", f"{name}", f"The day from which charges count: {name}.", "§11.1 step 2", given)


def budget_scenarios() -> Iterator[Scenario]:
    """Ask for charges, allowed and refused (§11.1)."""
    noon = first_second("2026-03-02") + DAY // 2
    midnight, begin = first_second("2026-03-02"), first_second("2026-01-01")
    limits = {"max_evaluations": 100, "sessions_per_day": 3, "minutes_between_sessions": 10}
    old, three = [(begin, 50), (begin + DAY, 42)], [(noon - 3600 * i, 8) for i in (3, 2, 1)]
    asked: list[tuple[str, list[int], list[Charge], int, Entry]] = [
        ("nothing charged yet", [], [], 8, {}),
        ("all that is allowed at once", [], [], 100, {}),
        ("one more at once", [2], [], 101, {}),
        ("up to the most", [], old, 8, {}),
        ("one more than the most", [2], old, 9, {}),
        ("the most is used up", [2], [*old, (midnight - DAY, 8)], 1, {}),
        ("used up under an agreement that allowed more", [2], [(begin, 4096)], 1, {}),
        ("charges before the first day", [], [(begin - DAY, 100), (begin - 1, 100)], 100, {}),
        ("a charge in the first second of the first day", [2], [(begin - 1, 100), (begin, 1)], 100, {}),
        ("a session left on this day", [], three[1:], 8, {}),
        ("no session left on this day", [3], three, 8, {}),
        ("as many sessions in the day before, to its last second", [], [(midnight - i, 8) for i in (3, 2, 1)], 8, {}),
        ("the first session of the day at midnight", [3], [(midnight, 8), *three[1:]], 8, {}),
        ("ten minutes ago", [], [(noon - 600, 8)], 8, {}),
        ("a second less than ten minutes ago", [4], [(noon - 599, 8)], 8, {}),
        ("in this second", [4], [(noon, 8)], 8, {}),
        ("in this second, with no minutes between", [], [(noon, 8)], 8, {"minutes_between_sessions": 0}),
        ("charges of days to come, by a clock that was ahead", [], [*[(noon + DAY, 8)] * 3, (noon - 600, 8)], 8, {}),
        ("charges of days to come are in the sum", [2], [(noon + 400 * DAY, 92), (noon - 600, 1)], 8, {}),
        ("a last charge that bears a time before others", [4], [(noon - 6000, 8), (noon - 599, 8)], 8, {}),
        ("a week ago", [], [(noon - 7 * DAY, 8)], 8, {"minutes_between_sessions": 10_080}),
        ("a second less than a week ago", [4], [(noon - 7 * DAY + 1, 8)], 8, {"minutes_between_sessions": 10_080}),
        ("too soon after a charge before the first day", [4], [(noon - 6 * DAY, 8)], 8, {
            "minutes_between_sessions": 10_080, "first_day": "2026-03-01"}),
        ("2^40 in all", [], [(begin, 2**40 - 8)], 8, {"max_evaluations": 2**40}),
        ("2^40 and one in all", [2], [(begin, 2**40 - 7)], 8, {"max_evaluations": 2**40}),
        ("too many and too often", [2, 3], [*old, *three], 1, {}),
        ("too many, too often and too soon", [2, 3, 4], [*old, *three[1:], (noon - 1, 8)], 1, {}),
    ]  # fmt: skip
    for name, points, charges, n, changes in asked:
        given: Entry = {"first_day": "2026-01-01", **limits, **changes}
        if broken_points(given, given["first_day"], charges, noon, n) != points:
            raise SystemExit(f"{name}: another point of the budget")
        given["charges"] = [{"time": time, "evaluations": evaluations} for time, evaluations in charges]
        given |= {"time": noon, "evaluations": n}
        where = f"§11.1 step{'s' * (len(points) > 1)} {' and '.join(map(str, points))}" if points else "§11.1"
        about = f"A charge to the peer: {name}."
        yield Scenario("budget", name, about, where, given, "budget" if points else "")


def scenarios() -> Iterator[Scenario]:
    """Return the scenarios of this file."""
    yield from ledger_scenarios()
    yield from standing_scenarios()
    yield from first_day_scenarios()
    yield from budget_scenarios()
