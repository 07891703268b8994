"""Signatures that no honest party makes: under keys of low order, and in a second form (psimatch-1 §2.2)."""

import pytest
from sessions import CARE

from psimatch.identity import PublicIdentity, WrongSignatureError

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
# y of the points whose order divides 8, and p and p + 1, which stand for 0 and 1 in another form.
LOW_ORDER = [
    0, 1, P - 1, P, P + 1,
    2707385501144840649318225287225658788936804267575313519463743609750303402022,
    55188659117513257062467267217118295137698188065244968500265048394206261417927,
]  # fmt: skip
NEUTRAL = (1).to_bytes(32, "little")


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("y", LOW_ORDER, ids=range(len(LOW_ORDER)))
def test_a_key_of_low_order_signs_nothing(y, sign):
    """Under the neutral element the signature of R = the neutral element and S = 0 fits every message."""
    key = (y | sign << 255).to_bytes(32, "little")
    public = PublicIdentity("Nobody", key, CARE.public.sealing_key)
    for r in (NEUTRAL, key):
        with pytest.raises(WrongSignatureError):
            public.verify(b"whatever", r + bytes(32))


def test_a_signature_has_one_form():
    signature = CARE.sign(b"message")
    CARE.public.verify(b"message", signature)
    other = (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little")
    for changed in (signature[:32] + other, NEUTRAL + signature[32:], signature[:-1], signature + b"\0"):
        with pytest.raises(WrongSignatureError):
            CARE.public.verify(b"message", changed)
