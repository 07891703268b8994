"""Faults planted on purpose, one of each sort: the fuzzer must find them, or it would find no other."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from psimatch import canonical, flag_files
from psimatch.errors import FieldError, MessageFormatError
from psimatch.identifiers import bsn
from psimatch.oprf import dleq
from psimatch.transports import frames


@dataclass(frozen=True)
class Control:
    """The target that must find the fault, what it then says, what plants the fault, and whether the seeds may help."""

    target: str
    says: str
    plant: Callable[[], None]
    seeded: bool = True


def crash():
    """Fail on two letters, which have to be found one by one."""
    decode = canonical.decode

    @functools.wraps(decode)
    def faulty(data, **options):
        if len(data) > 1 and data[0] == 0x70 and data[1] == 0x73:
            raise IndexError("planted")
        return decode(data, **options)

    canonical.decode = faulty


def other_encodings():
    """Take messages that are not in their one form."""

    def faulty(data, **_options):
        try:
            return canonical.msgpack.unpackb(data, raw=False, strict_map_key=True, max_ext_len=0, max_array_len=16)
        except (ValueError, TypeError, canonical.msgpack.exceptions.UnpackException) as error:
            raise MessageFormatError("a message is not msgpack") from error

    canonical.decode = faulty


def declared_lengths():
    """Make room for what a frame announces."""
    read = frames.FrameBuffer.next_frame

    def faulty(self):
        bytearray(min(int.from_bytes(self._bytes[:4], "big"), 1 << 28))
        return read(self)

    frames.FrameBuffer.next_frame = faulty


def endless():
    """Match by an expression that takes for ever on some texts."""
    hangs = re.compile("(a+)+b")
    read = flag_files._decode

    def faulty(data):
        hangs.match("a" * (data.count(b"~") * 40))
        return read(data)

    flag_files._decode = faulty


def telling():
    """Repeat in an error what stood in the cell."""
    parse = bsn.eleven_test.is_valid

    def faulty(digits):
        if not parse(digits):
            raise FieldError("bsn", f"{digits} fails the eleven-test", "compare it")
        return True

    bsn.eleven_test = type("eleven_test", (), {"is_valid": staticmethod(faulty)})


def unproven():
    """Take evaluated elements without their proof."""
    dleq.verify = lambda *_arguments, **_options: None


CONTROLS = {
    "crash": Control("messages", "IndexError: planted", crash, seeded=False),
    "other-encodings": Control("messages", "that is not the one form", other_encodings, seeded=False),
    "declared-lengths": Control("frames", "bytes were allocated", declared_lengths, seeded=False),
    "endless": Control("flags", "ERROR: libFuzzer: timeout", endless, seeded=False),
    "telling": Control("flags", "a text shows what stands in the input", telling),
    "unproven": Control("sessions", "was taken for an honest one", unproven),
}
