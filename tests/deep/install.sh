#!/bin/sh
# Make an sdist, and wheels of it with and without a compiler; install each wheel into a fresh environment of each of
# PYTHONS, and run there what the README shows, a match in memory, and the test suite. The first makes the wheels.
set -eu
cd "$(dirname "$0")/../.."
PYTHONS=${PYTHONS:-python3}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

fail() {
    echo "$1" >&2
    exit 1
}

sed -n '/^<!-- python -->/,/^<!-- \/python -->/p' README.md | sed '/^<!--/d; /^```/d' >"$WORK/match.py"
grep -q run_session "$WORK/match.py" || fail "the README shows no match"
LOCK=$PWD/.ci/requirements.txt
${PYTHONS%% *} -m venv "$WORK/maker"
"$WORK/maker/bin/pip" install -q --disable-pip-version-check --require-hashes --only-binary :all: -r "$LOCK"
"$WORK/maker/bin/pip" install -q --disable-pip-version-check build twine
# The date of every file in a wheel.
export SOURCE_DATE_EPOCH=1767225600
"$WORK/maker/bin/python" -m build --no-isolation --sdist --outdir "$WORK" . >"$WORK/log" 2>&1 ||
    fail "$(cat "$WORK/log")"

# The tests without the package beside them: what they import is what is installed.
mkdir "$WORK/suite"
cp -r tests protocol_spec examples pyproject.toml "$WORK/suite"
cat >"$WORK/suite/tests/unit/test_installed.py" <<EOF
import sys
from pathlib import Path

import psimatch


def test_the_installed_package_is_tested():
    assert Path(psimatch.__file__).is_relative_to(sys.prefix), psimatch.__file__
EOF

# An old compiler knows no AVX-512 IFMA.
cat >"$WORK/old" <<EOF
#!/bin/sh
case "\$*" in *avx512ifma*) exit 1 ;; esac
exec ${CC:-gcc} "\$@"
EOF
chmod +x "$WORK/old"

# suite NAME: only without a compiler may tests be skipped, those of the C kernels.
suite() {
    "$WORK/fresh/bin/pip" install -q --disable-pip-version-check --require-hashes --only-binary :all: -r "$LOCK"
    (
        cd "$WORK/suite"
        ../fresh/bin/pytest -rs -p no:cacheprovider tests/unit tests/vectors tests/interop tests/states \
            tests/properties
    ) >"$WORK/log" 2>&1 || fail "$(cat "$WORK/log")"
    [ "$1" = no-compiler ] || ! grep SKIPPED "$WORK/log" || fail "a test was skipped: $1"
    tail -n 1 "$WORK/log"
}

# wheel NAME COMPILER KERNEL...: made with this compiler, these kernels can be loaded beside libsodium's.
wheel() {
    name=$1
    compiler=$2
    shift 2
    for folder in "$name" "$name-again"; do
        CC=$compiler "$WORK/maker/bin/pip" wheel -q --disable-pip-version-check --no-build-isolation --no-deps \
            -w "$WORK/$folder" "$WORK"/psimatch-*.tar.gz
    done
    cmp "$WORK/$name"/*.whl "$WORK/$name-again"/*.whl || fail "two builds of a wheel differ: $name"
    "$WORK/maker/bin/twine" check --strict "$WORK"/psimatch-*.tar.gz "$WORK/$name"/*.whl >"$WORK/log" 2>&1 ||
        fail "$(cat "$WORK/log")"
    file=$(echo "$WORK/$name"/psimatch-*-cp311-abi3-*.whl)
    [ -e "$file" ] || fail "the wheel is not for the stable ABI of Python 3.11: $file"
    "$WORK/maker/bin/python" -m zipfile -l "$file" >"$WORK/list"
    for part in psimatch/py.typed psimatch/kernel/_c.pyi; do
        grep -q "^$part " "$WORK/list" || fail "$part is not in the wheel"
    done
    ! grep -E "\.[ch] " "$WORK/list" || fail "C sources are in the wheel"
    for python in $PYTHONS; do
        rm -rf "$WORK/fresh"
        $python -m venv "$WORK/fresh"
        "$WORK/fresh/bin/pip" install -q --disable-pip-version-check "$file"
        (
            cd "$WORK"
            fresh/bin/psimatch --version >/dev/null
            fresh/bin/psimatch --help >/dev/null
            fresh/bin/python match.py >/dev/null
            fresh/bin/python -c 'import sys; from psimatch.kernel.select import available
assert available() == tuple(sys.argv[1:]), available()' rbcl "$@"
        )
        echo "installed: $name, $($python --version)"
        [ "$name" = old-compiler ] || suite "$name"
    done
}

case "$(uname -m)" in
x86_64)
    wheel compiled "${CC:-gcc}" portable avx2 ifma
    wheel old-compiler "$WORK/old" portable avx2
    ;;
*) wheel compiled "${CC:-gcc}" portable ;;
esac
wheel no-compiler /bin/false
