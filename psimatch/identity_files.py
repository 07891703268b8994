"""Identities as files: a secret one that only its owner can read, and a public one to give to the peer."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from psimatch import randomness
from psimatch.errors import IdentityError, PassphraseError, UnsupportedError
from psimatch.files import read_secret, write_private
from psimatch.identity import SEED_BYTES, Identity, PublicIdentity
from psimatch.toml_text import parse_toml

if TYPE_CHECKING:
    from nacl.secret import SecretBox

SECRET_FORMAT: Final = "psimatch-identity-1"  # noqa: S105 - the name of a format
PUBLIC_FORMAT: Final = "psimatch-public-identity-1"

_WHICH: Final = "psimatch identity new makes one; a peer's is its .public file"

_T = TypeVar("_T")
AskPassphrase = Callable[[], str]


@dataclass(frozen=True, slots=True)
class SealProfile:
    """How a passphrase becomes a key; the numbers belong to the format, so other numbers are another format."""

    # libsodium's MODERATE: about half a second and 256 MiB for the owner, once a session; as much for each guess.
    operations: int = 3
    memory_bytes: int = 256 * 1024 * 1024
    salt_bytes: int = 16
    nonce_bytes: int = 24
    # The nonce, the seed, and an authenticator of 16 bytes.
    sealed_bytes: int = 24 + SEED_BYTES + 16


_PROFILE: Final = SealProfile()
# A public identity has some 3,000 characters, most of them its sealing key.
_MAX_FILE_BYTES: Final = 16_384
_ANYONE_CAN_READ: Final = 0o644
_MAX_PASSPHRASE_BYTES: Final = 4_096


def write_identity(
    path: str | os.PathLike[str], identity: Identity, passphrase: str | None, *, force: bool = False
) -> None:
    """Write the secret identity to `path`, mode 0600; with a passphrase, its seed is sealed.

    Raises:
        OutputError: the file exists and not `force`, or can't be written.
        PassphraseError: the passphrase is empty.
        UnsupportedError: there is too little memory to use a passphrase.
    """
    fields = {"format": SECRET_FORMAT, "name": identity.public.name}
    if passphrase is None:
        fields["seed"] = identity.seed.hex()
    else:
        salt, nonce = randomness.random_bytes(_PROFILE.salt_bytes), randomness.random_bytes(_PROFILE.nonce_bytes)
        fields["salt"] = salt.hex()
        fields["sealed"] = bytes(_secret_box(passphrase, salt).encrypt(identity.seed, nonce)).hex()
    comment = "# A secret identity of psimatch. Never send it to anyone; the .public file is what the peer needs."
    write_private(path, _toml(comment, fields), force=force)


def write_public(path: str | os.PathLike[str], public: PublicIdentity, *, force: bool = False) -> None:
    """Write the public identity to `path`, readable by anyone; the fingerprint stands in a comment.

    Raises:
        OutputError: the file exists and not `force`, or can't be written.
    """
    fields = {
        "format": PUBLIC_FORMAT,
        "name": public.name,
        "signing_key": public.signing_key.hex(),
        "sealing_key": public.sealing_key.hex(),
    }
    comment = (
        "# A public identity of psimatch. Compare its fingerprint by telephone before you sign an agreement.\n"
        f"# fingerprint: {public.fingerprint_text}"
    )
    write_private(path, _toml(comment, fields), force=force, mode=_ANYONE_CAN_READ)


def read_identity(path: str | os.PathLike[str], ask_passphrase: AskPassphrase | None = None) -> Identity:
    """Read a secret identity; `ask_passphrase` is called once, and only if the file is sealed.

    Raises:
        IdentityError: the file can't be read, is malformed, is a public identity, or others can read it.
        PassphraseError: the file is sealed and the passphrase is missing or wrong.
        UnsupportedError: there is too little memory to use a passphrase.
    """
    file = Path(path)
    given, shared = _read(file)
    if given.get("format") == PUBLIC_FORMAT:
        raise IdentityError(
            f"{file} is a public identity, where the secret one is needed",
            hint="give the .identity file that was made together with it",
        )
    _check_format(file, given, SECRET_FORMAT)
    if shared:
        raise IdentityError(f"{file} can be read by others on this computer", hint=f"chmod 600 {file}")
    if "sealed" in given:
        _check_fields(file, given, {"format", "name", "sealed", "salt"})
        seed = _open_seed(file, given, ask_passphrase)
    else:
        _check_fields(file, given, {"format", "name", "seed"})
        seed = _hex(file, given, "seed", SEED_BYTES)
    return _in_file(file, lambda: Identity.from_seed(given["name"], seed))


def read_public(path: str | os.PathLike[str]) -> PublicIdentity:
    """Read a public identity.

    Raises:
        IdentityError: the file can't be read, is malformed, or is a secret identity.
    """
    # §2.3
    file = Path(path)
    given, _ = _read(file)
    if given.get("format") == SECRET_FORMAT:
        raise IdentityError(
            f"{file} is a secret identity, where a public one is needed",
            hint="give the .public file; a secret identity never leaves its owner",
        )
    _check_format(file, given, PUBLIC_FORMAT)
    _check_fields(file, given, {"format", "name", "signing_key", "sealing_key"})
    keys = _hex(file, given, "signing_key"), _hex(file, given, "sealing_key")
    return _in_file(file, lambda: PublicIdentity(given["name"], *keys))


def read_public_part(path: str | os.PathLike[str], ask_passphrase: AskPassphrase | None = None) -> PublicIdentity:
    """Read the public identity that a file of either sort holds.

    Raises:
        IdentityError, PassphraseError: as `read_identity` and `read_public` do.
    """
    if _read(Path(path))[0].get("format") == SECRET_FORMAT:
        return read_identity(path, ask_passphrase).public
    return read_public(path)


def read_passphrase(path: str | os.PathLike[str]) -> str:
    """Return the first line of a file, without its line break.

    Raises:
        PassphraseError: the file can't be read, is too large, is not UTF-8, or others can read it.
    """
    remedy = f"it is one line of UTF-8 text, at most {_MAX_PASSPHRASE_BYTES} bytes"
    data, shared = read_secret(path, _MAX_PASSPHRASE_BYTES, PassphraseError, remedy=remedy)
    if shared:
        raise PassphraseError(f"{path} can be read by others on this computer", hint=f"chmod 600 {path}")
    try:
        return data.decode("utf-8").partition("\n")[0].removesuffix("\r")
    except ValueError:
        raise PassphraseError(f"{path} does not hold a passphrase", hint=remedy) from None


def _read(file: Path) -> tuple[dict[str, Any], bool]:
    """Return what the file holds, and whether others than its owner can read it."""
    data, shared = read_secret(file, _MAX_FILE_BYTES, IdentityError, remedy=_WHICH)
    try:
        return parse_toml(data.decode("utf-8")), shared
    except ValueError:
        # What the parser says may repeat a piece of a secret file, so it is not passed on.
        raise IdentityError(f"{file} is not an identity", hint=_WHICH) from None


def _check_format(file: Path, given: Mapping[str, Any], expected: str) -> None:
    if given.get("format") != expected:
        raise IdentityError(f"{file} is not an identity of the format {expected}", hint="check the name of the file")


def _check_fields(file: Path, given: Mapping[str, Any], expected: set[str]) -> None:
    missing, unknown = sorted(expected - set(given)), len(set(given) - expected)
    problem = f"lacks the field {missing[0]}" if missing else "has a field that does not exist" if unknown else ""
    if problem:
        raise IdentityError(f"{file} {problem}", hint="get the file again as it was made")
    if not all(isinstance(given[name], str) for name in expected):
        raise IdentityError(f"{file} has a field that is not a text", hint="get the file again as it was made")


def _hex(file: Path, given: Mapping[str, Any], name: str, size: int | None = None) -> bytes:
    try:
        data = bytes.fromhex(given[name])
    except ValueError:
        data = None
    # Only the one way of writing it, as everywhere.
    if data is None or data.hex() != given[name] or size not in (None, len(data)):
        raise IdentityError(f"{file}: {name} is malformed", hint="get the file again as it was made")
    return data


def _in_file(file: Path, make: Callable[[], _T]) -> _T:
    """Return what `make` makes, with the file named in its error."""
    try:
        return make()
    except IdentityError as error:
        raise IdentityError(f"{file}: {error}", hint=error.hint) from None


def _open_seed(file: Path, given: Mapping[str, Any], ask_passphrase: AskPassphrase | None) -> bytes:
    salt = _hex(file, given, "salt", _PROFILE.salt_bytes)
    sealed = _hex(file, given, "sealed", _PROFILE.sealed_bytes)
    if ask_passphrase is None:
        raise PassphraseError(
            f"{file} is sealed, and no passphrase is given",
            hint="give it at a terminal, or the name of a file that holds it with --passphrase-file",
        )
    import nacl.exceptions

    box = _secret_box(ask_passphrase(), salt)
    try:
        return box.decrypt(sealed)
    except nacl.exceptions.CryptoError:
        raise PassphraseError(f"the passphrase of {file} is wrong", hint="mind capitals and spaces") from None


def _secret_box(passphrase: str, salt: bytes) -> SecretBox:
    """Return the box that the passphrase locks.

    Raises:
        PassphraseError: the passphrase is empty.
        UnsupportedError: there is too little memory for it.
    """
    # Loaded here, since most runs have no use for it and start faster without.
    import nacl.exceptions
    import nacl.pwhash
    import nacl.secret

    if not passphrase:
        raise PassphraseError("the passphrase is empty", hint="choose four or more words, or leave it out on purpose")
    # Two keyboards may write one letter in two ways.
    typed = unicodedata.normalize("NFC", passphrase).encode("utf-8", errors="surrogatepass")
    size = nacl.secret.SecretBox.KEY_SIZE
    operations, memory = _PROFILE.operations, _PROFILE.memory_bytes
    try:
        key = nacl.pwhash.argon2id.kdf(size, typed, salt, opslimit=operations, memlimit=memory)
    except (nacl.exceptions.CryptoError, MemoryError):
        # With these numbers there is no other reason: nothing has been compared yet.
        raise UnsupportedError(
            f"there is too little memory to use a passphrase, which takes {memory >> 20} MiB",
            hint="end other programs, or lift the limit on memory; the passphrase itself was not looked at",
        ) from None
    return nacl.secret.SecretBox(key)


def _toml(comment: str, fields: Mapping[str, str]) -> bytes:
    # JSON's form of printable text is TOML's too.
    lines = [comment, *(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items())]
    return ("\n".join(lines) + "\n").encode("utf-8")
