"""Check the formal model of the sessions exhaustively, and that Spin finds each rule that a control breaks.

`python tests/deep/model.py` prints the table of figures in protocol_spec/model/README.md. It needs spin and gcc, and
installs spin where apt-get can. Whatever is not as it must be is a failure.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "protocol_spec" / "model" / "session.pml"
BUILD = ROOT / "build" / "deep" / "model"
# Of memory; the largest configuration takes less than a tenth.
MEGABYTES = 1_900
DEPTH = 1_000_000


@dataclass(frozen=True)
class Configuration:
    """What may happen, by the -D of the model, and what is checked beside its assertions and end states."""

    name: str
    flags: str
    claims: tuple[str, ...] = ()


SAFETY = (
    "charged_before_evaluated",
    "charged_before_blinded_leaves",
    "proved_before_unblinded",
    "signed_before_receipt",
    "finished_before_counter_signature",
    "finished_before_release",
    "ends_are_ends",
)
AGREEMENT = ("server_finished_means_client_signed", "client_finished_means_server_finished")
LIVENESS = ("both_end", "both_finish")
# More chunks than the window, so that it moves.
LONG = "-DCHUNKS=9 -DTAG_CHUNKS=2"
ONE = "-DCLAIMS_ABOUT_ONE_SESSION"

SHORT = "-DCHUNKS=1 -DTAG_CHUNKS=1 -DCLAIM_CHUNKS=1"

CONFIGURATIONS = (
    Configuration("honest, reveal both", f"{LONG} {ONE}", SAFETY + AGREEMENT + LIVENESS),
    Configuration("honest, reveal client", f"{LONG} -DREVEAL_BOTH=0", LIVENESS),
    Configuration("honest, one chunk each", SHORT, LIVENESS),
    Configuration("ledgers refuse", "-DREFUSALS", ("both_end",)),
    Configuration("cancel and crash", f"{ONE} -DCANCELS=1 -DCRASHES=1", SAFETY + AGREEMENT + ("both_end",)),
    Configuration("network attacks", f"{ONE} -DATTACKS=2 -DTIMEOUTS", AGREEMENT),
    Configuration("a crash, then another session", f"{SHORT} -DSESSIONS=2 -DCRASHES=1", ("both_finish",)),
    Configuration("replays into another session", f"{SHORT} -DSESSIONS=2 -DATTACKS=2 -DTIMEOUTS"),
    Configuration("attack, cancel and refusal", "-DATTACKS=1 -DCANCELS=1 -DREFUSALS -DTIMEOUTS"),
    Configuration("attack and crash, two sessions", f"{SHORT} -DSESSIONS=2 -DATTACKS=1 -DCRASHES=1 -DTIMEOUTS"),
    Configuration("hostile client", "-DBYZANTINE_CLIENT -DTIMEOUTS"),
    Configuration("hostile client, reveal client", "-DBYZANTINE_CLIENT -DTIMEOUTS -DREVEAL_BOTH=0"),
    Configuration("hostile server", "-DBYZANTINE_SERVER -DTIMEOUTS"),
    Configuration("hostile server, reveal client", "-DBYZANTINE_SERVER -DTIMEOUTS -DREVEAL_BOTH=0"),
)
# A rule that is broken, and what Spin must say.
CONTROLS = (
    ("-DCONTROL_EVALUATE_FIRST", "assertion violated (server_charged"),
    ("-DCONTROL_CHARGE_TWICE", "assertion violated (server_charged"),
    (f"{SHORT} -DCONTROL_SKIP_PROOF -DBYZANTINE_SERVER -DTIMEOUTS", "assertion violated (unblinded<=proved)"),
    ("-DCONTROL_RECEIPT_BEFORE_LEDGER", "assertion violated (client_signed"),
    ("-DCONTROL_COUNTER_SIGN_BEFORE_LEDGER", "assertion violated server_finished"),
    ("-DCONTROL_RELEASE_EARLY", "assertion violated (((client_finished"),
    ("-DCONTROL_GO_ON_AFTER_ABORT -DATTACKS=1 -DTIMEOUTS", "assertion violated"),
    ("-DCONTROL_ANSWER_ABORT -DCANCELS=1", "assertion violated"),
    ("-DCONTROL_FORGET_HELLO -DSESSIONS=2 -DATTACKS=1 -DTIMEOUTS", "!(server_admitted"),
    # A client that keeps only as many chunks ahead as the server may hold, and a server that holds one more.
    (f"{LONG} -DWINDOW=3", "invalid end state"),
    (f"{LONG} -DHELD=4", "invalid end state"),
)


def fail(text):
    sys.exit(f"model: {text}")


def require_spin():
    if shutil.which("spin") and shutil.which("gcc"):
        return
    if os.geteuid() or not shutil.which("apt-get"):
        fail("install spin and gcc first")
    subprocess.run(["apt-get", "update"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["apt-get", "install", "-y", "spin", "gcc"], check=True, stdout=subprocess.DEVNULL)


def build(flags, *compiled):
    """Make a verifier of a configuration."""
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    run(["spin", "-a", *flags.split(), str(MODEL)])
    run(["gcc", "-O0", "-w", "-DCOLLAPSE", f"-DMEMLIM={MEGABYTES}", *compiled, "-o", "pan", "pan.c"])


def run(command):
    done = subprocess.run(command, cwd=BUILD, capture_output=True, text=True, check=False)
    if done.returncode:
        fail(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


def verify(flags, claims=()):
    """Yield what Spin says: of all assertions and end states, then of each claim."""
    build(flags, "-DSAFETY", "-DNOCLAIM")
    yield run(["./pan", f"-m{DEPTH}", "-w20", "-n"])
    if claims:
        # Weak fairness, for claims about what happens at last, can tell four processes and more apart.
        build(flags, "-DNFAIR=4")
    for claim in claims:
        yield run(["./pan", f"-m{DEPTH}", "-w20", "-n", "-a", "-N", claim, *(["-f"] if claim in LIVENESS else [])])


def number(pattern, said):
    found = re.search(pattern, said, re.MULTILINE)
    return float(found[1]) if found else 0.0


def figures(said):
    """Return states, transitions, megabytes, seconds."""
    return (
        number(r"^ *(\S+) states, stored", said),
        number(r"^ *(\S+) transitions", said),
        number(r"^ *(\S+)\ttotal actual memory", said),
        number(r"elapsed time (\S+) seconds", said),
    )


def check(configuration):
    rows = []
    for claim, said in zip(("", *configuration.claims), verify(configuration.flags, configuration.claims), strict=True):
        if "errors: 0" not in said or "max search depth too small" in said or "out of memory" in said:
            fail(f"{configuration.name}, {claim or 'assertions and end states'}:\n{said}")
        rows.append(figures(said))
    states, transitions = (max(row[column] for row in rows) for column in (0, 1))
    most, seconds = max(row[2] for row in rows), sum(row[3] for row in rows)
    print(
        f"| {configuration.name} | {len(configuration.claims)} | {states:,.0f} | {transitions:,.0f}"
        f" | {most:,.0f} | {seconds:,.1f} |",
        flush=True,
    )


def controls():
    for flags, expected in CONTROLS:
        (said,) = verify(flags)
        if expected not in said:
            fail(f"the control {flags} was not found:\n{said}")
    print(f"{len(CONTROLS)} controls: each broken rule was found\n", flush=True)


def main():
    require_spin()
    controls()
    print("| configuration | claims | states | transitions | MB | seconds |")
    print("| --- | --- | --- | --- | --- | --- |")
    for configuration in CONFIGURATIONS:
        check(configuration)


if __name__ == "__main__":
    main()
