"""Fuzz one target: `python tests/fuzz/fuzz.py TARGET [FLAG...]`, where flags are libFuzzer's, such as -runs=1000.

It begins with the seeds and with what was found before, follows the branches of psimatch, and ends at the first input
that a target does not take as it should.
"""

import resource
import sys
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "support")]
with atheris.instrument_imports(include=["psimatch", "controls"]):
    from controls import CONTROLS
    from scratch import FOLDER
    from seeds import seeds
    from targets import TARGETS, found

    import psimatch.audit
    import psimatch.cli  # noqa: F401 - all of psimatch, before anything loads a part of it

# What the process may map beyond what it has at the start: one allocation of a gigabyte fails.
ROOM_BYTES = 1 << 30
RSS_MEGABYTES = 1_024
SECONDS_A_RUN = 10


def mapped():
    """Return how many bytes of addresses the process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def main():
    name, *flags = sys.argv[1:]
    control = CONTROLS.get(name)
    target = name if control is None else control.target
    if control is not None:
        control.plant()
    corpus = FOLDER / "corpus"
    corpus.mkdir()
    inputs = seeds(target) + list(found(target).values()) if control is None or control.seeded else []
    for number, data in enumerate(inputs):
        (corpus / f"{number:05}").write_bytes(data)
    longest = max(TARGETS[target].longest, *map(len, inputs)) if inputs else 8
    defaults = [
        f"-max_len={longest}",
        f"-rss_limit_mb={RSS_MEGABYTES}",
        f"-timeout={SECONDS_A_RUN}",
        "-len_control=0",
        "-seed=1",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    resource.setrlimit(resource.RLIMIT_AS, (mapped() + ROOM_BYTES,) * 2)
    run = TARGETS[target].run
    files = [flag for flag in flags if not flag.startswith("-")]
    atheris.Setup(
        [sys.argv[0], *defaults, *flags, *([] if files else [str(corpus)])], lambda data: run(data, fuzzing=True)
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
