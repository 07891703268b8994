"""The code cites the spec by section; every citation resolves, and every section that says what to do is cited."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "protocol_spec" / "psimatch-1.md"
# Sections that describe what others say normatively.
DESCRIPTIVE = {
    "1",
    "1.1",
    "1.2",
    "1.3",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
    "10",
    "11",
    "12",
    "13",
    "14",
    "15",
    "16",
    "17",
    "18",
    "18.1",
    "18.2",
    "19",
}


def sections():
    """Each section's number and the numbers of its steps."""
    found, current = {}, ""
    for line in SPEC.read_text().splitlines():
        heading = re.match(r"#{2,3} (\d+(?:\.\d+)?) ", line)
        if heading:
            current = heading[1]
            found[current] = set()
        step = re.match(r"(\d+)\. ", line)
        if step and current:
            found[current].add(step[1])
    return found


def citations():
    for path in sorted((ROOT / "psimatch").rglob("*.py")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if "RFC" in line:
                continue
            place = f"{path.relative_to(ROOT)}:{number}"
            if line.strip().startswith("#"):
                for match in re.finditer(r"§(\d+(?:\.\d+)?)(?: step (\d+))?", line):
                    yield place, match[1], match[2]
            else:
                for match in re.finditer(r"psimatch-1 §(\d+(?:\.\d+)?)()", line):
                    yield place, match[1], None


def test_every_citation_resolves():
    known = sections()
    for place, section, step in citations():
        assert section in known, f"{place} cites §{section}"
        assert step is None or step in known[section], f"{place} cites §{section} step {step}"


def test_every_section_is_cited():
    cited = {section for _, section, _ in citations()}
    assert set(sections()) - DESCRIPTIVE - cited == set()


def test_every_step_of_the_sessions_is_cited():
    cited = {(section, step) for _, section, step in citations()}
    for section in ("7.2", "7.3"):
        assert {(section, step) for step in sections()[section]} <= cited, section


def test_the_map_names_files_that_exist():
    readme = (ROOT / "protocol_spec" / "README.md").read_text()
    for path in re.findall(r"`(psimatch/[\w/.]+)`", readme):
        assert (ROOT / path).exists(), path
    for text in (readme, (ROOT / "protocol_spec" / "threat_model.md").read_text()):
        for path in re.findall(r"\]\(([\w./-]+)\)", text):
            assert (ROOT / "protocol_spec" / path).exists(), path
        for path in re.findall(r"`(tests/[\w/.]+)`", text):
            assert (ROOT / path).exists(), path


def test_every_guarantee_is_numbered_and_points_at_tests_that_exist():
    rows = re.findall(r"^\| G(\d+) \| .* \| (.*) \|$", (SPEC.parent / "threat_model.md").read_text(), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, len(rows) + 1))
    assert len(rows) > 15
    for number, shown_by in rows:
        paths = re.findall(r"`(tests/[\w/.]+)`", shown_by)
        assert paths, f"G{number} points at no test"
        assert all((ROOT / path).exists() for path in paths), f"G{number}: {paths}"
