"""What writes the vectors: each case computed by the reference, and refused by it where it must be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from protocol_spec.reference import (
    ABORT,
    AUDITOR,
    BASE,
    BLINDED,
    CLAIMS,
    CLIENT,
    CONTACTS,
    DAY,
    ENC,
    EVALUATED,
    FIRST,
    HEADER,
    HELLO,
    LEDGER_HEAD,
    RECEIPT,
    SERVER,
    SERVER_HELLO,
    TAGS,
    ZERO,
    Channel,
    Charge,
    D,
    Entry,
    EntryError,
    Identifier,
    Identity,
    P,
    Q,
    Random,
    RefusedError,
    SealingKey,
    Standing,
    Terms,
    absolute,
    add,
    agreement_id,
    agreement_signed,
    answer_info,
    audit_cipher,
    audit_info,
    audit_leaf,
    audit_root,
    audit_row,
    audit_share,
    blind,
    blind_evaluate,
    broken_points,
    bucket,
    budget_allows,
    canonical_json,
    check_terms,
    chunk_transcript,
    chunk_weights,
    chunks,
    commitments,
    contact_key,
    crockford,
    decode_element,
    decode_message,
    digest,
    encode_element,
    encode_scalar,
    entry_hash,
    entry_signed,
    evaluate,
    example_terms,
    finalize,
    first_day,
    first_second,
    hash_to_group,
    header,
    hkdf_expand,
    hpke_open,
    i2osp,
    is_bucket,
    lp,
    multiply,
    one_way_map,
    open_contact,
    pack,
    parts,
    prf_input,
    prove_chunk,
    random_scalar,
    receipt_digest,
    receipt_signed,
    seal_contact,
    seal_envelope,
    server_steps,
    session_id,
    session_key,
    signature_holds,
    slots,
    sqrt_ratio,
    standing_fields,
    standing_point,
    verify_chunk,
    verify_ledger,
)

VECTORS = Path(__file__).parent / "vectors"
Case = dict[str, Any]


def stream(label: str) -> Random:
    """Return a deterministic source: SHA-512 of the label and a counter, cut as asked for."""
    blocks, left = count(), b""

    def draw(n: int) -> bytes:
        nonlocal left
        while len(left) < n:
            left += hashlib.sha512(lp(label.encode()) + i2osp(next(blocks), 8)).digest()
        drawn, left = left[:n], left[n:]
        return drawn

    return draw


def failure(action: Callable[[], object]) -> str:
    """Return the reason for which an action is refused."""
    try:
        action()
    except RefusedError as error:
        return error.reason
    raise SystemExit("a negative vector is not refused")


def prf_vectors() -> list[Case]:
    """Carry identifiers from their bytes to the parts of the output (§1.2, §4)."""
    draw, cases = stream("prf"), []
    examples: list[tuple[str, bytes, bytes, Identifier]] = [
        ("the example of §1.2", b"\x11" * 32, b"\x22" * 32, ("nl-bsn", 1, b"123456782")),
        ("a dummy", b"\x11" * 32, b"\x22" * 32, ("dummy", 1, draw(32))),
        ("another session", b"\x11" * 32, b"\x33" * 32, ("nl-bsn", 1, b"123456782")),
        ("text beyond ASCII", draw(32), draw(32), ("text", 2, "Zoë".encode())),
    ]
    for name, agreement, session, item in examples:
        seed, r, data = draw(32), random_scalar(draw), prf_input(agreement, session, item)
        key, blinded = session_key(seed, agreement, session), blind(data, r)
        output = evaluate(key, data)
        if finalize(data, r, blind_evaluate(key, blinded)) != output:
            raise SystemExit("the two ways to the PRF output differ")
        tag, claim, secret = parts(output)
        cases.append({
            "name": name, "agreement_id": agreement, "session_id": session, "kind": item[0], "version": item[1],
            "value": item[2], "prf_input": data, "key_seed": seed, "secret_key": encode_scalar(key),
            "public_key": encode_element(multiply(key, BASE)), "element": encode_element(hash_to_group(data)),
            "blind": encode_scalar(r), "blinded": blinded, "evaluated": blind_evaluate(key, blinded),
            "output": output, "tag": tag, "claim": claim, "match_secret": secret,
        })  # fmt: skip
    return cases


def chunk_proof_vectors() -> list[Case]:
    """Prove chunks of 1 and 5, and spoil the second in each way that a verifier must see (§4.4)."""
    draw, cases = stream("chunk proof"), []
    key = random_scalar(draw)
    pk = encode_element(multiply(key, BASE))
    case: Case = {}
    for n in (1, 5):
        context, r = draw(32) + i2osp(n - 1, 4), random_scalar(draw)
        blinded = [encode_element(one_way_map(draw(64))) for _ in range(n)]
        evaluated = [blind_evaluate(key, element) for element in blinded]
        t = chunk_transcript(context, pk, blinded, evaluated)
        case = {
            "name": f"{n} element{'s' * (n > 1)}", "valid": True, "context": context, "public_key": pk,
            "secret_key": encode_scalar(key), "nonce": encode_scalar(r), "blinded": blinded, "evaluated": evaluated,
            "transcript": t, "weights": [i2osp(w, 16)[::-1] for w in chunk_weights(t, n)],
            "proof": prove_chunk(key, context, blinded, evaluated, r),
        }  # fmt: skip
        verify_chunk(pk, context, blinded, evaluated, case["proof"])
        cases.append(case)
    blinded, evaluated, proof = case["blinded"], case["evaluated"], case["proof"]
    c, s = proof[:32], proof[32:]
    other = random_scalar(draw)
    swapped_b, swapped_e = ([x[1], x[0], *x[2:]] for x in (blinded, evaluated))
    spoiled: list[tuple[str, Case]] = [
        ("two evaluated elements swapped", {"evaluated": swapped_e}),
        ("two pairs swapped", {"blinded": swapped_b, "evaluated": swapped_e}),
        ("one element under another key", {"evaluated": [*evaluated[:4], blind_evaluate(other, blinded[4])]}),
        ("errors that cancel in a plain sum", {"evaluated": [
            encode_element(add(decode_element(evaluated[0]), BASE)),
            encode_element(add(decode_element(evaluated[1]), multiply(Q - 1, BASE))), *evaluated[2:]]}),
        ("another context", {"context": case["context"][:-1] + b"\x09"}),
        ("another public key", {"public_key": encode_element(multiply(other, BASE))}),
        ("the public key is the identity", {"public_key": ZERO}),
        ("an evaluated element is the identity", {"evaluated": [ZERO, *evaluated[1:]]}),
        ("one pair fewer", {"blinded": blinded[:4], "evaluated": evaluated[:4]}),
        ("c not canonical", {"proof": (int.from_bytes(c, "little") + Q).to_bytes(32, "little") + s}),
        ("s not canonical", {"proof": c + (int.from_bytes(s, "little") + Q).to_bytes(32, "little")}),
        ("proof cut short", {"proof": proof[:63]}),
        ("proof empty", {"proof": b""}),
        ("c and s exchanged", {"proof": s + c}),
    ]  # fmt: skip
    for name, change in spoiled:
        bad = {k: case[k] for k in ("context", "public_key", "blinded", "evaluated", "proof")} | change
        reason = failure(lambda b=bad: verify_chunk(  # type: ignore[misc]
            b["public_key"], b["context"], b["blinded"], b["evaluated"], b["proof"]))  # fmt: skip
        cases.append({"name": name, "valid": False, "reason": reason, **bad})
    return cases


def element_vectors() -> list[Case]:
    """List encodings that are elements and encodings that are not (§4.3 step 1)."""
    draw, cases = stream("elements"), []
    for k in (1, 2, 3, Q - 1, random_scalar(draw)):
        encoded = encode_element(multiply(k, BASE))
        decode_element(encoded)
        scalar = encode_scalar(k)
        cases.append({"name": "multiple of the generator", "scalar": scalar, "encoding": encoded, "valid": True})
    for _ in range(3):
        uniform = draw(64)
        encoded = encode_element(one_way_map(uniform))
        cases.append({"name": "one-way map", "uniform": uniform, "encoding": encoded, "valid": True})

    base = encode_element(BASE)
    good = int.from_bytes(base, "little")
    wrong: dict[str, list[tuple[str, bytes]]] = {
        "identity": [("identity", ZERO)],
        "not canonical": [
            ("all bits set", b"\xff" * 32),
            ("the field's modulus", P.to_bytes(32, "little")),
            ("the modulus and 2", (P + 2).to_bytes(32, "little")),
            ("bit 255 set", (good + 2**255).to_bytes(32, "little")),
            ("bit 255 set on the identity", (2**255).to_bytes(32, "little")),
        ],
        "negative": [("1", (1).to_bytes(32, "little")), ("minus the generator", (P - good).to_bytes(32, "little"))],
        "not on the group": [("y is zero", (P - 1).to_bytes(32, "little"))],
        "length": [("31 bytes", base[:31]), ("33 bytes", base + b"\x00"), ("none", b"")],
    }
    while len(wrong["not on the group"]) < 7:
        s = int.from_bytes(draw(32), "little") % P & ~1
        u1, u2 = 1 - s * s, 1 + s * s
        v = (-D * u1 * u1 - u2 * u2) % P
        square, root = sqrt_ratio(1, v * u2 * u2 % P)
        t = absolute(2 * s * root * u2 % P) * u1 * root * root * u2 * v % P
        name = ("t is negative" if t % 2 else "") if square else "not a square"
        if name and sum(name == n for n, _ in wrong["not on the group"]) < 3:
            wrong["not on the group"].append((name, s.to_bytes(32, "little")))
    for reason, encodings in wrong.items():
        for name, encoded in encodings:
            if failure(lambda e=encoded: decode_element(e)) != reason:  # type: ignore[misc]
                raise SystemExit(f"{name} is refused for another reason")
            cases.append({"name": name, "encoding": encoded, "valid": False, "reason": reason})
    return cases


def identity_vectors() -> list[Case]:
    """Derive identities from seeds (§2.2)."""
    cases = []
    for seed in (ZERO, bytes(range(32)), stream("identity")(32)):
        identity = Identity(seed)
        cases.append({
            "name": "identity", "seed": seed, "key_material": identity.material,
            "signing_public_key": identity.public.signing, "sealing_public_key": identity.public.sealing,
            "fingerprint": identity.public.fingerprint, "fingerprint_text": crockford(identity.public.fingerprint, 52),
        })  # fmt: skip
    return cases


def agreement_vectors() -> list[Case]:
    """Encode terms, name and sign them, and refuse bad ones (§3)."""
    cases: list[Case] = []
    for name, terms in (
        ("both learn the matches", example_terms()),
        ("only the client learns", example_terms(reveal="client", contact_size=0, max_items=70_000, title="é" * 300)),
        ("the least of each number", example_terms(
            max_items=1, max_evaluations=1, sessions_per_day=1, contact_size=0, retention_days=1)),
        ("the most of each number", example_terms(
            max_items=16_777_216, max_evaluations=2**40, sessions_per_day=1000, minutes_between_sessions=10_080,
            contact_size=512, retention_days=3650, large_budget_reason="r" * 2000)),
        ("a hundredth of the values of nl-bsn", example_terms(kinds=["nl-bsn/1"], max_evaluations=909_090)),
        ("one above it, with its reason", example_terms(
            kinds=["nl-bsn/1"], max_evaluations=909_091, large_budget_reason="Every resident is on the list.")),
        ("a kind without bound", example_terms(kinds=["text/1"], max_evaluations=2**40)),
        ("persons", example_terms(kinds=["nl-bsn/1", "person/1"], person_policy="strong")),
        ("telephone numbers", example_terms(kinds=["phone/1", "plate/1"], phone_region="NL")),
        ("an auditor", example_terms(auditor=crockford(AUDITOR.public.fingerprint, 52))),
        ("a renewal", example_terms(predecessor=crockford(agreement_id(example_terms()), 52))),
    ):  # fmt: skip
        check_terms(terms)
        known = agreement_id(terms)
        signatures = {
            role: party.sign(agreement_signed(role, known)) for role, party in (("client", CLIENT), ("server", SERVER))
        }
        cases.append({
            "name": name, "valid": True, "terms": terms, "canonical": pack(terms), "agreement_id": known,
            "client_seed": CLIENT.seed, "server_seed": SERVER.seed, "signatures": signatures,
        })  # fmt: skip
    first = cases[0]
    for name, signature_role, terms in (
        ("a signature under other terms", "client", example_terms(max_items=9)),
        ("the signature of the other role", "server", example_terms()),
    ):
        signature = first["signatures"][signature_role]
        if signature_holds(CLIENT.public.signing, signature, agreement_signed("client", agreement_id(terms))):
            raise SystemExit("a wrong signature holds")
        cases.append({
            "name": name, "valid": False, "reason": "signature", "terms": terms, "role": "client",
            "signature": signature, "signing_public_key": CLIENT.public.signing,
        })  # fmt: skip
    missing = example_terms()
    del missing["purpose"]
    client = example_terms()["client"]
    bad: list[tuple[str, Terms]] = [
        ("a field is missing", missing),
        ("a field of the budget is missing", {k: v for k, v in example_terms().items() if k != "max_evaluations"}),
        ("an unknown field", example_terms(notes="none")),
        ("another protocol", example_terms(protocol="psimatch/2")),
        ("an empty title", example_terms(title="")),
        ("a title of two lines", example_terms(title="a\nb")),
        ("a purpose of 2,001 characters", example_terms(purpose="x" * 2001)),
        ("a party is its own peer", example_terms(server=client)),
        ("a fingerprint cut short", example_terms(client={**client, "fingerprint": client["fingerprint"][:-5]})),
        ("a party with a field too many", example_terms(client={**client, "mail": "x"})),
        ("kinds not sorted", example_terms(kinds=["nl-bsn/1", "nl-address/1"])),
        ("a kind twice", example_terms(kinds=["nl-bsn/1", "nl-bsn/1"])),
        ("no kind", example_terms(kinds=[])),
        ("the reserved kind", example_terms(kinds=["dummy/1"])),
        ("a kind without a version", example_terms(kinds=["nl-bsn"])),
        ("reveal to the server", example_terms(reveal="server")),
        ("no items", example_terms(max_items=0)),
        ("too many items", example_terms(max_items=16_777_217)),
        ("true in the place of a number", example_terms(max_items=True)),
        ("a contact too long", example_terms(contact_size=513)),
        ("a contact that is never sent", example_terms(reveal="client")),
        ("a day that is none", example_terms(valid_until="2099-02-30")),
        ("a day in another notation", example_terms(valid_until="20991231")),
        ("the term ends before it begins", example_terms(valid_from="2030-01-02", valid_until="2030-01-01")),
        ("fewer evaluations than items", example_terms(max_evaluations=7)),
        ("more evaluations than 2^40", example_terms(max_evaluations=2**40 + 1, large_budget_reason="r")),
        ("evaluations as text", example_terms(max_evaluations="100")),
        ("no session a day", example_terms(sessions_per_day=0)),
        ("1,001 sessions a day", example_terms(sessions_per_day=1001)),
        ("true in the place of sessions a day", example_terms(sessions_per_day=True)),
        ("minutes below zero", example_terms(minutes_between_sessions=-1)),
        ("more minutes than a week has", example_terms(minutes_between_sessions=10_081)),
        ("a large budget without a reason", example_terms(max_evaluations=100_001)),
        ("a large budget of nl-bsn without a reason", example_terms(kinds=["nl-bsn/1"], max_evaluations=909_091)),
        ("a reason for a budget that is not large", example_terms(large_budget_reason="To be sure.")),
        ("a reason where no kind has a bound", example_terms(kinds=["text/1"], large_budget_reason="To be sure.")),
        ("a reason of two lines", example_terms(max_evaluations=100_001, large_budget_reason="a\nb")),
        ("a reason of 2,001 characters", example_terms(max_evaluations=100_001, large_budget_reason="x" * 2001)),
        ("a predecessor cut short", example_terms(predecessor=client["fingerprint"][:-5])),
        ("a predecessor in lower case", example_terms(predecessor=client["fingerprint"].lower())),
        ("nil in the place of no predecessor", example_terms(predecessor=None)),
        ("persons without a policy", example_terms(kinds=["person/1"])),
        ("persons with a policy that there is none of", example_terms(kinds=["person/1"], person_policy="weak")),
        ("telephone numbers without a region", example_terms(kinds=["phone/1"])),
        ("a region in small letters", example_terms(kinds=["phone/1"], phone_region="nl")),
        ("a region without telephone numbers", example_terms(phone_region="NL")),
        ("a policy without persons", example_terms(person_policy="strong")),
        ("an auditor who is the client", example_terms(auditor=client["fingerprint"])),
        ("an auditor in lower case", example_terms(auditor=crockford(AUDITOR.public.fingerprint, 52).lower())),
        ("nil in the place of no auditor", example_terms(auditor=None)),
        ("kept for no day", example_terms(retention_days=0)),
        ("kept for more than ten years", example_terms(retention_days=3651)),
    ]
    for name, terms in bad:
        reason = failure(lambda t=terms: check_terms(t))  # type: ignore[misc]
        cases.append({"name": name, "valid": False, "reason": reason, "terms": terms})
    return cases


def message_vectors() -> list[Case]:
    """Encode a message of each type, and refuse other encodings (§5.1, §5.2)."""
    draw = stream("messages")
    key = SealingKey(draw(96)).public
    point = encode_element(one_way_map(draw(64)))
    # A contact size of 16 makes `e` 32.
    right: list[tuple[str, list[Any]]] = [
        ("Hello", [HELLO, draw(32), key, 1024, *standing_fields(FIRST)]),
        ("Hello of a later session", [HELLO, draw(32), key, 1024, *standing_fields((300, 70_000, draw(32)))]),
        ("ServerHello", [SERVER_HELLO, draw(32), key, point, 65_536, *standing_fields((2, 2**40, draw(32))), b""]),
        ("ServerHello with a root", [SERVER_HELLO, draw(32), key, point, 8, *standing_fields(FIRST), draw(32)]),
        ("Tags", [TAGS, True, draw(48)]),
        ("Tags, not the last", [TAGS, False, draw(16)]),
        ("Blinded", [BLINDED, draw(32), point * 2, b""]),
        ("Blinded with a root", [BLINDED, draw(32), point * 2, draw(32)]),
        ("Evaluated", [EVALUATED, point * 9, draw(64)]),
        ("Claims", [CLAIMS, True, draw(32), draw(64)]),
        ("Claims, none", [CLAIMS, True, b"", b""]),
        ("Contacts", [CONTACTS, 2, draw(64)]),
        ("Receipt", [RECEIPT, pack([*(draw(32) for _ in range(4)), 8, 8, i2osp(3, 4), draw(32), draw(32)]), draw(64)]),
        ("Abort", [ABORT, 1]),
        ("LedgerHead", [LEDGER_HEAD, draw(32)]),
    ]
    cases: list[Case] = []
    for name, value in right:
        decode_message(pack(value), 32)
        cases.append({"name": name, "valid": True, "contact_size": 16, "fields": value, "bytes": pack(value)})
    abort, tags, t = pack([ABORT, 1]), pack([TAGS, True, bytes(16)]), bytes(16)
    standing = standing_fields(FIRST)
    wrong = [
        ("an integer in two bytes that fits in one", b"\x92\x09\xcc\x01"),
        ("an integer in nine bytes that fits in one", b"\x92\x09\xcf" + bytes(7) + b"\x01"),
        ("a signed form of a positive integer", b"\x92\x09\xd0\x01"),
        ("a negative integer", b"\x92\x09\xff"),
        ("a float in the place of an integer", b"\x92\x09\xcb\x3f\xf0" + bytes(6)),
        ("an array in three bytes that fits in one", b"\xdc\x00\x02\x09\x01"),
        ("bytes with a long length", b"\x93\x03\xc3\xc5\x00\x10" + t),
        ("text in the place of bytes", b"\x93\x03\xc3\xb0" + t),
        ("an integer in the place of a boolean", b"\x93\x03\x01\xc4\x10" + t),
        ("a boolean in the place of an integer", b"\x92\x09\xc3"),
        ("nil in the place of an integer", b"\x92\x09\xc0"),
        ("an extension type", b"\x92\x09\xd4\x01\x01"),
        ("a byte behind the message", abort + b"\x00"),
        ("a byte missing", tags[:-1]),
        ("a field too many", pack([ABORT, 1, 1])),
        ("a field too few", pack([ABORT])),
        ("an unknown type", pack([11, ZERO])),
        ("type zero", pack([0, 1])),
        ("a boolean as the type", pack([True, bytes(32), key, 8, *standing])),
        ("an empty array", b"\x90"),
        ("a map", pack({"type": 9})),
        ("no bytes", b""),
        ("a length of 4 GiB that is not there", b"\x93\x03\xc3\xc6\xff\xff\xff\xff"),
        ("an array of 4 G items that is not there", b"\xdd\xff\xff\xff\xff"),
        ("deeply nested arrays", b"\x91" * 64 + b"\x09"),
        ("a nonce of 31 bytes", pack([HELLO, bytes(31), key, 8, *standing])),
        ("a Hello without a standing", pack([HELLO, ZERO, key, 8])),
        ("a ServerHello without a standing", pack([SERVER_HELLO, ZERO, key, point, 8])),
        ("a Hello without a last receipt", pack([HELLO, ZERO, key, 8, *standing[:2]])),
        ("sessions as an integer", pack([HELLO, ZERO, key, 8, 1, *standing[1:]])),
        ("sessions of 7 bytes", pack([HELLO, ZERO, key, 8, bytes(7), *standing[1:]])),
        ("charged of 9 bytes", pack([SERVER_HELLO, ZERO, key, point, 8, standing[0], bytes(9), ZERO, b""])),
        ("a last receipt of 31 bytes", pack([SERVER_HELLO, ZERO, key, point, 8, *standing[:2], bytes(31), b""])),
        ("nil in the place of no last receipt", pack([HELLO, ZERO, key, 8, *standing[:2], None])),
        ("a ledger head of 31 bytes", pack([LEDGER_HEAD, bytes(31)])),
        ("a ledger head of 33 bytes", pack([LEDGER_HEAD, bytes(33)])),
        ("a ledger head as text", pack([LEDGER_HEAD, "a" * 32])),
        ("a LedgerHead without a head", pack([LEDGER_HEAD])),
        ("tags that are not a multiple of 16", pack([TAGS, True, bytes(17)])),
        ("no session, not even this one", pack([HELLO, ZERO, key, 8, *standing_fields((0, 0, ZERO))])),
        ("more sessions than a ledger can count", pack([HELLO, ZERO, key, 8, *standing_fields((2**53, 0, ZERO))])),
        ("more charges than a ledger can count", pack([HELLO, ZERO, key, 8, *standing_fields((1, 2**53, ZERO))])),
        ("elements that are not a multiple of 32", pack([BLINDED, ZERO, bytes(33), b""])),
        ("a ServerHello without the place of a root", pack([SERVER_HELLO, ZERO, key, point, 8, *standing])),
        ("a root of 31 bytes", pack([SERVER_HELLO, ZERO, key, point, 8, *standing, bytes(31)])),
        ("a root of 33 bytes", pack([BLINDED, ZERO, point, bytes(33)])),
        ("nil in the place of no root", pack([BLINDED, ZERO, point, None])),
        ("a proof of 63 bytes", pack([EVALUATED, point, bytes(63)])),
        ("fewer contacts than claims", pack([CLAIMS, True, bytes(32), ZERO])),
        ("a count that is not that of the contacts", pack([CONTACTS, 3, bytes(64)])),
    ]
    for name, data in wrong:
        reason = failure(lambda d=data: decode_message(d, 32))  # type: ignore[misc]
        # Whether lengths belong together, and the proof, are a matter of content: check 12 of §6.4.
        check = 12 if name in ("a proof of 63 bytes", *(n for n, _ in wrong[-2:])) else 10
        cases.append({
            "name": name, "valid": False, "check": check, "reason": reason, "contact_size": 16, "bytes": data,
        })  # fmt: skip
    return cases


def envelope_vectors(old: list[Case]) -> list[Case]:
    """Seal messages and spoil them; envelopes that are there already are kept where they still open (§6)."""
    draw, terms = stream("envelopes"), example_terms()
    agreement, kept = agreement_id(terms), {case["name"]: case.get("envelope", "") for case in old}
    secrets = {"client_ephemeral": SealingKey(draw(96)), "server_ephemeral": SealingKey(draw(96))}
    fields = [HELLO, draw(32), secrets["client_ephemeral"].public, 8, *standing_fields(FIRST)]
    hello, key = pack(fields), pack(fields[2])
    nonce = draw(32)
    cases: list[Case] = []

    def channel(role: str) -> Channel:
        identity, peer = (CLIENT, SERVER) if role == "client" else (SERVER, CLIENT)
        made = Channel(0 if role == "client" else 1, identity, peer.public, terms)
        made.ephemeral = secrets[f"{role}_ephemeral"]
        return made

    def sealed(name: str, key: SealingKey, direction: int, session: bytes, plaintext: bytes) -> bytes:
        envelope = bytes.fromhex(kept.get(name, ""))
        head = header(direction, 0, session, ENC + len(plaintext) + 16)
        info = lp(b"psimatch/1 seal") + head
        try:
            if envelope[:HEADER] == head and hpke_open(key, info, envelope[HEADER:]) == plaintext:
                return envelope
        except RefusedError:
            pass
        return seal_envelope(key.public, direction, 0, session, plaintext)

    def plain(message: bytes, received: int = 0, known: bytes = agreement, signer: Identity = CLIENT) -> bytes:
        made = channel("client")
        made.agreement = known
        return signer.sign(made.signed(False, ZERO, received, message)) + known + i2osp(received, 4) + lp(message)

    def to_server(name: str, plaintext: bytes, check: int, **more: Any) -> bytes:
        envelope = sealed(name, SERVER.sealing, 0, ZERO, plaintext)
        cases.append({"name": name, "check": check, "plaintext": plaintext, **more, "envelope": envelope})
        return envelope

    def refused_at(envelope: bytes) -> int:
        steps = server_steps(channel("server"), {})
        next(steps)
        try:
            steps.send(envelope)
        except RefusedError as error:
            return error.check or 12
        return 0

    signed = channel("client").signed(False, ZERO, 0, hello)
    base = to_server(
        "a Hello", plain(hello), 0, message=hello, signed=signed, digest=digest("psimatch/1 message digest", signed),
        terms=terms, agreement_id=agreement, client_seed=CLIENT.seed, server_seed=SERVER.seed,
        client_ephemeral_secret=secrets["client_ephemeral"].secret,
    )  # fmt: skip
    to_server("a Hello that is zero-filled", plain(hello) + bytes(16), 7)
    to_server("a Hello filled with other bytes", plain(hello) + b"\x01", 7)
    to_server("a message length beyond the plaintext", plain(hello)[:100] + i2osp(len(hello) + 1, 4) + hello, 7)
    to_server("a plaintext that is too short", plain(hello)[:90], 7)
    to_server("another agreement", plain(hello, known=b"\x11" * 32), 8)
    to_server("signed by a stranger", plain(hello, signer=SERVER), 9)
    to_server("one bit of the signature flipped", bytes([plain(hello)[0] ^ 1]) + plain(hello)[1:], 9)
    no_message = plain(hello)[:96] + i2osp(1, 4) + plain(hello)[100:]
    to_server("a message received that was never sent", no_message, 9)
    to_server("an encoding that is not canonical", plain(hello.replace(key + b"\x08", key + b"\xcc\x08")), 10)
    to_server("an Evaluated before everything", plain(pack([EVALUATED, encode_element(BASE), bytes(64)])), 11)
    to_server("a Hello without a standing", plain(pack(fields[:4])), 10)
    to_server("a set size that is not a bucket", plain(hello.replace(key + b"\x08", key + b"\x07")), 12)
    for name, at, check in (
        ("magic", 0, 1), ("version", 9, 2), ("direction", 10, 3), ("sequence number", 14, 4), ("session id", 20, 5),
        ("length", 50, 1), ("ML-KEM ciphertext", 51, 6), ("X25519 key", 51 + 1088, 6), ("ciphertext", HEADER + ENC, 6),
        ("authentication tag", len(base) - 1, 6),
    ):  # fmt: skip
        cases.append({"name": f"a bit of the {name} flipped", "check": check, "of": "a Hello", "at": at, "xor": 1})
    cases.append({"name": "cut short", "check": 1, "of": "a Hello", "cut": len(base) - 1})
    cases.append({"name": "cut within the header", "check": 1, "of": "a Hello", "cut": 50})
    cases.append({"name": "empty", "check": 1, "of": "a Hello", "cut": 0})

    for case in cases:
        found = refused_at(case["envelope"] if "envelope" in case else spoil(base, case))
        if found != case["check"]:
            raise SystemExit(f"{case['name']} is refused by check {found}")

    # The answer to that Hello, sealed to the client's ephemeral key.
    seed, server, client = draw(32), channel("server"), channel("client")
    client.sent = server.received = [digest("psimatch/1 message digest", signed)]
    session = session_id(agreement, client.sent[0], nonce, secrets["server_ephemeral"].public)
    public_key = encode_element(multiply(session_key(seed, agreement, session), BASE))
    told = standing_fields((1, 16, draw(32)))
    answer = pack([SERVER_HELLO, nonce, secrets["server_ephemeral"].public, public_key, 8, *told, b""])
    answer_signed = server.signed(False, session, 1, answer)
    plaintext = SERVER.sign(answer_signed) + agreement + i2osp(1, 4) + lp(answer)
    envelope = sealed("a ServerHello", secrets["client_ephemeral"], 1, session, plaintext)
    if client.open(envelope, SERVER_HELLO)[0][0] != nonce:
        raise SystemExit("the ServerHello does not open")
    cases.append({
        "name": "a ServerHello", "check": 0, "plaintext": plaintext, "message": answer, "signed": answer_signed,
        "digest": digest("psimatch/1 message digest", answer_signed), "session_id": session, "server_nonce": nonce,
        "server_ephemeral_secret": secrets["server_ephemeral"].secret, "session_key_seed": seed, "envelope": envelope,
    })  # fmt: skip
    return cases


def spoil(envelope: bytes, case: Case) -> bytes:
    """Apply what a negative case does to an envelope: cut it, or flip bits of one byte."""
    if "cut" in case:
        return envelope[: case["cut"]]
    at = case["at"]
    return envelope[:at] + bytes([envelope[at] ^ case["xor"]]) + envelope[at + 1 :]


def commitment_vectors() -> list[Case]:
    """Commit to chunks (§5.4); chunks of any length show the rule."""
    draw, cases = stream("commitment"), []
    for n in (1, 2, 4):
        pieces = [draw(64) for _ in range(n)]
        cases.append({"name": f"{n} chunk{'s' * (n > 1)}", "chunks": pieces, "rests": commitments(pieces)})
    return cases


def bucket_vectors() -> list[Case]:
    """List set sizes with their buckets, declared sizes, and claims with their slots (§8.1, §8.2)."""
    cases: list[Case] = []
    for maximum in (1, 8, 1000, 1024, 1025, 5000, 65_536, 1_000_000):
        sizes = {0, 1, 8, 1023, 1024, 1025, 2048, 2049, 4097, maximum - 1, maximum}
        for n in sorted(n for n in sizes if n <= maximum):
            cases.append({"name": "bucket", "n": n, "max_items": maximum, "bucket": bucket(n, maximum)})
        for size in sorted({0, 1, 1023, 1024, 1025, 2048, 4096, 8192, maximum - 1, maximum, maximum + 1}):
            valid = is_bucket(size, maximum)
            cases.append({"name": "declared set size", "max_items": maximum, "set_size": size, "valid": valid})
    for smaller in (1, 8, 1024, 1025, 2048, 5000, 65_536):
        for claims in sorted({0, 1, 1024, 1025, 2048, 2049, smaller} & set(range(smaller + 1))):
            n = slots(claims, smaller)
            sizes_cut = [len(part) for part in chunks(n)]
            cases.append({"name": "slots", "claims": claims, "smaller": smaller, "slots": n, "chunks": sizes_cut})
    return cases


def reference_vectors() -> list[Case]:
    """Derive references and contact keys from match secrets (§8.3, §8.4)."""
    draw, cases = stream("references"), []
    for text, size in (("Team Noord, 070 123 45 67", 64), ("", 16), ("Zoë", 4)):
        secret, session = draw(32), draw(32)
        raw = hkdf_expand("sha512", secret, lp(b"psimatch/1 match reference") + session, 8)
        case: Case = {
            "name": "reference and contact", "match_secret": secret, "session_id": session, "reference_bytes": raw,
            "reference_40": crockford(raw, 8), "reference_60": crockford(raw, 12), "contact": text,
            "contact_size": size,
        }  # fmt: skip
        for to in ("server", "client"):
            case[f"contact_key_to_{to}"] = contact_key(secret, session, to)
            case[f"sealed_contact_to_{to}"] = seal_contact(secret, session, to, text, size)
            if open_contact(secret, session, to, case[f"sealed_contact_to_{to}"]) != text:
                raise SystemExit("a contact does not open")
        cases.append(case)
    for name, raw in (("a line feed", b"a\nb"), ("not UTF-8", b"\xff\xfe"), ("zero within the text", b"a\x00b")):
        secret, session = draw(32), draw(32)
        key = contact_key(secret, session, "server")
        sealed = ChaCha20Poly1305(key).encrypt(bytes(12), raw.ljust(16, b"\x00"), b"")
        failure(lambda a=secret, b=session, c=sealed: open_contact(a, b, "server", c))  # type: ignore[misc]
        cases.append({
            "name": name, "valid": False, "match_secret": secret, "session_id": session, "contact_size": 16,
            "sealed_contact_to_server": sealed,
        })  # fmt: skip
    return cases


def receipt_vectors() -> list[Case]:
    """Encode and sign receipts (§5.5)."""
    draw, cases = stream("receipt"), []
    for name, number in (("both learn the matches", 3), ("no matches", 0), ("only the client learns", None)):
        session, agreement, last_client, last_server = (draw(32) for _ in range(4))
        heads = draw(32), draw(32)
        count = None if number is None else i2osp(number, 4)
        body = pack([session, agreement, last_client, last_server, 1024, 70_000, count, *heads])
        cases.append({
            "name": name, "session_id": session, "agreement_id": agreement, "client_digest": last_client,
            "server_digest": last_server, "client_set_size": 1024, "server_set_size": 70_000, "matches": number,
            "client_ledger_head": heads[0], "server_ledger_head": heads[1], "body": body,
            "digest": receipt_digest(body), "client_seed": CLIENT.seed, "server_seed": SERVER.seed,
            "client_signature": CLIENT.sign(receipt_signed("client", body)),
            "server_signature": SERVER.sign(receipt_signed("server", body)),
        })  # fmt: skip
    return cases


def audit_vectors() -> list[Case]:
    """Commit to rows and seal them (§12.2, §12.3)."""
    draw, cases = stream("audit"), []
    for role, number in (("client", 1), ("client", 2), ("server", 3), ("client", 5), ("server", 8)):
        seeds, size, rows = (draw(32), draw(32)), 320, []
        leaves: list[bytes] = []
        agreement, session = draw(32), draw(32)
        for place in range(number):
            item: Identifier = ("text", 1, f"row {place}".encode()) if place else ("dummy", 1, draw(32))
            blinding = bytes([place % 2]) + encode_scalar(random_scalar(draw)) if role == "client" else b""
            row = draw(32), item, blinding, f"case {place}" if place else ""
            plaintext = audit_row(*row, size)
            leaves.append(audit_leaf(*row))
            rows.append({
                "salt": row[0], "kind": item[0], "version": item[1], "value": item[2], "blinding": blinding,
                "case_ref": row[3], "leaf": leaves[-1], "auditor_share": audit_share(seeds[0], place),
                "owner_share": audit_share(seeds[1], place),
                "sealed": audit_cipher(seeds, place).encrypt(bytes(12), plaintext, None),
            })  # fmt: skip
        cases.append({
            "name": f"{number} row{'s' * (number > 1)} of a {role}", "role": role, "agreement_id": agreement,
            "session_id": session, "auditor_seed": seeds[0], "owner_seed": seeds[1], "row_bytes": size, "rows": rows,
            "root": audit_root(leaves),
            "seed_info": audit_info("seed", role, agreement, session),
            "answer_info_all": answer_info(role, agreement, session, None), "places": list(range(0, number, 2)),
            "answer_info": answer_info(role, agreement, session, range(0, number, 2)),
        })  # fmt: skip
    return cases


def written(identity: Identity, entries: Sequence[Entry]) -> list[tuple[bytes, bytes]]:
    """Return entries numbered, chained and signed; what an entry says itself goes before (§11.2)."""
    out, head = [], ZERO
    for number, fields in enumerate(entries):
        data = canonical_json(_plain({"number": number, "previous": head, **fields}))
        out.append((data, identity.sign(entry_signed(data))))
        head = entry_hash(data)
    return out


def example_receipt(session: bytes, known: bytes, heads: Sequence[bytes], draw: Random) -> Entry:
    """Return the fields of a `finished` entry of the client (§5.5, §11.2)."""
    body = pack([session, known, draw(32), draw(32), 8, 8, i2osp(3, 4), *heads])
    return {
        "session": session, "receipt": receipt_digest(body), "body": body,
        "signature": CLIENT.sign(receipt_signed("client", body)),
        "peer_signature": SERVER.sign(receipt_signed("server", body)), "matches": 3,
    }  # fmt: skip


def example_ledger() -> list[Entry]:
    """Return a client's ledger with an entry of each kind: two sessions, a withdrawal, and a renewal (§11.2)."""
    draw, terms, peer, operator = stream("ledger"), example_terms(), SERVER.public.fingerprint, "Zoë de Vries"
    time, sessions, entries = first_second("2026-03-02") + 9 * 3600, [draw(32) for _ in range(3)], list[Entry]()

    def add_entry(kind: str, after: int, **fields: Any) -> None:
        nonlocal time
        time += after
        entries.append({"time": time, "operator": operator, "kind": kind, **fields})

    def add_accepted(under: Entry, predecessor: bytes, party: bytes) -> None:
        add_entry(
            "accepted", 60, **under, peer_name=terms["server"]["name"], party=party, title=terms["title"],
            predecessor=predecessor, valid_from=terms["valid_from"], valid_until=terms["valid_until"],
            max_evaluations=terms["max_evaluations"],
        )  # fmt: skip

    def add_session(under: Entry, number: int, session: bytes, standing: Standing, sums: tuple[int, int]) -> None:
        add_entry("opened", 0, **under, party=peer, sessions=number)
        told = dict(zip(("peer_sessions", "peer_charged", "peer_receipt"), standing, strict=True))
        add_entry("admitted", 2, **under, party=peer, session=session, hello=draw(32), **told)
        totals = dict(zip(("charged", "party_charged"), sums, strict=True))
        add_entry("charged", 1, **under, party=peer, session=session, evaluations=8, **totals)

    keys = CLIENT.public
    first: Entry = {"agreement": agreement_id(terms), "peer": peer}
    add_entry(
        "opened ledger", 0, format=1, name=terms["client"]["name"], signing_key=keys.signing, sealing_key=keys.sealing
    )
    add_accepted(first, b"", peer)
    add_session(first, 1, sessions[0], FIRST, (8, 8))
    heads = entry_hash(written(CLIENT, entries)[-1][0]), draw(32)
    receipt = example_receipt(sessions[0], first["agreement"], heads, draw)
    mine = {name: receipt[name] for name in ("session", "receipt", "body", "signature")}
    add_entry("signed", 4, **first, **mine)
    add_entry("finished", 0, **first, **receipt)
    add_entry("corrected", 86_400, reference="K7QF-3M2X", reason='Two "Jansens":\n\tone \\ other, €\u2028\x7f\x1f 😀')
    add_session(first, 2, sessions[1], (2, 8, receipt["receipt"]), (16, 16))
    add_entry("aborted", 30, **first, session=sessions[1], reason="cancelled")
    add_entry("aborted", 30, **first, session=b"", reason="no answer")
    add_entry("withdrawn", 3600, **first, by="peer")
    renewed: Entry = {
        "agreement": agreement_id(example_terms(predecessor=crockford(first["agreement"], 52))),
        "peer": Identity(ZERO).public.fingerprint,
    }
    add_accepted(renewed, first["agreement"], peer)
    add_entry("acknowledged", 0, **renewed, reason="They have new keys; compared by telephone.")
    add_session(renewed, 1, sessions[2], FIRST, (8, 24))
    add_entry("purged", 30 * 86_400, session=sessions[0], files=2)
    add_entry("refused", 60, **first, reason="the peer tells fewer sessions than before")
    add_entry("rows opened", 60, **first, session=sessions[0], rows=50)
    add_entry("key destroyed", 60, session=sessions[0])
    return entries


Ledger = list[tuple[bytes, bytes]]


def spoiled_entries(entries: list[Entry]) -> list[tuple[str, list[Entry]]]:
    """Return ledgers that their party chained and signed, and that say what no ledger may (§11.2)."""

    def changed(at: int, **fields: Any) -> list[Entry]:
        return [*entries[:at], {**entries[at], **fields}, *entries[at + 1 :]]

    def without(at: int, name: str) -> list[Entry]:
        return [*entries[:at], {k: v for k, v in entries[at].items() if k != name}, *entries[at + 1 :]]

    return [
        ("time going back by a second", changed(4, time=entries[3]["time"] - 1)),
        ("a number left out", changed(3, number=4)),
        ("a first entry that follows another", changed(0, previous=b"\x01" + ZERO[1:])),
        ("an entry that follows another", changed(5, previous=entry_hash(written(CLIENT, entries)[3][0]))),
        ("a wrong sum of the peer", changed(10, charged=8)),
        ("a wrong sum of the party", changed(10, party_charged=17)),
        ("a sum of the party that forgets what its former key was charged", changed(18, party_charged=8)),
        ("a charge that its sums do not know", changed(4, evaluations=16)),
        ("a charge left out of the sums after it", [*entries[:4], *entries[5:]]),
        ("a charge twice", [*entries[:5], entries[4], *entries[5:]]),
        ("no opening", entries[1:]),
        ("opened twice", [entries[0], *entries]),
        ("another format", changed(0, format=2)),
        ("a kind that there is none of", changed(7, kind="improved")),
        ("a field missing", without(7, "reason")),
        ("no operator", without(7, "operator")),
        ("a field too many", changed(7, note="")),
        ("a number as text", changed(2, sessions="1")),
        ("a boolean in the place of a number", changed(2, sessions=True)),
        ("nil in the place of a text", changed(7, reason=None)),
        ("a fraction", changed(2, sessions=1.5)),
        ("a session before the first", changed(2, sessions=0)),
        ("a number below zero", changed(3, peer_charged=-1)),
        ("a number that RFC 8785 can't hold", changed(3, peer_charged=2**53)),
        ("matches of -2", changed(6, matches=-2)),
        ("bytes in upper case", changed(4, session=entries[4]["session"].hex().upper())),
        ("bytes cut short", changed(4, session=entries[4]["session"][:31])),
        ("an admission without a session", changed(3, session=b"")),
        ("withdrawn by a third", changed(13, by="operator")),
    ]


def spoiled_ledgers(whole: Ledger) -> list[tuple[str, Ledger]]:
    """Return ledgers that somebody changed, or that are not written as RFC 8785 would (§11.2)."""

    def replaced(at: int, data: bytes, signature: bytes = b"") -> Ledger:
        return [*whole[:at], (data, signature or CLIENT.sign(entry_signed(data))), *whole[at + 1 :]]

    data, signature = whole[4]
    less = data.replace(b'"evaluations":8', b'"evaluations":4')
    sorted_otherwise = json.dumps(dict(reversed(json.loads(data).items())), separators=(",", ":")).encode()
    return [
        ("an entry changed", replaced(4, less, signature)),
        ("an entry changed and signed", replaced(7, whole[7][0].replace(b"one", b"two"))),
        ("a signature changed", replaced(4, data, bytes([signature[0] ^ 1]) + signature[1:])),
        ("a signature cut short", replaced(4, data, signature[:63])),
        ("the signature of another entry", replaced(4, data, whole[3][1])),
        ("the signature of another party", replaced(4, data, SERVER.sign(entry_signed(data)))),
        ("an entry removed", [*whole[:4], *whole[5:]]),
        ("the first entry removed", whole[1:]),
        ("an entry inserted", [*whole[:5], whole[4], *whole[5:]]),
        ("two entries in another order", [*whole[:3], whole[4], whole[3], *whole[5:]]),
        ("a space", replaced(4, data.replace(b":", b": ", 1))),
        ("a line feed at the end", replaced(4, data + b"\n")),
        ("names in another order", replaced(4, sorted_otherwise)),
        ("a name twice", replaced(4, data[:-1] + b',"time":0}')),
        ("a number with an exponent", replaced(4, data.replace(b'"evaluations":8', b'"evaluations":8e0'))),
        ("minus zero", replaced(3, whole[3][0].replace(b'"peer_charged":0', b'"peer_charged":-0'))),
        ("a character escaped without need", replaced(7, whole[7][0].replace("ë".encode(), b"\\u00eb"))),
        ("half a surrogate pair", replaced(7, whole[7][0].replace("ë".encode(), b"\\ud800"))),
        ("an array", replaced(4, b"[]")),
        ("no JSON", replaced(4, b"{")),
        ("deeply nested arrays", replaced(4, b"[" * 5000)),
        ("empty", []),
    ]


def ledger_vectors() -> list[Case]:
    """Write a ledger, and spoil it; an entry of a later case is a number where the first case has it (§11.2)."""
    entries = example_ledger()
    whole = written(CLIENT, entries)
    fingerprint, head = verify_ledger(whole)
    cases: list[Case] = [{
        "name": "a client's ledger", "valid": True, "seed": CLIENT.seed, "fingerprint": fingerprint, "head": head,
        "entries": [
            {"entry": data.decode(), "hash": entry_hash(data), "signed": entry_signed(data), "signature": signature}
            for data, signature in whole
        ],
    }]  # fmt: skip

    def in_short(ledger: Ledger) -> list[Any]:
        return [whole.index(one) if one in whole else {"entry": one[0].decode(), "signature": one[1]} for one in ledger]

    for name, part in (("cut off at its end, which no ledger shows", whole[:8]), ("just opened", whole[:1])):
        head = verify_ledger(part)[1]
        cases.append({"name": name, "valid": True, "head": head, "entries": in_short(part)})
    spoiled = [(name, written(CLIENT, bad)) for name, bad in spoiled_entries(entries)]
    for name, ledger in spoiled_ledgers(whole) + spoiled:
        try:
            verify_ledger(ledger)
        except EntryError as error:
            cases.append({
                "name": name, "valid": False, "reason": error.reason, "refused": error.number,
                "entries": in_short(ledger[: error.number + 1]),
            })  # fmt: skip
        else:
            raise SystemExit(f"{name} is not refused")
    return cases


def standing_vectors() -> list[Case]:
    """Tell standings, admitted and refused (§11.3)."""
    draw, cases = stream("standing"), []
    one, two, three, lost = (draw(32) for _ in range(4))
    known = [one, two, three]
    told: list[tuple[str, int, Standing, Standing | None, int]] = [
        ("the first session", 0, (1, 0, ZERO), None, 0),
        ("a first that is not its first: sessions ended before Hello", 0, (7, 0, ZERO), None, 0),
        ("a receipt that was never signed here", 3, (2, 8, lost), None, 0),
        ("this ledger was lost", 3, (9, 64, two), None, 0),
        ("the next session", 0, (2, 8, one), (1, 0, ZERO), 8),
        ("the same number of sessions", 1, (1, 8, one), (1, 0, ZERO), 8),
        ("fewer sessions", 1, (3, 64, two), (4, 24, two), 8),
        ("a charge less than the receipt says", 2, (2, 7, one), (1, 0, ZERO), 8),
        ("no charge, and no receipt that says so", 0, (2, 0, ZERO), (1, 0, ZERO), 0),
        ("fewer charges than before", 2, (9, 23, two), (4, 24, two), 0),
        ("the last counter-signature was lost", 0, (5, 32, one), (4, 24, one), 8),
        ("two were lost, then one came", 0, (6, 40, three), (5, 32, one), 8),
        ("an older receipt", 3, (6, 40, one), (5, 32, two), 8),
        ("no receipt any more", 3, (6, 40, ZERO), (5, 32, two), 8),
        ("an unknown receipt after a known one", 3, (6, 40, lost), (5, 32, two), 8),
        ("the unknown receipt that was acknowledged", 0, (6, 40, lost), (5, 32, lost), 8),
        ("a known receipt after the one that was acknowledged", 0, (6, 40, three), (5, 32, lost), 8),
    ]
    for name, point, now, seen, paid in told:
        receipts = [] if name == "this ledger was lost" else known
        if standing_point(now, seen, paid, receipts) != point:
            raise SystemExit(f"{name}: another point of the standing")
        shown = [None if each is None else dict(zip(("sessions", "charged", "last_receipt"), each, strict=True))
                 for each in (now, seen)]  # fmt: skip
        cases.append({
            "name": name, "valid": not point, "point": point, "told": shown[0], "seen": shown[1], "paid": paid,
            "receipts": receipts,
        })  # fmt: skip
    return cases


def term_vectors() -> list[Case]:
    """Find the first day that counts (§11.1)."""

    def term(name: str, first: str, last: str, predecessor: str = "") -> Terms:
        return {"id": name, "valid_from": first, "valid_until": last, "predecessor": predecessor}

    a, b = term("a", "2026-01-01", "2026-06-30"), term("b", "2026-07-01", "2026-12-31", "a")
    cases: list[Case] = []
    for name, own, others, day in (
        ("alone", a, [], "2026-01-01"),
        ("after another that ended", term("c", "2026-07-01", "2026-12-31"), [a], "2026-07-01"),
        ("a renewal", b, [a], "2026-01-01"),
        ("a renewal of a renewal", term("c", "2027-01-01", "2027-12-31", "b"), [a, b], "2026-01-01"),
        ("overlapping by a day", term("c", "2026-06-30", "2026-12-31"), [a], "2026-01-01"),
        ("overlapping an agreement that overlaps another", term("c", "2026-09-01", "2027-08-31"),
         [a, term("d", "2026-06-01", "2026-10-31")], "2026-06-01"),
        ("overlapping a renewal alone", term("c", "2026-09-01", "2027-08-31"), [a, b], "2026-07-01"),
        ("within a longer one", term("c", "2026-03-01", "2026-03-31"), [a], "2026-01-01"),
        ("a later one that overlaps", a, [term("c", "2026-05-01", "2026-12-31")], "2026-01-01"),
        ("a predecessor that is not known", b, [], "2026-07-01"),
    ):  # fmt: skip
        if first_day(own, others) != day:
            raise SystemExit(f"{name}: another first day")
        cases.append({"name": name, "agreement": own, "others": others, "first_day": day})
    return cases


def budget_vectors() -> list[Case]:
    """Ask for charges, allowed and refused (§11.1)."""
    noon = first_second("2026-03-02") + DAY // 2
    midnight, begin = first_second("2026-03-02"), first_second("2026-01-01")
    limits = {"max_evaluations": 100, "sessions_per_day": 3, "minutes_between_sessions": 10}
    old, three = [(begin, 50), (begin + DAY, 42)], [(noon - 3600 * i, 8) for i in (3, 2, 1)]
    asked: list[tuple[str, list[int], list[Charge], int, Entry]] = [
        ("nothing charged yet", [], [], 8, {}),
        ("all that is allowed at once", [], [], 100, {}),
        ("one more at once", [2], [], 101, {}),
        ("up to the most", [], old, 8, {}),
        ("one more than the most", [2], old, 9, {}),
        ("the most is used up", [2], [*old, (midnight - DAY, 8)], 1, {}),
        ("used up under an agreement that allowed more", [2], [(begin, 4096)], 1, {}),
        ("charges before the first day", [], [(begin - DAY, 100), (begin - 1, 100)], 100, {}),
        ("a charge in the first second of the first day", [2], [(begin - 1, 100), (begin, 1)], 100, {}),
        ("a session left on this day", [], three[1:], 8, {}),
        ("no session left on this day", [3], three, 8, {}),
        ("as many sessions in the day before, to its last second", [], [(midnight - i, 8) for i in (3, 2, 1)], 8, {}),
        ("the first session of the day at midnight", [3], [(midnight, 8), *three[1:]], 8, {}),
        ("ten minutes ago", [], [(noon - 600, 8)], 8, {}),
        ("a second less than ten minutes ago", [4], [(noon - 599, 8)], 8, {}),
        ("in this second", [4], [(noon, 8)], 8, {}),
        ("in this second, with no minutes between", [], [(noon, 8)], 8, {"minutes_between_sessions": 0}),
        ("a week ago", [], [(noon - 7 * DAY, 8)], 8, {"minutes_between_sessions": 10_080}),
        ("a second less than a week ago", [4], [(noon - 7 * DAY + 1, 8)], 8, {"minutes_between_sessions": 10_080}),
        ("too soon after a charge before the first day", [4], [(noon - 6 * DAY, 8)], 8, {
            "minutes_between_sessions": 10_080, "first_day": "2026-03-01"}),
        ("2^40 in all", [], [(begin, 2**40 - 8)], 8, {"max_evaluations": 2**40}),
        ("2^40 and one in all", [2], [(begin, 2**40 - 7)], 8, {"max_evaluations": 2**40}),
        ("too many and too often", [2, 3], [*old, *three], 1, {}),
        ("too many, too often and too soon", [2, 3, 4], [*old, *three[1:], (noon - 1, 8)], 1, {}),
    ]  # fmt: skip
    cases: list[Case] = []
    for name, points, charges, n, changes in asked:
        case: Case = {"first_day": "2026-01-01", **limits, **changes}
        if broken_points(case, case["first_day"], charges, noon, n) != points:
            raise SystemExit(f"{name}: another point of the budget")
        cases.append({
            "name": name, "valid": budget_allows(case, case["first_day"], charges, noon, n), "points": points, **case,
            "charges": [{"time": time, "evaluations": evaluations} for time, evaluations in charges], "time": noon,
            "evaluations": n,
        })  # fmt: skip
    return cases


ABOUT: dict[str, tuple[str, str, Callable[[], list[Case]]]] = {
    "prf": ("From an identifier to the parts of its PRF output.", "§1.2, §4.1, §4.2, §4.3, §4.5", prf_vectors),
    "chunk_proof": ("Chunk-bound proofs; weights are the 16 bytes as cut.", "§4.4", chunk_proof_vectors),
    "elements": ("Encodings of elements, and what is refused as one.", "§4.3", element_vectors),
    "identity": ("Seeds and the identities made from them.", "§2.2", identity_vectors),
    "agreement": ("Terms, their canonical bytes, ids and signatures.", "§3", agreement_vectors),
    "messages": ("Messages of each type as bytes, and what is refused as one.", "§5.1, §5.2", message_vectors),
    "commitment": ("The rest that is sent with each chunk; here a chunk has two elements.", "§5.4", commitment_vectors),
    "buckets": ("Buckets of set sizes, and slots of Claims.", "§5.3, §8.1, §8.2", bucket_vectors),
    "references": ("Match references, contact keys and sealed contacts.", "§8.3, §8.4", reference_vectors),
    "terms": ("Agreements of one party, and from which day charges count against the first.", "§11.1", term_vectors),
    "standing": ("Standings told after one that was admitted, and the point that refuses.", "§11.3", standing_vectors),
    "budget": (
        "Charges asked for at `time`, after `charges` to the same party; `points` of §11.1 refuse them.", "§11.1",
        budget_vectors,
    ),
    "ledger": (
        "A ledger and ledgers made from it; an entry is a number where it is that of the first case. `refused` is the "
        "number of the entry at which verifying ends.", "§11.2", ledger_vectors,
    ),
    "audit": ("Rows that a party commits to for an auditor, sealed under two shares.", "§12.2, §12.3", audit_vectors),
    "receipt": ("Bodies, digests and signatures of receipts.", "§5.5", receipt_vectors),
}  # fmt: skip
ENVELOPES = (
    "Envelopes to a server that awaits a Hello under the terms of the first case, and one ServerHello. `check` is the "
    "number in §6.4 of the check that refuses it, 0 for none; `of` names a case whose envelope is changed."
)


def _plain(value: Any) -> Any:
    """Turn bytes into hex all the way down."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def vector_files() -> dict[str, str]:
    """Return the text of every vector file by its name."""
    path = VECTORS / "envelope.json"
    old = json.loads(path.read_text())["cases"] if path.exists() else []
    found = {name: (about, spec, make()) for name, (about, spec, make) in ABOUT.items()}
    found["envelope"] = (ENVELOPES, "§6", envelope_vectors(old))
    return {
        f"{name}.json": json.dumps({"about": about, "spec": spec, "cases": _plain(cases)}, indent=1, ensure_ascii=False)
        + "\n"
        for name, (about, spec, cases) in found.items()
    }


def write_vectors(check: bool) -> int:
    """Write the vector files, or compare them; return how many are stale, at most 1."""
    stale = 0
    for name, text in vector_files().items():
        path = VECTORS / name
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            print(f"{path} is not what this program computes")
            stale = 1
        elif not check:
            path.write_text(text, encoding="utf-8")
    return stale
