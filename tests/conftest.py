"""Tests share the builders under `support`; hypothesis runs without deadlines, since machines are noisy."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent / "support"))
settings.register_profile("psimatch", deadline=None, max_examples=60)
settings.load_profile("psimatch")
