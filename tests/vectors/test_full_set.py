"""The full set of vectors has one digest, and the core set follows from it by rules."""

import hashlib
import json
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol_spec import reference as ref
from protocol_spec import scenarios
from protocol_spec.scenarios import core, sealing

TREE = Path(__file__).parents[2] / "protocol_spec" / "vectors"
CORE = sorted(TREE.glob("*/*.json"))


def scenario(refused=""):
    expected = {"refused": refused} if refused else {"output": {}}
    return json.dumps({"operation": "prf", "input": {}, "expect": expected}) + "\n"


FILES = {"prf/a.json": scenario(), "prf/b.json": scenario("element"), "prf/c.json": "  " + scenario("element")}


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A tree of its own, which keeps what all readers get."""
    folder = tmp_path / "tree"
    folder.mkdir()
    for name in ("README.md", "rfc9497-ristretto255-sha512.json"):
        (folder / name).write_text("{}\n")
    monkeypatch.setattr(scenarios, "VECTORS", folder)
    return folder


def test_a_tree_that_is_renewed_is_right(tree):
    scenarios.renew_tree(FILES)
    assert scenarios.check_tree(FILES) == 0
    assert {path.name for path in tree.glob("prf/*")} >= {"a.json", "b.json"}


def test_a_wrong_digest_is_refused(tree, capsys):
    scenarios.renew_tree(FILES)
    right = (tree / scenarios.DIGEST).read_text()
    for wrong in (("1" if right[0] == "0" else "0") + right[1:], right.upper(), "", right + right):
        (tree / scenarios.DIGEST).write_text(wrong)
        assert scenarios.check_tree(FILES) == 1
        assert "not the digest of the full set" in capsys.readouterr().out
        # The digest is not known where only the core set was computed.
        assert scenarios.check_tree(FILES, core_only=True) == 0
    (tree / scenarios.DIGEST).unlink()
    assert scenarios.check_tree(FILES) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {**FILES, "prf/c.json": scenario("element") + " "},
        {**FILES, "prf/d.json": scenario("element")},
        {name: text for name, text in FILES.items() if name != "prf/c.json"},
        {**{name: text for name, text in FILES.items() if name != "prf/c.json"}, "prf/cc.json": FILES["prf/c.json"]},
    ],
    ids=["another text", "one more", "one less", "another name"],
)
def test_a_scenario_that_is_only_in_the_full_set_counts(tree, changed, monkeypatch):
    monkeypatch.setattr(core, "PATTERNS", {})
    scenarios.renew_tree(FILES)
    assert core.chosen(changed) == core.chosen(FILES)
    assert scenarios.check_tree(changed) == 1


def test_stale_missing_and_different_files_are_found_and_mended(tree, capsys):
    scenarios.renew_tree(FILES)
    (tree / "gone").mkdir()
    (tree / "gone" / "stale.json").write_text("0\n")
    (tree / "prf" / "a.json").unlink()
    (tree / "prf" / "b.json").write_text("{}\n")
    capsys.readouterr()
    assert scenarios.check_tree(FILES) == 1
    said = ["gone/stale.json: stale", "prf/a.json: missing", "prf/b.json: different"]
    assert capsys.readouterr().out.splitlines() == said
    scenarios.renew_tree(FILES)
    assert scenarios.check_tree(FILES) == 0
    assert not (tree / "gone").exists()
    assert (tree / "README.md").exists()


def test_a_set_checks_itself_with_sha256sum(tree, tmp_path):
    scenarios.renew_tree(FILES)
    folder = tmp_path / "full"
    scenarios.write_full_set(folder, FILES)
    sums = (folder / scenarios.SUMS).read_bytes()
    assert (tree / scenarios.DIGEST).read_text() == f"{hashlib.sha256(sums).hexdigest()}  SHA256SUMS\n"
    for line in sums.decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert [line.split("  ")[1] for line in sums.decode().splitlines()] == sorted(FILES)
    assert (folder / "README.md").is_file()


def test_what_is_not_a_set_is_left_alone(tree, tmp_path):
    with pytest.raises(SystemExit, match="core set alone"):
        scenarios.write_full_set(tree, FILES)
    mine = tmp_path / "mine"
    (mine / "letters").mkdir(parents=True)
    (mine / "letters" / "one.txt").write_text("mine")
    with pytest.raises(SystemExit, match="other files"):
        scenarios.write_full_set(mine, FILES)
    assert (mine / "letters" / "one.txt").read_text() == "mine"


def test_a_set_that_was_there_is_brought_up_to_date(tree, tmp_path):
    folder = tmp_path / "full"
    scenarios.write_full_set(folder, {**FILES, "old/one.json": "{}\n"})
    scenarios.write_full_set(folder, FILES)
    assert scenarios.files_in(folder) == FILES


def test_archives_of_one_set_are_the_same_bytes(tree, tmp_path):
    files = {**FILES, f"prf/{'a' * 120}.json": scenario()}  # a name that the first formats of tar have no place for
    for name, when in (("one", 1), ("two", 2_000_000_000)):
        scenarios.write_full_set(tmp_path / name, files)
        for path in (tmp_path / name).rglob("*"):
            os.utime(path, (when, when))
        scenarios.write_archive(tmp_path / name, tmp_path / f"dist-{name}" / "all.tar.gz")
    one, two = (tmp_path / f"dist-{name}" / "all.tar.gz" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    with tarfile.open(one) as archive:
        assert {*archive.getnames()} >= {"all/SHA256SUMS", "all/README.md", *(f"all/{name}" for name in files)}


# The core set in the tree.


def test_the_core_set_is_small():
    files = [*TREE.glob("*/*"), *TREE.glob("*.json")]
    assert len(files) <= 200
    assert max(path.stat().st_size for path in files) <= 100_000


def test_a_core_set_that_grows_too_large_is_refused():
    many = {f"prf/{n}.json": scenario(f"class{n}") for n in range(200)}
    with pytest.raises(SystemExit, match="may have 200"):
        core.chosen(many)


def test_a_large_file_gives_its_place_to_the_next():
    large = {"prf/0.json": scenario() + " " * core.MOST_BYTES, **FILES}
    assert "prf/0.json" not in core.chosen(large)
    assert "prf/a.json" in core.chosen(large)


def test_every_pattern_names_a_file():
    names = [path.relative_to(TREE).as_posix() for path in CORE]
    unused = [pattern for pattern in core.PATTERNS if not any(core.fnmatchcase(name, pattern) for name in names)]
    assert unused == []


@pytest.mark.parametrize("role", ["client", "server"])
@pytest.mark.parametrize("reveal", ["both", "client"])
def test_a_whole_session_of_each_role_and_reveal(role, reveal):
    contents = [json.loads(path.read_text(encoding="utf-8")) for path in TREE.glob(f"session/{role}-*.json")]
    whole = [each for each in contents if "output" in each["expect"]]
    assert any(each["input"]["terms"]["reveal"] == reveal for each in whole)


@pytest.mark.parametrize("operation", ["agreement", "envelope", "message", "session", "audit_file", "budget", "ledger"])
def test_what_must_be_refused_is_there_too(operation):
    contents = [json.loads(path.read_text(encoding="utf-8")) for path in TREE.glob(f"{operation}/*.json")]
    assert {"output", "refused"} <= {key for each in contents for key in each["expect"]}


# What is sealed is the same each time.


@given(st.binary(min_size=96, max_size=96), st.binary(max_size=40), st.binary(max_size=300))
def test_what_is_sealed_again_is_the_same_and_opens(secret, info, plaintext):
    key = ref.SealingKey(secret)
    sealed = sealing.hpke_seal(key.public, info, plaintext)
    assert sealing.hpke_seal(key.public, info, plaintext) == sealed
    # ML-KEM's decapsulation encrypts again and compares, so each byte of the ciphertext is right.
    assert ref.hpke_open(key, info, sealed) == plaintext


def test_another_receiver_context_or_text_is_sealed_under_other_randomness():
    one, other = (ref.SealingKey(bytes([n]) * 96).public for n in (1, 2))
    made = [
        sealing.hpke_seal(*each) for each in ((one, b"", b""), (other, b"", b""), (one, b"x", b""), (one, b"", b"x"))
    ]
    assert len({each[: ref.ENC] for each in made}) == len(made)
