"""Agreements as files, and the public identities that lie beside them."""

from __future__ import annotations

import itertools
import os
import stat
from pathlib import Path
from typing import Final

from psimatch.agreement import Agreement
from psimatch.agreement_text import read_agreement, signature_table, write_agreement
from psimatch.errors import AgreementChangedError, AgreementFormatError, IdentityError, NotAPartyError, OutputError
from psimatch.files import read_file, reason, write_private
from psimatch.identity import PublicIdentity
from psimatch.identity_files import read_public
from psimatch.parameters import Role
from psimatch.terms import Party, Terms

# Four texts of 300 characters, and much room for a lawyer's comments.
_MAX_FILE_BYTES: Final = 262_144
# A folder holds a few peers; more is the wrong folder, and would only be slow.
_MAX_PUBLIC_FILES: Final = 1_000
# Both parties' staff may read what they agreed on.
_ANYONE_CAN_READ: Final = 0o644


def read_agreement_file(path: str | os.PathLike[str]) -> Agreement:
    """Read the agreement at `path`; its signatures are not verified yet.

    Raises:
        AgreementFormatError: the file can't be read, is too large, or is not an agreement.
    """
    return _parse(Path(path), _read(Path(path)))


def new_agreement_file(path: str | os.PathLike[str], agreement: Agreement, *, force: bool = False) -> None:
    """Write a new agreement as commented text that anyone may read.

    Raises:
        OutputError: the file exists and not `force`, or can't be written.
    """
    write_private(path, write_agreement(agreement).encode("utf-8"), force=force, mode=_ANYONE_CAN_READ)


def append_signatures(path: str | os.PathLike[str], agreement: Agreement) -> tuple[Role, ...]:
    """Append those signatures of `agreement` that the file at `path` lacks; return whose they are.

    The text above them, comments included, stays byte for byte. The file is replaced whole or not at all.

    Raises:
        AgreementChangedError: the file has other terms, or another signature of the same party.
        AgreementFormatError: the file is not an agreement, or not one that a table can be appended to.
        OutputError: the file can't be written.
    """
    # Behind a symbolic link the file itself is what is replaced.
    file = Path(path).resolve()
    text = _read(file)
    held = _parse(file, text)
    _check_same(file, held, agreement)
    added = tuple(role for role in Role if role in agreement.signatures and role not in held.signatures)
    if not added:
        return ()
    # The reader is lenient about a missing last line feed; a table that follows is not.
    whole = text if text.endswith("\n") else text + "\n"
    whole += "".join(signature_table(role, agreement.signatures[role]) for role in added)
    if _parse(file, whole) != held.merged(agreement):
        raise AgreementFormatError(f"{file}: a signature can't be appended", hint="write signatures as tables only")
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError as error:
        raise OutputError(f"{file} can't be written: {reason(error)}") from None
    write_private(file, whole.encode("utf-8"), force=True, mode=mode)
    return added


def find_public(
    party: Party, folder: str | os.PathLike[str], named: str | os.PathLike[str] | None = None
) -> PublicIdentity:
    """Return the public identity of a party: that in the file `named`, else that in a `*.public` file in `folder`.

    Files in the folder that are no public identities are passed over. The fingerprint decides, never a name.

    Raises:
        IdentityError: the file `named` can't be read, or the folder has none of that party.
        NotAPartyError: the file `named` holds another identity.
    """
    if named is not None:
        public = read_public(named)
        if public.fingerprint != party.fingerprint:
            raise NotAPartyError(
                f"{named} is not the public identity of {party.name} that the agreement names",
                hint=f"give the file with the fingerprint {party.fingerprint_text}",
            )
        return public
    found = _found_in(folder, party.fingerprint_text)
    if found is not None:
        return found
    raise IdentityError(
        f"there is no public identity of {party.name} beside the agreement",
        hint=f"ask that party for its .public file, and put it into {Path(folder)} or name it with --peer",
    )


def find_auditor(terms: Terms, folder: str | os.PathLike[str]) -> PublicIdentity | None:
    """Return the auditor that the terms name, from a `*.public` file in `folder`; None where they name none.

    Raises:
        IdentityError: the folder has none with that fingerprint.
    """
    found = _found_in(folder, terms.auditor) if terms.auditor else None
    if terms.auditor and found is None:
        raise IdentityError(
            "there is no public identity of the auditor beside the agreement",
            hint=f"put the .public file with the fingerprint {terms.auditor} into {Path(folder)}",
        )
    return found


def _found_in(folder: str | os.PathLike[str], fingerprint_text: str) -> PublicIdentity | None:
    files = itertools.islice(sorted(Path(folder).glob("*.public")), _MAX_PUBLIC_FILES)
    publics = (public for public in map(_public_or_none, files) if public is not None)
    return next((public for public in publics if public.fingerprint_text == fingerprint_text), None)


def _public_or_none(file: Path) -> PublicIdentity | None:
    try:
        # A pipe by that name would be read for ever.
        return read_public(file) if file.is_file() else None
    except (IdentityError, OSError):
        return None


def _read(file: Path) -> str:
    data = read_file(file, _MAX_FILE_BYTES, AgreementFormatError, remedy="shorten its comments")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise AgreementFormatError(f"{file} is not UTF-8", hint="save it as UTF-8, or ask for it again") from None


def _parse(file: Path, text: str) -> Agreement:
    try:
        return read_agreement(text)
    except AgreementFormatError as error:
        raise AgreementFormatError(f"{file}: {error}", hint=error.hint) from None


def _check_same(file: Path, held: Agreement, agreement: Agreement) -> None:
    held.merged(agreement)
    for role in held.signatures.keys() & agreement.signatures.keys():
        if held.signatures[role] != agreement.signatures[role]:
            raise AgreementChangedError(
                f"{file} has another signature of the {role.value}: one of the two does not belong to these terms",
                hint="compare the copies, and let that party sign again",
            )
