"""What goes wrong tells nothing: one Abort, one length; and no text, log, repr or traceback holds a secret."""

import dataclasses
import importlib
import importlib.util
import pkgutil
from pathlib import Path

import pytest
from sessions import AUDITOR, CARE, POLICE, Wire, make_agreement, make_client, make_server
from shown import ShownError, objects_of, printed, refuse
from uniformity import SkewedError

import psimatch
from psimatch import oprf, states
from psimatch.errors import AbortCode, PsimatchError
from psimatch.identifiers import text
from psimatch.messages import Abort
from psimatch.parameters import Role
from psimatch.session import Session
from psimatch.wire import encode


def load_hostile_peers():
    """The attacks of the unit tests."""
    path = Path(__file__).parents[1] / "unit" / "test_hostile_peers.py"
    found = importlib.util.spec_from_file_location("hostile_peers", path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


hostile = load_hostile_peers()
# Words that stand nowhere else; letters and digits that no message of psimatch has.
COMMON = ["xylofoon7731", "quagga8842"]
WORDS = ([*COMMON, "zwezerik9953"], [*COMMON, "yoghurt1164"])
CANARIES = {word: word for words in WORDS for word in words}


def secrets_of(*sessions):
    """All that is secret in sessions that run, by name."""
    found = dict(CANARIES)
    for session in sessions:
        role = session.role.value
        for name, identity in (("care", CARE), ("police", POLICE)):
            found[f"{name} signing key"] = identity._signing_key.encode()
        if getattr(session, "_key", None) is not None:
            found[f"{role} key"] = bytes(bytearray(session._key.secret))
            found[f"{role} outputs"] = bytes(session._outputs[:64]) or b"none there yet"
        for number, (_, blinding) in enumerate(getattr(session, "_blindings", ())):
            found[f"{role} blind {number}"] = blinding.blinds[:32]
        if getattr(session, "_tags", b""):
            found[f"{role} tag"] = bytes(session._tags[:16])
    return found


def attacked(name):
    """Run an attack on lists of canaries; return the wire, the victim's role, and what was secret in it."""
    kind, change, *_ = hostile.ATTACKS[name]
    secrets = {}

    def watching(message):
        # Who attacks changes a message; by then the sessions have their secrets.
        for found in objects_of("psimatch"):
            if isinstance(found, Session) and found.state is not states.State.NEW and not found.ended:
                secrets.update(secrets_of(found))
        return change(message)

    wire, victim = hostile.attack(kind, watching, words=WORDS)
    return wire, victim, secrets


@pytest.fixture(scope="module")
def attacks():
    return {name: attacked(name) for name in hostile.ATTACKS}


def lengths_of_aborts(attacks):
    """The envelope of each Abort after the first Evaluated, by its attack."""
    found = {}
    for name, (wire, victim, _) in attacks.items():
        if wire.errors[victim.peer].reason is AbortCode.FAILED:
            found[name] = len(wire.sent[victim][-1])
    return found


def test_every_abort_after_the_first_evaluated_is_one(attacks):
    assert len(lengths_of_aborts(attacks)) >= 17
    assert_one_abort(attacks)


def assert_one_abort(attacks):
    for name, (wire, victim, _) in attacks.items():
        evaluated = any(error in name for error in ("evaluated", "proof", "claim", "contact", "receipt"))
        reason = wire.errors[victim.peer].reason
        if evaluated and reason is not AbortCode.FAILED:
            raise SkewedError(f"{name}: the abort says {reason.name}")
        if evaluated and wire.sent[victim][-1][:10] != wire.sent[victim][0][:10]:
            raise SkewedError(f"{name}: what came last is no envelope")
    if len(set(lengths_of_aborts(attacks).values())) != 1:
        raise SkewedError("aborts differ in length")


@pytest.mark.parametrize("name", hostile.ATTACKS)
def test_no_error_shows_a_secret(name, attacks):
    wire, _, secrets = attacks[name]
    for role, error in wire.errors.items():
        refuse(secrets, **{f"error of {role.value}": f"{error}\n{error!r}\n{error.hint}\n{printed(error)}"})


def test_the_search_knows_the_secrets(attacks):
    names = {name for _, _, secrets in attacks.values() for name in secrets}
    assert names >= {*CANARIES, "care signing key", "server key", "server outputs", "client blind 0", "client tag"}


def test_an_abort_for_a_person_is_as_long_as_any():
    lengths = {len(encode(Abort(code))) for code in AbortCode}
    assert len(lengths) == 1


# Reprs: of every object that is alive in a session, at every step.


def reprs_during(agreement, **options):
    """The repr of all objects of psimatch at each envelope of a session, and what was secret by then."""
    client = make_client(agreement, dict.fromkeys(map(text, WORDS[0]), "ring xylofoon7731"), **options)
    server = make_server(agreement, dict.fromkeys(map(text, WORDS[1]), "ring quagga8842"), **options)
    secrets, shown = {}, []

    def note(_role, _number, envelope):
        secrets.update(secrets_of(client, server))
        shown.append("\n".join(map(repr, objects_of("psimatch"))))
        return [envelope]

    found = Wire(client, server, note).run()
    assert not found.errors
    shown += ["\n".join(map(repr, (*found.results.values(), *found.results[Role.CLIENT].matches)))]
    return secrets, "\n".join(shown)


@pytest.mark.parametrize("audited", [False, True])
def test_no_repr_shows_a_secret(audited):
    terms = {"auditor": AUDITOR.public.fingerprint_text} if audited else {}
    options = {"auditor": AUDITOR.public, "case_refs": {text(COMMON[0]): "quagga8842"}} if audited else {}
    secrets, shown = reprs_during(make_agreement(max_items=4, **terms), **options)
    assert {"server key", "client blind 0", "client tag"} <= set(secrets)
    assert "ClientSession" in shown
    assert "ServerKey" in shown
    refuse(secrets, reprs=shown)


# Fields of bytes or text that a repr may show: public, digests, or counts. What is not here must be left out of it.
PUBLIC_FIELDS = {
    "acknowledged", "agreement_id", "auditor", "blinded", "case_rows", "charged", "client_digest", "client_ledger_head",
    "context", "evaluated", "fingerprint", "head", "header", "hello", "kernel", "kind", "label", "large_budget_reason",
    "delimiter", "address", "phase", "event", "violations", "last_receipt", "ledger_head", "legal_basis", "name", "nonce", "operator", "parties", "party", "peer_signature",
    "phone_region", "predecessor", "previous", "proof", "public_key", "purpose", "reference",
    # Of lists: what the header calls a column, what is wrong with a cell, and never what stands in it.
    "field", "begun", "problem", "remedy", "filled", "hidden", "last",
    "rest", "role", "root", "server_digest", "server_ledger_head", "session_id", "sessions", "signature",
    "signatures", "signing_key", "title", "valid_from", "valid_until", "body",
}  # fmt: skip


def data_classes():
    for module in pkgutil.walk_packages(psimatch.__path__, "psimatch."):
        if module.name.endswith((".__main__", "._c")):
            continue
        for found in vars(importlib.import_module(module.name)).values():
            if dataclasses.is_dataclass(found) and isinstance(found, type) and found.__module__ == module.name:
                yield found


def shown_fields():
    for found in data_classes():
        for field in dataclasses.fields(found):
            if field.repr and found.__dataclass_params__.repr and "__repr__" in vars(found):
                yield found, field


def test_a_field_that_a_repr_shows_is_known_to_be_public():
    shown = [
        f"{found.__module__}.{found.__qualname__}.{field.name}: {field.type}"
        for found, field in shown_fields()
        # Functions; messages, which have reprs of their own; envelopes.
        if "Callable" not in str(field.type)
        and f"{found.__name__}.{field.name}" not in ("Evidence.sent", "_Pipe.queues")
        if any(word in str(field.type).replace("[", " ").replace("]", " ").split() for word in ("bytes", "str"))
        and field.name not in PUBLIC_FIELDS
        and ".cli." not in found.__module__
    ]
    assert not shown, "\n".join(shown)


# The same search finds what is shown.


def test_an_abort_that_tells_its_reason_is_found(monkeypatch):
    def telling(self, reason):
        try:
            return self._send(Abort(reason))
        finally:
            self._end(states.State.ABORTED)

    monkeypatch.setattr(Session, "_abort", telling)
    with pytest.raises(SkewedError):
        assert_one_abort({name: attacked(name) for name in ("proof wrong", "a claim repeated", "half a claim")})


def test_a_longer_abort_is_found():
    found = {name: attacked(name) for name in ("proof wrong", "a claim repeated")}
    assert_one_abort(found)
    wire, victim, _ = found["proof wrong"]
    wire.sent[victim][-1] += bytes(16)
    with pytest.raises(SkewedError):
        assert_one_abort(found)


@pytest.mark.parametrize("word", CANARIES)
def test_an_identifier_in_an_error_is_found(word):
    for error in (PsimatchError(f"{word} is wrong"), PsimatchError("wrong", hint=word.upper()), caused_by(word)):
        with pytest.raises(ShownError):
            refuse(CANARIES, error=f"{error}\n{error.hint}\n{printed(error)}")


def caused_by(word):
    try:
        try:
            raise ValueError(word.encode())
        except ValueError as cause:
            raise PsimatchError("wrong") from cause
    except PsimatchError as error:
        return error


@pytest.mark.parametrize(
    "write", [bytes.hex, repr, lambda key: repr(bytearray(key)), lambda key: str(int.from_bytes(key, "little"))]
)
def test_a_key_in_a_text_is_found(write):
    for key in (CARE.seed[:1] + bytes(range(100, 131)), bytes(range(32))):
        with pytest.raises(ShownError):
            refuse({"key": key}, text=f"the key is {write(key)}!")


def test_a_repr_that_shows_its_field_is_found(monkeypatch):
    monkeypatch.setattr(oprf.Blinding, "__repr__", lambda self: f"Blinding({self.blinds!r})")
    secrets, shown = reprs_during(make_agreement(max_items=4))
    with pytest.raises(ShownError):
        refuse(secrets, reprs=shown)
