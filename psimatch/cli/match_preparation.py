"""All that a match needs, checked on this side before anything is sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click

import psimatch
from psimatch.cli import messages, passphrases
from psimatch.cli.lists import bad_row_lines, bad_rows_error
from psimatch.cli.metering import MeteredSession, metered
from psimatch.cli.options import beside, profile_at, today
from psimatch.cli.outputs import check_output

# Enough bad rows to see what is wrong; `check` lists them all.
_BAD_ROWS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchOptions:
    """The command line of one match."""

    path: Path
    agreement_path: Path
    identity_path: Path
    peer_path: Path | None
    profile_path: Path | None
    passphrase_file: Path | None
    ledger_path: Path | None
    operator: str
    suppress_path: Path | None
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
    items: Mapping[psimatch.Identifier, str]
    suppressed: int
    auditor: psimatch.PublicIdentity | None
    case_refs: Mapping[psimatch.Identifier, str] | None
    links: psimatch.Links
    executor: Executor | None = None
    unused: list[MeteredSession] = field(default_factory=list)
    last: MeteredSession | None = None

    def make_session(self) -> MeteredSession:
        """Return a new session: at first the one that the checks made."""
        self.last = self.unused.pop() if self.unused else self._new_session()
        return self.last

    def check_session(self) -> None:
        """Make the first session ahead, since that checks the list against the agreement.

        Raises:
            TooManyItemsError: the list is longer than the agreement allows.
        """
        self.unused.append(self._new_session())

    def _new_session(self) -> MeteredSession:
        session = metered(self.agreement.role_of(self.identity.public))
        return session(
            self.agreement,
            self.identity,
            self.peer,
            self.items,
            today=today(),
            executor=self.executor,
            auditor=self.auditor,
            case_refs=self.case_refs,
            reserved=self.flags.reserved,
            links=self.links,
        )

    @property
    def spent_by_peer(self) -> psimatch.Spending:
        """What the peer has spent of the agreement's budget."""
        return self.ledger.spending(self.agreement, self.peer, self.ledger.now)


def prepare(options: MatchOptions) -> Prepared:
    """Check everything on this side, cheap things first, before anything is sent.

    Raises:
        OutputError, AgreementError, IdentityError, FlagFileError, InvalidRowsError: what is wrong.
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
    if auditor and not options.audit_folder.is_dir():
        raise psimatch.OutputError(f"there is no folder {options.audit_folder}", hint="make it, or name another")
    flags = _read_list(options, agreement.terms)
    kept = flags.items(_suppressed(options.suppress_path, agreement.terms))
    case_refs = flags.case_refs() if auditor else None
    links = psimatch.Links(flags.rows)
    ledger = psimatch.Ledger(options.ledger_path or beside(options.identity_path), identity, operator=options.operator)
    try:
        ledger.check_open(agreement, peer)
    except psimatch.PsimatchError:
        ledger.close()
        raise
    suppressed = len(flags.items()) - len(kept)
    return Prepared(agreement, identity, peer, flags, ledger, kept, suppressed, auditor, case_refs, links)


def _suppressed(path: Path | None, terms: psimatch.Terms) -> Collection[psimatch.Identifier]:
    """Return what must never take part.

    Raises:
        FlagFileError, InvalidRowsError: a row of that list can't be used; without it somebody could be exposed.
    """
    if path is None:
        return ()
    suppressed = psimatch.read_flags(path, terms.kinds_known)
    if suppressed.invalid:
        _note_bad_rows(suppressed)
        raise bad_rows_error(suppressed, "nothing was sent; correct them, since what they name could match")
    return suppressed.items().keys()


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
        options.ledger_path or beside(options.identity_path),
    )
    sources = [source for source in (*given, *others) if source is not None and source.exists()]
    for target in (options.output, options.skipped_path):
        if target.exists() and any(target.samefile(source) for source in sources):
            raise psimatch.OutputError(f"{target} is read by this match, so it can't be written", hint=_OTHER_NAME)
    if options.skipped_path.resolve() == options.output.resolve():
        raise psimatch.OutputError("matches and skipped rows can't share a file", hint=_OTHER_NAME)


_OTHER_NAME = "choose another name"


def _read_list(options: MatchOptions, terms: psimatch.Terms) -> psimatch.FlagList:
    profile = profile_at(options.profile_path)
    flags = psimatch.read_flags(options.path, terms.kinds_known, contact_bytes=terms.contact_size, profile=profile)
    if flags.invalid and not options.skip_invalid:
        _note_bad_rows(flags)
        raise bad_rows_error(flags, "nothing was sent; correct them, or match without them with --skip-invalid")
    if flags.invalid:
        check_output(options.skipped_path, force=options.force)
    if not flags.rows and not options.quiet:
        messages.warning(f"{options.path} has no usable row, so nothing can match")
    return flags


def _note_bad_rows(flags: psimatch.FlagList) -> None:
    lines = list(bad_row_lines(flags))
    for line in lines[:_BAD_ROWS_SHOWN]:
        messages.note(line)
    if len(lines) > _BAD_ROWS_SHOWN:
        messages.note(f"and {len(lines) - _BAD_ROWS_SHOWN:,} more; psimatch check lists them all")
