"""TOML of strangers: agreements, public identities and profiles are all read by `parse_toml`."""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

# As TOML has them; one that is not closed goes on to the end of its line, or of the file.
_TEXTS_AND_COMMENTS: Final = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5}|\Z)|"(?:[^"\\\n]|\\[^\n])*+"?|#[^\n]*+'''
    r"""|'''(?:[^']|'(?!''))*+(?:'{3,5}|\Z)|'[^'\n]*+'?""",
    re.DOTALL,
)
_MOST_DOTS: Final = 64


def parse_toml(text: str) -> dict[str, Any]:
    """Return what a TOML text holds, in a time that grows with its length alone. The caller bounds the length.

    Raises:
        ValueError: it is not TOML, is nested too deeply, or has keys of too many parts.
    """
    # Python's parser takes minutes for keys of thousands of parts, and no file of psimatch has any with a dot.
    if _TEXTS_AND_COMMENTS.sub("", text).count(".") > _MOST_DOTS:
        raise ValueError("keys of too many parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
