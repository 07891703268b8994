"""An agreement as lines for a person: its terms, and who has signed them. Never a comment of the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psimatch
from psimatch.cli.figures import share_words

PERSONS = "by both names and the whole date of birth, by one of fixed rules; nothing else takes part"
REVEALED = {
    psimatch.Reveal.BOTH: "both parties learn the matches",
    psimatch.Reveal.CLIENT: "only the client learns the matches",
}
NOT_SIGNED = "not signed"
VERIFIED = "signed, verified"
VOID = "signed, but not these terms: they changed after it was made"
NOT_CHECKED = "signed, not checked: no public identity found"


def terms_lines(terms: psimatch.Terms) -> list[str]:
    """Return the terms, one a line, and the parties with their fingerprints."""
    contacts = f"up to {terms.contact_size} bytes a match" if terms.contact_size else "none"
    return [
        _line("title", terms.title),
        _line("purpose", terms.purpose),
        _line("legal basis", terms.legal_basis),
        _line("client", terms.client.name),
        _line("", terms.client.fingerprint_text),
        _line("server", terms.server.name),
        _line("", terms.server.fingerprint_text),
        _line("kinds", ", ".join(terms.kinds)),
        _line("at most", f"{terms.max_items:,} identifiers of a party in a session"),
        _line("budget", f"{terms.max_evaluations:,} evaluations of a party in all; {_sessions(terms)}"),
        *figure_lines(terms),
        *([_line("why so large", terms.large_budget_reason)] if terms.large_budget_reason else []),
        _line("reveal", REVEALED[terms.reveal]),
        _line("contacts", contacts),
        _line("valid", f"{terms.valid_from} to {terms.valid_until} (UTC)"),
        *([_line("renews", terms.predecessor)] if terms.predecessor else []),
        *([_line("persons", PERSONS)] if psimatch.PERSON_KIND.label in terms.kinds else []),
        *_auditor_lines(terms),
        _line("kept", f"files of a match for {terms.retention_days:,} days"),
        _line("id", terms.id_text),
    ]


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


def signature_lines(agreement: psimatch.Agreement, states: Mapping[psimatch.Role, str]) -> list[str]:
    """Return who has signed, one a line."""
    return [_line(role.value, f"{agreement.terms.party(role).name}: {state}") for role, state in states.items()]


def _sessions(terms: psimatch.Terms) -> str:
    apart = f", {terms.minutes_between_sessions:,} minutes apart" if terms.minutes_between_sessions else ""
    return f"at most {terms.sessions_per_day:,} sessions a day{apart}"


def figure_lines(terms: psimatch.Terms) -> list[str]:
    """Return what the whole budget could test of each kind, if all of it went to that kind."""
    return [_line("", f"enough to test {share_words(kind, terms.max_evaluations)}") for kind in terms.kinds_known]


def _line(name: str, value: str) -> str:
    # Whoever signs must see what else stands there.
    return f"{name:<13}{psimatch.visible(value)}"
