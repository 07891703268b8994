#!/bin/sh
# Build and run the checks of the C kernels that need more than Python: constant time, bounds, and the sanitizers.
# Whatever cannot be checked here is a failure.
set -eu
cd "$(dirname "$0")/../.."
KERNEL=psimatch/kernel/c
BUILD=build/deep
PYTHON=${PYTHON:-.venv/bin/python}
CC=${CC:-gcc}
WARN="-g -Wall -Wextra -Wno-psabi -Wno-unused-function -I$KERNEL"
SEEDS="1 2 3 4 5"

fail() {
    echo "$1" >&2
    exit 1
}

if ! command -v valgrind >/dev/null || ! command -v clang >/dev/null || ! [ -e /usr/include/valgrind/memcheck.h ]; then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "install valgrind, libc6-dbg and clang first"
    apt-get update && apt-get install -y valgrind libc6-dbg clang || fail "valgrind or clang could not be installed"
fi
KERNELS=portable
AVX2=
AVX512=
MACROS=
if [ "$(uname -m)" = x86_64 ]; then
    grep -q avx512ifma /proc/cpuinfo || fail "no AVX-512 IFMA in this processor: the ifma kernel cannot be checked here"
    KERNELS="portable avx2 ifma"
    AVX2=-mavx2
    AVX512="-mavx512f -mavx512ifma -mavx512vl -mavx512dq -mavx512bw"
    MACROS="-DPSIMATCH_WITH_AVX2 -DPSIMATCH_WITH_IFMA"
fi
mkdir -p $BUILD

# compile COMPILER FLAG...: the kernels and the scalars, as objects, listed in $objects.
compile() {
    compiler=$1
    shift
    objects=
    for source in scalars $KERNELS; do
        case $source in
        avx2) own=$AVX2 ;;
        ifma) own=$AVX512 ;;
        *) own= ;;
        esac
        $compiler $WARN "$@" $own -c $KERNEL/$source.c -o $BUILD/$source.o
        objects="$objects $BUILD/$source.o"
    done
}

# must_find PROGRAM CONTROL...: it uses a secret on purpose, and the tool must say so with status 99.
must_find() {
    program=$1
    shift
    for control in "$@"; do
        status=0
        $program 1 "$control" >/dev/null 2>&1 || status=$?
        [ $status = 99 ] || fail "the control \"$control\" was not found: $program"
    done
}

# memcheck KERNEL FLAG...
memcheck() {
    echo "memcheck: $* and scalars"
    kernel=$1
    shift
    $CC $WARN -fwrapv -fPIC "$@" -DKERNEL_UNDER_TEST=psimatch_$kernel tests/deep/constant_time.c \
        $KERNEL/scalars.c $KERNEL/portable.c -o $BUILD/constant_time
    $MEMCHECK
    must_find "$MEMCHECK" branch address vartime
}

# Optimized as setup.py has it, and in other ways too: a compiler may make a branch of what is none.
MEMCHECK="valgrind -q --error-exitcode=99 $BUILD/constant_time"
memcheck portable -O3 -fno-tree-vectorize
for level in -O3 -O2 -Os -O1; do memcheck portable $level; done
[ -z "$AVX2" ] || for level in -O3 -O2 -Os -O1; do memcheck avx2 $level $AVX2 $KERNEL/avx2.c; done
# Memcheck runs no AVX-512, so it sees the ifma kernel with its intrinsics in plain C, and without the assembler
# statements, which name AVX-512 registers.
PLAIN="-Itests/deep/without_avx512 -D__asm__(...)="
for level in -O2 -Os -O1; do memcheck ifma $level $PLAIN $KERNEL/ifma.c; done

# The AVX-512 instructions themselves. Clang's loop vectorizer makes gathers, which MemorySanitizer does not follow, and
# it takes the inputs of an assembler statement for branches: the only ones with inputs are there to hide a mask.
# Any secret bit makes a comparison secret, but carries are not followed as memcheck does.
export MSAN_OPTIONS=exit_code=99
for level in -O3 -O2 -O1; do
    compile clang $level -fno-vectorize -fsanitize=memory -mllvm -msan-handle-icmp=0 "-D__asm__(...)="
    for kernel in $KERNELS; do
        echo "MemorySanitizer: $kernel kernel and scalars with $level"
        clang $WARN -fsanitize=memory -DKERNEL_UNDER_TEST=psimatch_$kernel tests/deep/constant_time.c $objects \
            -o $BUILD/constant_time
        $BUILD/constant_time
        must_find $BUILD/constant_time branch address vartime
    done
done

# What gcc makes of the AVX-512 code: different secrets, the same path and the same addresses. Seed 0 has edge cases.
TRACE="setarch -R $BUILD/constant_time"
INSTRUMENT="-DWITH_TRACE -fsanitize-coverage=trace-pc -fsanitize=thread"
for level in "-O3 -fno-tree-vectorize" -O3 -O2; do
    compile $CC -fwrapv -fPIC $level $INSTRUMENT
    for kernel in $KERNELS; do
        echo "trace: $kernel kernel and scalars with $level"
        $CC $WARN -c tests/deep/trace.c -o $BUILD/trace.o
        $CC $WARN $INSTRUMENT -DKERNEL_UNDER_TEST=psimatch_$kernel -c tests/deep/constant_time.c -o $BUILD/main.o
        $CC $BUILD/main.o $BUILD/trace.o $objects -o $BUILD/constant_time
        $TRACE 0 | tee $BUILD/trace
        for seed in $SEEDS; do
            $TRACE $seed | cmp - $BUILD/trace || fail "the trace depends on the secrets"
        done
        for control in branch address; do
            for seed in $SEEDS; do $TRACE $seed $control; done | sort -u | wc -l | grep -qvx 1 ||
                fail "the control \"$control\" was not found in the trace"
        done
    done
done

# Optimized as setup.py has it, and the ifma field once more in plain C: the two must be right alike.
bounds() {
    echo "bounds of limbs: $*"
    $CC $WARN -fwrapv "$@" tests/deep/field_bounds.c -o $BUILD/field_bounds
    $BUILD/field_bounds >$BUILD/bounds
    $PYTHON tests/deep/field_bounds.py <$BUILD/bounds
    $BUILD/field_bounds control >$BUILD/bounds
    found=$($PYTHON tests/deep/field_bounds.py <$BUILD/bounds) && fail "limbs too large were not found"
    [ "${found#*wrong: }" = "mul, square, sub" ] || fail "limbs too large were not found: $found"
}
bounds -O3 -fno-tree-vectorize '-DFIELD="field_portable.h"'
bounds -O2 $PLAIN '-DFIELD="field_ifma.h"'
[ -z "$AVX2" ] || bounds -O3 $AVX2 '-DFIELD="field_avx2.h"'
[ -z "$AVX512" ] || bounds -O3 $AVX512 '-DFIELD="field_ifma.h"'

echo "AddressSanitizer and UBSan: every kernel"
# Without -fwrapv, which would hide a signed overflow.
SANITIZE="-O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"
compile $CC $SANITIZE
$CC $WARN $SANITIZE $MACROS tests/deep/sanitize.c $objects -o $BUILD/sanitize
$BUILD/sanitize

echo "AddressSanitizer and UBSan: the extension in Python"
# In a copy of the package, since Python looks for it in the current folder first. With malloc for every object, bytes
# read or written past one are found.
rm -rf $BUILD/python
mkdir $BUILD/python
cp -r psimatch tests pyproject.toml $BUILD/python
rm -f $BUILD/python/psimatch/kernel/_c.*.so
compile $CC $SANITIZE -fPIC
$CC $WARN $SANITIZE $MACROS -fPIC -shared -I"$($PYTHON -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
    $KERNEL/module.c $KERNEL/records.c $KERNEL/wiping.c $objects -o $BUILD/python/psimatch/kernel/_c.abi3.so
PYTHON=$(cd "$(dirname "$PYTHON")" && pwd)/$(basename "$PYTHON")
export LD_PRELOAD="$($CC -print-file-name=libasan.so)" ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc
cd $BUILD/python
$PYTHON -c 'from psimatch.kernel import _c; assert "deep/python" in _c.__file__'
$PYTHON -m pytest -q -p no:cacheprovider tests/unit/test_kernel.py tests/properties/test_kernels_agree.py \
    tests/properties/test_records.py
