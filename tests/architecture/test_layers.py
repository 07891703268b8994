"""A module imports only from layers below it; each foreign thing has one owner; functions stay small."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "psimatch"

# From the bottom up. Modules of one layer do not import each other, parts of one package may.
LAYERS = [
    {"errors", "interrupts"},
    {"parameters", "crockford", "digest", "toml_text"},
    {"randomness", "contact", "canonical", "parallel"},
    {"files"},
    {"kernel", "identifiers"},
    {"sealing"},
    {"oprf", "identity", "timing"},
    {"prf", "padding", "messages", "terms", "selector"},
    {"wire", "agreement", "submission"},
    {"own_set"},
    {"agreement_text", "states", "matching", "envelope", "budget", "ledger_clock", "ledger_entries", "standing"},
    {"receipt", "disclosure", "ledger_store", "retention"},
    {"outputs", "ledger_view"},
    {"audit"},
    {"session", "ledger"},
    {"client", "server"},
    {"transports"},
    {"drive"},
    {"headers", "tables", "damaged_text"},
    {"profiles"},
    {"columns"},
    {"flags"},
    {"flag_rows", "linkage"},
    {"flag_files", "match_files", "identity_files"},
    {"suppression"},
    {"agreement_files", "fingerprint_check", "receipt_files"},
    {"__init__"},
    {"cli"},
    {"__main__"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

# Who alone may import what. `randomness` may be asked by all; the operating system's generator only by it.
OWNERS = {
    "msgpack": {"canonical"},
    "socket": {"transports"},
    "selectors": {"transports"},
    "ssl": set(),
    "secrets": set(),
    "random": set(),
    "rbcl": {"kernel"},
    "ctypes": {"kernel"},
    "nacl": {"identity", "identity_files"},
    "cryptography": {"audit", "digest", "sealing", "identity", "matching", "disclosure"},
    "stdnum": {"identifiers"},
    "phonenumbers": {"identifiers"},
    "email_validator": {"identifiers"},
    "anyascii": {"identifiers"},
    "tomllib": {"toml_text"},
    "openpyxl": {"tables"},
    "pyarrow": {"tables"},
    "csv": {"audit", "columns", "flag_files", "match_files", "tables"},
    "click": {"cli"},
    "rich": {"cli"},
    "threading": {"transports", "interrupts", "ledger_store"},
    "signal": {"interrupts", "cli"},
    "queue": {"transports"},
    "time": {"transports", "drive", "cli", "timing", "ledger"},
    "sqlite3": {"ledger_store"},
}
SANS_IO = {
    "session",
    "outputs",
    "client",
    "server",
    "states",
    "wire",
    "oprf",
    "envelope",
    "messages",
    "matching",
    "disclosure",
    "own_set",
    "selector",
    "parallel",
    "submission",
}


def modules():
    return sorted(path for path in PACKAGE.rglob("*.py"))


def unit_of(path):
    """The module or package, right under `psimatch`, that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "psimatch":
                yield from (f"psimatch.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_layers(path):
    unit = unit_of(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "psimatch":
            continue
        if unit == "cli":
            # The command line uses the public package alone, which proves that the public names suffice.
            assert len(parts) == 1 or parts[1] == "cli", f"{unit} imports {name}"
            continue
        target = parts[1] if len(parts) > 1 and parts[1] in LEVEL else "__init__"
        assert target == unit or LEVEL[target] < LEVEL[unit], f"{unit} imports {name}, which is not below it"


def test_every_module_has_a_layer():
    assert {unit_of(path) for path in modules()} == set(LEVEL)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_one_owner_of_each_foreign_thing(path):
    for name in imports(path):
        foreign = name.split(".")[0]
        if foreign in OWNERS:
            assert unit_of(path) in OWNERS[foreign], f"{name} is not for {unit_of(path)}"


def test_random_bytes_have_one_source():
    for path in modules():
        if unit_of(path) != "randomness":
            assert "urandom" not in path.read_text(), path
            assert "getrandom" not in path.read_text(), path


@pytest.mark.parametrize("path", [path for path in modules() if unit_of(path) in SANS_IO], ids=lambda path: path.name)
def test_the_core_touches_no_file_and_no_clock(path):
    names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
    assert not names & {"open", "print", "input"}
    assert not set(imports(path)) & {"os", "pathlib", "time", "io", "sys", "logging"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_sizes(path):
    source = path.read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            body = node.end_lineno - node.lineno + 1
            documentation = len((ast.get_docstring(node) or "").splitlines())
            assert body - documentation <= 45, f"{path.name}:{node.name} has {body} lines"


def test_no_nameless_modules():
    assert not {"utils", "helpers", "common", "base"} & {path.stem for path in modules()}


def test_no_runtime_assert():
    for path in modules():
        asserts = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Assert)]
        assert not asserts, f"{path} verifies by assert, which python -O removes"
