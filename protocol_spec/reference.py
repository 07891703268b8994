"""psimatch/1 once more, from `psimatch-1.md` alone: slow, short, and sharing no line with the package.

Two programs that were written apart and agree are better evidence than one with many tests. Read it next to the
specification; it is not constant-time, keeps secrets in plain integers, and must not be used on real data.

    python protocol_spec/reference.py vectors           write the files in protocol_spec/vectors
    python protocol_spec/reference.py vectors --check   compare them with what this program computes
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
from itertools import pairwise
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


# Examples

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


def main() -> int:
    """Write the vectors, or compare them with what this program computes."""
    parser = argparse.ArgumentParser(description="The second implementation of psimatch/1.")
    commands = parser.add_subparsers(dest="command", required=True)
    vectors = commands.add_parser("vectors", help="write the files in protocol_spec/vectors")
    vectors.add_argument("--check", action="store_true", help="compare them, and write nothing")
    check = parser.parse_args().check
    # What builds the vectors imports this file by its full name.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from protocol_spec.scenarios import write_vectors

    return write_vectors(check)


if __name__ == "__main__":
    sys.exit(main())
