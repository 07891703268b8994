#!/bin/sh
# Build and run the checks of the C kernels that need more than Python: memcheck and the sanitizers. Whatever cannot be
# checked here is a failure.
set -eu
cd "$(dirname "$0")/../.."
KERNEL=psimatch/kernel/c
BUILD=build/deep
CC=${CC:-gcc}
AVX512="-mavx512f -mavx512ifma -mavx512vl -mavx512dq -mavx512bw"
WARN="-g -Wall -Wextra -I$KERNEL"
mkdir -p $BUILD

if ! command -v valgrind >/dev/null || ! [ -e /usr/include/valgrind/memcheck.h ]; then
    apt-get install -y valgrind libc6-dbg || { echo "valgrind is missing, and apt-get could not install it" >&2; exit 1; }
fi

# Optimized as setup.py has it, and in other ways too: a compiler may make a branch of what is none.
for level in "-O3 -fno-tree-vectorize" -O3 -O2 -Os -O1; do
    echo "memcheck: portable.c and scalars.c with $level"
    $CC $WARN -fwrapv -fPIC $level tests/deep/constant_time.c $KERNEL/portable.c $KERNEL/scalars.c \
        -o $BUILD/constant_time
    valgrind -q --error-exitcode=1 --track-origins=yes $BUILD/constant_time
    status=0
    valgrind -q --error-exitcode=99 $BUILD/constant_time control >/dev/null 2>&1 || status=$?
    [ $status = 99 ] || { echo "memcheck did not find the branches of the control" >&2; exit 1; }
done

echo "AddressSanitizer and UBSan: every kernel"
# Without -fwrapv, which would hide a signed overflow.
SANITIZE="$WARN -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"
for source in portable scalars; do $CC $SANITIZE -c $KERNEL/$source.c -o $BUILD/$source.o; done
objects="$BUILD/portable.o $BUILD/scalars.o"
macro=
case "$(uname -m)" in
x86_64)
    $CC $SANITIZE $AVX512 -c $KERNEL/ifma.c -o $BUILD/ifma.o
    objects="$objects $BUILD/ifma.o"
    macro=-DPSIMATCH_WITH_IFMA
    ;;
esac
$CC $SANITIZE $macro tests/deep/sanitize.c $objects -o $BUILD/sanitize
$BUILD/sanitize
