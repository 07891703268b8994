"""Each benchmark runs, checks its result, and writes what it says; its figures are nobody's claim here."""

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.py") if "def main() -> None" in path.read_text())


def run(name, *arguments):
    command = [sys.executable, str(FOLDER / name), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A folder with the results of each benchmark at a tiny size."""
    folder = tmp_path_factory.mktemp("results")
    for name, *arguments in (
        ("match", "--sizes", 10, "20x60"),
        ("scaling", "--sizes", 10, 40, "--cores", 1),
        ("startup", "--repeats", 1),
        ("operations", "--batches", 1, 2, "--seconds", 0),
        ("ledger", "--sessions", 20, "--step", 10),
        ("listener", "--sizes", 10, 2_000, "--visits", 2),
        ("persons", "--youths", 60, "--homes", 2),
        ("linkage", "--only-dutch", "--small", 60, "--large", 120),
        ("peers", "--sizes", 10, "--kernels", "rbcl", "--peers"),
    ):
        run(f"{name}.py", *arguments, "--output", folder / f"{name}.json")
    return folder


def read(results, name):
    report = json.loads((results / f"{name}.json").read_text())
    assert report["format"] == f"psimatch-benchmark-{name}-1"
    assert {"processor", "kernel", "commit"} <= set(report["machine"])
    return report


def test_a_ledger_is_written_and_verified(results):
    report = read(results, "ledger")
    assert [run["sessions"] for run in report["runs"]] == [10, 20]
    assert [check["receipts"] for check in report["checks"]] == [2, 20]


def test_strangers_visit_a_listener(results):
    report = read(results, "listener")
    assert [run["items"] for run in report["runs"]] == [10, 2_000]
    for run in report["runs"]:
        assert {"closes at once", "a preface alone", "a recorded Hello", "a false selector"} <= set(run["seconds"])
        assert min(*run["seconds"].values(), run["packing_seconds"], run["first_hello_seconds"]) > 0


def test_persons_are_linked(results):
    report = read(results, "linkage")
    (dutch,) = report["sets"]
    rules = {item["name"]: item for item in dutch["rules"]}
    assert 30 < rules["exact"]["true"] <= rules["all"]["true"] <= 60
    assert set(report["false_pairs"]["rules"]) <= {item["name"] for item in dutch["rules"]}


def test_youths_are_told_apart(results):
    youths, mixed, homes = read(results, "persons")["lists"]
    assert [item["name"] for item in youths["rules"]] == ["exact", "sounds", "start", "all"]
    assert 0.5 < youths["rules"][-1]["recall"] <= 1
    assert mixed["sizes"] == [60, 60]
    assert [item["false"] for item in homes["rules"]] == [0, 0, 0, 0]


def test_a_match_is_measured_on_one_core_and_two(results):
    report = read(results, "match")
    assert [(run["client_items"], run["server_items"], run["cores"], run["matches"]) for run in report["runs"]] == [
        (10, 10, 1, 5),
        (10, 10, 2, 5),
        (20, 60, 1, 10),
        (20, 60, 2, 10),
    ]
    for each in report["runs"]:
        assert sum(each["processor_seconds"].values()) > 0
        assert all(each["peak_megabytes"][role] >= each["megabytes_before"][role] > 0 for role in ("client", "server"))
    assert 0 < report["proof_share"] < 1


def test_what_takes_too_long_is_left_out_by_name(tmp_path):
    output = tmp_path / "match.json"
    said = run("match.py", "--sizes", 1_000_000, "--budget", "0.5", "--output", output)
    assert "left out: 1,000,000 x 1,000,000 would take about" in said
    report = json.loads(output.read_text())
    assert (report["runs"], len(report["left_out"])) == ([], 1)


def test_the_others_write_what_they_measure(results):
    assert read(results, "scaling")["fits"][0]["cores"] == 1
    startup = read(results, "startup")
    assert min(startup[name] for name in ("import_seconds", "first_byte_seconds", "match_of_ten_seconds")) > 0
    operations = read(results, "operations")["runs"]
    assert {each["batch"] for each in operations} == {1, 2}
    assert all(each["microseconds_per_item"] > 0 for each in operations)
    peers = read(results, "peers")["runs"]
    assert [(each["name"], each["cores"], each["right"]) for each in peers] == [
        ("psimatch rbcl", 1, True),
        ("psimatch rbcl", 2, True),
    ]


def test_a_peer_that_cannot_be_installed_is_skipped_by_name(tmp_path):
    """A copy without environments, run where nothing can be fetched."""
    folder = shutil.copytree(FOLDER, tmp_path / "benchmarks", ignore=shutil.ignore_patterns("results", "__pycache__"))
    output = tmp_path / "peers.json"
    command = [sys.executable, str(folder / "peers.py"), "--sizes", "10", "--kernels", "rbcl", "--output", str(output)]
    done = subprocess.run(
        [*command, "--peers", "openmined-psi"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null", "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    assert "skipped: openmined-psi==2.0.6 can't be installed" in done.stdout
    assert json.loads(output.read_text())["left_out"] == [{"what": "openmined-psi", "why": "can't be installed here"}]


def test_the_cluster_is_used_or_skipped_by_name(tmp_path):
    output = tmp_path / "cluster.json"
    said = run("cluster.py", "--sizes", 300, "--output", output)
    if find_spec("distributed") is None:
        assert "skipped: the package distributed is not installed" in said
    else:
        compared = json.loads(output.read_text())["compared"]
        assert [each["runs"]["cluster"]["executor"] for each in compared] == ["tcp"]


def test_the_results_are_drawn_or_skipped_by_name(results):
    said = run("plots.py", "--results", results)
    if find_spec("matplotlib") is None:
        assert "skipped: matplotlib is not installed" in said
    else:
        for name in ("peers", "scaling", "operations"):
            assert (results / f"{name}.png").stat().st_size > 5_000
            assert (results / f"{name}.svg").read_text().lstrip().startswith("<?xml")


def test_the_readme_is_written_from_the_results(results, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- figures -->\noutdated\n<!-- /figures -->\nafter\n")
    for _ in range(2):
        run("report.py", "--results", results, "--readme", readme)
        text = readme.read_text()
        assert text.startswith("before\n<!-- figures -->\n")
        assert text.endswith("<!-- /figures -->\nafter\n")
        assert "outdated" not in text
        for words in ("20 x 60", "psimatch rbcl", "own set", "a recorded Hello", "Two `psimatch match`"):
            assert text.count(words) >= 1


def test_the_readme_has_the_figures_of_the_results_beside_it(tmp_path):
    shutil.copy(FOLDER / "README.md", tmp_path)
    run("report.py", "--readme", tmp_path / "README.md")
    assert (tmp_path / "README.md").read_text() == (FOLDER / "README.md").read_text()


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_benchmark_has_a_help_and_stands_in_the_readme(name):
    assert "show this help message" in run(name, "--help")
    assert f"`{name}`" in (FOLDER / "README.md").read_text()
