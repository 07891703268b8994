"""psimatch/1 once more, from `psimatch-1.md` alone: slow, short, and sharing no line with the package.

Two programs that were written apart and agree are better evidence than one with many tests. Read it next to the
specification; it is not constant-time, keeps secrets in plain integers, and must not be used on real data.

    python protocol_spec/reference.py           write the files in protocol_spec/vectors
    python protocol_spec/reference.py --check   compare them with what this program computes
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count, pairwise
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

ZERO = bytes(32)
Random = Callable[[int], bytes]


class RefusedError(Exception):
    """Something that the specification refuses; `check` is its number in §6.4, or 0 outside an envelope."""

    def __init__(self, reason: str, check: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.check = check


class AbortedError(Exception):
    """The peer sent an Abort (§9.2)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"aborted by the peer, code {code}")
        self.code = code


# §2.1 Notation


def i2osp(x: int, n: int) -> bytes:
    """Write x as n bytes, most significant first (§2.1)."""
    return x.to_bytes(n, "big")


def lp(*parts: bytes) -> bytes:
    """Put each part behind its length in four bytes (§2.1)."""
    return b"".join(i2osp(len(part), 4) + part for part in parts)


def digest(label: str, *parts: bytes) -> bytes:
    """Hash a label and parts with SHA-512/256 (§2.1)."""
    return hashlib.new("sha512_256", lp(label.encode(), *parts)).digest()


def hkdf_extract(algorithm: str, salt: bytes, secret: bytes) -> bytes:
    """Extract a pseudorandom key (RFC 5869 §2.2)."""
    return hmac.new(salt, secret, algorithm).digest()


def hkdf_expand(algorithm: str, key: bytes, info: bytes, length: int) -> bytes:
    """Expand a pseudorandom key to `length` bytes (RFC 5869 §2.3)."""
    out = block = b""
    counter = 1
    while len(out) < length:
        block = hmac.new(key, block + info + bytes([counter]), algorithm).digest()
        out += block
        counter += 1
    return out[:length]


# RFC 9496: ristretto255

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235
INVSQRT_A_MINUS_D = 54469307008909316920995813868745141605393597292927456921205312896311721017578

Point = tuple[int, int, int, int]
IDENTITY: Point = (0, 1, 1, 0)


def absolute(x: int) -> int:
    """Return x or -x, whichever is not negative: even (RFC 9496 §3.1)."""
    return (P - x) % P if x % 2 else x


def sqrt_ratio(u: int, v: int) -> tuple[bool, int]:
    """Return whether u/v is a square, and its root or that of i*u/v (RFC 9496 §4.2)."""
    r = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    if check in (-u % P, -u * SQRT_M1 % P):
        r = r * SQRT_M1 % P
    return check in (u % P, -u % P), absolute(r)


def decode_element(encoded: bytes) -> Point:
    """Decode an element that is not the identity (RFC 9496 §4.3.1, psimatch-1 §4.3 step 1)."""
    if len(encoded) != 32:
        raise RefusedError("length")
    s = int.from_bytes(encoded, "little")
    if s >= P:
        raise RefusedError("not canonical")
    if s % 2:
        raise RefusedError("negative")
    if s == 0:
        raise RefusedError("identity")
    u1, u2 = (1 - s * s) % P, (1 + s * s) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    square, root = sqrt_ratio(1, v * u2 * u2 % P)
    den_x = root * u2 % P
    x = absolute(2 * s * den_x % P)
    y = u1 * root * den_x * v % P
    t = x * y % P
    if not square or t % 2 or y == 0:
        raise RefusedError("not on the group")
    return x, y, 1, t


def encode_element(point: Point) -> bytes:
    """Encode an element (RFC 9496 §4.3.2)."""
    x, y, z, t = point
    u1, u2 = (z + y) * (z - y) % P, x * y % P
    _, root = sqrt_ratio(1, u1 * u2 * u2 % P)
    den1, den2 = root * u1 % P, root * u2 % P
    z_inv = den1 * den2 * t % P
    den_inv = den2
    if t * z_inv % P % 2:
        x, y, den_inv = y * SQRT_M1 % P, x * SQRT_M1 % P, den1 * INVSQRT_A_MINUS_D % P
    if x * z_inv % P % 2:
        y = -y
    return absolute(den_inv * (z - y) % P).to_bytes(32, "little")


def map_to_point(t: int) -> Point:
    """Map a field element to the curve (RFC 9496 §4.3.4, MAP)."""
    r = SQRT_M1 * t * t % P
    u = (r + 1) * (1 - D * D) % P
    v = (-1 - r * D) * (r + D) % P
    square, s = sqrt_ratio(u, v)
    c = -1
    if not square:
        s, c = -absolute(s * t % P), r
    n = c * (r - 1) * (D - 1) ** 2 - v
    w0, w1, w2, w3 = 2 * s * v, n * SQRT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


def one_way_map(data: bytes) -> Point:
    """Map 64 uniform bytes to an element (RFC 9496 §4.3.4)."""
    halves = [int.from_bytes(data[at : at + 32], "little") % 2**255 % P for at in (0, 32)]
    return add(map_to_point(halves[0]), map_to_point(halves[1]))


def add(a: Point, b: Point) -> Point:
    """Add two points of the twisted Edwards curve, in extended coordinates."""
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    e, f = (y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2)
    g, h = 2 * D * t1 * t2, 2 * z1 * z2
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(k: int, point: Point) -> Point:
    """Multiply a point by a scalar, by doubling and adding."""
    total = IDENTITY
    for bit in bin(k % Q)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def linear_sum(scalars: Sequence[int], points: Sequence[Point]) -> Point:
    """Return the sum of scalar times point."""
    total = IDENTITY
    for k, point in zip(scalars, points, strict=True):
        total = add(total, multiply(k, point))
    return total


def is_identity(point: Point) -> bool:
    """Say whether a point is in the class of the identity (RFC 9496 §4.3.3)."""
    return point[0] % P == 0 or point[1] % P == 0


def same(a: Point, b: Point) -> bool:
    """Say whether two points are one element (RFC 9496 §4.3.3)."""
    return (a[0] * b[1] - a[1] * b[0]) % P == 0 or (a[1] * b[1] - a[0] * b[0]) % P == 0


BASE = decode_element(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))


def encode_scalar(k: int) -> bytes:
    """Encode a scalar, least significant byte first (RFC 9497 §4.1)."""
    return k.to_bytes(32, "little")


def decode_scalar(encoded: bytes) -> int:
    """Decode a canonical scalar (RFC 9497 §4.1)."""
    k = int.from_bytes(encoded, "little")
    if len(encoded) != 32 or k >= Q:
        raise RefusedError("scalar")
    return k


def random_scalar(random: Random) -> int:
    """Draw a scalar uniform in [1, q) (§4.3 step 2)."""
    while True:
        k = int.from_bytes(random(32), "little") % 2**253
        if 0 < k < Q:
            return k


# RFC 9497: OPRF and VOPRF on ristretto255-SHA512

OPRF, VOPRF = 0, 1


def suite_context(mode: int) -> bytes:
    """Return the context string of a mode (RFC 9497 §3.1)."""
    return b"OPRFV1-" + bytes([mode]) + b"-ristretto255-SHA512"


def lp2(*parts: bytes) -> bytes:
    """Put each part behind its length in two bytes, as RFC 9497 does."""
    return b"".join(i2osp(len(part), 2) + part for part in parts)


def expand_message_xmd(message: bytes, dst: bytes, length: int) -> bytes:
    """Expand a message with SHA-512 (RFC 9380 §5.3.1)."""
    suffix = dst + bytes([len(dst)])
    b0 = hashlib.sha512(bytes(128) + message + i2osp(length, 2) + b"\x00" + suffix).digest()
    block = hashlib.sha512(b0 + b"\x01" + suffix).digest()
    out = block
    for i in range(2, -(-length // 64) + 1):
        mixed = bytes(x ^ y for x, y in zip(b0, block, strict=True))
        block = hashlib.sha512(mixed + bytes([i]) + suffix).digest()
        out += block
    return out[:length]


def hash_to_group(data: bytes, mode: int = VOPRF) -> Point:
    """Hash bytes to an element (RFC 9497 §4.1)."""
    return one_way_map(expand_message_xmd(data, b"HashToGroup-" + suite_context(mode), 64))


def hash_to_scalar(data: bytes, mode: int = VOPRF, prefix: bytes = b"HashToScalar-") -> int:
    """Hash bytes to a scalar (RFC 9497 §4.1)."""
    return int.from_bytes(expand_message_xmd(data, prefix + suite_context(mode), 64), "little") % Q


def derive_key(seed: bytes, info: bytes, mode: int = VOPRF) -> int:
    """Derive a server's secret key (RFC 9497 §3.2.1, DeriveKeyPair)."""
    for counter in range(256):
        k = hash_to_scalar(seed + lp2(info) + bytes([counter]), mode, b"DeriveKeyPair")
        if k:
            return k
    raise RefusedError("no key")


def hashed_input(data: bytes, mode: int = VOPRF) -> Point:
    """Hash a PRF input, and refuse one that hashes to the identity (§4.3 step 2)."""
    point = hash_to_group(data, mode)
    if is_identity(point):
        raise RefusedError("input")
    return point


def finish(data: bytes, unblinded: bytes) -> bytes:
    """Hash an input and its element to the PRF output (RFC 9497 §3.3.1)."""
    return hashlib.sha512(lp2(data, unblinded) + b"Finalize").digest()


def blind(data: bytes, r: int, mode: int = VOPRF) -> bytes:
    """Blind one input with the scalar r (RFC 9497 §3.3.1)."""
    return encode_element(multiply(r, hashed_input(data, mode)))


def blind_evaluate(k: int, blinded: bytes) -> bytes:
    """Evaluate one blinded element (RFC 9497 §3.3.1)."""
    return encode_element(multiply(k, decode_element(blinded)))


def finalize(data: bytes, r: int, evaluated: bytes) -> bytes:
    """Unblind one element and return the PRF output; the proof must have passed (§4.3 step 3)."""
    return finish(data, encode_element(multiply(pow(r, -1, Q), decode_element(evaluated))))


def evaluate(k: int, data: bytes, mode: int = VOPRF) -> bytes:
    """Evaluate the PRF on an input of one's own (RFC 9497 §3.3.1)."""
    return finish(data, encode_element(multiply(k, hashed_input(data, mode))))


def composite_weights(public_key: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes]) -> list[int]:
    """Return RFC 9497's own weights of a batch (§2.2.1, ComputeComposites)."""
    seed = hashlib.sha512(lp2(public_key, b"Seed-" + suite_context(VOPRF))).digest()
    return [
        hash_to_scalar(lp2(seed) + i2osp(i, 2) + lp2(c, d) + b"Composite")
        for i, (c, d) in enumerate(zip(blinded, evaluated, strict=True))
    ]


def challenge(public_key: bytes, m: Point, z: Point, t2: Point, t3: Point) -> int:
    """Hash the statement and the two commitments of a proof (RFC 9497 §2.2.1)."""
    return hash_to_scalar(lp2(public_key, *(encode_element(p) for p in (m, z, t2, t3))) + b"Challenge")


def prove(k: int, blinded: Sequence[bytes], evaluated: Sequence[bytes], r: int) -> bytes:
    """Prove a batch by RFC 9497 §2.2.1, GenerateProof, with the nonce r."""
    public_key = encode_element(multiply(k, BASE))
    weights = composite_weights(public_key, blinded, evaluated)
    m = linear_sum(weights, [decode_element(b) for b in blinded])
    c = challenge(public_key, m, multiply(k, m), multiply(r, BASE), multiply(r, m))
    return encode_scalar(c) + encode_scalar((r - c * k) % Q)


def verify(public_key: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes], proof: bytes) -> None:
    """Verify a batch by RFC 9497 §2.2.2, VerifyProof, or refuse it."""
    if not blinded or len(blinded) != len(evaluated):
        raise RefusedError("count")
    c, s = decode_scalar(proof[:32]), decode_scalar(proof[32:])
    pk = decode_element(public_key)
    weights = composite_weights(public_key, blinded, evaluated)
    m = linear_sum(weights, [decode_element(b) for b in blinded])
    z = linear_sum(weights, [decode_element(e) for e in evaluated])
    if c != challenge(public_key, m, z, linear_sum([s, c], [BASE, pk]), linear_sum([s, c], [m, z])):
        raise RefusedError("proof")


# §4.4 Chunk-bound proof


def chunk_transcript(context: bytes, pk: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes]) -> bytes:
    """Hash the whole chunk (§4.4 step 1)."""
    parts = lp(b"psimatch/1 chunk proof", context) + pk + i2osp(len(blinded), 4)
    return hashlib.sha512(parts + b"".join(blinded) + b"".join(evaluated)).digest()


def chunk_weights(t: bytes, n: int) -> list[int]:
    """Return the n weights of 128 bits that belong to a transcript (§4.4 step 2)."""
    weights = []
    for i in range(n):
        block = hashlib.sha512(t + i2osp(i // 4, 4)).digest()
        weights.append(int.from_bytes(block[16 * (i % 4) : 16 * (i % 4) + 16], "little"))
    return weights


def chunk_sums(
    context: bytes, pk: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes]
) -> tuple[list[bytes], list[bytes]]:
    """Return the encoded [M] and [Z] of a chunk (§4.4 step 3)."""
    weights = chunk_weights(chunk_transcript(context, pk, blinded, evaluated), len(blinded))
    m = linear_sum(weights, [decode_element(b) for b in blinded])
    z = linear_sum(weights, [decode_element(e) for e in evaluated])
    return [encode_element(m)], [encode_element(z)]


def prove_chunk(k: int, context: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes], r: int) -> bytes:
    """Prove a chunk (§4.4 step 4)."""
    m, z = chunk_sums(context, encode_element(multiply(k, BASE)), blinded, evaluated)
    return prove(k, m, z, r)


def verify_chunk(
    public_key: bytes, context: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes], proof: bytes
) -> None:
    """Verify a chunk, or refuse it (§4.4 step 4)."""
    if not blinded or len(blinded) != len(evaluated):
        raise RefusedError("count")
    verify(public_key, *chunk_sums(context, public_key, blinded, evaluated), proof)


# §4.1, §4.2, §4.5 Inputs, keys and parts of the output

Identifier = tuple[str, int, bytes]


def prf_input(agreement: bytes, session: bytes, identifier: Identifier) -> bytes:
    """Return the PRF input of an identifier (§4.1)."""
    return lp(b"psimatch/1 prf input", agreement, session) + identifier_bytes(identifier)


def identifier_bytes(identifier: Identifier) -> bytes:
    """Return an identifier as it stands at the end of its PRF input (§4.1)."""
    kind, version, value = identifier
    return lp(kind.encode(), bytes([version]), value)


def session_key(seed: bytes, agreement: bytes, session: bytes) -> int:
    """Derive the server's key of one session (§4.2)."""
    return derive_key(seed, lp(b"psimatch/1 server key") + agreement + session)


def parts(output: bytes) -> tuple[bytes, bytes, bytes]:
    """Cut a PRF output into tag, claim and match secret (§4.5)."""
    return output[:16], output[16:32], output[32:]


# §2.2 Identities

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def crockford(data: bytes, digits: int) -> str:
    """Write the first digits of data in groups of four, five bits each, filled with zero bits (§2.2, §8.4)."""
    bits = "".join(f"{byte:08b}" for byte in data) + "0000"
    text = "".join(CROCKFORD[int(bits[5 * i : 5 * i + 5], 2)] for i in range(digits))
    return "-".join(text[i : i + 4] for i in range(0, digits, 4))


@dataclass(frozen=True)
class SealingKey:
    """An ML-KEM-768 key of a seed of 64 bytes, and an X25519 key of 32 (§2.2 step 3)."""

    secret: bytes = field(repr=False)

    @property
    def mlkem(self) -> MLKEM768PrivateKey:
        """Return the ML-KEM half."""
        return MLKEM768PrivateKey.from_seed_bytes(self.secret[:64])

    @property
    def x25519(self) -> X25519PrivateKey:
        """Return the X25519 half."""
        return X25519PrivateKey.from_private_bytes(self.secret[64:])

    @property
    def public(self) -> bytes:
        """Return both public keys, 1,216 bytes."""
        return self.mlkem.public_key().public_bytes_raw() + self.x25519.public_key().public_bytes_raw()


@dataclass(frozen=True)
class PublicIdentity:
    """The two public keys of a party (§2.2)."""

    signing: bytes
    sealing: bytes

    @property
    def fingerprint(self) -> bytes:
        """Return the fingerprint (§2.2 step 4)."""
        return digest("psimatch/1 fingerprint", self.signing, self.sealing)


@dataclass(frozen=True)
class Identity:
    """A party's keys, from a seed of 32 bytes (§2.2)."""

    seed: bytes = field(repr=False)

    @property
    def material(self) -> bytes:
        """Return the 128 bytes that the keys are cut from (§2.2 step 1)."""
        return hkdf_expand("sha512", hkdf_extract("sha512", b"", self.seed), b"psimatch/1 identity seed", 128)

    @property
    def sealing(self) -> SealingKey:
        """Return the sealing key (§2.2 step 3)."""
        return SealingKey(self.material[32:])

    @property
    def public(self) -> PublicIdentity:
        """Return the public identity."""
        key = Ed25519PrivateKey.from_private_bytes(self.material[:32])
        return PublicIdentity(key.public_key().public_bytes_raw(), self.sealing.public)

    def sign(self, data: bytes) -> bytes:
        """Sign bytes (§2.2 step 2)."""
        return Ed25519PrivateKey.from_private_bytes(self.material[:32]).sign(data)


def signature_holds(public_key: bytes, signature: bytes, data: bytes) -> bool:
    """Say whether an Ed25519 signature verifies (RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, data)
    except InvalidSignature:
        return False
    return True


# §5.1 Canonical msgpack


def _head(n: int, *forms: tuple[int, int, int]) -> bytes:
    """Write a length in the first form that holds it; a form is (limit, first byte, bytes of length)."""
    for limit, first, size in forms:
        if n < limit:
            return bytes([first]) + i2osp(n, size) if size else bytes([first | n])
    raise RefusedError("encoding")


def pack(value: Any) -> bytes:
    """Encode nil, booleans, integers from 0, bytes, text, arrays and maps of text (§5.1)."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int) and value >= 0:
        return _head(value, (128, 0, 0), (2**8, 0xCC, 1), (2**16, 0xCD, 2), (2**32, 0xCE, 4), (2**64, 0xCF, 8))
    if isinstance(value, bytes):
        return _head(len(value), (2**8, 0xC4, 1), (2**16, 0xC5, 2), (2**32, 0xC6, 4)) + value
    if isinstance(value, str):
        text = value.encode()
        return _head(len(text), (32, 0xA0, 0), (2**8, 0xD9, 1), (2**16, 0xDA, 2), (2**32, 0xDB, 4)) + text
    if isinstance(value, list):
        head = _head(len(value), (16, 0x90, 0), (2**16, 0xDC, 2), (2**32, 0xDD, 4))
        return head + b"".join(pack(item) for item in value)
    if isinstance(value, dict):
        head = _head(len(value), (16, 0x80, 0), (2**16, 0xDE, 2), (2**32, 0xDF, 4))
        return head + b"".join(pack(key) + pack(value[key]) for key in sorted(value, key=str.encode))
    raise RefusedError("encoding")


def _unpack(data: bytes, at: int) -> tuple[Any, int]:
    """Decode the value at an offset and return it with the offset behind it."""

    def number(offset: int, size: int) -> int:
        if offset + size > len(data):
            raise RefusedError("encoding")
        return int.from_bytes(data[offset : offset + size], "big")

    def body(offset: int, n: int, text: bool) -> tuple[Any, int]:
        if offset + n > len(data):
            raise RefusedError("encoding")
        raw = data[offset : offset + n]
        try:
            return (raw.decode() if text else raw), offset + n
        except UnicodeDecodeError:
            raise RefusedError("encoding") from None

    def items(offset: int, n: int) -> tuple[list[Any], int]:
        out = []
        for _ in range(n):
            item, offset = _unpack(data, offset)
            out.append(item)
        return out, offset

    first, at = number(at, 1), at + 1
    if first < 0x80:
        return first, at
    if first in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[first], at
    if first in (0xCC, 0xCD, 0xCE, 0xCF):
        size = 1 << (first - 0xCC)
        return number(at, size), at + size
    if first in (0xC4, 0xC5, 0xC6, 0xD9, 0xDA, 0xDB):
        text = first >= 0xD9
        size = 1 << (first - (0xD9 if text else 0xC4))
        return body(at + size, number(at, size), text)
    if 0xA0 <= first < 0xC0:
        return body(at, first & 31, True)
    if 0x90 <= first < 0xA0:
        return items(at, first & 15)
    if first == 0xDC:
        return items(at + 2, number(at, 2))
    if 0x80 <= first < 0x90:
        flat, at = items(at, 2 * (first & 15))
        if not all(isinstance(key, str) for key in flat[::2]):
            raise RefusedError("encoding")
        return dict(zip(flat[::2], flat[1::2], strict=True)), at
    raise RefusedError("encoding")


def unpack(data: bytes) -> Any:
    """Decode a value, and refuse any encoding but the canonical one (§5.1)."""
    value, end = _unpack(data, 0)
    if end != len(data) or pack(value) != data:
        raise RefusedError("encoding")
    return value


# §3 Agreement

Terms = dict[str, Any]
FIELDS = {"protocol", "title", "purpose", "legal_basis", "client", "server", "kinds", "reveal", "max_items",
          "max_evaluations", "sessions_per_day", "minutes_between_sessions", "large_budget_reason", "contact_size",
          "valid_from", "valid_until", "predecessor", "auditor", "person_policy", "phone_region",
          "retention_days"}  # fmt: skip
VALUES = {
    "nl-bsn": 90_909_090,
    "nl-address": 10_000_000,
    "nl-bag": 10_000_000,
    "phone": 100_000_000,
    "plate": 10_000_000,
}  # of a kind, §11.1; what is not here has no bound


def _is_line(value: Any, limit: int) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= limit and value.isprintable()


def _is_integer(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_written(value: Any) -> bool:
    """Say whether a value is 32 bytes in the form of a fingerprint (§2.2)."""
    form = f"([{CROCKFORD}]{{4}}-){{12}}[{CROCKFORD}]{{3}}[0G]"
    return isinstance(value, str) and re.fullmatch(form, value) is not None


def _is_party(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"name", "fingerprint"}
        and _is_line(value["name"], 200)
        and _is_written(value["fingerprint"])
    )


def _are_kinds(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 1 <= len(value) <= 16
        and all(isinstance(k, str) and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*/[1-9][0-9]*", k) for k in value)
        and value == sorted(set(value))
        and all(not k.startswith("dummy/") and int(k.split("/")[1]) < 256 for k in value)
    )


def has_kind(terms: Terms, name: str) -> bool:
    """Say whether a kind is among the kinds, in any version."""
    return isinstance(terms["kinds"], list) and any(str(kind).startswith(f"{name}/") for kind in terms["kinds"])


def is_large_budget(terms: Terms) -> bool:
    """Say whether `max_evaluations` is above a hundredth of the values of one of the kinds (§11.1)."""
    weakest = {"strong": 1 << 27, "two": 1 << 18, "any": 1 << 18}  # of the rules that take part, §13.3
    values = [VALUES.get(kind.split("/")[0]) for kind in terms["kinds"]]
    values += [weakest[terms["person_policy"]]] if has_kind(terms, "person") else []
    return any(n is not None and 100 * terms["max_evaluations"] > n for n in values)


def check_terms(terms: Terms) -> None:
    """Refuse terms that §3.1 does not allow; the reason is the name of the field."""
    if set(terms) != FIELDS:
        raise RefusedError(min(set(terms) ^ FIELDS))
    right = {
        "protocol": terms["protocol"] == "psimatch/1",
        **{name: _is_line(terms[name], 2000) for name in ("title", "purpose", "legal_basis")},
        **{name: _is_party(terms[name]) for name in ("client", "server")},
        "kinds": _are_kinds(terms["kinds"]),
        "reveal": terms["reveal"] in ("both", "client"),
        "max_items": _is_integer(terms["max_items"], 1, 16_777_216),
        "max_evaluations": _is_integer(terms["max_evaluations"], 1, 2**40),
        "sessions_per_day": _is_integer(terms["sessions_per_day"], 1, 1000),
        "minutes_between_sessions": _is_integer(terms["minutes_between_sessions"], 0, 10_080),
        "large_budget_reason": terms["large_budget_reason"] == "" or _is_line(terms["large_budget_reason"], 2000),
        "contact_size": _is_integer(terms["contact_size"], 0, 0 if terms["reveal"] == "client" else 512),
        **{name: _is_day(terms[name]) for name in ("valid_from", "valid_until")},
        "predecessor": terms["predecessor"] == "" or _is_written(terms["predecessor"]),
        "person_policy": terms["person_policy"] in (("strong", "two", "any") if has_kind(terms, "person") else ("",)),
        "phone_region": bool(re.fullmatch("[A-Z]{2}" if has_kind(terms, "phone") else "", str(terms["phone_region"]))),
        "auditor": terms["auditor"] == "" or _is_written(terms["auditor"]),
        "retention_days": _is_integer(terms["retention_days"], 1, 3650),
    }
    for name, holds in right.items():
        if not holds:
            raise RefusedError(name)
    if terms["client"]["fingerprint"] == terms["server"]["fingerprint"]:
        raise RefusedError("fingerprint")
    if terms["auditor"] in (terms["client"]["fingerprint"], terms["server"]["fingerprint"]):
        raise RefusedError("auditor")
    if terms["valid_from"] > terms["valid_until"]:
        raise RefusedError("valid_until")
    if terms["max_evaluations"] < terms["max_items"]:
        raise RefusedError("max_evaluations")
    if is_large_budget(terms) != (terms["large_budget_reason"] != ""):
        raise RefusedError("large_budget_reason")


def agreement_id(terms: Terms) -> bytes:
    """Return the id of an agreement (§3.2)."""
    return digest("psimatch/1 agreement id", pack(terms))


def agreement_signed(role: str, agreement: bytes) -> bytes:
    """Return what a party signs to agree (§3.3 step 1)."""
    return lp(b"psimatch/1 agreement signature", role.encode()) + agreement


# §5.2 to §5.5 Messages

HELLO, SERVER_HELLO, TAGS, BLINDED, EVALUATED, CLAIMS, CONTACTS, RECEIPT, ABORT, LEDGER_HEAD = range(1, 11)
CHUNK = 2048
SHAPES: dict[int, tuple[Any, ...]] = {
    # A number is the length of bytes, or a length to be a multiple of where it is negative; a set has lengths.
    HELLO: (32, 1216, int, 8, 8, 32),
    SERVER_HELLO: (32, 1216, 32, int, 8, 8, 32, {0, 32}),
    TAGS: (bool, -16),
    BLINDED: (32, -32, {0, 32}),
    EVALUATED: (-32, 64),
    CLAIMS: (bool, -16, -1),
    CONTACTS: (int, -1),
    RECEIPT: (-1, 64),
    ABORT: (int,),
    LEDGER_HEAD: (32,),
}

# What a party tells of its own ledger: sessions, evaluations charged, digest of the last receipt (§11.3).
Standing = tuple[int, int, bytes]
FIRST: Standing = (1, 0, ZERO)


def standing_fields(standing: Standing) -> list[bytes]:
    """Return a standing as the fields of Hello and ServerHello that carry it (§5.2)."""
    sessions, charged, last_receipt = standing
    return [i2osp(sessions, 8), i2osp(charged, 8), last_receipt]


def read_standing(fields: Sequence[bytes]) -> Standing:
    """Return the standing in those fields of Hello and ServerHello (§5.2)."""
    return int.from_bytes(fields[0], "big"), int.from_bytes(fields[1], "big"), fields[2]


def sealed_size(terms: Terms) -> int:
    """Return `e`, the bytes of a sealed contact (§5.2)."""
    return int(terms["contact_size"]) + 16 if terms["contact_size"] else 0


def decode_message(data: bytes, e: int) -> tuple[int, list[Any]]:
    """Decode a message into its type and fields, or refuse it (§5.1, §5.2)."""

    def fits(shape: Any, value: Any) -> bool:
        if isinstance(shape, set):
            return isinstance(value, bytes) and len(value) in shape
        if not isinstance(shape, int):
            return type(value) is shape
        return isinstance(value, bytes) and (len(value) == shape or (shape < 0 and len(value) % -shape == 0))

    value = unpack(data)
    if not isinstance(value, list) or not value or type(value[0]) is not int or value[0] not in SHAPES:
        raise RefusedError("message type")
    kind, fields = value[0], value[1:]
    if len(fields) != len(SHAPES[kind]) or not all(map(fits, SHAPES[kind], fields)):
        raise RefusedError("message fields")
    if kind in (HELLO, SERVER_HELLO):
        sessions, charged, _ = read_standing(fields[3:6] if kind == HELLO else fields[4:7])
        if not 1 <= sessions < 2**53 or charged >= 2**53:
            raise RefusedError("message fields")
    if kind == CLAIMS and len(fields[2]) != e * (len(fields[1]) // 16):
        raise RefusedError("message fields")
    if kind == CONTACTS and len(fields[1]) != e * fields[0]:
        raise RefusedError("message fields")
    return kind, fields


def chunks(n: int) -> list[range]:
    """Cut n items into chunks (§5.3)."""
    return [range(at, min(at + CHUNK, n)) for at in range(0, n, CHUNK)]


def commitments(blinded_chunks: Sequence[bytes]) -> list[bytes]:
    """Return the rest that goes with each chunk of blinded elements (§5.4)."""
    rest, out = ZERO, [ZERO]
    for elements in reversed(blinded_chunks[1:]):
        rest = digest("psimatch/1 blinded commitment", elements, rest)
        out.insert(0, rest)
    return out


def receipt_signed(role: str, body: bytes) -> bytes:
    """Return what a party signs in a receipt (§5.5)."""
    return lp(b"psimatch/1 receipt signature", role.encode()) + body


def receipt_digest(body: bytes) -> bytes:
    """Return the digest of a receipt (§5.5)."""
    return digest("psimatch/1 receipt", body)


# §6 Envelopes

HEADER, ENC = 51, 1120
SUITE = b"HPKE" + i2osp(0x647A, 2) + i2osp(1, 2) + i2osp(3, 2)


def xwing(ss_mlkem: bytes, ss_x25519: bytes, ct_x25519: bytes, pk_x25519: bytes) -> bytes:
    """Combine the two shared secrets of MLKEM768-X25519 (X-Wing's combiner)."""
    return hashlib.sha3_256(ss_mlkem + ss_x25519 + ct_x25519 + pk_x25519 + b"\\.//^\\").digest()


def hpke_cipher(shared: bytes, info: bytes) -> tuple[ChaCha20Poly1305, bytes]:
    """Run the key schedule of RFC 9180 §5.1 in mode base; return the cipher and its first nonce."""

    def extract(salt: bytes, label: bytes, secret: bytes) -> bytes:
        return hkdf_extract("sha256", salt, b"HPKE-v1" + SUITE + label + secret)

    def expand(key: bytes, label: bytes, context: bytes, length: int) -> bytes:
        return hkdf_expand("sha256", key, i2osp(length, 2) + b"HPKE-v1" + SUITE + label + context, length)

    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared, b"secret", b"")
    return ChaCha20Poly1305(expand(secret, b"key", context, 32)), expand(secret, b"base_nonce", context, 12)


def hpke_seal(public_key: bytes, info: bytes, plaintext: bytes) -> bytes:
    """Seal to a sealing public key: `enc || ciphertext` (§6.1)."""
    ss_mlkem, ct_mlkem = MLKEM768PublicKey.from_public_bytes(public_key[:1184]).encapsulate()
    ephemeral = X25519PrivateKey.generate()
    ct_x25519 = ephemeral.public_key().public_bytes_raw()
    ss_x25519 = ephemeral.exchange(X25519PublicKey.from_public_bytes(public_key[1184:]))
    cipher, nonce = hpke_cipher(xwing(ss_mlkem, ss_x25519, ct_x25519, public_key[1184:]), info)
    return ct_mlkem + ct_x25519 + cipher.encrypt(nonce, plaintext, b"")


def hpke_open(key: SealingKey, info: bytes, sealed: bytes) -> bytes:
    """Open `enc || ciphertext`, or refuse it (§6.1)."""
    ct_mlkem, ct_x25519, ciphertext = sealed[:1088], sealed[1088:ENC], sealed[ENC:]
    try:
        ss_x25519 = key.x25519.exchange(X25519PublicKey.from_public_bytes(ct_x25519))
        shared = xwing(key.mlkem.decapsulate(ct_mlkem), ss_x25519, ct_x25519, key.public[1184:])
        cipher, nonce = hpke_cipher(shared, info)
        return cipher.decrypt(nonce, ciphertext, b"")
    except (InvalidTag, ValueError):
        raise RefusedError("seal") from None


def header(direction: int, sequence: int, session: bytes, length: int) -> bytes:
    """Return the clear header of an envelope (§6.1)."""
    return b"psimatch" + i2osp(1, 2) + bytes([direction]) + i2osp(sequence, 4) + session + i2osp(length, 4)


def seal_envelope(receiver: bytes, direction: int, sequence: int, session: bytes, plaintext: bytes) -> bytes:
    """Seal a plaintext to a sealing public key (§6.1)."""
    head = header(direction, sequence, session, ENC + len(plaintext) + 16)
    return head + hpke_seal(receiver, lp(b"psimatch/1 seal") + head, plaintext)


def session_id(agreement: bytes, hello_digest: bytes, server_nonce: bytes, server_ephemeral: bytes) -> bytes:
    """Return the session id (§6.3)."""
    return digest("psimatch/1 session id", agreement, hello_digest, server_nonce, server_ephemeral)


@dataclass
class Channel:
    """One side's envelopes: seals and signs what it sends, checks and opens what it receives (§6)."""

    direction: int  # of what this side sends: 0 for the client
    identity: Identity
    peer: PublicIdentity
    terms: Terms
    random: Random = os.urandom
    standing: Standing = FIRST
    ledger_head: bytes = ZERO  # right after the charge of this session (§7.4)
    peer_standing: Standing | None = None
    session: bytes = ZERO
    peer_ephemeral: bytes = b""
    sent: list[bytes] = field(default_factory=list)  # digests
    received: list[bytes] = field(default_factory=list)
    acknowledged: int = 0
    body: bytes = b""  # of the receipt, at the end
    auditor: bytes = b""  # whose sealing key that is, where the terms name one (§12)
    case_refs: Mapping[Identifier, str] = field(default_factory=dict)
    owner_seed: bytes = b""
    audit: list[bytes] = field(default_factory=list)  # header, rows, key seed
    messages: list[bytes] = field(default_factory=list)  # the records of all messages, sent and accepted

    def __post_init__(self) -> None:
        self.agreement = agreement_id(self.terms)
        self.ephemeral = SealingKey(self.random(96))

    def signed(self, incoming: bool, session: bytes, received: int, message: bytes) -> bytes:
        """Return the bytes that a signature covers (§6.2), for the next message in one of the two directions."""
        sender, receiver, before, other = self.identity.public, self.peer, self.sent, self.received
        if incoming:
            sender, receiver, before, other = receiver, sender, other, before
        return (
            lp(b"psimatch/1 message signature") + sender.fingerprint + receiver.fingerprint + self.agreement + session
            + bytes([self.direction ^ incoming]) + i2osp(len(before), 4) + (before[-1] if before else ZERO)
            + i2osp(received, 4) + (other[received - 1] if received else ZERO) + message
        )  # fmt: skip

    def seal(self, message: bytes, full: int = 0) -> bytes:
        """Sign and seal the next message, zero-filled to `full` bytes (§6.1, §6.2)."""
        signed = self.signed(False, self.session, len(self.received), message)
        signature = self.identity.sign(signed)
        self.messages.append(message_record(self.direction, self.session, len(self.received), message, signature))
        plaintext = signature + self.agreement + i2osp(len(self.received), 4)
        plaintext += lp(message) + bytes(max(0, full - len(message)))
        receiver = self.peer.sealing if self.session == ZERO else self.peer_ephemeral
        envelope = seal_envelope(receiver, self.direction, len(self.sent), self.session, plaintext)
        self.sent.append(digest("psimatch/1 message digest", signed))
        return envelope

    def open(self, envelope: bytes, expected: int) -> tuple[list[Any], int]:
        """Check an envelope in the order of §6.4; return the fields of its message and message length with fill."""
        body = envelope[HEADER:]
        if len(envelope) < HEADER + ENC + 16 or envelope[:8] != b"psimatch" or envelope[47:51] != i2osp(len(body), 4):
            raise RefusedError("length or magic", 1)
        if envelope[8:10] != i2osp(1, 2):
            raise RefusedError("version", 2)
        if envelope[10] != self.direction ^ 1:
            raise RefusedError("direction", 3)
        if envelope[11:15] != i2osp(len(self.received), 4):
            raise RefusedError("sequence number", 4)
        session = envelope[15:47]
        # Before ServerHello the client can't know the id; a client that aborts before it has seen ServerHello can't
        # either, so the server takes the zero id once more.
        unknown = expected == SERVER_HELLO or (session == ZERO and self.direction == 1 and len(self.received) == 1)
        if session != self.session and not unknown:
            raise RefusedError("session id", 5)
        key = self.identity.sealing if session == ZERO else self.ephemeral
        try:
            plaintext = hpke_open(key, lp(b"psimatch/1 seal") + envelope[:HEADER], body)
        except RefusedError:
            raise RefusedError("seal", 6) from None
        length = int.from_bytes(plaintext[100:104], "big")
        message, fill = plaintext[104 : 104 + length], plaintext[104 + length :]
        if len(plaintext) < 104 or len(message) != length or any(fill):
            raise RefusedError("plaintext", 7)
        if fill and message[1:2] not in (bytes([CLAIMS]), bytes([CONTACTS])):
            raise RefusedError("fill", 7)
        if plaintext[64:96] != self.agreement:
            raise RefusedError("agreement id", 8)
        received = int.from_bytes(plaintext[96:100], "big")
        if not self.acknowledged <= received <= len(self.sent):
            raise RefusedError("received", 9)
        signed = self.signed(True, session, received, message)
        if not signature_holds(self.peer.signing, plaintext[:64], signed):
            raise RefusedError("signature", 9)
        try:
            kind, fields = decode_message(message, sealed_size(self.terms))
        except RefusedError as error:
            raise RefusedError(error.reason, 10) from None
        if kind == ABORT:
            raise AbortedError(fields[0])
        if kind != expected or (session == ZERO) != (kind == HELLO):
            raise RefusedError("state", 11)
        self.received.append(digest("psimatch/1 message digest", signed))
        self.messages.append(message_record(self.direction ^ 1, session, received, message, plaintext[:64]))
        self.acknowledged = received
        self.session = session
        return fields, length + len(fill)


# §12 Audit by opening


def audit_leaf(salt: bytes, identifier: Identifier, blinding: bytes, case_ref: str) -> bytes:
    """Return the leaf of a row (§12.2)."""
    return digest("psimatch/1 audit leaf", salt, identifier_bytes(identifier), blinding, case_ref.encode())


def audit_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root of the tree over these leaves: split at the largest power of two below their number (§12.2)."""
    if len(leaves) == 1:
        return leaves[0]
    at = 1
    while 2 * at < len(leaves):
        at *= 2
    return digest("psimatch/1 audit node", audit_root(leaves[:at]), audit_root(leaves[at:]))


def audit_share(seed: bytes, place: int) -> bytes:
    """Return the share of the row at a place (§12.3)."""
    return hkdf_expand("sha512", seed, lp(b"psimatch/1 audit share") + i2osp(place, 4), 32)


def audit_cipher(seeds: tuple[bytes, bytes], place: int) -> ChaCha20Poly1305:
    """Return what seals the row at a place, under the seeds of auditor and owner (§12.3)."""
    one, other = (audit_share(seed, place) for seed in seeds)
    return ChaCha20Poly1305(bytes(a ^ b for a, b in zip(one, other, strict=True)))


def audit_row(salt: bytes, identifier: Identifier, blinding: bytes, case_ref: str, size: int) -> bytes:
    """Return a row as it is sealed: zero-filled to `size` bytes (§12.3)."""
    return lp(pack([salt, identifier_bytes(identifier), blinding, case_ref])).ljust(size, b"\0")


def audit_info(what: str, role: str, agreement: bytes, session: bytes) -> bytes:
    """Return the context under which the auditor's seed, or (but for what was asked) an answer, is sealed (§12.3)."""
    return lp(f"psimatch/1 audit {what}".encode(), role.encode()) + agreement + session


def answer_info(role: str, agreement: bytes, session: bytes, places: Sequence[int] | None) -> bytes:
    """Return the context of an owner's answer to a request for these places, or for all (§12.5)."""
    which = b"all" if places is None else b"some"
    asked = digest("psimatch/1 audit request", which, b"".join(i2osp(place, 4) for place in places or ()))
    return audit_info("answer", role, agreement, session) + asked


def message_record(sender: int, session: bytes, received: int, message: bytes, signature: bytes) -> bytes:
    """Return the record of a message in an audit file (§12.4)."""
    return pack([3, sender, session, received, message, signature])


def begin_audit(
    channel: Channel, items: Sequence[Identifier], blindings: Sequence[bytes], key_seed: bytes = b""
) -> bytes:
    """Keep header, rows and key seed for the auditor, if the terms name one, and return the root (§12.2 to §12.4)."""
    if not channel.terms["auditor"]:
        return b""
    role, size = ("client", "server")[channel.direction], 2000
    auditor_seed, channel.owner_seed = channel.random(32), channel.random(32)
    seeds = auditor_seed, channel.owner_seed
    info = audit_info("seed", role, channel.agreement, channel.session)
    sealed_seed = hpke_seal(channel.auditor, info, auditor_seed)
    header = [0, 1, channel.direction, channel.agreement, channel.session, len(items), size, sealed_seed]
    channel.audit.append(pack(header))
    leaves: list[bytes] = []
    for part in chunks(len(items)):
        sealed = b""
        for place in part:
            row = channel.random(32), items[place], blindings[place], channel.case_refs.get(items[place], "")
            leaves.append(audit_leaf(*row))
            sealed += audit_cipher(seeds, place).encrypt(bytes(12), audit_row(*row, size), None)
        channel.audit.append(pack([1, b"".join(leaves[part.start :]), sealed]))
    if key_seed:
        channel.audit.append(pack([2, audit_cipher(seeds, len(items)).encrypt(bytes(12), key_seed, None)]))
    return audit_root(leaves)


# §8 Padding and matches


def _power(n: int) -> int:
    return 1 << max(0, n - 1).bit_length()


def bucket(n: int, max_items: int) -> int:
    """Return the bucket of a set of n identifiers (§8.1)."""
    return max_items if max_items <= 1024 else min(max_items, max(1024, _power(n)))


def is_bucket(size: int, max_items: int) -> bool:
    """Say whether a declared set size is a bucket of the agreement (§8.1)."""
    return 1 <= size <= max_items and bucket(size, max_items) == size


def slots(claims: int, smaller: int) -> int:
    """Return the number of slots for a number of claims (§8.2)."""
    return smaller if smaller <= 1024 else min(smaller, max(1024, _power(claims)))


def contact_bytes(text: str, size: int) -> bytes:
    """Encode a contact and fill it (§8.3)."""
    raw = text.encode()
    if len(raw) > size or any(unicodedata.category(c) == "Cc" for c in text):
        raise RefusedError("contact")
    return raw + bytes(size - len(raw))


def contact_text(raw: bytes) -> str:
    """Decode a contact (§8.3)."""
    try:
        text = raw.rstrip(b"\x00").decode()
    except UnicodeDecodeError:
        raise RefusedError("contact", 12) from None
    if any(unicodedata.category(c) == "Cc" for c in text):
        raise RefusedError("contact", 12)
    return text


def contact_key(secret: bytes, session: bytes, to: str) -> bytes:
    """Return the key that seals one contact (§8.3)."""
    return hkdf_expand("sha512", secret, lp(f"psimatch/1 contact to {to}".encode()) + session, 32)


def seal_contact(secret: bytes, session: bytes, to: str, text: str, size: int) -> bytes:
    """Seal a contact (§8.3); nothing where contacts have no bytes."""
    if not size:
        return b""
    return ChaCha20Poly1305(contact_key(secret, session, to)).encrypt(bytes(12), contact_bytes(text, size), b"")


def open_contact(secret: bytes, session: bytes, to: str, sealed: bytes) -> str:
    """Open a contact, or refuse it (§8.3)."""
    if not sealed:
        return ""
    try:
        return contact_text(ChaCha20Poly1305(contact_key(secret, session, to)).decrypt(bytes(12), sealed, b""))
    except InvalidTag:
        raise RefusedError("contact", 12) from None


def references(secrets: Sequence[bytes], session: bytes) -> list[str]:
    """Return the reference of each match of a session (§8.4)."""
    info = lp(b"psimatch/1 match reference") + session
    raw = [hkdf_expand("sha512", secret, info, 8) for secret in secrets]
    short = [crockford(r, 8) for r in raw]
    return [crockford(r, 12) if short.count(s) > 1 else s for r, s in zip(raw, short, strict=True)]


# §7 Sessions


@dataclass(frozen=True)
class Match:
    """An identifier that both sides submitted, its reference and the peer's contact."""

    identifier: Identifier
    reference: str
    contact: str


Steps = Generator[list[bytes], bytes, tuple[list[bytes], list[Match]]]


def padded(own: Mapping[Identifier, str], size: int, random: Random) -> list[Identifier]:
    """Fill a set with dummies, and shuffle it (§8.1 step 2, §7.2 step 2)."""
    filled = list(own) + [("dummy", 1, random(32)) for _ in range(size - len(own))]
    return sorted(filled, key=lambda _: random(16))


def split(data: bytes, size: int) -> list[bytes]:
    """Cut bytes into items of one size."""
    return [data[at : at + size] for at in range(0, len(data), size)] if size else []


def ensure(holds: bool, reason: str) -> None:
    """Refuse the content of a message (§6.4 check 12) where a condition does not hold."""
    if not holds:
        raise RefusedError(reason, 12)


def full_claims(n: int, e: int) -> int:
    """Return the length of a Claims message with n slots in use (§8.2)."""
    return len(pack([CLAIMS, True, bytes(16 * n), bytes(e * n)]))


def full_contacts(n: int, e: int) -> int:
    """Return the length of a Contacts message with n slots in use (§8.2)."""
    return len(pack([CONTACTS, n, bytes(e * n)]))


def final_body(
    channel: Channel, sizes: Sequence[int], matches: int, sent: Sequence[bytes], heads: Sequence[bytes]
) -> bytes:
    """Return the body of the receipt; digests `sent` and ledger heads are of client and server (§5.5)."""
    count = i2osp(matches, 4) if channel.terms["reveal"] == "both" else None
    return pack([channel.session, channel.agreement, *sent, *sizes, count, *heads])


def client_head(body: bytes) -> bytes:
    """Return the client's ledger head in a body: the one field that the server can't know before (§5.5)."""
    fields = unpack(body)
    ensure(isinstance(fields, list) and len(fields) == 9, "receipt")
    ensure(isinstance(fields[7], bytes) and len(fields[7]) == 32, "receipt")
    return bytes(fields[7])


def client_steps(channel: Channel, own: Mapping[Identifier, str]) -> Steps:
    """Run a client: yields envelopes to send and is sent each one received (§7.2)."""
    random, terms, maximum = channel.random, channel.terms, channel.terms["max_items"]
    size, e, width = bucket(len(own), maximum), sealed_size(terms), terms["contact_size"]
    hello = channel.seal(pack([HELLO, random(32), channel.ephemeral.public, size, *standing_fields(channel.standing)]))
    fields, _ = channel.open((yield [hello]), SERVER_HELLO)
    nonce, channel.peer_ephemeral, public_key, server_size, *told, server_root = fields
    session = session_id(channel.agreement, channel.sent[0], nonce, channel.peer_ephemeral)
    ensure(session == channel.session, "session id")
    ensure(is_bucket(server_size, maximum), "set size")
    decode_element(public_key)
    ensure(bool(server_root) == bool(terms["auditor"]), "root")
    channel.peer_standing = read_standing(told)

    inputs = [(item, prf_input(channel.agreement, session, item)) for item in padded(own, size, random)]
    scalars = [random_scalar(random) for _ in inputs]
    blinded = [blind(data, r) for (_, data), r in zip(inputs, scalars, strict=True)]
    root = begin_audit(channel, [item for item, _ in inputs], [b"\0" + encode_scalar(r) for r in scalars])

    tags: list[bytes] = []
    for part in chunks(server_size):
        (last, more), _ = channel.open((yield []), TAGS)
        ensure(len(more) == 16 * len(part) and last == (part.stop == server_size), "tags")
        tags += split(more, 16)
    ensure(all(a < b for a, b in pairwise(tags)), "tags")

    cut = chunks(size)
    pieces = [b"".join(blinded[part.start : part.stop]) for part in cut]
    rests = commitments(pieces)
    roots = [root] + [b""] * len(cut)
    ahead = [channel.seal(pack([BLINDED, rests[i], pieces[i], roots[i]])) for i in range(min(4, len(cut)))]
    found: list[tuple[bytes, bytes, Identifier]] = []  # claim, match secret, identifier
    published = set(tags)
    for i, part in enumerate(cut):
        (evaluated, proof), _ = channel.open((yield ahead), EVALUATED)
        ensure(len(evaluated) == 32 * len(part), "count")
        verify_chunk(public_key, session + i2osp(i, 4), blinded[part.start : part.stop], split(evaluated, 32), proof)
        for j, element in zip(part, split(evaluated, 32), strict=True):
            tag, claim, secret = parts(finalize(inputs[j][1], scalars[j], element))
            if tag in published:
                found.append((claim, secret, inputs[j][0]))
        ahead = [channel.seal(pack([BLINDED, rests[i + 4], pieces[i + 4], b""]))] if i + 4 < len(cut) else []

    found.sort()
    contacts = ["" for _ in found]
    if terms["reveal"] == "both":
        slot_chunks = chunks(slots(len(found), min(size, server_size)))
        out = []
        for part in slot_chunks:
            some = found[part.start : part.stop]
            sealed = b"".join(seal_contact(secret, session, "server", own[item], width) for _, secret, item in some)
            claims = pack([CLAIMS, part is slot_chunks[-1], b"".join(claim for claim, _, _ in some), sealed])
            out.append(channel.seal(claims, full_claims(len(part), e)))
        for part in slot_chunks:
            some = found[part.start : part.stop]
            (n, answers), filled = channel.open((yield out), CONTACTS)
            out = []
            ensure(n == len(some) and filled == full_contacts(len(part), e), "contacts")
            for j, answer in enumerate(split(answers, e)):
                contacts[part.start + j] = open_contact(some[j][1], session, "client", answer)

    (server_head,), _ = channel.open((yield []), LEDGER_HEAD)
    before, heads = (channel.sent[-1], channel.received[-1]), (channel.ledger_head, server_head)
    body = channel.body = final_body(channel, (size, server_size), len(found), before, heads)
    receipt = channel.seal(pack([RECEIPT, body, channel.identity.sign(receipt_signed("client", body))]))
    (theirs, signature), _ = channel.open((yield [receipt]), RECEIPT)
    ensure(theirs == body, "receipt")
    ensure(signature_holds(channel.peer.signing, signature, receipt_signed("server", body)), "receipt")
    names = references([secret for _, secret, _ in found], session)
    return [], [Match(item, names[i], contacts[i]) for i, (_, _, item) in enumerate(found)]


def server_steps(channel: Channel, own: Mapping[Identifier, str]) -> Steps:
    """Run a server: yields envelopes to send and is sent each one received (§7.3)."""
    random, terms, maximum = channel.random, channel.terms, channel.terms["max_items"]
    size, e, width = bucket(len(own), maximum), sealed_size(terms), terms["contact_size"]
    (_, channel.peer_ephemeral, client_size, *told), _ = channel.open((yield []), HELLO)
    ensure(is_bucket(client_size, maximum), "set size")
    channel.peer_standing = read_standing(told)
    nonce = random(32)
    session = session_id(channel.agreement, channel.received[0], nonce, channel.ephemeral.public)
    channel.session = session
    seed = random(32)
    key = session_key(seed, channel.agreement, session)
    public_key = encode_element(multiply(key, BASE))
    items = padded(own, size, random)
    root = begin_audit(channel, items, [b""] * size, seed)
    told = standing_fields(channel.standing)
    out = [channel.seal(pack([SERVER_HELLO, nonce, channel.ephemeral.public, public_key, size, *told, root]))]

    outputs = {}
    for item in items:
        tag, claim, secret = parts(evaluate(key, prf_input(channel.agreement, session, item)))
        outputs[claim] = (tag, secret, item)
    tags = sorted(tag for tag, _, _ in outputs.values())
    for part in chunks(size):
        out.append(channel.seal(pack([TAGS, part.stop == size, b"".join(tags[part.start : part.stop])])))

    cut, committed = chunks(client_size), ZERO
    for i, part in enumerate(cut):
        (rest, elements, client_root), _ = channel.open((yield out), BLINDED)
        ensure(bool(client_root) == (bool(terms["auditor"]) and i == 0), "root")
        ensure(len(elements) == 32 * len(part), "count")
        ensure(i == 0 or digest("psimatch/1 blinded commitment", elements, rest) == committed, "commitment")
        ensure(part is not cut[-1] or rest == ZERO, "commitment")
        committed, blinded = rest, split(elements, 32)
        evaluated = [blind_evaluate(key, element) for element in blinded]
        proof = prove_chunk(key, session + i2osp(i, 4), blinded, evaluated, random_scalar(random))
        out = [channel.seal(pack([EVALUATED, b"".join(evaluated), proof]))]

    found: list[tuple[bytes, bytes, Identifier]] = []
    contacts: list[str] = []
    if terms["reveal"] == "both":
        taken: list[tuple[int, int]] = []  # claims of each chunk, its length with fill
        last = False
        while not last:
            (last, claims, sealed), filled = channel.open((yield out), CLAIMS)
            out = []
            ensure(len(claims) <= 16 * CHUNK and len(taken) <= len(chunks(min(size, client_size))), "count")
            taken.append((len(claims) // 16, filled))
            for claim in split(claims, 16):
                ensure(claim in outputs and (not found or claim > found[-1][0]), "claims")
                found.append((claim, *outputs[claim][1:]))
            for (_, secret, _), one in zip(found[len(contacts) :], split(sealed, e), strict=False):
                contacts.append(open_contact(secret, session, "server", one))
        ensure(len(found) <= min(size, client_size), "count")
        slot_chunks = chunks(slots(len(found), min(size, client_size)))
        used = [max(0, min(part.stop, len(found)) - part.start) for part in slot_chunks]
        expected = [(n, full_claims(len(part), e)) for n, part in zip(used, slot_chunks, strict=True)]
        ensure(taken == expected, "slots")
        for part in slot_chunks:
            some = found[part.start : part.stop]
            answer = b"".join(seal_contact(secret, session, "client", own[item], width) for _, secret, item in some)
            out.append(channel.seal(pack([CONTACTS, len(some), answer]), full_contacts(len(part), e)))

    out.append(channel.seal(pack([LEDGER_HEAD, channel.ledger_head])))
    fields, _ = channel.open((yield out), RECEIPT)
    before, heads = (channel.received[-2], channel.sent[-1]), (client_head(fields[0]), channel.ledger_head)
    body = channel.body = final_body(channel, (client_size, size), len(found), before, heads)
    ensure(fields[0] == body, "receipt")
    ensure(signature_holds(channel.peer.signing, fields[1], receipt_signed("client", body)), "receipt")
    receipt = channel.seal(pack([RECEIPT, body, channel.identity.sign(receipt_signed("server", body))]))
    names = references([secret for _, secret, _ in found], session)
    contacts = contacts or ["" for _ in found]
    return [receipt], [Match(item, names[i], contacts[i]) for i, (_, _, item) in enumerate(found)]


class Peer:
    """A client or server that takes envelopes in and gives them out; it grants its own admission and charge (§7.4)."""

    def __init__(
        self, role: str, identity: Identity, peer: PublicIdentity, terms: Terms, own: Mapping[Identifier, str],
        random: Random = os.urandom, standing: Standing = FIRST, ledger_head: bytes = ZERO,
        auditor: bytes = b"", case_refs: Mapping[Identifier, str] | None = None,
    ) -> None:  # fmt: skip
        check_terms(terms)
        for name, public in ((role, identity.public), ({"client": "server", "server": "client"}[role], peer)):
            if terms[name]["fingerprint"] != crockford(public.fingerprint, 52):
                raise RefusedError("party")
        self.channel = Channel(0 if role == "client" else 1, identity, peer, terms, random, standing, ledger_head)
        self.channel.auditor, self.channel.case_refs = auditor, case_refs or {}
        self.matches: list[Match] | None = None
        self._steps = (client_steps if role == "client" else server_steps)(self.channel, own)

    @property
    def peer_standing(self) -> Standing | None:
        """Return what the peer told of its ledger (§11.3), once it has opened."""
        return self.channel.peer_standing

    @property
    def audit_file(self) -> bytes:
        """Return what is kept of the session for the auditor (§12.4)."""
        return lp(*self.channel.audit, *self.channel.messages)

    def start(self) -> list[bytes]:
        """Return what is sent first: a Hello, or nothing."""
        return next(self._steps)

    def accept(self, envelope: bytes) -> list[bytes]:
        """Take one envelope in, and return those to send; `matches` is set at the end."""
        try:
            return self._steps.send(envelope)
        except StopIteration as end:
            out, self.matches = end.value
            return list(out)
        except RefusedError as error:
            error.check = error.check or 12
            raise


def run_session(client: Peer, server: Peer) -> None:
    """Carry envelopes between two peers until neither has more to say."""
    to_client, to_server = server.start(), client.start()
    while to_client or to_server:
        if to_server:
            to_client += server.accept(to_server.pop(0))
        else:
            to_server += client.accept(to_client.pop(0))


# §11.1 Budget

Charge = tuple[int, int]  # seconds since 1970 in UTC, evaluations
DAY = 86_400


def first_second(day: str) -> int:
    """Return the first second of a day in UTC, counted since 1970."""
    return (date.fromisoformat(day) - date(1970, 1, 1)).days * DAY


def broken_points(terms: Terms, first_day: str, charges: Sequence[Charge], now: int, n: int) -> list[int]:
    """Return which of the points 2 to 4 of §11.1 refuse a charge of n evaluations to a party.

    `charges` are all that were made to the party, `first_day` is the earliest that counts.
    """
    total = sum(evaluations for time, evaluations in charges if time >= first_second(first_day))
    today = [time for time, _ in charges if time // DAY == now // DAY]
    holds = {
        2: total + n <= terms["max_evaluations"],
        3: len(today) < terms["sessions_per_day"],
        4: all(now - time >= 60 * terms["minutes_between_sessions"] for time, _ in charges),
    }
    return [point for point, held in holds.items() if not held]


def budget_allows(terms: Terms, first_day: str, charges: Sequence[Charge], now: int, n: int) -> bool:
    """Say whether the budget allows a charge of n evaluations to a party (§11.1 points 2 to 4)."""
    return not broken_points(terms, first_day, charges, now, n)


def first_day(agreement: Terms, others: Sequence[Terms]) -> str:
    """Return the day from which charges count (§11.1 point 2): agreements have an id, days, and a predecessor's id."""
    chain, ids = [agreement], {other["id"]: other for other in others}
    while chain[-1]["predecessor"] in ids and ids[chain[-1]["predecessor"]] not in chain:
        chain.append(ids[chain[-1]["predecessor"]])
    for other in others:
        apart = other["valid_until"] < agreement["valid_from"] or agreement["valid_until"] < other["valid_from"]
        chain += [] if apart else [other]
    return str(min(each["valid_from"] for each in chain))


def standing_point(told: Standing, seen: Standing | None, paid: int, receipts: Sequence[bytes]) -> int:
    """Return which point of §11.3 refuses a standing, or 0; `receipts` are those that were signed, in order."""
    sessions, charged, last = seen or (0, 0, ZERO)
    if seen and told[0] <= sessions:
        return 1
    if told[1] < charged + paid:
        return 2
    order = [ZERO, *receipts]
    fits = told[2] == last or (told[2] in order and (last not in order or order.index(told[2]) > order.index(last)))
    return 0 if fits else 3


# §11.2 Ledger

Entry = dict[str, Any]
BYTES_32, BYTES_64, SOME_BYTES = "([0-9a-f]{2}){32}", "([0-9a-f]{2}){64}", "([0-9a-f]{2})+"
TEXT, DATE = "(?s:.*)", "[0-9]{4}-[0-9]{2}-[0-9]{2}"
NUMBER = range(2**53)  # RFC 8785 has no larger integers
# What an entry holds: a range for integers, an expression for texts.
COMMON: dict[str, range | str] = {
    "number": NUMBER, "previous": BYTES_32, "time": NUMBER, "operator": TEXT, "kind": TEXT,
}  # fmt: skip
UNDER: dict[str, range | str] = {"agreement": BYTES_32, "peer": BYTES_32}
ENTRIES: dict[str, dict[str, range | str]] = {
    "opened ledger": {
        "format": range(1, 2), "name": TEXT, "signing_key": BYTES_32, "sealing_key": "([0-9a-f]{2}){1216}",
    },
    "accepted": {
        **UNDER, "peer_name": TEXT, "party": BYTES_32, "title": TEXT, "predecessor": f"({BYTES_32})?",
        "valid_from": DATE, "valid_until": DATE, "max_evaluations": NUMBER,
    },
    "opened": {**UNDER, "party": BYTES_32, "sessions": range(1, 2**53)},
    "admitted": {
        **UNDER, "party": BYTES_32, "session": BYTES_32, "hello": BYTES_32, "peer_sessions": NUMBER,
        "peer_charged": NUMBER, "peer_receipt": BYTES_32,
    },
    "charged": {
        **UNDER, "party": BYTES_32, "session": BYTES_32, "evaluations": NUMBER, "charged": NUMBER,
        "party_charged": NUMBER,
    },
    "signed": {**UNDER, "session": BYTES_32, "receipt": BYTES_32, "body": SOME_BYTES, "signature": BYTES_64},
    "finished": {
        **UNDER, "session": BYTES_32, "receipt": BYTES_32, "body": SOME_BYTES, "signature": BYTES_64,
        "peer_signature": BYTES_64, "matches": range(-1, 2**53),
    },
    "aborted": {**UNDER, "session": f"({BYTES_32})?", "reason": TEXT},
    "withdrawn": {**UNDER, "by": "self|peer"},
    "refused": {**UNDER, "reason": TEXT},
    "acknowledged": {**UNDER, "reason": TEXT},
    "corrected": {"reference": f"[{CROCKFORD}]{{4}}(-[{CROCKFORD}]{{4}}){{1,2}}", "reason": TEXT},
    "purged": {"session": BYTES_32, "files": NUMBER},
    "key destroyed": {"session": BYTES_32},
    "rows opened": {**UNDER, "session": BYTES_32, "rows": NUMBER},
}  # fmt: skip


class EntryError(RefusedError):
    """An entry of a ledger that does not verify."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(reason)
        self.number = number

    def __str__(self) -> str:
        return f"entry {self.number}: {self.reason}"


def canonical_json(entry: Entry) -> bytes:
    """Write an object of integers and texts in the form of RFC 8785; right where the names are ASCII (§11.2)."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def entry_hash(entry: bytes) -> bytes:
    """Return the hash of an entry (§11.2)."""
    return digest("psimatch/1 ledger entry", entry)


def entry_signed(entry: bytes) -> bytes:
    """Return what a party signs of an entry (§11.2)."""
    return lp(b"psimatch/1 ledger entry signature") + entry_hash(entry)


def _has_form(value: Any, form: range | str) -> bool:
    if isinstance(form, range):
        return type(value) is int and value in form
    return isinstance(value, str) and re.fullmatch(form, value) is not None


def read_entry(data: bytes) -> Entry:
    """Decode an entry, and refuse what has not its form (§11.2)."""
    try:
        entry = json.loads(data.decode())
        canonical = canonical_json(entry) == data
    except (ValueError, RecursionError):
        raise RefusedError("form") from None
    if not canonical or not isinstance(entry, dict) or not isinstance(entry.get("kind"), str):
        raise RefusedError("form")
    forms = COMMON | ENTRIES.get(entry["kind"], {})
    known = entry["kind"] in ENTRIES and set(entry) == set(forms)
    if not known or not all(_has_form(entry[name], form) for name, form in forms.items()):
        raise RefusedError("form")
    return entry


def check_sums(entry: Entry, peers: dict[str, int], parties: dict[str, int]) -> None:
    """Add a charge to what its peer and its party were charged before, and compare (§11.2)."""
    for name, totals, whom in (("charged", peers, entry["peer"]), ("party_charged", parties, entry["party"])):
        totals[whom] = totals.get(whom, 0) + entry["evaluations"]
        if entry[name] != totals[whom]:
            raise RefusedError("sum")


NOBODY = PublicIdentity(b"", b"")


@dataclass
class Verifier:
    """What is known of a ledger up to an entry (§11.2)."""

    number: int = 0
    head: bytes = ZERO
    time: int = 0
    keeper: PublicIdentity = NOBODY  # of the first entry
    peers: dict[str, int] = field(default_factory=dict)
    parties: dict[str, int] = field(default_factory=dict)

    def take(self, data: bytes, signature: bytes) -> None:
        """Verify the next entry: form, number, time, hash, signature, sums (§11.2)."""
        entry = read_entry(data)
        if (entry["kind"] == "opened ledger") != (self.number == 0):
            raise RefusedError("form")
        if self.number == 0:
            self.keeper = PublicIdentity(bytes.fromhex(entry["signing_key"]), bytes.fromhex(entry["sealing_key"]))
        if entry["number"] != self.number:
            raise RefusedError("number")
        if entry["time"] < self.time:
            raise RefusedError("time")
        if entry["previous"] != self.head.hex():
            raise RefusedError("previous")
        if not signature_holds(self.keeper.signing, signature, entry_signed(data)):
            raise RefusedError("signature")
        if entry["kind"] == "charged":
            check_sums(entry, self.peers, self.parties)
        self.number, self.head, self.time = self.number + 1, entry_hash(data), entry["time"]


def verify_ledger(entries: Sequence[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    """Verify entries with their signatures; return the fingerprint of who keeps the ledger, and its head (§11.2)."""
    known = Verifier()
    for data, signature in entries:
        try:
            known.take(data, signature)
        except RefusedError as error:
            raise EntryError(known.number, error.reason) from None
    if not entries:
        raise EntryError(0, "form")
    return known.keeper.fingerprint, known.head


# Vectors

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


CLIENT, SERVER, AUDITOR = (Identity(hashlib.sha256(name).digest()) for name in (b"client", b"server", b"auditor"))


def example_terms(**changes: Any) -> Terms:
    """Return the terms that the vectors use."""
    return {
        "protocol": "psimatch/1", "title": "Voorbeeld: thuis en zorg",
        "purpose": "Find households that both organisations are worried about.", "legal_basis": "Made up for a vector.",
        "client": {"name": "Care institution", "fingerprint": crockford(CLIENT.public.fingerprint, 52)},
        "server": {"name": "Municipality", "fingerprint": crockford(SERVER.public.fingerprint, 52)},
        "kinds": ["nl-address/1", "nl-bsn/1"], "reveal": "both", "max_items": 8, "max_evaluations": 100_000,
        "sessions_per_day": 10, "minutes_between_sessions": 0, "large_budget_reason": "", "contact_size": 64,
        "valid_from": "2020-01-01", "valid_until": "2099-12-31", "predecessor": "", "auditor": "", "person_policy": "",
        "phone_region": "",
        "retention_days": 30, **changes,
    }  # fmt: skip


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


def main() -> int:
    """Write the vector files, or compare them."""
    parser = argparse.ArgumentParser(description="Write the vectors of psimatch/1, or compare them.")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = parser.parse_args().check
    stale = 0
    for name, text in vector_files().items():
        path = VECTORS / name
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            print(f"{path} is not what this program computes")
            stale += 1
        elif not check:
            path.write_text(text, encoding="utf-8")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
