"""Run a target on files, without a fuzzer: `python tests/fuzz/replay.py TARGET FILE...`.

With `--targets` or `--controls` it lists the targets, or the planted faults with what shows that one is found.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

# Found where the line above says.
from controls import CONTROLS  # noqa: E402
from targets import TARGETS  # noqa: E402

if __name__ == "__main__":
    name, *files = sys.argv[1:]
    if name == "--targets":
        print(*TARGETS, sep="\n")
    elif name == "--controls":
        print(*(f"{control} {CONTROLS[control].says}" for control in CONTROLS), sep="\n")
    else:
        for file in files:
            TARGETS[name].run(Path(file).read_bytes())
            print(f"{file}: nothing wrong")
