#!/bin/sh
# Make an sdist, and wheels of it with and without a compiler; install each wheel into a fresh environment of each of
# PYTHONS, and run there what the README shows: a match in memory. The first makes the wheels.
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
${PYTHONS%% *} -m venv "$WORK/maker"
"$WORK/maker/bin/pip" install -q --disable-pip-version-check build
"$WORK/maker/bin/python" -m build --sdist --outdir "$WORK" . >"$WORK/log" 2>&1 || fail "$(cat "$WORK/log")"

# An old compiler knows no AVX-512 IFMA.
cat >"$WORK/old" <<EOF
#!/bin/sh
case "\$*" in *avx512ifma*) exit 1 ;; esac
exec ${CC:-gcc} "\$@"
EOF
chmod +x "$WORK/old"

# wheel NAME COMPILER KERNEL...: made with this compiler, these kernels can be loaded beside libsodium's.
wheel() {
    name=$1
    compiler=$2
    shift 2
    CC=$compiler "$WORK/maker/bin/pip" wheel -q --disable-pip-version-check --no-deps -w "$WORK/$name" \
        "$WORK"/psimatch-*.tar.gz
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
