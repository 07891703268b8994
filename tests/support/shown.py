"""Search what a program shows (texts, reprs, tracebacks, files) for secrets, however bytes may be written there."""

import base64
import gc
import io
import traceback


class ShownError(AssertionError):
    """A secret stands where it can be read."""


def writings(secret):
    """The ways in which a text may hold bytes, or a part of them that is long enough to be no chance."""
    if isinstance(secret, str):
        secret = secret.encode()
    quoted = repr(secret)[2:-1]
    yield quoted
    yield repr(bytearray(secret))[12:-2]
    yield secret.hex()
    yield base64.b64encode(secret).decode().rstrip("=")[:-1]
    if len(secret) >= 16:
        yield str(int.from_bytes(secret, "little"))
        yield str(int.from_bytes(secret, "big"))
        yield secret[:8].hex()
        yield repr(secret[:12])[2:-1]


def refuse(secrets, **texts):
    """Raise if a text holds one of the secrets; both have names."""
    for name, secret in secrets.items():
        ways = set(writings(secret))
        for where, text in texts.items():
            folded = text.casefold()
            if any(way in text or way.casefold() in folded for way in ways):
                raise ShownError(f"{name} stands in {where}")


def printed(error):
    """What Python prints of an error that nobody catches: with its causes, and the lines of code that led to it."""
    stream = io.StringIO()
    traceback.print_exception(error, file=stream)
    return stream.getvalue()


def objects_of(package):
    """All objects of classes of a package that are alive."""
    return [
        found
        for found in gc.get_objects()
        if not isinstance(found, type) and type(found).__module__.split(".")[0] == package
    ]
