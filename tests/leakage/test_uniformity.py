"""What a session draws and sends looks uniform, over many sessions: tags, claims, elements, blinds, dummies, contacts."""

import os

import pytest
from sessions import Wire, make_agreement, make_client, make_server
from uniformity import SkewedError, all_different, bits, counts, cut, unit_interval

from psimatch import oprf, randomness
from psimatch.identifiers import text
from psimatch.kernel import select
from psimatch.messages import Claims, Contacts, Evaluated, Tags
from psimatch.oprf import voprf
from psimatch.oprf.suite import Mode, hash_to_group_dst
from psimatch.parameters import Role
from psimatch.prf import CLAIM, OUTPUT_BYTES, TAG

# An encoding is that of a nonnegative field element below 2^255 - 19 (RFC 9496 §4.3.2): even, and without bit 255.
ELEMENT_FIXED = {0, 255}
# Below the order of the group, which is 2^252 and a little.
SCALAR_FIXED = {252, 253, 254, 255}
SESSIONS, ITEMS = 120, 16
KERNELS = select.available()


def assert_elements(what, elements):
    bits(what, elements, ELEMENT_FIXED)
    all_different(what, elements)
    unit_interval(what, [int.from_bytes(element, "little") / (2**255 - 19) for element in elements])


def assert_scalars(what, scalars):
    bits(what, scalars, SCALAR_FIXED)
    all_different(what, scalars)
    unit_interval(what, [int.from_bytes(scalar, "little") / 2**252 for scalar in scalars])


def assert_hashes(what, hashes):
    """Uniform bytes, whatever their length."""
    bits(what, hashes)
    all_different(what, hashes)
    unit_interval(what, [int.from_bytes(value[:8], "big") / 2**64 for value in hashes])


def assert_unrelated(what, ones, others, fixed=()):
    """Of two things of one length, side by side, the one tells nothing of the other: where they differ is uniform."""
    pairs = zip(ones, others, strict=True)
    bits(what, [bytes(a ^ b for a, b in zip(one, other, strict=True)) for one, other in pairs], fixed)


# Sessions: the same two lists, of which all match, again and again, with one contact for all.


def run_sessions(count):
    """What each sort of message held over so many sessions, in order."""
    agreement = make_agreement(max_items=ITEMS)
    words = {text(f"word {n}"): "ring us" for n in range(ITEMS)}
    seen = {
        name: []
        for name in ("Tags", "Blinded", "Evaluated", "claims", "contacts", "answers", "keys", "blinds", "secrets")
    }
    for _ in range(count):
        client, server = make_client(agreement, words), make_server(agreement, words)
        wire = Wire(client, server)
        listen(client, seen)
        listen(server, seen)
        wire.run()
        assert len(wire.results[Role.CLIENT].matches) == ITEMS
    return seen


def listen(session, seen):
    send = session._send

    def listening(message, fill_to=0):
        match message:
            case Tags():
                seen["Tags"] += cut(message.tags, 16)
                seen["keys"].append(session._key.public_key)
                # Copied, since the session wipes its own.
                seen["secrets"].append(bytes(bytearray(session._key.secret)))
            case Evaluated():
                seen["Evaluated"] += cut(message.elements, 32)
            case Claims():
                seen["claims"] += cut(message.claims, 16)
                seen["contacts"] += cut(message.contacts, 64)
            case Contacts():
                seen["answers"] += cut(message.contacts, 64)
            case _ if hasattr(message, "elements"):
                seen["Blinded"] += cut(message.elements, 32)
                seen["blinds"] += cut(session._blindings[0][1].blinds, 32)
        return send(message, fill_to)

    session._send = listening


@pytest.fixture(scope="module")
def seen():
    return run_sessions(SESSIONS)


@pytest.mark.parametrize("name", ["Tags", "claims", "contacts", "answers"])
def test_what_is_sent_is_uniform(seen, name):
    assert len(seen[name]) == SESSIONS * ITEMS
    # Sorted within a session, so their order is no chance; over the sessions together they are.
    assert_hashes(name, seen[name])


@pytest.mark.parametrize("name", ["Blinded", "Evaluated"])
def test_elements_that_are_sent_are_uniform(seen, name):
    assert_elements(name, seen[name])
    assert_unrelated(name, seen[name][ITEMS:], seen[name][:-ITEMS], ELEMENT_FIXED)


def test_keys_and_blinds_are_uniform(seen):
    assert_elements("session public keys", seen["keys"])
    assert_scalars("session keys", seen["secrets"])
    assert_scalars("blinds", seen["blinds"])
    assert_unrelated("blinds", seen["blinds"][1:], seen["blinds"][:-1], SCALAR_FIXED)


def test_contacts_in_both_directions_are_unrelated(seen):
    """One contact, under one match secret, once for each side."""
    assert_unrelated("contacts and answers", seen["contacts"], seen["answers"])
    assert_unrelated("contacts of one session", seen["contacts"][1:], seen["contacts"][:-1])


def test_places_of_tags_among_all_are_uniform(seen):
    """The first byte of a tag: which of 16 equal parts of the range it falls into."""
    found = [0] * 16
    for tag in seen["Tags"]:
        found[tag[0] >> 4] += 1
    counts("first digits of tags", found)


# The parts of one PRF output don't tell of each other.


@pytest.mark.parametrize("name", KERNELS)
def test_parts_of_outputs_are_uniform_and_unrelated(name, monkeypatch):
    monkeypatch.setattr("psimatch.kernel.evaluate_inputs", select.load(name).evaluate_inputs)
    monkeypatch.setattr("psimatch.kernel.finalize_each", select.load(name).finalize_each)
    outputs = []
    for _ in range(4):
        key = oprf.generate_key_pair()
        # Inputs that differ in few bits, as BSNs do.
        outputs += cut(oprf.evaluate(key, [b"nl-bsn %09d" % n for n in range(400)]), OUTPUT_BYTES)
    assert_hashes("outputs", outputs)
    for one, other in ((TAG, CLAIM), (TAG, slice(32, 48)), (CLAIM, slice(48, 64))):
        assert_unrelated(f"{one} and {other}", [item[one] for item in outputs], [item[other] for item in outputs])
    assert_unrelated("one input under two keys", outputs[400:], outputs[:-400])
    assert_unrelated("inputs side by side", outputs[1:], outputs[:-1])


# Blinding, additive and multiplicative, with each kernel.


def blinded(name, monkeypatch, *, additive, count=1200):
    """One identifier, blinded so many times."""
    kernel = select.load(name)
    for operation in ("blind_inputs", "multiply_each", "hash_inputs"):
        monkeypatch.setattr(f"psimatch.kernel.{operation}", getattr(kernel, operation))
    inputs = [b"one identifier"] * count
    blinds = voprf.random_scalars(count)
    made = voprf.blind_with(inputs, blinds, additive=additive)
    return cut(made.blinded_elements, 32), cut(blinds, 32)


@pytest.mark.parametrize("additive", [False, True])
@pytest.mark.parametrize("name", KERNELS)
def test_one_identifier_blinded_again_is_another_element(name, additive, monkeypatch):
    elements, blinds = blinded(name, monkeypatch, additive=additive)
    assert_elements("blinded", elements)
    assert_unrelated("blinded", elements[1:], elements[:-1], ELEMENT_FIXED)
    assert_scalars("blinds", blinds)
    # An element does not show its blind either. The first byte and the last have bits that are fixed.
    assert_unrelated("element and blind", [item[1:31] for item in elements], [item[1:31] for item in blinds])


@pytest.mark.parametrize("name", KERNELS)
def test_hashes_to_the_group_are_uniform(name):
    hashed = select.load(name).hash_inputs(hash_to_group_dst(Mode.VOPRF), [b"%09d" % n for n in range(1200)])
    assert_elements("hashed", cut(hashed, 32))


def test_dummies_are_uniform_and_never_come_again():
    agreement = make_agreement(max_items=64)
    dummies = []
    for _ in range(20):
        own = make_client(agreement, {})._own
        own.fill()
        own.shuffle()
        dummies += [own.identifier(place).value for place in range(64)]
    assert_hashes("dummies", dummies)


# The same statistics find what is not uniform.


BIASES = {
    "small": lambda size: bytes(size - size // 2) + os.urandom(size // 2),
    "one bit set": lambda size: bytes(byte | 1 for byte in os.urandom(size)),
    "few": lambda size: (os.urandom(1) * 64)[:64] * (size // 64),
    "the same again": lambda size: bytes(range(64)) * (size // 64),
}


@pytest.mark.parametrize("additive", [False, True])
@pytest.mark.parametrize("name", ["few", "the same again"])
def test_biased_blinds_are_found_in_the_elements(name, additive, monkeypatch):
    monkeypatch.setattr(randomness, "random_bytes", BIASES[name])
    elements, _ = blinded(KERNELS[-1], monkeypatch, additive=additive)
    with pytest.raises(SkewedError):
        assert_elements("blinded", elements)


def test_blinds_of_too_few_bits_are_found(monkeypatch):
    """No element shows it; the blinds do."""
    monkeypatch.setattr(
        "psimatch.kernel.reduce_scalars", lambda wide: b"".join(b"\x01" + item[1:31] + b"\0" for item in cut(wide, 64))
    )
    elements, blinds = blinded(KERNELS[-1], monkeypatch, additive=True)
    assert_elements("blinded", elements)
    with pytest.raises(SkewedError):
        assert_scalars("blinds", blinds)


@pytest.mark.parametrize("name", ["small", "one bit set"])
def test_biased_dummies_are_found(name, monkeypatch):
    monkeypatch.setattr("psimatch.own_set.randomness.random_bytes", BIASES[name])
    with pytest.raises(SkewedError):
        test_dummies_are_uniform_and_never_come_again()


def test_a_blind_used_twice_is_found(monkeypatch):
    elements, blinds = blinded(KERNELS[-1], monkeypatch, additive=True, count=200)
    with pytest.raises(SkewedError):
        all_different("blinds", blinds + blinds[:1])
    with pytest.raises(SkewedError):
        assert_elements("blinded", elements + elements[:1])


def test_a_contact_key_used_twice_is_found(seen):
    """Two contacts under one key differ as their texts do."""
    answers = [
        bytes(a ^ b for a, b in zip(item, b"ring us to ring you".ljust(64), strict=True)) for item in seen["contacts"]
    ]
    with pytest.raises(SkewedError):
        assert_unrelated("contacts and answers", seen["contacts"], answers)


def test_a_tag_that_repeats_over_sessions_is_found(seen):
    """As it would with a key that served two."""
    with pytest.raises(SkewedError):
        all_different("tags", [*seen["Tags"], seen["Tags"][0]])


def test_a_bit_that_leaks_is_found(seen):
    """A tag whose lowest bit says that it belongs to a dummy, which are a third."""
    skewed = [tag[:-1] + bytes([tag[-1] & 254 | (number % 3 == 0)]) for number, tag in enumerate(seen["Tags"])]
    with pytest.raises(SkewedError):
        assert_hashes("tags", skewed)
