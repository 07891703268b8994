"""What the review of the project by attack says: each attack names tests that exist, and each guarantee is attacked."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
REVIEW = ROOT / "protocol_spec" / "review.md"
ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
LEAST_ATTACKS = 45


def attacks():
    """Each attack: its number, what is attacked, how, what happened, and the tests."""
    return ROW.findall(REVIEW.read_text())


def functions(path):
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def test_attacks_are_numbered_and_name_tests_that_exist():
    found = attacks()
    assert [int(number) for number, *_ in found] == list(range(1, len(found) + 1))
    assert len(found) >= LEAST_ATTACKS
    for number, _, _, _, tests in found:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", tests)
        assert named, f"attack {number} names no test"
        for path, name in named:
            assert (ROOT / path).is_file(), f"attack {number}: {path}"
            assert name in functions(ROOT / path), f"attack {number}: {path}::{name}"


def test_each_guarantee_is_attacked():
    model = (ROOT / "protocol_spec" / "threat_model.md").read_text()
    guarantees = set(re.findall(r"^\| (G\d+) \|", model, re.MULTILINE))
    attacked = {name for _, what, *_ in attacks() for name in re.findall(r"G\d+", what)}
    assert guarantees <= attacked, guarantees - attacked
    assert attacked <= guarantees, attacked - guarantees


# What runs text as a program, or makes objects of bytes.
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "input"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "yaml", "subprocess", "importlib", "code", "xml"}
# What a workbook hides stands in its XML, which the package for workbooks parses too; Expat bounds what entities become.
MAY_READ = {"tables.py": {"xml"}}


def test_nothing_that_comes_in_is_run():
    for path in sorted((ROOT / "psimatch").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in FORBIDDEN_CALLS, f"{path.name}:{node.lineno}"
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules = {name.partition(".")[0] for name in names} - MAY_READ.get(path.name, set())
            assert not modules & FORBIDDEN_MODULES, f"{path.name}: {names}"
            assert not (isinstance(node, ast.Attribute) and node.attr in {"system", "popen"}), (
                f"{path.name}:{node.lineno}"
            )
