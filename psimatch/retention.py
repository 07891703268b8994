"""The end of the files of a session: what became of each when its retention was over."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from psimatch.errors import LedgerError
from psimatch.files import Fate, destroy, reason


@dataclass(slots=True)
class Purged:
    """What a purge did with the files whose retention was over.

    Of a file in `living_on` the name is gone, and its data can still be read under another name that somebody gave it:
    nothing was overwritten. `left_behind` counts temporary files of killed programs, which are destroyed at once.
    """

    removed: list[Path] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)
    living_on: list[Path] = field(default_factory=list)
    left_behind: int = 0

    def destroy(self, path: Path) -> Fate | None:
        """Destroy a file and keep what became of it; None where it was not there.

        Raises:
            LedgerError: it can't be removed.
        """
        try:
            fate = destroy(path)
        except (FileNotFoundError, NotADirectoryError):
            self.missing.append(path)
            return None
        except OSError as error:
            raise LedgerError(f"{path} can't be removed: {reason(error)}", hint="remove it by hand") from error
        (self.living_on if fate is Fate.LIVES_ON else self.removed).append(path)
        return fate
