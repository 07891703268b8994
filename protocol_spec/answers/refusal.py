"""How an operation refuses, and how bytes are written in JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from protocol_spec.reference import RefusedError

Operation = Callable[[dict[str, Any]], dict[str, Any]]
ACCEPTED: dict[str, Any] = {"accepted": True}

# The class in which a reason of the reference is refused; what is not here is its own class.
CLASSES = {
    **dict.fromkeys(("length", "not canonical", "negative", "identity", "not on the group", "input"), "element"),
    "scalar": "proof",
    **dict.fromkeys(("encoding", "message type", "message fields", "root", "fill", "ephemeral key"), "message"),
    **dict.fromkeys(
        ("length or magic", "direction", "sequence number", "session id", "seal", "plaintext", "received"), "envelope"
    ),
    "agreement id": "agreement",
    "signature": "identity",
    "agreement signature": "signature",
    "set size": "set_size",
    "claims": "claim",
}


class RefusalError(Exception):
    """An operation refuses its input, in one of the classes of vectors/README.md."""

    def __init__(self, refused: str, **more: Any) -> None:
        super().__init__(refused)
        self.refused = refused
        self.more = more


def class_of(error: RefusedError) -> str:
    """Return the class of a refusal by the reference."""
    return CLASSES.get(error.reason, error.reason)


@contextmanager
def refusing(as_class: str = "") -> Iterator[None]:
    """Refuse in this class, or in that of the reason, what the reference refuses."""
    try:
        yield
    except RefusedError as error:
        raise RefusalError(as_class or class_of(error)) from None


def accept(holds: bool, otherwise: str) -> dict[str, Any]:
    """Return that the input is accepted, or refuse it in a class."""
    if not holds:
        raise RefusalError(otherwise)
    return ACCEPTED


def unhex(items: list[str]) -> list[bytes]:
    """Return each of some byte strings."""
    return [bytes.fromhex(item) for item in items]


def plain(value: Any) -> Any:
    """Turn bytes into hex all the way down."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value
