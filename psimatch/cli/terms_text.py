"""An agreement as lines for a person: its terms, and who has signed them, never a comment (psimatch-1 §3.4)."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import psimatch
from psimatch.cli.figures import share_words
from psimatch.cli.free_text import LABEL, marked, screen_width
from psimatch.cli.session_count import sessions_words

PERSONS = "by both names and the whole date of birth, by one of fixed rules; nothing else takes part"
REVEALED = {
    psimatch.Reveal.BOTH: "both parties learn the matches",
    psimatch.Reveal.CLIENT: "only the client learns the matches",
}
NOT_SIGNED = "not signed"
VERIFIED = "signed, verified"
VOID = "signed, but not these terms: they changed after it was made"
NOT_CHECKED = "signed, not checked: no public identity found"


def terms_lines(terms: psimatch.Terms, width: int | None = None) -> list[str]:
    """Return the terms for a screen: first all that people wrote, marked; then fingerprints; last what numbers say.

    A line has less than `width` cells; by default that is what the screen has.
    """
    width = screen_width() if width is None else width
    contacts = f"up to {terms.contact_size} bytes a match" if terms.contact_size else "none"
    lines = [
        _line("client", terms.client.fingerprint_text),
        _line("server", terms.server.fingerprint_text),
        _line("id", terms.id_text),
        *([_line("renews", terms.predecessor)] if terms.predecessor else []),
        *_auditor_lines(terms),
        *figure_lines(terms),
        _line("kinds", ", ".join(terms.kinds)),
        *([_line("persons", PERSONS)] if psimatch.PERSON_KIND.label in terms.kinds else []),
        _line("reveal", REVEALED[terms.reveal]),
        _line("contacts", contacts),
        _line("kept", f"files of a match for {terms.retention_days:,} days"),
        _line("valid", f"{terms.valid_from} to {terms.valid_until} (UTC)"),
        _line("at most", f"{terms.max_items:,} identifiers of a party in a session"),
        _line("", _pace(terms)),
        _line("budget", f"{terms.max_evaluations:,} evaluations of a party in all"),
        _line("", sessions_words(terms, terms.max_evaluations, terms.valid_from)),
    ]
    return [*free_lines(terms, width), "", *(part for line in lines for part in _wrapped(line, width))]


def free_lines(terms: psimatch.Terms, width: int) -> list[str]:
    """Return all that people wrote in the terms, each line marked with its field."""
    reason = terms.large_budget_reason
    written = {
        "title": terms.title,
        "purpose": terms.purpose,
        "legal basis": terms.legal_basis,
        **({"why so large": reason} if reason else {}),
        "client": terms.client.name,
        "server": terms.server.name,
    }
    return [line for name, text in written.items() for line in marked(name, text, width)]


def _wrapped(line: str, width: int) -> list[str]:
    """Break a line of this program's own, so that a terminal does not."""
    return textwrap.wrap(line, width - 1, subsequent_indent=" " * min(LABEL, width // 3), break_on_hyphens=False)


def _auditor_lines(terms: psimatch.Terms) -> list[str]:
    if not terms.auditor:
        return []
    kept = "each party keeps a sealed list of all that it submitted; the auditor opens it with that party's help"
    return [_line("auditor", terms.auditor), _line("", kept)]


def signature_states(
    agreement: psimatch.Agreement, folder: Path, named: Path | None = None
) -> Mapping[psimatch.Role, str]:
    """Return for each role whether it has signed, as far as the public identities in `folder` can show."""
    return {role: _state(agreement, role, folder, named) for role in psimatch.Role}


def _state(agreement: psimatch.Agreement, role: psimatch.Role, folder: Path, named: Path | None) -> str:
    if role not in agreement.signatures:
        return NOT_SIGNED
    for place in (named, None):
        try:
            public = psimatch.find_public(agreement.terms.party(role), folder, place)
        except (psimatch.IdentityError, psimatch.NotAPartyError):
            continue
        try:
            agreement.verify_signature(public)
        except psimatch.AgreementChangedError:
            return VOID
        return VERIFIED
    return NOT_CHECKED


def signature_lines(states: Mapping[psimatch.Role, str]) -> list[str]:
    """Return who has signed, one a line; by role, since a name is what somebody wrote."""
    return [_line(role.value, state) for role, state in states.items()]


def _pace(terms: psimatch.Terms) -> str:
    apart = f", {terms.minutes_between_sessions:,} minutes apart" if terms.minutes_between_sessions else ""
    return f"at most {terms.sessions_per_day:,} sessions a day{apart}"


def figure_lines(terms: psimatch.Terms) -> list[str]:
    """Return what the whole budget could test of each kind, if all of it went to that kind; the largest share last."""
    kinds = sorted(terms.kinds_known, key=lambda kind: kind.share(terms.max_evaluations) or 0.0)
    words = [f"enough to test {share_words(kind, terms.max_evaluations)}" for kind in kinds]
    return [_line("" if number else "budget is", line) for number, line in enumerate(words)]


def _line(name: str, value: str) -> str:
    return f"{name:<{LABEL}}{value}"
