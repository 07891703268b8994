"""Build the C kernels as an optional extension: without a compiler the package installs, and libsodium serves."""

import platform
import struct
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

FOLDER = "psimatch/kernel/c"
SOURCES = ["module.c", "scalars.c", "records.c", "wiping.c", "portable.c"]
X86_SOURCES = ["avx2.c", "ifma.c"]
AVX512 = ["-mavx512f", "-mavx512ifma", "-mavx512vl", "-mavx512dq", "-mavx512bw"]

# The portable code is slower vectorized.
FLAGS = {"portable.c": ["-O3", "-fno-tree-vectorize"], "avx2.c": ["-O3", "-mavx2"], "ifma.c": ["-O3", *AVX512]}


class BuildKernels(build_ext):
    """Compile each source with flags of its own: they move the speed by a factor of two (see kernel/c)."""

    def build_extension(self, extension):
        """Compile and link; `optional=True` turns an error into a warning."""
        compiler_compile = self.compiler._compile

        def compile_one(target, source, suffix, arguments, options, preprocessor):
            # Debug information would name the folder of the build, and no two builds would give the same bytes.
            own = FLAGS.get(source.rpartition("/")[2], ["-O2"])
            compiler_compile(target, source, suffix, [*arguments, *own, "-g0"], options, preprocessor)

        self.compiler._compile = compile_one
        if platform.machine() in ("x86_64", "AMD64"):
            # They run only where the processor has the instructions; the module asks at its import.
            for source in X86_SOURCES:
                self._add(extension, source)
        super().build_extension(extension)

    def _add(self, extension, source):
        """Add a kernel whose instructions the compiler may not know."""
        name = source.removesuffix(".c")
        try:
            extension.extra_objects += self.compiler.compile(
                [f"{FOLDER}/{source}"], output_dir=self.build_temp, debug=self.debug
            )
            extension.define_macros.append((f"PSIMATCH_WITH_{name.upper()}", None))
        except CompileError as error:
            self.warn(f"building without the kernel {name}: {error}")


# The kernels use 128-bit integers and GNU vector types: gcc or clang on a 64-bit machine. Elsewhere: none.
SUPPORTED = sys.platform != "win32" and struct.calcsize("P") == 8

setup(
    cmdclass={"build_ext": BuildKernels},
    ext_modules=[
        Extension(
            "psimatch.kernel._c",
            [f"{FOLDER}/{source}" for source in SOURCES],
            depends=sorted(str(source) for source in Path(FOLDER).glob("*.[ch]")),
            define_macros=[("Py_LIMITED_API", "0x030B0000")],
            py_limited_api=True,
            optional=True,
        )
    ]
    if SUPPORTED
    else [],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if SUPPORTED else {},
)
