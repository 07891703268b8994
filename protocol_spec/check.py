"""Check a program against the vectors of psimatch/1: `python -m protocol_spec.check -- PROGRAM ARGS...`.

The program is started once. For each scenario it reads one line from its standard input, a JSON object with
`operation` and `input`, and writes one line to its standard output: {"output": {...}}, or {"refused": "CLASS", ...},
or {"unsupported": true} for an operation that it has not got. `vectors/README.md` defines what is asked.

Exit codes: 0 all agree; 1 something differs, or the program died, hung or wrote nonsense; 2 wrong usage;
3 what was answered agrees, but something is unsupported.
"""

from __future__ import annotations

import argparse
import json
import queue
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).resolve().parent / "vectors"
AGREES, DIFFERS, UNSUPPORTED = "agrees", "differs", "unsupported"
SHOWN = 160  # characters of a value


class ProgramError(Exception):
    """The program died, hung, or wrote what is no answer."""


@dataclass(frozen=True)
class Scenario:
    """One vector file."""

    name: str
    about: str
    spec: str
    operation: str
    given: dict[str, Any]
    expected: dict[str, Any]


def scenarios(folder: Path, only: Sequence[str] = ()) -> list[Scenario]:
    """Read all scenarios in a folder, or some by operation or by name, in the order of their names."""
    found = []
    for path in sorted(folder.glob("*/*.json")):
        name = f"{path.parent.name}/{path.stem}"
        content = json.loads(path.read_text(encoding="utf-8"))
        if not only or {content["operation"], name, f"{name}.json"} & set(only):
            about = content["about"], content["spec"], content["operation"]
            found.append(Scenario(name, *about, content["input"], content["expect"]))
    return found


class Program:
    """A running program that answers line by line."""

    def __init__(self, command: Sequence[str], seconds: float) -> None:
        self.seconds = seconds
        self.process = subprocess.Popen(  # noqa: S603, the user names the program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", errors="replace"
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        if self.process.stdout is not None:
            for line in self.process.stdout:
                self.lines.put(line)
        self.lines.put("")

    def ask(self, scenario: Scenario) -> dict[str, Any]:
        """Return the program's answer to a scenario."""
        question = json.dumps({"operation": scenario.operation, "input": scenario.given})
        # A program that does not read fills the pipe, so a thread of its own writes.
        threading.Thread(target=self._write, args=(question + "\n",), daemon=True).start()
        try:
            line = self.lines.get(timeout=self.seconds)
        except queue.Empty:
            raise ProgramError(f"no answer within {self.seconds:g} seconds") from None
        if not line:
            raise ProgramError(f"the program {self._end()} in place of an answer")
        return read_answer(line)

    def _end(self) -> str:
        """Say how the program ended; one that only closes its output may go on running."""
        try:
            return f"ended with code {self.process.wait(timeout=min(1.0, self.seconds))}"
        except subprocess.TimeoutExpired:
            return "closed its output"

    def _write(self, question: str) -> None:
        try:
            if self.process.stdin is not None:
                self.process.stdin.write(question)
                self.process.stdin.flush()
        except (OSError, ValueError):
            # That it ended shows where its answer is read.
            return

    def has_more(self) -> bool:
        """Close the program's input, and say whether it writes another line."""
        try:
            if self.process.stdin is not None:
                self.process.stdin.close()
            return bool(self.lines.get(timeout=min(5.0, self.seconds)))
        except (OSError, queue.Empty):
            return False

    def stop(self) -> None:
        """End the program."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                pass


def read_answer(line: str) -> dict[str, Any]:
    """Return an answer from its line."""
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        raise ProgramError(f"no JSON: {short(line.rstrip())}") from None
    if not isinstance(answer, dict) or not (set(answer) & {"output", "refused", "unsupported"}):
        raise ProgramError(f"no answer, which has output, refused or unsupported: {short(answer)}")
    return answer


def short(value: Any) -> str:
    """Return a value on one line, cut where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text)} characters)"


def differences(expected: Any, got: Any, key: str = "") -> Iterator[str]:
    """Return a line for each place in which an answer differs."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for name in dict.fromkeys([*expected, *got]):
            where = f"{key}.{name}" if key else name
            if name not in got:
                yield f"{where}: missing, expected {short(expected[name])}"
            elif name not in expected:
                yield f"{where}: not expected, got {short(got[name])}"
            else:
                yield from differences(expected[name], got[name], where)
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for number, (one, other) in enumerate(zip(expected, got, strict=True)):
            yield from differences(one, other, f"{key}[{number}]")
    elif type(expected) is not type(got) or expected != got:
        yield f"{key}: {unlike(expected, got)}"


def unlike(expected: Any, got: Any) -> str:
    """Say how two values differ; of long texts, from where."""
    at = 0
    if isinstance(expected, str) and isinstance(got, str) and len(expected) > SHOWN:
        at = next(
            (n for n, (a, b) in enumerate(zip(expected, got, strict=False)) if a != b), min(map(len, (expected, got)))
        )
        at -= at % 2
        expected, got = expected[at:], got[at:]
    where = f"from character {at}, " if at else ""
    return f"{where}expected {short(expected)}, got {short(got)}"


@dataclass
class Result:
    """What came of one scenario."""

    scenario: Scenario
    verdict: str
    lines: list[str]


def check(command: Sequence[str], asked: Sequence[Scenario], seconds: float) -> Iterator[Result]:
    """Ask a program each scenario; one that dies, hangs or writes nonsense is not asked any more."""
    program = Program(command, seconds)
    try:
        for scenario in asked:
            try:
                answer = program.ask(scenario)
            except ProgramError as error:
                yield Result(scenario, DIFFERS, [str(error), "the program is not asked any more"])
                return
            if answer == {"unsupported": True}:
                yield Result(scenario, UNSUPPORTED, [])
                continue
            lines = list(differences(scenario.expected, answer))
            lines += [f"{scenario.about} ({scenario.spec})"] if lines else []
            yield Result(scenario, DIFFERS if lines else AGREES, lines)
        if program.has_more():
            yield Result(asked[-1], DIFFERS, ["the program wrote more lines than it was asked for"])
    finally:
        program.stop()


def summary(results: Sequence[Result], asked: int) -> Iterator[str]:
    """Return a line for each operation and one for all."""
    of_operation: dict[str, Counter[str]] = {}
    for result in results:
        of_operation.setdefault(result.scenario.operation, Counter())[result.verdict] += 1
    for operation, verdicts in of_operation.items():
        yield f"{operation}: " + ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
    total = Counter(result.verdict for result in results)
    counts = ", ".join(f"{total[verdict]} {verdict}" for verdict in (AGREES, DIFFERS, UNSUPPORTED))
    left = asked - len(results)
    yield f"{asked} scenarios: {counts}" + (f", {left} not asked" if left else "")


def as_json(results: Sequence[Result], asked: int) -> str:
    """Return the results for a program that reads them."""
    rows = [
        {"scenario": each.scenario.name, "operation": each.scenario.operation, "result": each.verdict,
         "differences": each.lines}
        for each in results
    ]  # fmt: skip
    return json.dumps({"format": "psimatch-check-1", "scenarios": asked, "results": rows}, ensure_ascii=False)


def exit_code(results: Sequence[Result]) -> int:
    """Return 1 where something differs, 3 where only something is unsupported, else 0."""
    verdicts = {result.verdict for result in results}
    return 1 if DIFFERS in verdicts else 3 if UNSUPPORTED in verdicts else 0


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options, and the program behind `--`."""
    summary_line, _, rest = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m protocol_spec.check", usage="%(prog)s [options] -- PROGRAM ARGS...",
        description=summary_line, epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="ask this operation or scenario (repeatable)"
    )
    parser.add_argument("--list", action="store_true", help="list the scenarios and ask nothing")
    parser.add_argument("--verbose", action="store_true", help="print what agrees too")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long one answer may take (60)")
    parser.add_argument("--vectors", type=Path, default=VECTORS, metavar="FOLDER", help="other scenarios")
    parser.add_argument("program", nargs="*", metavar="PROGRAM ARGS", help="the program, behind --")
    options = parser.parse_args(arguments)
    if not options.list and not options.program:
        parser.error("name the program to check behind --")
    if not options.seconds > 0:
        parser.error("an answer needs time")
    try:
        options.asked = scenarios(options.vectors, options.only)
    except (OSError, ValueError, KeyError, TypeError) as error:
        parser.error(f"a scenario can't be read: {error}")
    if not options.asked:
        parser.error("there is no such scenario")
    known = {text for each in options.asked for text in (each.operation, each.name, f"{each.name}.json")}
    unknown = set(options.only) - known
    if unknown:
        parser.error(f"there is no operation or scenario {', '.join(sorted(unknown))}")
    return options


def main(arguments: Sequence[str]) -> int:
    """Check a program; return the exit code."""
    options = parsed(arguments)
    if options.list:
        for scenario in options.asked:
            print(f"{scenario.name}: {scenario.about}")
        return 0
    results = []
    try:
        for result in check(options.program, options.asked, options.seconds):
            results.append(result)
            if sys.stderr.isatty():
                print(f"\r{len(results)} of {len(options.asked)}", end="", file=sys.stderr, flush=True)
            if not options.json and (options.verbose or result.verdict == DIFFERS):
                print("\n  ".join([f"{result.scenario.name}: {result.verdict}", *result.lines]))
    except OSError as error:
        print(f"the program does not start: {error}", file=sys.stderr)
        return 2
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    print(as_json(results, len(options.asked)) if options.json else "\n".join(summary(results, len(options.asked))))
    return exit_code(results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
