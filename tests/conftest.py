"""Tests share the builders under `support`; hypothesis runs without deadlines, since machines are noisy."""

import signal
import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent / "support"))
# What writes the vectors is no part of the package.
sys.path.append(str(Path(__file__).parents[1]))
# A run in the background of a shell starts with Ctrl-C ignored, and so would the processes that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("psimatch", deadline=None, max_examples=60)
settings.load_profile("psimatch")
