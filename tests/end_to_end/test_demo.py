from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).parents[2] / "examples" / "demo.py"


def test_the_demonstration_explains_itself_in_under_a_hundred_lines() -> None:
    done = subprocess.run(
        [sys.executable, str(DEMO)], capture_output=True, text=True, encoding="utf-8", timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) < 100
    assert "Sanne van der Duinhof  is SANNE DUINHOF, VAN DER" in done.stdout
    assert "by exact" in done.stdout
    assert max(len(line) for line in lines) <= 120
    assert "Checked: these 11 matches are exactly what the two lists" in done.stdout
    for word in ("psimatch identity new", "psimatch agreement sign", "--listen", "--connect", "Learned:", "Hidden:"):
        assert word in done.stdout
