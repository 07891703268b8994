"""Selectors: a connecting server tells a listening client which agreement it means; psimatch and the reference agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from second_implementation import ref
from sessions import CARE, POLICE, STRANGER, make_agreement, make_client, make_server

from psimatch.digest import length_prefixed
from psimatch.errors import AgreementMismatchError
from psimatch.parameters import Label
from psimatch.sealing import seal
from psimatch.selector import SELECTOR_BYTES, open_selector, seal_selector

AGREEMENT = make_agreement()
ID = AGREEMENT.terms.id


def test_a_selector_opens_for_its_client_and_agreement_alone():
    server, client = make_server(AGREEMENT, {}), make_client(AGREEMENT, {})
    sealed = server.selector.sealed()
    assert len(sealed) == SELECTOR_BYTES == ref.SELECTOR == 1_168
    assert open_selector(sealed, CARE) == ID
    client.selector.check(sealed)
    with pytest.raises(AgreementMismatchError, match="can't be opened"):
        open_selector(sealed, STRANGER)
    with pytest.raises(AgreementMismatchError, match="not served here") as caught:
        client.selector.check(seal_selector(make_agreement(title="Another").terms.id, CARE.public))
    assert caught.value.hint


def test_two_selectors_of_one_agreement_have_nothing_in_common():
    """Whoever sees two connections can't tell whether they are about the same agreement."""
    one, other = (seal_selector(ID, CARE.public) for _ in range(2))
    assert not any(one[at : at + 16] in other for at in range(0, SELECTOR_BYTES - 16, 16))


@pytest.mark.parametrize("plaintext", [b"", ID[:31], ID + b"\0"])
def test_what_is_sealed_as_a_selector_and_is_no_agreement_id_is_refused(plaintext):
    sealed = seal(plaintext, CARE.public.sealing_key, length_prefixed(Label.SELECTOR))
    with pytest.raises(AgreementMismatchError, match="names no agreement"):
        open_selector(sealed, CARE)


def test_what_is_sealed_for_another_use_is_no_selector():
    with pytest.raises(AgreementMismatchError, match="can't be opened"):
        open_selector(seal(ID, CARE.public.sealing_key, length_prefixed(Label.SEAL)), CARE)


SEALED = seal_selector(ID, CARE.public)


@given(st.one_of(st.binary(max_size=1_300), st.integers(0, 8 * SELECTOR_BYTES - 1)))
def test_any_bytes_and_any_changed_bit_are_refused(given_bytes):
    changed = given_bytes
    if isinstance(given_bytes, int):
        flipped = bytearray(SEALED)
        flipped[given_bytes // 8] ^= 1 << given_bytes % 8
        changed = bytes(flipped)
    with pytest.raises(AgreementMismatchError):
        open_selector(changed, CARE)


def test_the_reference_opens_what_psimatch_seals_and_psimatch_what_it_seals():
    identity = ref.Identity(CARE.seed)
    public = ref.PublicIdentity(CARE.public.signing_key, CARE.public.sealing_key)
    assert ref.open_selector(identity, seal_selector(ID, CARE.public)) == ID
    assert open_selector(ref.seal_selector(public, ID), CARE) == ID
    with pytest.raises(ref.RefusedError):
        ref.open_selector(identity, seal_selector(ID, POLICE.public))
