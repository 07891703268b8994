#!/bin/sh
# Fuzz each target for FUZZ_SECONDS, and see that faults planted on purpose are found. Whatever cannot be run is a failure.
set -eu
cd "$(dirname "$0")/../.."
PYTHON=${PYTHON:-.venv/bin/python}
EACH=${FUZZ_SECONDS:-30}
BUILD=build/fuzz
# So long at most until a planted fault is found.
CONTROL=300

fail() {
    echo "$1" >&2
    exit 1
}

"$PYTHON" -c 'import atheris' 2>/dev/null || "$PYTHON" -m pip install --quiet --disable-pip-version-check atheris==3.0.0 ||
    fail "atheris could not be installed"
mkdir -p $BUILD
rm -f $BUILD/*
# What targets write is synced to the disk, which is to be fast. The fuzzer ends without cleaning up.
TMPDIR=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 1' INT TERM
list() {
    "$PYTHON" tests/fuzz/replay.py "$1"
}

list --controls >$BUILD/controls
while read -r name says; do
    status=0
    "$PYTHON" tests/fuzz/fuzz.py "$name" -max_total_time=$CONTROL -timeout=5 -artifact_prefix=$BUILD/control- \
        >$BUILD/log 2>&1 || status=$?
    if [ $status = 0 ] || ! grep -q "$says" $BUILD/log; then
        tail -n 40 $BUILD/log
        fail "the planted fault \"$name\" was not found"
    fi
    echo "planted fault found: $name"
done <$BUILD/controls
rm -f $BUILD/control-*

for target in ${FUZZ_TARGETS:-$(list --targets)}; do
    if ! "$PYTHON" tests/fuzz/fuzz.py "$target" -max_total_time="$EACH" -artifact_prefix="$BUILD/$target-" \
        >$BUILD/log 2>&1; then
        tail -n 60 $BUILD/log
        fail "$target: run the file that was written again with: $PYTHON tests/fuzz/replay.py $target FILE
then keep it, as small as it gets, as tests/fuzz/found/$target/WHAT_IT_IS"
    fi
    echo "$target: $("$PYTHON" tests/fuzz/figures.py $BUILD/log)"
done
