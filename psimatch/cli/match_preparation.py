"""All that a match needs, checked on this side before anything is sent."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click

import psimatch
from psimatch.cli import messages, passphrases
from psimatch.cli.ledgers import warn_of_new_count
from psimatch.cli.lists import bad_row_lines, bad_rows_error, warning_lines
from psimatch.cli.metering import MeteredSession, metered
from psimatch.cli.options import beside, profile_at, profile_of_suppression, today
from psimatch.cli.outputs import check_output

# Enough lines to see what is wrong; `check` lists them all.
_LINES_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchOptions:
    """The command line of one match."""

    path: Path
    agreement_path: Path
    identity_path: Path
    peer_path: Path | None
    profile_path: Path | None
    sheet: str
    hidden: str | None
    passphrase_file: Path | None
    ledger_path: Path | None
    operator: str
    suppress_path: Path | None
    suppress_profile_path: Path | None
    suppress_rows: bool
    audit_folder_path: Path | None
    listen: str | None
    connect: str | None
    output: Path
    skip_invalid: bool
    skipped: Path | None
    wait: float
    idle_timeout: float | None
    force: bool
    as_json: bool
    quiet: bool

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on or connect to.

        Raises:
            UsageError: neither or both are given, or it is no address.
        """
        given = [text for text in (self.listen, self.connect) if text is not None]
        if len(given) != 1:
            raise click.UsageError("give one of --listen and --connect: one side listens, the other connects")
        try:
            return psimatch.parse_address(given[0])
        except psimatch.InputError as error:
            raise click.UsageError(f"{error}; {error.hint}") from None

    @property
    def audit_folder(self) -> Path:
        """Where audit files go."""
        return self.audit_folder_path or self.identity_path.parent

    @property
    def skipped_path(self) -> Path:
        """Where the skipped rows go."""
        return self.skipped or self.output.with_name(f"{self.output.stem}.skipped.csv")


@dataclass(slots=True)
class Prepared:
    """All that a session needs, checked; and the session that was made last."""

    agreement: psimatch.Agreement
    identity: psimatch.Identity
    peer: psimatch.PublicIdentity
    flags: psimatch.FlagList
    ledger: psimatch.Ledger
    submission: psimatch.Submission
    suppressed: psimatch.Suppressed | None
    auditor: psimatch.PublicIdentity | None
    executor: Executor | None = None
    unused: list[MeteredSession] = field(default_factory=list)
    last: MeteredSession | None = None

    def make_session(self) -> MeteredSession:
        """Return a new session: at first the one that the checks made."""
        self.last = self.unused.pop() if self.unused else self._new_session()
        return self.last

    def check_session(self) -> None:
        """Make the first session ahead: its dummies are made before anybody can time that."""
        self.unused.append(self._new_session())

    def _new_session(self) -> MeteredSession:
        session = metered(self.agreement.role_of(self.identity.public))
        return session(
            self.agreement,
            self.identity,
            self.peer,
            self.submission,
            today=today(),
            executor=self.executor,
            auditor=self.auditor,
        )

    @property
    def spent_by_peer(self) -> psimatch.Spending:
        """What the peer has spent of the agreement's budget."""
        return self.ledger.spending(self.agreement, self.peer, self.ledger.now)


def prepare(options: MatchOptions) -> Prepared:
    """Check everything on this side, cheap things first, before anything is sent.

    Raises:
        OutputError, AgreementError, IdentityError, FlagFileError, InvalidRowsError: what is wrong.
        TooManyItemsError: the list is longer than the agreement allows.
    """
    _check_not_an_input(options)
    check_output(options.output, force=options.force)
    agreement = psimatch.read_agreement_file(options.agreement_path)
    agreement.check_in_force(today())
    identity = psimatch.read_identity(options.identity_path, passphrases.source(options.passphrase_file))
    role = agreement.role_of(identity.public)
    agreement.verify_signature(identity.public)
    folder = options.agreement_path.parent
    peer = psimatch.find_public(agreement.terms.party(role.peer), folder, options.peer_path)
    agreement.verify(identity.public, peer, today())
    auditor = psimatch.find_auditor(agreement.terms, folder)
    if auditor and not os.path.isdir(options.audit_folder):
        raise psimatch.OutputError(f"there is no folder {options.audit_folder}", hint="make it, or name another")
    flags = _read_list(options, agreement.terms)
    flags, suppressed = _suppress(options, flags, agreement.terms)
    _check_skipped(options, flags)
    ledger = psimatch.Ledger(options.ledger_path or beside(options.identity_path), identity, operator=options.operator)
    try:
        ledger.check_open(agreement, peer)
        warn_of_new_count(ledger.not_counted(agreement, peer))
        submission = psimatch.Submission(flags.rows, agreement.terms, at_least=ledger.largest_set(agreement))
    except psimatch.PsimatchError:
        ledger.close()
        raise
    return Prepared(agreement, identity, peer, flags, ledger, submission, suppressed, auditor)


def _suppress(
    options: MatchOptions, flags: psimatch.FlagList, terms: psimatch.Terms
) -> tuple[psimatch.FlagList, psimatch.Suppressed | None]:
    """Return the list without what must never take part.

    Raises:
        FlagFileError, SuppressionError: that list is not understood, or can't be honoured; without it somebody could be
            exposed.
    """
    if options.suppress_path is None:
        return flags, None
    profile = profile_of_suppression(options.suppress_profile_path, options.profile_path)
    region = terms.phone_region or psimatch.PHONE_REGION
    try:
        suppression = psimatch.read_suppression(options.suppress_path, region=region, profile=profile)
        return suppression.apply(flags, whole_rows=options.suppress_rows, skip_doubtful=options.skip_invalid)
    except psimatch.SuppressionError as error:
        _note(error.problems)
        raise psimatch.SuppressionError(str(error), hint=f"nothing was sent; {error.hint}") from None


def _check_not_an_input(options: MatchOptions) -> None:
    """Check that nothing written replaces what the match reads: not the list, and least of all the identity.

    Raises:
        OutputError: it would, or the matches and the skipped rows would share a file.
    """
    others = options.agreement_path.parent.glob("*.public")
    given = (
        options.path,
        options.agreement_path,
        options.identity_path,
        options.passphrase_file,
        options.peer_path,
        options.profile_path,
        options.suppress_path,
        options.suppress_profile_path,
        options.ledger_path or beside(options.identity_path),
    )
    sources = [source for source in (*given, *others) if source is not None and os.path.exists(source)]
    for target in (options.output, options.skipped_path):
        if os.path.exists(target) and any(os.path.samefile(target, source) for source in sources):
            raise psimatch.OutputError(f"{target} is read by this match, so it can't be written", hint=_OTHER_NAME)
    if options.skipped_path.resolve() == options.output.resolve():
        raise psimatch.OutputError("matches and skipped rows can't share a file", hint=_OTHER_NAME)


_OTHER_NAME = "choose another name"


def _read_list(options: MatchOptions, terms: psimatch.Terms) -> psimatch.FlagList:
    flags = psimatch.read_flags(
        options.path,
        terms.kinds_known,
        contact_bytes=terms.contact_size,
        profile=profile_at(options.profile_path),
        sheet=psimatch.Sheet(options.sheet, options.hidden or ""),
        also=[] if options.suppress_path is None else psimatch.every_kind_but(terms.kinds_known),
    )
    flags.check_kinds()
    if flags.invalid and not options.skip_invalid:
        _note(list(bad_row_lines(flags)))
        raise bad_rows_error(flags, "nothing was sent; correct them, or match without them with --skip-invalid")
    _warn(list(warning_lines(flags)))
    if not flags.rows and not options.quiet:
        messages.warning(f"{options.path} has no usable row, so nothing can match")
    return flags


def _check_skipped(options: MatchOptions, flags: psimatch.FlagList) -> None:
    """Check that skipped rows can be written, where there are any."""
    if flags.invalid:
        check_output(options.skipped_path, force=options.force)


def _note(lines: Sequence[str]) -> None:
    for line in lines[:_LINES_SHOWN]:
        messages.note(line)
    if len(lines) > _LINES_SHOWN:
        messages.note(f"and {len(lines) - _LINES_SHOWN:,} more; psimatch check lists them all")


def _warn(lines: Sequence[str]) -> None:
    for line in lines[:_LINES_SHOWN]:
        messages.warning(line)
    if len(lines) > _LINES_SHOWN:
        messages.warning(f"and {len(lines) - _LINES_SHOWN:,} more; psimatch check lists them all")
