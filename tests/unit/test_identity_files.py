from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from psimatch import identity_files
from psimatch.errors import IdentityError, OutputError, PassphraseError
from psimatch.identity import Identity
from psimatch.identity_files import read_identity, read_public, read_public_part, write_identity, write_public

CARE = Identity.from_seed('Jeugdzorg "Noord" é\\', bytes(range(32)))


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The least that libsodium allows, so that a guess costs no half second."""
    monkeypatch.setattr(identity_files, "_PROFILE", identity_files.SealProfile(operations=1, memory_bytes=8192))


def edited(path: Path, old: str, new: str) -> Path:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    write_identity(tmp_path / "care.identity", CARE, None)
    return tmp_path / "care.identity"


@pytest.fixture
def public(tmp_path: Path) -> Path:
    write_public(tmp_path / "care.public", CARE.public)
    return tmp_path / "care.public"


def test_a_secret_identity_comes_back_as_it_was(secret: Path) -> None:
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    again = read_identity(secret)
    assert (again.public, again.seed) == (CARE.public, CARE.seed)


def test_a_public_identity_comes_back_as_it_was(public: Path) -> None:
    assert stat.S_IMODE(public.stat().st_mode) == 0o644
    assert read_public(public) == CARE.public
    assert CARE.public.fingerprint_text in public.read_text("utf-8")
    assert CARE.seed.hex() not in public.read_text("utf-8")


def test_the_fingerprint_in_the_comment_is_not_what_counts(public: Path) -> None:
    assert read_public(edited(public, CARE.public.fingerprint_text, "another")) == CARE.public


def test_either_file_gives_the_public_part(secret: Path, public: Path) -> None:
    assert read_public_part(secret) == read_public_part(public) == CARE.public


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize("typed", ["correct horse é", "correct horse e\u0301"])
def test_a_sealed_identity_opens_with_its_passphrase_however_it_is_composed(tmp_path: Path, typed: str) -> None:
    path = tmp_path / "care.identity"
    write_identity(path, CARE, "correct horse é")
    assert CARE.seed.hex() not in path.read_text("utf-8")
    assert read_identity(path, lambda: typed).seed == CARE.seed


def test_the_real_profile_seals_and_opens(tmp_path: Path) -> None:
    write_identity(tmp_path / "care.identity", CARE, "correct horse")
    assert read_identity(tmp_path / "care.identity", lambda: "correct horse").seed == CARE.seed


@pytest.mark.usefixtures("cheap")
def test_two_files_of_one_identity_share_no_salt(tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        write_identity(tmp_path / name, CARE, "correct horse")
        texts.append((tmp_path / name).read_text("utf-8").splitlines()[-2:])
    assert not set(texts[0]) & set(texts[1])


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize(
    ("ask", "message"),
    [(None, "no passphrase is given"), (lambda: "Correct horse", "is wrong"), (lambda: "", "is empty")],
)
def test_a_sealed_identity_stays_closed(tmp_path: Path, ask: Callable[[], str] | None, message: str) -> None:
    write_identity(tmp_path / "care.identity", CARE, "correct horse")
    with pytest.raises(PassphraseError, match=message) as caught:
        read_identity(tmp_path / "care.identity", ask)
    assert caught.value.hint


@pytest.mark.usefixtures("cheap")
def test_a_damaged_seal_is_a_wrong_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "care.identity"
    write_identity(path, CARE, "correct horse")
    text = path.read_text("utf-8")
    last = text[-4]
    path.write_text(text[:-4] + ("0" if last != "0" else "1") + text[-3:], "utf-8")
    with pytest.raises(PassphraseError):
        read_identity(path, lambda: "correct horse")


def test_nobody_seals_with_an_empty_passphrase(tmp_path: Path) -> None:
    with pytest.raises(PassphraseError, match="empty"):
        write_identity(tmp_path / "care.identity", CARE, "")
    assert not list(tmp_path.iterdir())


def test_an_open_identity_asks_for_no_passphrase(secret: Path) -> None:
    def never() -> str:
        raise AssertionError

    assert read_identity(secret, never).seed == CARE.seed


def test_a_secret_identity_that_others_can_read_is_refused(secret: Path) -> None:
    secret.chmod(0o640)
    with pytest.raises(IdentityError, match="read by others") as caught:
        read_identity(secret)
    assert caught.value.hint == f"chmod 600 {secret}"


def test_the_wrong_one_of_the_two_files_says_so(secret: Path, public: Path) -> None:
    with pytest.raises(IdentityError, match="is a public identity, where the secret one is needed"):
        read_identity(public)
    with pytest.raises(IdentityError, match="is a secret identity, where a public one is needed"):
        read_public(secret)


def test_existing_files_stay_unless_forced(secret: Path, public: Path) -> None:
    other = Identity.from_seed("Other", bytes(32))
    with pytest.raises(OutputError):
        write_identity(secret, other, None)
    with pytest.raises(OutputError):
        write_public(public, other.public)
    assert (read_identity(secret).public, read_public(public)) == (CARE.public, CARE.public)
    write_identity(secret, other, None, force=True)
    write_public(public, other.public, force=True)
    assert (read_identity(secret).public, read_public(public)) == (other.public, other.public)


SEED = CARE.seed.hex()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("psimatch-identity-1", "psimatch-identity-2"),
        ("format =", "Format ="),
        ("name =", "nom ="),
        ("seed =", "sead ="),
        (SEED, SEED[:-2]),
        (SEED, SEED + "00"),
        (SEED, SEED.upper()),
        (SEED, SEED[:-1] + "g"),
        (f'"{SEED}"', "7"),
        ("format", 'extra = "1"\nformat'),
        ("format", 'salt = "1"\nformat'),
        ("seed =", "sealed ="),
        ('name = "', 'name = "\\u001b'),
        ('"\n', "\n"),
    ],
)
def test_a_secret_file_with_any_flaw_is_refused_without_its_seed(secret: Path, old: str, new: str) -> None:
    edited(secret, old, new)
    with pytest.raises(IdentityError) as caught:
        read_identity(secret)
    shown = f"{caught.value} {caught.value.hint}"
    assert secret.name in shown
    assert SEED[:8] not in shown.lower()
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("signing_key", "signing"),
        ("sealing_key", 'more = "1"\nsealing_key'),
        (CARE.public.signing_key.hex(), CARE.public.signing_key.hex()[2:]),
        (CARE.public.sealing_key.hex(), CARE.public.sealing_key.hex()[2:]),
        (CARE.public.signing_key.hex(), ""),
        ("name", "naam"),
    ],
)
def test_a_public_file_with_any_flaw_is_refused(public: Path, old: str, new: str) -> None:
    edited(public, old, new)
    with pytest.raises(IdentityError, match=r"care\.public"):
        read_public(public)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"a = " + b"[" * 9_000, b"a" + b".a" * 8_000 + b" = 1", b"bsn;naam\n1;2\n"]
)
def test_what_is_no_identity_at_all_says_so(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    for read in (read_identity, read_public, read_public_part):
        with pytest.raises(IdentityError, match="is not an identity"):
            read(tmp_path / "file")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match="can't be read: No such file"):
        read_identity(tmp_path / "none")
