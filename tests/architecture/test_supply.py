"""The lock and pyproject name the same packages, and SECURITY.md says why each dependency is there."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PYPROJECT["project"]["optional-dependencies"]
RUNTIME = [Requirement(text) for text in PYPROJECT["project"]["dependencies"]]
LOCKED = RUNTIME + [
    Requirement(text) for text in (*EXTRAS["test"], *EXTRAS["check"], *PYPROJECT["build-system"]["requires"])
]
LOCK = (ROOT / ".ci" / "requirements.txt").read_text()
# Each package, its version, and what stands under it: hashes, and who wants it.
PINS = {
    name: (version, below)
    for name, version, below in re.findall(r"^([a-z][\w.-]*)==([^ ]+) (.*(?:\n .*)*)", LOCK, re.MULTILINE)
}


def test_the_lock_has_every_requirement_within_its_range():
    for requirement in LOCKED:
        name = canonicalize_name(requirement.name)
        assert name in PINS, f"{name} is not locked: make lock"
        assert requirement.specifier.contains(PINS[name][0]), f"{name} is locked outside {requirement}: make lock"


def test_the_lock_has_nothing_that_nobody_asks_for():
    # What the build asks for has no line that says who wants it.
    asked = {name for name, (_, below) in PINS.items() if "psimatch (pyproject.toml)" in below or "# via" not in below}
    assert asked == {canonicalize_name(requirement.name) for requirement in LOCKED}, "make lock"


def test_the_lock_has_hashes_and_names_no_host():
    assert len(PINS) == len(re.findall(r"^[^ #\n]", LOCK, re.MULTILINE))
    for name, (_, below) in PINS.items():
        assert "--hash=sha256:" in below, name
    assert "://" not in LOCK


def test_security_says_why_each_dependency_is_there():
    table = (ROOT / "SECURITY.md").read_text().partition("\n## Dependencies\n")[2]
    named = re.findall(r"`([a-z][\w-]*)`", "\n".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)))
    assert sorted(named) == sorted(requirement.name for requirement in RUNTIME)
    for text in EXTRAS["tables"]:
        assert f"`{Requirement(text).name}`" in table


def test_the_links_of_security_resolve():
    for path in re.findall(r"\]\(([\w./-]+)", (ROOT / "SECURITY.md").read_text()):
        assert (ROOT / path).exists(), path
