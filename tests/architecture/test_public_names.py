"""`psimatch.__all__` is complete, sorted and documented."""

import ast
import inspect
from importlib import metadata
from pathlib import Path

import psimatch
from psimatch import errors, oprf

PACKAGE = Path(psimatch.__file__).parent


def test_all_is_sorted_and_complete():
    assert psimatch.__all__ == sorted(psimatch.__all__)
    public = {
        name
        for name, value in vars(psimatch).items()
        if not name.startswith("_") and not inspect.ismodule(value) and name != "annotations"
    }
    assert public == set(psimatch.__all__)
    assert oprf.__all__ == sorted(oprf.__all__)


def test_every_error_is_public():
    for name, value in vars(errors).items():
        if inspect.isclass(value) and value.__module__ == errors.__name__:
            assert getattr(psimatch, name) is value


def test_every_error_has_one_root():
    for name, value in vars(errors).items():
        if inspect.isclass(value) and issubclass(value, Exception):
            assert issubclass(value, psimatch.PsimatchError), name


def test_every_public_name_is_documented():
    for module in (psimatch, oprf):
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isclass(value) or inspect.isfunction(value):
                assert value.__doc__, name
                assert not value.__doc__.startswith(f"{name}("), f"{name} has no docstring of its own"


def test_the_package_is_typed():
    assert (PACKAGE / "py.typed").exists()


def test_versions_agree():
    assert metadata.version("psimatch") == psimatch.__version__
    spec = (PACKAGE.parent / "protocol_spec" / "psimatch-1.md").read_text()
    assert f"for psimatch {psimatch.__version__.rpartition('.')[0]}." in spec
    assert spec.startswith(f"# {psimatch.PROTOCOL_VERSION}\n")
    changelog = (PACKAGE.parent / "CHANGELOG.md").read_text()
    assert f"\n## {psimatch.__version__}\n" in changelog


def test_all_labels_are_different():
    tree = ast.parse((PACKAGE / "parameters.py").read_text())
    labels = [
        node.value.value
        for owner in ast.walk(tree)
        if isinstance(owner, ast.ClassDef) and owner.name == "Label"
        for node in owner.body
        if isinstance(node, ast.AnnAssign)
    ]
    assert len(labels) > 10
    assert len(set(labels)) == len(labels)
    spec = (PACKAGE.parent / "protocol_spec" / "psimatch-1.md").read_text()
    for label in labels:
        assert f'"{label.decode()}"' in spec or f"`{label.decode()}`" in spec, label
