"""The reference as a module, loaded by its path, since it is no part of the package."""

import importlib.util
import sys
from pathlib import Path

REFERENCE = Path(__file__).parents[2] / "protocol_spec" / "reference.py"


def _load():
    if "psimatch_reference" not in sys.modules:
        found = importlib.util.spec_from_file_location("psimatch_reference", REFERENCE)
        module = importlib.util.module_from_spec(found)
        sys.modules["psimatch_reference"] = module
        found.loader.exec_module(module)
    return sys.modules["psimatch_reference"]


ref = _load()
