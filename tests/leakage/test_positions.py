"""The order of rows, dummies and matches does not show: what stands where is uniform over many sessions."""

import random
from dataclasses import replace

import pytest
from sessions import Wire, make_agreement, make_client, make_server
from uniformity import SkewedError, counts, cut

from psimatch import oprf
from psimatch.identifiers import text
from psimatch.kernel import records
from psimatch.matching import Candidates
from psimatch.messages import Blinded, Claims, Tags
from psimatch.own_set import OwnSet
from psimatch.parameters import Role
from psimatch.prf import OUTPUT_BYTES, TAG, encoded, input_prefix

PLACES, REAL = 6, 4
WORDS = [text(f"word {n}") for n in range(REAL)]
SESSIONS, SHUFFLES = 200, 15_000


def assert_uniform(what, table):
    """Each row of a table: how often one identifier stood at each place."""
    for number, row in enumerate(table):
        counts(f"{what} {number}", row)


def empty_table(rows=REAL):
    return [[0] * PLACES for _ in range(rows)]


# The shuffle alone, very often.


def shuffled(times):
    """How often each identifier, and any dummy, stood at each place; and after which other."""
    places, dummies, after = empty_table(), [0] * PLACES, empty_table(PLACES)
    own = make_client(make_agreement(max_items=PLACES), dict.fromkeys(WORDS, ""))._own
    own.fill()
    for _ in range(times):
        own.shuffle()
        order = list(own._places)
        for place, item in enumerate(order):
            if own.is_dummy(place):
                dummies[place] += 1
            else:
                places[item][place] += 1
            after[item][order[place - 1]] += 1
    return places, dummies, after


def assert_shuffled(times=SHUFFLES):
    places, dummies, after = shuffled(times)
    assert_uniform("place of identifier", places)
    counts("places of dummies", dummies)
    for item, row in enumerate(after):
        counts(f"what stands before {item}", row[:item] + row[item + 1 :])


def test_each_order_of_the_own_set_is_as_likely():
    assert_shuffled()


# Whole sessions: where what was sent for an identifier stands in what the peer got.


def positions(role, times, prepare=lambda session: None):
    """How often each identifier of one side stood at each place of its Blinded, or of its Tags."""
    agreement = make_agreement(max_items=PLACES)
    own, peer = dict.fromkeys(WORDS, "desk"), dict.fromkeys(WORDS[1:4], "unit")
    table, claims = empty_table(), empty_table(3)
    for _ in range(times):
        lists = (own, peer) if role is Role.CLIENT else (peer, own)
        client, server = make_client(agreement, lists[0]), make_server(agreement, lists[1])
        prepare(client if role is Role.CLIENT else server)
        found = listen(client, server)
        Wire(client, server).run()
        for number, place in enumerate(place_of_each(role, found)):
            table[number][place] += 1
        for number, place in enumerate(found["claimed"]):
            claims[number][place] += 1
    return table, claims


def listen(client, server):
    """Note what the sessions send, and the secrets by which the test knows what it was made of."""
    found = {"claimed": []}
    for session in (client, server):
        send = session._send

        def listening(message, fill_to=0, session=session, send=send):
            prefix = input_prefix(session.terms.id, session._channel.session_id)
            inputs = [prefix + encoded(word) for word in WORDS]
            match message:
                case Blinded():
                    found["inputs"], found["elements"] = inputs, message.elements
                    # Copied, since the session wipes its own.
                    blinding = session._blindings[0][1]
                    found["blinding"] = replace(blinding, blinds=bytes(bytearray(blinding.blinds)))
                case Tags():
                    outputs = cut(oprf.evaluate(session._key, inputs), OUTPUT_BYTES)
                    found["tags"], found["own tags"] = cut(message.tags, 16), [item[TAG] for item in outputs]
                case Claims():
                    # In the order of the claims, which are those of the candidates.
                    names = [session._own.identifier(place) for place in session._candidates.places]
                    found["claimed"] = [names.index(word) for word in WORDS[1:4]]
            return send(message, fill_to)

        session._send = listening
    return found


def place_of_each(role, found):
    if role is Role.SERVER:
        return [found["tags"].index(tag) for tag in found["own tags"]]
    elements, blinding = cut(found["elements"], 32), found["blinding"]
    places = []
    for item in found["inputs"]:
        # The element that this identifier gives with the blind of each place: one of them was sent.
        again = oprf.voprf.blind_with([item] * PLACES, blinding.blinds, additive=blinding.additive)
        places.append(
            [one == other for one, other in zip(cut(again.blinded_elements, 32), elements, strict=True)].index(True)
        )
    return places


@pytest.fixture(scope="module", params=Role)
def found(request):
    return positions(request.param, SESSIONS)


def test_the_place_of_what_is_sent_is_independent_of_the_place_in_the_list(found):
    assert_uniform("place of identifier", found[0])


def test_the_place_of_a_claim_is_independent_of_the_place_in_the_list(found):
    assert_uniform("place of claim", [row[:3] for row in found[1]])


# The same statistics find an order that shows.


def no_shuffle(own):
    own._places = records.array("I", range(PLACES))


def dummies_last(own):
    order = random.sample(range(REAL), REAL)
    own._places = records.array("I", [*order, *range(REAL, PLACES)])


def naive_swaps(own):
    """Each place swapped with any: some of the orders are then half as likely again as others."""
    order = list(range(PLACES))
    for place in range(PLACES):
        other = random.randrange(PLACES)
        order[place], order[other] = order[other], order[place]
    own._places = records.array("I", order)


def rotation(own):
    """Each place as likely for each, but the order stays."""
    by = random.randrange(PLACES)
    own._places = records.array("I", [(place + by) % PLACES for place in range(PLACES)])


LEAKS = {"no shuffle": no_shuffle, "dummies last": dummies_last, "naive swaps": naive_swaps, "rotation": rotation}


@pytest.mark.parametrize("name", LEAKS)
def test_an_order_that_shows_is_found(name, monkeypatch):
    monkeypatch.setattr(OwnSet, "shuffle", LEAKS[name])
    with pytest.raises(SkewedError):
        assert_shuffled()


@pytest.mark.parametrize("name", ["no shuffle", "dummies last"])
def test_an_order_that_shows_in_blinded_is_found(name, monkeypatch):
    monkeypatch.setattr(OwnSet, "shuffle", LEAKS[name])
    with pytest.raises(SkewedError):
        assert_uniform("place of identifier", positions(Role.CLIENT, SESSIONS)[0])


def test_tags_in_the_order_of_the_list_are_found(monkeypatch):
    """Neither shuffled nor sorted; the client is made to take them so."""
    monkeypatch.setattr(OwnSet, "shuffle", no_shuffle)
    monkeypatch.setattr(
        "psimatch.server.order", lambda rows, width, column: records.array("I", range(len(rows) // width))
    )
    monkeypatch.setattr("psimatch.client.ascends", lambda values, size: True)
    with pytest.raises(SkewedError):
        assert_uniform("place of identifier", positions(Role.SERVER, SESSIONS)[0])


def test_claims_in_the_order_of_the_list_are_found(monkeypatch):
    monkeypatch.setattr(OwnSet, "shuffle", no_shuffle)
    monkeypatch.setattr(Candidates, "sort", lambda self: None)
    monkeypatch.setattr("psimatch.server.ascends", lambda values, size: True)
    with pytest.raises(SkewedError):
        assert_uniform("place of claim", [row[:3] for row in positions(Role.CLIENT, SESSIONS)[1]])
