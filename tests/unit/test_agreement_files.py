from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from psimatch.agreement import Agreement
from psimatch.agreement_files import append_signatures, find_public, new_agreement_file, read_agreement_file
from psimatch.errors import AgreementChangedError, AgreementFormatError, IdentityError, NotAPartyError, OutputError
from psimatch.identity import Identity
from psimatch.identity_files import write_identity, write_public
from psimatch.parameters import Role
from psimatch.terms import Party, Terms

CARE, POLICE, STRANGER = (Identity.from_seed(name, bytes([number] * 32)) for number, name in enumerate("CPS"))
TERMS = Terms(
    title='Pilot "Noord"',
    purpose="Find youths whom both know",
    legal_basis="Example",
    client=Party.of(CARE.public),
    server=Party.of(POLICE.public),
    kinds=("nl-bsn/1",),
    max_items=128,
    max_evaluations=3_328,
    valid_from=date(2026, 1, 1),
    valid_until=date(2026, 12, 31),
)
AGREEMENT = Agreement(TERMS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    new_agreement_file(tmp_path / "pilot.toml", AGREEMENT)
    return tmp_path / "pilot.toml"


def test_a_new_agreement_comes_back_as_it_was(path: Path) -> None:
    assert read_agreement_file(path) == AGREEMENT
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    with pytest.raises(OutputError):
        new_agreement_file(path, AGREEMENT)


def test_signatures_go_below_the_text_which_stays(path: Path) -> None:
    # The lawyer's comment, with the line endings of her editor and none on the last line.
    text = path.read_text("utf-8") + "# é: seen by counsel\r\n# so be it"
    path.write_bytes(text.encode("utf-8"))
    path.chmod(0o664)
    assert append_signatures(path, AGREEMENT.sign(POLICE)) == (Role.SERVER,)
    assert append_signatures(path, AGREEMENT.sign(CARE)) == (Role.CLIENT,)
    assert path.read_bytes().startswith(text.encode("utf-8"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o664
    read_agreement_file(path).verify(CARE.public, POLICE.public, date(2026, 5, 5))


def test_both_signatures_go_in_at_once_and_none_goes_in_twice(path: Path) -> None:
    signed = AGREEMENT.sign(CARE).sign(POLICE)
    assert append_signatures(path, signed) == (Role.CLIENT, Role.SERVER)
    before = path.read_bytes()
    assert append_signatures(path, signed) == ()
    assert append_signatures(path, AGREEMENT) == ()
    assert path.read_bytes() == before


def test_a_link_to_the_agreement_stays_a_link(path: Path) -> None:
    link = path.with_name("link.toml")
    link.symlink_to(path.name)
    append_signatures(link, AGREEMENT.sign(CARE))
    assert link.is_symlink()
    assert Role.CLIENT in read_agreement_file(path).signatures


def test_a_signature_of_other_terms_is_not_appended(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(AgreementChangedError, match="different terms"):
        append_signatures(path, Agreement(replace(TERMS, max_items=129)).sign(CARE))
    assert path.read_bytes() == before


def test_a_signature_is_never_replaced(path: Path) -> None:
    append_signatures(path, Agreement(TERMS, {Role.CLIENT: bytes(64)}))
    with pytest.raises(AgreementChangedError, match="another signature of the client"):
        append_signatures(path, AGREEMENT.sign(CARE))


def test_a_file_that_a_table_can_not_be_appended_to_is_left_alone(path: Path) -> None:
    text = "signature = []\n" + path.read_text("utf-8")
    path.write_text(text, "utf-8")
    with pytest.raises(AgreementFormatError):
        append_signatures(path, AGREEMENT.sign(CARE))
    assert path.read_text("utf-8") == text


@pytest.mark.parametrize("data", [b"", b"\xff", b"x = [", b"#" * 300_000, b"title = 1\n"])
def test_what_is_no_agreement_names_the_file(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "pilot.toml").write_bytes(data)
    with pytest.raises(AgreementFormatError, match=r"pilot\.toml"):
        read_agreement_file(tmp_path / "pilot.toml")


def test_a_missing_agreement_says_so(tmp_path: Path) -> None:
    with pytest.raises(AgreementFormatError, match="No such file"):
        read_agreement_file(tmp_path / "pilot.toml")


def test_the_fingerprint_finds_the_public_identity_among_whatever_lies_there(tmp_path: Path) -> None:
    (tmp_path / "a.public").write_text("not one")
    (tmp_path / "b.public").mkdir()
    os.mkfifo(tmp_path / "c.public")
    write_identity(tmp_path / "d.public", CARE, None)
    # The name lies, the fingerprint can't.
    write_public(tmp_path / "e.public", replace(STRANGER.public, name=POLICE.public.name))
    write_public(tmp_path / "f.public", POLICE.public)
    assert find_public(TERMS.server, tmp_path) == POLICE.public


def test_a_missing_public_identity_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match="no public identity of P beside the agreement") as caught:
        find_public(TERMS.server, tmp_path)
    assert "--peer" in caught.value.hint


def test_a_named_file_is_the_only_one_looked_at(tmp_path: Path) -> None:
    write_public(tmp_path / "police.public", POLICE.public)
    write_public(tmp_path / "stranger.public", STRANGER.public)
    assert find_public(TERMS.server, tmp_path, tmp_path / "police.public") == POLICE.public
    with pytest.raises(NotAPartyError, match=r"stranger\.public is not the public identity of P"):
        find_public(TERMS.server, tmp_path, tmp_path / "stranger.public")
    with pytest.raises(IdentityError, match="can't be read"):
        find_public(TERMS.server, tmp_path, tmp_path / "none.public")
