"""psimatch/1 once more, from `psimatch-1.md` alone: slow, short, and sharing no line with the package.

Two programs that were written apart and agree are better evidence than one with many tests. Read it next to the
specification; it is not constant-time, keeps secrets in plain integers, and must not be used on real data.

    python protocol_spec/reference.py vectors [FOLDER]  write all vectors, into build/vectors if no folder is named;
                                                --check compares the tree with them, --renew writes the tree anew
    python protocol_spec/reference.py answer            answer scenarios, as `python -m protocol_spec.check` asks them
    python protocol_spec/reference.py client|server --help
                                                run a session over TCP, against psimatch or another of these
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import re
import socket
import sys
import time
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
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
    """Something that the specification refuses; `check` is its number in §6.4, or 0 outside an envelope.

    `code` is that of the Abort (§9.2) where the check alone does not say it.
    """

    def __init__(self, reason: str, check: int = 0, code: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.check = check
        self.code = code


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


# The vectors have many sessions with the same draws, so what was computed once is kept for a while.
KEEP = lru_cache(maxsize=2**15)


@KEEP
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


@KEEP
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
    e, f = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    g, h = 2 * D * t1 * t2 % P, 2 * z1 * z2 % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def double(point: Point) -> Point:
    """Add a point to itself (RFC 8032 §5.1.4)."""
    x, y, z, _ = point
    a, b, h = x * x, y * y, x + y
    e, g = a + b - h * h, a - b
    f = 2 * z * z + g
    return e * f % P, g * (a + b) % P, f * g % P, e * (a + b) % P


@KEEP
def multiply(k: int, point: Point) -> Point:
    """Multiply a point by a scalar, by doubling and adding."""
    total = IDENTITY
    for bit in bin(k % Q)[2:]:
        total = double(total)
        if bit == "1":
            total = add(total, point)
    return total


@lru_cache(maxsize=64)
def linear_sum(scalars: tuple[int, ...], points: tuple[Point, ...]) -> Point:
    """Return the sum of scalar times point."""
    total, pairs = IDENTITY, list(zip(scalars, points, strict=True))
    for bit in reversed(range(max(scalars).bit_length())):
        total = double(total)
        for k, point in pairs:
            total = add(total, point) if k >> bit & 1 else total
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


@KEEP
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


def composite_weights(public_key: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes]) -> tuple[int, ...]:
    """Return RFC 9497's own weights of a batch (§2.2.1, ComputeComposites)."""
    seed = hashlib.sha512(lp2(public_key, b"Seed-" + suite_context(VOPRF))).digest()
    return tuple(
        hash_to_scalar(lp2(seed) + i2osp(i, 2) + lp2(c, d) + b"Composite")
        for i, (c, d) in enumerate(zip(blinded, evaluated, strict=True))
    )


def challenge(public_key: bytes, m: Point, z: Point, t2: Point, t3: Point) -> int:
    """Hash the statement and the two commitments of a proof (RFC 9497 §2.2.1)."""
    return hash_to_scalar(lp2(public_key, *(encode_element(p) for p in (m, z, t2, t3))) + b"Challenge")


def prove(k: int, blinded: Sequence[bytes], evaluated: Sequence[bytes], r: int) -> bytes:
    """Prove a batch by RFC 9497 §2.2.1, GenerateProof, with the nonce r."""
    public_key = encode_element(multiply(k, BASE))
    weights = composite_weights(public_key, blinded, evaluated)
    m = linear_sum(weights, tuple(decode_element(b) for b in blinded))
    c = challenge(public_key, m, multiply(k, m), multiply(r, BASE), multiply(r, m))
    return encode_scalar(c) + encode_scalar((r - c * k) % Q)


def verify(public_key: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes], proof: bytes) -> None:
    """Verify a batch by RFC 9497 §2.2.2, VerifyProof, or refuse it."""
    if not blinded or len(blinded) != len(evaluated):
        raise RefusedError("count")
    c, s = decode_scalar(proof[:32]), decode_scalar(proof[32:])
    pk = decode_element(public_key)
    weights = composite_weights(public_key, blinded, evaluated)
    m = linear_sum(weights, tuple(decode_element(b) for b in blinded))
    z = linear_sum(weights, tuple(decode_element(e) for e in evaluated))
    if c != challenge(public_key, m, z, linear_sum((s, c), (BASE, pk)), linear_sum((s, c), (m, z))):
        raise RefusedError("proof")


# §4.4 Chunk-bound proof


def chunk_transcript(context: bytes, pk: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes]) -> bytes:
    """Hash the whole chunk (§4.4 step 1)."""
    parts = lp(b"psimatch/1 chunk proof", context) + pk + i2osp(len(blinded), 4)
    return hashlib.sha512(parts + b"".join(blinded) + b"".join(evaluated)).digest()


def chunk_weights(t: bytes, n: int) -> tuple[int, ...]:
    """Return the n weights of 128 bits that belong to a transcript (§4.4 step 2)."""
    weights = []
    for i in range(n):
        block = hashlib.sha512(t + i2osp(i // 4, 4)).digest()
        weights.append(int.from_bytes(block[16 * (i % 4) : 16 * (i % 4) + 16], "little"))
    return tuple(weights)


def chunk_sums(
    context: bytes, pk: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes]
) -> tuple[list[bytes], list[bytes]]:
    """Return the encoded [M] and [Z] of a chunk (§4.4 step 3)."""
    weights = chunk_weights(chunk_transcript(context, pk, blinded, evaluated), len(blinded))
    m = linear_sum(weights, tuple(decode_element(b) for b in blinded))
    z = linear_sum(weights, tuple(decode_element(e) for e in evaluated))
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

    @cached_property
    def mlkem(self) -> MLKEM768PrivateKey:
        """Return the ML-KEM half."""
        return MLKEM768PrivateKey.from_seed_bytes(self.secret[:64])

    @cached_property
    def x25519(self) -> X25519PrivateKey:
        """Return the X25519 half."""
        return X25519PrivateKey.from_private_bytes(self.secret[64:])

    @cached_property
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

    @cached_property
    def material(self) -> bytes:
        """Return the 128 bytes that the keys are cut from (§2.2 step 1)."""
        return hkdf_expand("sha512", hkdf_extract("sha512", b"", self.seed), b"psimatch/1 identity seed", 128)

    @cached_property
    def sealing(self) -> SealingKey:
        """Return the sealing key (§2.2 step 3)."""
        return SealingKey(self.material[32:])

    @cached_property
    def public(self) -> PublicIdentity:
        """Return the public identity."""
        key = Ed25519PrivateKey.from_private_bytes(self.material[:32])
        return PublicIdentity(key.public_key().public_bytes_raw(), self.sealing.public)

    def sign(self, data: bytes) -> bytes:
        """Sign bytes (§2.2 step 2)."""
        return Ed25519PrivateKey.from_private_bytes(self.material[:32]).sign(data)


# y of the points of edwards25519 whose order divides 8; p and p + 1 stand for 0 and 1 in another form.
LOW_ORDER = {
    0, 1, P - 1, P, P + 1,
    2707385501144840649318225287225658788936804267575313519463743609750303402022,
    55188659117513257062467267217118295137698188065244968500265048394206261417927,
}  # fmt: skip


def has_low_order(encoded: bytes) -> bool:
    """Say whether an encoded point of edwards25519 has low order; its sign doesn't matter."""
    return int.from_bytes(encoded, "little") % 2**255 in LOW_ORDER


def signature_holds(public_key: bytes, signature: bytes, data: bytes) -> bool:
    """Say whether an Ed25519 signature verifies (§2.2, RFC 8032)."""
    if any(has_low_order(point) for point in (public_key, signature[:32])):
        return False
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
          "valid_from", "valid_until", "predecessor", "auditor", "phone_region",
          "retention_days"}  # fmt: skip
VALUES = {
    "nl-bsn": 90_909_090,
    "nl-address": 10_000_000,
    "nl-bag": 10_000_000,
    "phone": 100_000_000,
    "plate": 10_000_000,
    "person": 3_300_000,
}  # of a kind, §11.1; what is not here has no bound
VERSIONS = {"person": 2}  # of the kinds that are not at their first
KINDS = {f"{name}/{VERSIONS.get(name, 1)}" for name in (*VALUES, "email", "handle", "iban", "text")}


def _is_line(value: Any, limit: int) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= limit and value.isprintable() and value.strip() != ""


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
        and all(isinstance(kind, str) and kind in KINDS for kind in value)
        and value == sorted(set(value))
    )


def _is_region(value: Any) -> bool:
    """Say whether a value is a region whose telephone numbers can be read (§13.2)."""
    import phonenumbers

    return isinstance(value, str) and value in phonenumbers.SUPPORTED_REGIONS


def has_kind(terms: Terms, name: str) -> bool:
    """Say whether a kind is among the kinds, in any version."""
    return isinstance(terms["kinds"], list) and any(str(kind).startswith(f"{name}/") for kind in terms["kinds"])


def is_large_budget(terms: Terms) -> bool:
    """Say whether `max_evaluations` is above a hundredth of the values of one of the kinds (§11.1)."""
    values = [VALUES.get(kind.split("/")[0]) for kind in terms["kinds"]]
    return any(n is not None and 100 * terms["max_evaluations"] > n for n in values)


def check_terms(terms: Terms) -> None:
    """Refuse terms that §3.1 does not allow; the reason is the name of the field."""
    if set(terms) != FIELDS:
        raise RefusedError(min(set(terms) ^ FIELDS))
    right = {
        "protocol": terms["protocol"] == "psimatch/1",
        **{name: _is_line(terms[name], 300) for name in ("title", "purpose", "legal_basis")},
        **{name: _is_party(terms[name]) for name in ("client", "server")},
        "kinds": _are_kinds(terms["kinds"]),
        "reveal": terms["reveal"] in ("both", "client"),
        "max_items": _is_integer(terms["max_items"], 1, 16_777_216),
        "max_evaluations": _is_integer(terms["max_evaluations"], 1, 2**40),
        "sessions_per_day": _is_integer(terms["sessions_per_day"], 1, 1000),
        "minutes_between_sessions": _is_integer(terms["minutes_between_sessions"], 0, 10_080),
        "large_budget_reason": terms["large_budget_reason"] == "" or _is_line(terms["large_budget_reason"], 300),
        "contact_size": _is_integer(terms["contact_size"], 0, 0 if terms["reveal"] == "client" else 512),
        **{name: _is_day(terms[name]) for name in ("valid_from", "valid_until")},
        "predecessor": terms["predecessor"] == "" or _is_written(terms["predecessor"]),
        "phone_region": _is_region(terms["phone_region"]) if has_kind(terms, "phone") else terms["phone_region"] == "",
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


def parse_toml(data: bytes, most: int) -> dict[str, Any]:
    """Read a TOML document of at most so many bytes, or refuse it."""
    try:
        if len(data) <= most:
            return tomllib.loads(data.decode())
    except (ValueError, RecursionError):
        pass
    raise RefusedError("TOML")


def parse_hex(value: Any, size: int) -> bytes:
    """Read so many bytes from lower-case hexadecimal digits, or refuse them."""
    if not isinstance(value, str) or not re.fullmatch(f"[0-9a-f]{{{2 * size}}}", value):
        raise RefusedError("digits")
    return bytes.fromhex(value)


def parse_public(data: bytes) -> tuple[str, PublicIdentity]:
    """Read a public identity file, or refuse it (§2.3)."""
    given = parse_toml(data, 16_384)
    right = set(given) == {"format", "name", "signing_key", "sealing_key"} and _is_line(given["name"], 200)
    if not right or given["format"] != "psimatch-public-identity-1":
        raise RefusedError("public identity")
    public = PublicIdentity(parse_hex(given["signing_key"], 32), parse_hex(given["sealing_key"], 1216))
    check_sealing_key(public.sealing)
    return given["name"], public


def parse_agreement(data: bytes) -> tuple[Terms, dict[str, bytes]]:
    """Read an agreement file with the signatures that it has, or refuse it (§3.4)."""
    terms = parse_toml(data, 262_144)
    tables, signatures = terms.pop("signature", []), dict[str, bytes]()
    check_terms(terms)
    for table in tables if isinstance(tables, list) else [None]:
        if not isinstance(table, dict) or set(table) != {"party", "ed25519"}:
            raise RefusedError("signature table")
        if table["party"] not in ("client", "server") or table["party"] in signatures:
            raise RefusedError("signature table")
        signatures[table["party"]] = parse_hex(table["ed25519"], 64)
    return terms, signatures


def agreement_id(terms: Terms) -> bytes:
    """Return the id of an agreement (§3.2)."""
    return digest("psimatch/1 agreement id", pack(terms))


def agreement_signed(role: str, agreement: bytes) -> bytes:
    """Return what a party signs to agree (§3.3 step 1)."""
    return lp(b"psimatch/1 agreement signature", role.encode()) + agreement


def check_agreement(
    terms: Terms, signatures: Mapping[str, bytes], parties: Mapping[str, PublicIdentity], today: str
) -> None:
    """Refuse an agreement under which no session of these parties may begin today (§3.3 step 2)."""
    for role, public in parties.items():
        if terms[role]["fingerprint"] != crockford(public.fingerprint, 52):
            raise RefusedError("party")
        signed = agreement_signed(role, agreement_id(terms))
        if not signature_holds(public.signing, signatures.get(role, bytes(64)), signed):
            raise RefusedError("agreement signature")
    if not terms["valid_from"] <= today <= terms["valid_until"]:
        raise RefusedError("term")


# §5.2 to §5.5 Messages

HELLO, SERVER_HELLO, TAGS, BLINDED, EVALUATED, CLAIMS, CONTACTS, RECEIPT, ABORT, LEDGER_HEAD = range(1, 11)
NAMES = ("", "Hello", "ServerHello", "Tags", "Blinded", "Evaluated", "Claims", "Contacts", "Receipt", "Abort",
         "LedgerHead")  # fmt: skip
CHUNK = 2048
SHAPES: dict[int, tuple[Any, ...]] = {
    # A number is the length of bytes, or a length to be a multiple of where it is negative; a set has lengths.
    HELLO: (32, 1216, int, 8, 8, 32),
    SERVER_HELLO: (32, 1216, 32, int, 8, 8, 32, {0, 32}),
    TAGS: (bool, -16),
    BLINDED: (32, -32, {0, 32}),
    EVALUATED: (-32, -1),  # a proof of another length than 64 is a wrong proof
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


def decode_message(data: bytes) -> tuple[int, list[Any]]:
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
    if len(fields) != len(SHAPES[kind]):
        raise RefusedError("message fields")
    for shape, item in zip(SHAPES[kind], fields, strict=True):
        if not fits(shape, item):
            packed = type(shape) is int and shape < 0 and isinstance(item, bytes)
            raise RefusedError("count" if packed else "message fields")
    if (kind == ABORT and not 1 <= fields[0] <= 14) or (kind == CONTACTS and fields[0] > CHUNK):
        raise RefusedError("message fields")
    if kind in (HELLO, SERVER_HELLO):
        sessions, charged, _ = read_standing(fields[3:6] if kind == HELLO else fields[4:7])
        if not 1 <= sessions < 2**53 or charged >= 2**53 or not 1 <= fields[2 if kind == HELLO else 3] < 2**32:
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


def message_signed(
    parties: bytes, agreement: bytes, session: bytes, direction: int, before: Sequence[bytes], received: int,
    last: bytes, message: bytes,
) -> bytes:  # fmt: skip
    """Return what a signature covers (§6.2): `parties` are the fingerprints of sender and receiver.

    `before` are the digests of the sender's messages so far, `last` is that of the last message that it accepted.
    """
    place = parties + agreement + session + bytes([direction]) + i2osp(len(before), 4)
    chain = (before[-1] if before else ZERO) + i2osp(received, 4) + last
    return lp(b"psimatch/1 message signature") + place + chain + message


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
    ledger: OwnLedger | None = None  # without one, all that is asked for is granted
    state: str = "new"  # of §7.1
    evaluated: bool = False  # whether an Evaluated was sent or received: from then on an Abort tells nothing (§9.2)
    own_size: int = 0  # the bucket of the own set
    peer_standing: Standing | None = None
    session: bytes = ZERO
    first: bytes = b""  # the first envelope that this side sent
    peer_ephemeral: bytes = b""
    sent: list[bytes] = field(default_factory=list)  # digests
    received: list[bytes] = field(default_factory=list)
    acknowledged: int = 0
    body: bytes = b""  # of the receipt, at the end
    auditor: bytes = b""  # whose sealing key that is, where the terms name one (§12)
    owner_seed: bytes = b""
    audit: list[bytes] = field(default_factory=list)  # header, rows, key seed
    messages: list[bytes] = field(default_factory=list)  # the records of all messages, sent and accepted

    def __post_init__(self) -> None:
        self.agreement = agreement_id(self.terms)
        self.ephemeral = SealingKey(self.random(96))
        self.step("start")

    @property
    def role(self) -> str:
        """Return the role of this side."""
        return ("client", "server")[self.direction]

    def step(self, event: str) -> None:
        """Go where the table leads (§7.1)."""
        self.state = state_after(self.role, self.state, event)

    def took(self, kind: int, last: bool = False) -> None:
        """Go where the table leads after a message whose content holds; `last` if it ends its series (§7.1)."""
        name = f"last {NAMES[kind]}" if last else NAMES[kind]
        both = f"{name}, reveal {self.terms['reveal']}"
        self.step(both if (self.role, self.state, both) in STATES else name)

    def admit(self, hello: bytes, size: int, told: Sequence[bytes]) -> None:
        """Ask for an admission of the peer, with a set of that size (§7.4 step 1)."""
        self.peer_standing = read_standing(told)
        if self.ledger is not None:
            opening = self.role == "server"
            sizes = size, self.own_size
            session = self.ledger.admit(self.terms, self.peer, self.session, hello, self.peer_standing, *sizes, opening)
            self.standing = session or self.standing
        self.step("admit")

    def charge(self, evaluations: int) -> None:
        """Ask for a charge to the peer (§7.4 step 2)."""
        if self.ledger is not None:
            self.ledger_head = self.ledger.charge(self.terms, self.peer, self.session, evaluations)
        self.step("charge")

    def keep_receipt(self, own: bytes, theirs: bytes = b"", matches: int = -1) -> None:
        """Make a receipt durable: with the own signature, then with both (§11.4 points 3 and 4)."""
        if self.ledger is not None:
            self.ledger.record_receipt(self.terms, self.peer, self.session, self.body, own, theirs, matches)

    def signed(self, incoming: bool, session: bytes, received: int, message: bytes) -> bytes:
        """Return the bytes that a signature covers (§6.2), for the next message in one of the two directions."""
        sender, receiver, before, other = self.identity.public, self.peer, self.sent, self.received
        if incoming:
            sender, receiver, before, other = receiver, sender, other, before
        parties = sender.fingerprint + receiver.fingerprint
        last = other[received - 1] if received else ZERO
        direction = self.direction ^ incoming
        return message_signed(parties, self.agreement, session, direction, before, received, last, message)

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
        self.evaluated = self.evaluated or message[1:2] == bytes([EVALUATED])
        self.first = self.first or envelope
        return envelope

    def open(self, envelope: bytes, expected: int) -> tuple[list[Any], int]:
        """Check an envelope in the order of §6.4; return the fields of its message and message length with fill."""
        body = envelope[HEADER:]
        if len(envelope) > largest_envelope(self.terms):
            raise RefusedError("length or magic", 1)
        if len(envelope) < HEADER or envelope[:8] != b"psimatch":
            raise RefusedError("length or magic", 1)
        if envelope[8:10] != i2osp(1, 2):
            raise RefusedError("version", 2)
        if len(body) < ENC + 16 + 104 or envelope[47:51] != i2osp(len(body), 4):
            raise RefusedError("length or magic", 2, 5)
        if envelope[10] != self.direction ^ 1:
            own = envelope[10] == self.direction and envelope[11:47] == bytes(36)
            same_role = own and envelope != self.first
            raise RefusedError("role" if same_role else "direction", 3, 4 if same_role else 5)
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
        if len(message) != length or any(fill):
            raise RefusedError("plaintext", 7)
        if plaintext[64:96] != self.agreement:
            raise RefusedError("agreement id", 8)
        received = int.from_bytes(plaintext[96:100], "big")
        if not self.acknowledged <= received <= len(self.sent):
            raise RefusedError("received", 9, 5)
        signed = self.signed(True, session, received, message)
        if not signature_holds(self.peer.signing, plaintext[:64], signed):
            raise RefusedError("signature", 9)
        try:
            kind, fields = decode_message(message)
        except RefusedError as error:
            raise RefusedError(error.reason, 10) from None
        if fill and kind not in (CLAIMS, CONTACTS):
            raise RefusedError("fill", 10)
        if kind == ABORT:
            raise AbortedError(fields[0])
        allowed = state_allows(self.role, self.state, NAMES[kind])
        if not allowed or kind != expected:
            raise RefusedError("state", 11)
        ensure(kind == HELLO or session != ZERO, "session id", 5)
        self.received.append(digest("psimatch/1 message digest", signed))
        self.messages.append(message_record(self.direction ^ 1, session, received, message, plaintext[:64]))
        self.acknowledged = received
        self.session = session
        self.evaluated = self.evaluated or kind == EVALUATED
        return fields, length + len(fill)


# §12 Audit by opening


def person_numbers(persons: Sequence[int]) -> bytes:
    """Return the numbers of persons as a row has them (§12.2)."""
    return b"".join(i2osp(number, 4) for number in persons)


def audit_leaf(salt: bytes, identifier: Identifier, blinding: bytes, persons: Sequence[int], case_ref: str) -> bytes:
    """Return the leaf of a row (§12.2)."""
    identified = identifier_bytes(identifier), blinding, person_numbers(persons)
    return digest("psimatch/1 audit leaf", salt, *identified, case_ref.encode())


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


def audit_row(
    salt: bytes, identifier: Identifier, blinding: bytes, persons: Sequence[int], case_ref: str, size: int
) -> bytes:
    """Return a row as it is sealed: zero-filled to `size` bytes (§12.3)."""
    row = [salt, identifier_bytes(identifier), blinding, person_numbers(persons), case_ref]
    return lp(pack(row)).ljust(size, b"\0")


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
    channel: Channel, own: OwnList, items: Sequence[Identifier], blindings: Sequence[bytes], key_seed: bytes = b""
) -> bytes:
    """Keep header, rows and key seed for the auditor, if the terms name one, and return the root (§12.2 to §12.4)."""
    if not channel.terms["auditor"]:
        return b""
    role, size = ("client", "server")[channel.direction], 3000
    persons = own.numbered(items) if role == "client" else {}
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
            item = items[place]
            row = channel.random(32), item, blindings[place], persons.get(item, []), own.case_refs.get(item, "")
            leaves.append(audit_leaf(*row))
            sealed += audit_cipher(seeds, place).encrypt(bytes(12), audit_row(*row, size), None)
        channel.audit.append(pack([1, b"".join(leaves[part.start :]), sealed]))
    if key_seed:
        channel.audit.append(pack([2, audit_cipher(seeds, len(items)).encrypt(bytes(12), key_seed, None)]))
    return audit_root(leaves)


# §8 Padding and matches


def _power(n: int) -> int:
    return 1 << max(0, n - 1).bit_length()


def padme(n: int) -> int:
    """Round up to a number whose binary form ends in zeros, as many as E - S (§8.1)."""
    e = n.bit_length() - 1
    mask = (1 << (e - e.bit_length())) - 1
    return (n + mask) & ~mask


def bucket(n: int, max_items: int) -> int:
    """Return the bucket of a set of n places (§8.1)."""
    return max_items if max_items <= 1024 else min(max_items, padme(max(1024, n)))


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


# §7.1 States

STATES = {
    ("client", "new", "start"): "awaiting ServerHello",
    ("client", "awaiting ServerHello", "ServerHello"): "admitting the server",
    ("client", "admitting the server", "admit"): "awaiting Tags",
    ("client", "awaiting Tags", "Tags"): "charging for Tags",
    ("client", "charging for Tags", "charge"): "receiving Tags",
    ("client", "receiving Tags", "Tags"): "receiving Tags",
    ("client", "receiving Tags", "last Tags"): "receiving Evaluated",
    ("client", "receiving Evaluated", "Evaluated"): "receiving Evaluated",
    ("client", "receiving Evaluated", "last Evaluated, reveal both"): "receiving Contacts",
    ("client", "receiving Evaluated", "last Evaluated, reveal client"): "awaiting LedgerHead",
    ("client", "receiving Contacts", "Contacts"): "receiving Contacts",
    ("client", "receiving Contacts", "last Contacts"): "awaiting LedgerHead",
    ("client", "awaiting LedgerHead", "LedgerHead"): "awaiting Receipt",
    ("client", "awaiting Receipt", "Receipt"): "finished",
    ("server", "new", "start"): "awaiting Hello",
    ("server", "awaiting Hello", "Hello"): "admitting the client",
    ("server", "admitting the client", "admit"): "awaiting Blinded",
    ("server", "awaiting Blinded", "Blinded"): "charging for Blinded",
    ("server", "charging for Blinded", "charge"): "receiving Blinded",
    ("server", "receiving Blinded", "Blinded"): "receiving Blinded",
    ("server", "receiving Blinded", "last Blinded, reveal both"): "receiving Claims",
    ("server", "receiving Blinded", "last Blinded, reveal client"): "awaiting Receipt",
    ("server", "receiving Claims", "Claims"): "receiving Claims",
    ("server", "receiving Claims", "last Claims"): "awaiting Receipt",
    ("server", "awaiting Receipt", "Receipt"): "finished",
}  # role, state, event: next state


def state_after(role: str, state: str, event: str) -> str:
    """Return the next state, or refuse what is not in the table (§7.1)."""
    if (role, state, event) not in STATES:
        raise RefusedError("state", 11)
    return STATES[role, state, event]


def state_allows(role: str, state: str, message: str) -> bool:
    """Say whether a message may come in a state, as one of its series or as the last (§7.1)."""
    return any(
        (of, where) == (role, state) and event.removeprefix("last ").split(",")[0] == message
        for of, where, event in STATES
    )


# §7 Sessions


@dataclass(frozen=True)
class Match:
    """An identifier that both sides submitted, its reference and the peer's contact."""

    identifier: Identifier
    reference: str
    contact: str


Steps = Generator[list[bytes], bytes, tuple[list[bytes], list[Match]]]


@dataclass(frozen=True)
class OwnRow:
    """A row of the own list: what it says of one person, its contact, and the case reference for an auditor."""

    identifiers: Sequence[Identifier]
    contact: str = ""
    case_ref: str = ""


def strength(token: Identifier) -> tuple[int, bytes]:
    """Return what tokens of one person are sorted by, the strongest first (§13.3)."""
    return list(RULES).index(token[2].decode().partition("|")[0]), token[2]


def rows_of(own: Mapping[Identifier, str]) -> list[OwnRow]:
    """Return each identifier with its contact as a row of its own."""
    return [OwnRow([item], contact) for item, contact in own.items()]


class OwnList:
    """What a side brings: identifiers with contact and case reference of their first row, and persons (§13.3)."""

    def __init__(self, rows: Sequence[OwnRow]) -> None:
        self.contacts: dict[Identifier, str] = {}
        self.case_refs: dict[Identifier, str] = {}
        self.persons: dict[tuple[Identifier, ...], str] = {}  # tokens, the strongest first: contact
        for row in rows:
            for item in row.identifiers:
                self.contacts.setdefault(item, row.contact)
                self.case_refs.setdefault(item, row.case_ref)
            tokens = tuple(sorted({item for item in row.identifiers if item[0] == "person"}, key=strength))
            if tokens:
                self.persons.setdefault(tokens, row.contact)

    def places(self) -> int:
        """Return how many places it takes: each person one for each rule (§8.1)."""
        rules = len(RULES)
        alone = sum(item[0] != "person" for item in self.contacts)
        return alone + sum(max(rules, len(tokens)) for tokens in self.persons)

    def claims(self, found: Collection[Identifier]) -> dict[Identifier, str]:
        """Return which of the identifiers that matched are claimed, with the contact of each (§7.2 step 5)."""
        claimed = {item: self.contacts[item] for item in found if item[0] != "person"}
        for tokens, contact in self.persons.items():
            for strongest in [token for token in tokens if token in found][:1]:
                claimed.setdefault(strongest, contact)
        return claimed

    def numbered(self, items: Sequence[Identifier]) -> dict[Identifier, list[int]]:
        """Return the numbers of the persons of each token, given the items in the order of places (§12.2)."""
        place = {item: at for at, item in enumerate(items)}
        persons = sorted(sorted(place[token] for token in tokens) for tokens in self.persons)
        numbers: dict[Identifier, list[int]] = {}
        for number, places in enumerate(persons):
            for at in places:
                numbers.setdefault(items[at], []).append(number)
        return numbers


def padded(own: Mapping[Identifier, str], size: int, random: Random) -> list[Identifier]:
    """Fill a set with dummies, and shuffle it (§8.1 step 2, §7.2 step 2)."""
    filled = list(own) + [("dummy", 1, random(32)) for _ in range(size - len(own))]
    return sorted(filled, key=lambda _: random(16))


def split(data: bytes, size: int) -> list[bytes]:
    """Cut bytes into items of one size."""
    return [data[at : at + size] for at in range(0, len(data), size)] if size else []


def ensure(holds: bool, reason: str, code: int = 8) -> None:
    """Refuse the content of a message (§6.4 check 12) where a condition does not hold."""
    if not holds:
        raise RefusedError(reason, 12, code)


def check_sealing_key(key: bytes) -> None:
    """Refuse an ephemeral key to which nothing can be sealed (§5.2)."""
    try:
        hpke_seal(key, b"", b"")
    except ValueError:
        raise RefusedError("ephemeral key", 12, 8) from None


def check_own(own: Sequence[OwnRow], terms: Terms) -> None:
    """Refuse identifiers of another kind or form (§13.1), and a token of more than 256 persons (§13.3)."""
    for row in own:
        for kind, version, value in row.identifiers:
            if f"{kind}/{version}" not in terms["kinds"] or not is_canonical(kind, value, terms):
                raise RefusedError("own_list")
    persons = Counter(token for tokens in OwnList(own).persons for token in tokens)
    if any(count > 256 for count in persons.values()):
        raise RefusedError("own_list")


def own_size(channel: Channel, own: OwnList) -> int:
    """Return the size to which the own set is filled, or refuse one that is too large (§3.1, §8.1)."""
    places = max(own.places(), channel.ledger.largest_set(channel.terms) if channel.ledger else 0)
    if places > channel.terms["max_items"]:
        raise RefusedError("max_items")
    channel.own_size = bucket(places, channel.terms["max_items"])
    return channel.own_size


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
    try:
        fields = unpack(body)
    except RefusedError:
        raise RefusedError("receipt", 12) from None
    ensure(isinstance(fields, list) and len(fields) == 9, "receipt")
    ensure(isinstance(fields[7], bytes) and len(fields[7]) == 32, "receipt")
    return bytes(fields[7])


def client_steps(channel: Channel, own: OwnList) -> Steps:
    """Run a client: yields envelopes to send and is sent each one received (§7.2)."""
    random, terms, maximum = channel.random, channel.terms, channel.terms["max_items"]
    size, e, width = own_size(channel, own), sealed_size(terms), terms["contact_size"]
    if channel.ledger is not None:
        channel.standing = channel.ledger.open(terms, channel.peer, size)
    hello = channel.seal(pack([HELLO, random(32), channel.ephemeral.public, size, *standing_fields(channel.standing)]))
    fields, _ = channel.open((yield [hello]), SERVER_HELLO)
    nonce, ephemeral, public_key, server_size, *told, server_root = fields
    # Who refuses it here knows no session yet, and tells so under the zero id.
    claimed, channel.session = channel.session, ZERO
    session = session_id(channel.agreement, channel.sent[0], nonce, ephemeral)
    ensure(session == claimed, "session id", 5)
    check_sealing_key(ephemeral)
    channel.session, channel.peer_ephemeral = session, ephemeral
    ensure(is_bucket(server_size, maximum), "set size", 9)
    decode_element(public_key)
    ensure(bool(server_root) == bool(terms["auditor"]), "root")
    channel.took(SERVER_HELLO)
    channel.admit(channel.sent[0], server_size, told)

    inputs = [(item, prf_input(channel.agreement, session, item)) for item in padded(own.contacts, size, random)]
    scalars = [random_scalar(random) for _ in inputs]
    blinded = [blind(data, r) for (_, data), r in zip(inputs, scalars, strict=True)]
    root = begin_audit(channel, own, [item for item, _ in inputs], [b"\0" + encode_scalar(r) for r in scalars])

    tags: list[bytes] = []
    for part in chunks(server_size):
        (last, more), _ = channel.open((yield []), TAGS)
        if part.start == 0:
            channel.took(TAGS)
            channel.charge(server_size)
        ensure(len(more) == 16 * len(part) and last == (part.stop == server_size), "count")
        tags += split(more, 16)
        ensure(all(a < b for a, b in pairwise(tags)), "tags", 11)
        channel.took(TAGS, last)

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
            if tag in published and inputs[j][0] in own.contacts:
                found.append((claim, secret, inputs[j][0]))
        channel.took(EVALUATED, part is cut[-1])
        ahead = [channel.seal(pack([BLINDED, rests[i + 4], pieces[i + 4], b""]))] if i + 4 < len(cut) else []

    spoken = own.claims({item for _, _, item in found})
    found = sorted(each for each in found if each[2] in spoken)
    contacts = ["" for _ in found]
    if terms["reveal"] == "both":
        slot_chunks = chunks(slots(len(found), min(size, server_size)))
        out = []
        for part in slot_chunks:
            some = found[part.start : part.stop]
            sealed = b"".join(seal_contact(secret, session, "server", spoken[item], width) for _, secret, item in some)
            claims = pack([CLAIMS, part is slot_chunks[-1], b"".join(claim for claim, _, _ in some), sealed])
            out.append(channel.seal(claims, full_claims(len(part), e)))
        for part in slot_chunks:
            some = found[part.start : part.stop]
            (n, answers), filled = channel.open((yield out), CONTACTS)
            out = []
            ensure(n == len(some) and len(answers) == e * n, "count")
            ensure(filled == full_contacts(len(part), e), "fill")
            for j, answer in enumerate(split(answers, e)):
                contacts[part.start + j] = open_contact(some[j][1], session, "client", answer)
            channel.took(CONTACTS, part is slot_chunks[-1])

    (server_head,), _ = channel.open((yield []), LEDGER_HEAD)
    channel.took(LEDGER_HEAD)
    before, heads = (channel.sent[-1], channel.received[-1]), (channel.ledger_head, server_head)
    body = channel.body = final_body(channel, (size, server_size), len(found), before, heads)
    own_signature = channel.identity.sign(receipt_signed("client", body))
    channel.keep_receipt(own_signature)
    receipt = channel.seal(pack([RECEIPT, body, own_signature]))
    (theirs, signature), _ = channel.open((yield [receipt]), RECEIPT)
    ensure(theirs == body, "receipt")
    ensure(signature_holds(channel.peer.signing, signature, receipt_signed("server", body)), "receipt")
    channel.took(RECEIPT)
    channel.keep_receipt(own_signature, signature, len(found))
    names = references([secret for _, secret, _ in found], session)
    return [], [Match(item, names[i], contacts[i]) for i, (_, _, item) in enumerate(found)]


def server_steps(channel: Channel, own: OwnList) -> Steps:
    """Run a server: yields envelopes to send and is sent each one received (§7.3)."""
    random, terms, maximum = channel.random, channel.terms, channel.terms["max_items"]
    size, e, width = own_size(channel, own), sealed_size(terms), terms["contact_size"]
    (_, channel.peer_ephemeral, client_size, *told), _ = channel.open((yield []), HELLO)
    check_sealing_key(channel.peer_ephemeral)
    ensure(is_bucket(client_size, maximum), "set size", 9)
    channel.took(HELLO)
    nonce = random(32)
    session = session_id(channel.agreement, channel.received[0], nonce, channel.ephemeral.public)
    channel.session = session
    channel.admit(channel.received[0], client_size, told)
    seed = random(32)
    key = session_key(seed, channel.agreement, session)
    public_key = encode_element(multiply(key, BASE))
    items = padded(own.contacts, size, random)
    root = begin_audit(channel, own, items, [b""] * size, seed)
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
        if i == 0:
            channel.took(BLINDED)
            channel.charge(client_size)
        ensure(bool(client_root) == (bool(terms["auditor"]) and i == 0), "root")
        ensure(len(elements) == 32 * len(part), "count")
        ensure(i == 0 or digest("psimatch/1 blinded commitment", elements, rest) == committed, "commitment")
        ensure((part is cut[-1]) == (rest == ZERO), "commitment")
        committed, blinded = rest, split(elements, 32)
        evaluated = [blind_evaluate(key, element) for element in blinded]
        proof = prove_chunk(key, session + i2osp(i, 4), blinded, evaluated, random_scalar(random))
        channel.took(BLINDED, part is cut[-1])
        out = [channel.seal(pack([EVALUATED, b"".join(evaluated), proof]))]

    found: list[tuple[bytes, bytes, Identifier]] = []
    contacts: list[str] = []
    if terms["reveal"] == "both":
        smaller, last = min(size, client_size), False
        taken: list[int] = []  # claims of each chunk
        while not last:
            (last, claims, sealed), filled = channel.open((yield out), CLAIMS)
            out = []
            left = smaller - CHUNK * len(taken)  # places, if all slots are in use
            ensure(len(claims) <= 16 * min(left, CHUNK) and (last or left > CHUNK), "count")
            ensure(len(sealed) == e * (len(claims) // 16), "count")
            taken.append(len(claims) // 16)
            for claim in split(claims, 16):
                ensure(claim in outputs and outputs[claim][2] in own.contacts, "claims")
                ensure(not found or claim > found[-1][0], "claims")
                found.append((claim, *outputs[claim][1:]))
            slot_chunks = chunks(slots(len(found), smaller) if last else smaller)
            used = [max(0, min(part.stop, len(found)) - part.start) for part in slot_chunks]
            ensure(not last or taken == used, "count")
            ensure(filled == full_claims(len(slot_chunks[len(taken) - 1]), e), "fill")
            for (_, secret, _), one in zip(found[len(contacts) :], split(sealed, e), strict=False):
                contacts.append(open_contact(secret, session, "server", one))
            channel.took(CLAIMS, last)
        for part in slot_chunks:
            some = found[part.start : part.stop]
            told = [(secret, own.contacts[item]) for _, secret, item in some]
            answer = b"".join(seal_contact(secret, session, "client", contact, width) for secret, contact in told)
            out.append(channel.seal(pack([CONTACTS, len(some), answer]), full_contacts(len(part), e)))

    out.append(channel.seal(pack([LEDGER_HEAD, channel.ledger_head])))
    fields, _ = channel.open((yield out), RECEIPT)
    before, heads = (channel.received[-2], channel.sent[-1]), (client_head(fields[0]), channel.ledger_head)
    body = channel.body = final_body(channel, (client_size, size), len(found), before, heads)
    ensure(fields[0] == body, "receipt")
    ensure(signature_holds(channel.peer.signing, fields[1], receipt_signed("client", body)), "receipt")
    channel.took(RECEIPT)
    own_signature = channel.identity.sign(receipt_signed("server", body))
    channel.keep_receipt(own_signature, fields[1], len(found) if terms["reveal"] == "both" else -1)
    receipt = channel.seal(pack([RECEIPT, body, own_signature]))
    names = references([secret for _, secret, _ in found], session)
    contacts = contacts or ["" for _ in found]
    return [receipt], [Match(item, names[i], contacts[i]) for i, (_, _, item) in enumerate(found)]


class Peer:
    """A client or server that takes envelopes in and gives them out.

    Its ledger grants admission and charge (§7.4); where it has none, it grants them by itself.
    """

    def __init__(
        self, role: str, identity: Identity, peer: PublicIdentity, terms: Terms, own: Sequence[OwnRow],
        random: Random = os.urandom, standing: Standing = FIRST, ledger_head: bytes = ZERO,
        auditor: bytes = b"", ledger: OwnLedger | None = None,
    ) -> None:  # fmt: skip
        check_terms(terms)
        for name, public in ((role, identity.public), ({"client": "server", "server": "client"}[role], peer)):
            if terms[name]["fingerprint"] != crockford(public.fingerprint, 52):
                raise RefusedError("party")
        check_own(own, terms)
        self.channel = Channel(0 if role == "client" else 1, identity, peer, terms, random, standing, ledger_head)
        self.channel.auditor, self.channel.ledger = auditor, ledger
        self.matches: list[Match] | None = None
        self._steps = (client_steps if role == "client" else server_steps)(self.channel, OwnList(own))

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
        if self.matches is not None:
            raise RefusedError("state", 11)
        try:
            return self._steps.send(envelope)
        except StopIteration as end:
            out, self.matches = end.value
            return list(out)
        except RefusedError as error:
            if not error.check:
                # Elements, scalars and proofs (§4.3, §4.4), unless the ledger says its own code.
                error.check, error.code = 12, error.code or 10
            raise

    def abort(self, error: RefusedError) -> bytes:
        """Return the Abort that tells the peer of a refusal (§6.4, §9.2)."""
        code = error.code or {2: 3, 8: 7, 9: 6, 10: 8, 11: 8, 12: 8}.get(error.check, 5)
        return self.channel.seal(pack([ABORT, 1 if self.channel.evaluated else code]))

    def record_end(self, reason: str, code: int = 0) -> None:
        """Tell the ledger, if it has opened the session, that it ended early (§11.2)."""
        ledger = self.channel.ledger
        if ledger is not None:
            ledger.record_abort(self.channel.terms, self.channel.peer, self.channel.session, reason, code)


def run_session(client: Peer, server: Peer) -> None:
    """Carry envelopes between two peers until neither has more to say."""
    to_client, to_server = server.start(), client.start()
    while to_client or to_server:
        if to_server:
            to_client += server.accept(to_server.pop(0))
        else:
            to_server += client.accept(to_client.pop(0))


# §10 TCP

PATIENCE = 60.0  # seconds for the other side to say something
HANDSHAKE = 10.0  # and to say what it is


def largest_envelope(terms: Terms) -> int:
    """Return the length above which no envelope of the agreement is (§6.1)."""
    return HEADER + ENC + 16 + 104 + CHUNK * max(32, 16 + sealed_size(terms)) + 2048


def read_exactly(connection: socket.socket, n: int) -> bytes:
    """Read n bytes; raises ConnectionError where the other side closes before."""
    data = b""
    while len(data) < n:
        more = connection.recv(n - len(data))
        if not more:
            raise ConnectionError("the other side closed the connection")
        data += more
    return data


SELECTOR_INFO = lp(b"psimatch/1 selector")
SELECTOR = 32 + ENC + 16  # bytes


def seal_selector(client: PublicIdentity, agreement: bytes) -> bytes:
    """Return what a server that connects says to the client, so that it knows which agreement is meant (§10.1)."""
    return hpke_seal(client.sealing, SELECTOR_INFO, agreement)


def open_selector(client: Identity, selector: bytes) -> bytes:
    """Return the agreement id that a selector names, or refuse it (§10.1)."""
    return hpke_open(client.sealing, SELECTOR_INFO, selector)


def greet(connection: socket.socket, role: str, selector: bytes = b"") -> None:
    """Exchange prefaces, or refuse who sends another one; a server that connects sends a selector too (§10.1)."""
    connection.sendall(f"psimatch/1 {role}\n".encode() + selector)
    other = {"client": "server", "server": "client"}[role]
    if read_exactly(connection, 18) != f"psimatch/1 {other}\n".encode():
        raise ConnectionError("what is at the other end is not the peer")


def read_frame(connection: socket.socket, limit: int) -> bytes:
    """Read an envelope behind its length, or refuse a length above the limit (§10.2)."""
    length = int.from_bytes(read_exactly(connection, 4), "big")
    if length > limit:
        raise RefusedError("frame", 1)
    return read_exactly(connection, length)


def run_over(connection: socket.socket, peer: Peer) -> list[Match]:
    """Run a whole session over a connection whose prefaces are exchanged, and return the matches."""
    limit, out = largest_envelope(peer.channel.terms), peer.start()
    connection.settimeout(PATIENCE)
    try:
        while True:
            connection.sendall(lp(*out))
            if peer.matches is not None:
                return peer.matches
            out = peer.accept(read_frame(connection, limit))
    except RefusedError as error:
        peer.record_end(error.reason)
        connection.sendall(lp(peer.abort(error)))
        raise
    except AbortedError as error:
        peer.record_end("aborted by the peer", error.code)
        raise
    except OSError:
        peer.record_end("connection")
        raise


# §11.1 Budget

Charge = tuple[int, int]  # seconds since 1970 in UTC, evaluations
DAY = 86_400


def first_second(day: str) -> int:
    """Return the first second of a day in UTC, counted since 1970."""
    return (date.fromisoformat(day) - date(1970, 1, 1)).days * DAY


def broken_points(
    terms: Terms, first_day: str, charges: Sequence[Charge], now: int, n: int, accepted: int | None = None
) -> list[int]:
    """Return which of the points 2 to 4 of §11.1 refuse a charge of n evaluations to a party.

    `charges` are all that were made to the party, in order, `first_day` is the earliest that counts, and `accepted` the
    time of the clock that was accepted after the last of them, if one was.
    """
    total = sum(evaluations for time, evaluations in charges if time >= first_second(first_day))
    today = [time for time, _ in charges if time // DAY == now // DAY]
    last = None if not charges else charges[-1][0] if accepted is None else accepted
    holds = {
        2: total + n <= terms["max_evaluations"],
        3: len(today) < terms["sessions_per_day"],
        4: last is None or now - last >= 60 * terms["minutes_between_sessions"],
    }
    return [point for point, held in holds.items() if not held]


def budget_allows(
    terms: Terms, first_day: str, charges: Sequence[Charge], now: int, n: int, accepted: int | None = None
) -> bool:
    """Say whether the budget allows a charge of n evaluations to a party (§11.1 points 2 to 4)."""
    return not broken_points(terms, first_day, charges, now, n, accepted)


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
    order = list(receipts)
    known = told[2] in order and (last not in order or order.index(told[2]) > order.index(last))
    fits = told[2] == last or known  # zero is older than any
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
    "declared": {**UNDER, "set_size": range(1, 2**53)},
    "admitted": {
        **UNDER, "party": BYTES_32, "session": BYTES_32, "hello": BYTES_32, "peer_sessions": NUMBER,
        "peer_charged": NUMBER, "peer_receipt": BYTES_32,
    },
    "charged": {
        **UNDER, "party": BYTES_32, "session": BYTES_32, "evaluations": NUMBER, "charged": NUMBER,
        "party_charged": NUMBER, "salt": BYTES_32,
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
    "clock accepted": {"reason": TEXT},
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


def check_session(entry: Entry, admitted: dict[str, tuple[str, str]], charged: set[str]) -> None:
    """Refuse a charge of a session that was not admitted with this peer under this agreement, or charged before."""
    session, under = entry["session"], (entry["agreement"], entry["peer"])
    if entry["kind"] == "admitted":
        admitted[session] = under
    elif admitted.get(session) != under or session in charged:
        raise RefusedError("session")
    else:
        charged.add(session)


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
    admitted: dict[str, tuple[str, str]] = field(default_factory=dict)  # sessions: agreement and peer
    charged: set[str] = field(default_factory=set)  # sessions
    peers: dict[str, int] = field(default_factory=dict)
    parties: dict[str, int] = field(default_factory=dict)

    def take(self, data: bytes, signature: bytes) -> None:
        """Verify the next entry: form, number, time, hash, signature, sessions, sums (§11.2)."""
        entry = read_entry(data)
        if (entry["kind"] == "opened ledger") != (self.number == 0):
            raise RefusedError("form")
        if self.number == 0:
            self.keeper = PublicIdentity(bytes.fromhex(entry["signing_key"]), bytes.fromhex(entry["sealing_key"]))
        if entry["number"] != self.number:
            raise RefusedError("number")
        if entry["time"] < self.time and entry["kind"] != "clock accepted":
            raise RefusedError("time")
        if entry["previous"] != self.head.hex():
            raise RefusedError("previous")
        if not signature_holds(self.keeper.signing, signature, entry_signed(data)):
            raise RefusedError("signature")
        if entry["kind"] in ("admitted", "charged"):
            check_session(entry, self.admitted, self.charged)
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


# §7.4, §11 A ledger that grants


def read_written(text: str) -> bytes:
    """Read 32 bytes in the form of a fingerprint (§2.2)."""
    bits = "".join(f"{CROCKFORD.index(digit):05b}" for digit in text.replace("-", ""))
    return bytes(int(bits[at : at + 8], 2) for at in range(0, 256, 8))


SHOWS_NOTHING = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\U0001d159")
VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


def folded(name: str) -> str:
    """Return a name for comparing: NFKC, case-folded, without what shows as nothing, runs of blanks as one (§11.1)."""
    shown = [
        c
        for c in unicodedata.normalize("NFKC", name)
        if c not in SHOWS_NOTHING and not any(ord(c) in block for block in VARIATION_SELECTORS)
    ]
    return " ".join("".join(shown).casefold().split())


class OwnLedger:
    """A party's own ledger, in memory, and in a file if it is given: a line an entry, behind its signature in hex."""

    def __init__(
        self, identity: Identity, name: str, path: Path | None = None, operator: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self.identity, self.path, self.operator, self.clock = identity, path, operator, clock
        self.rows: list[tuple[bytes, bytes]] = []
        if path is not None and path.exists():
            lines = [line.partition(" ") for line in path.read_text(encoding="utf-8").splitlines()]
            self.rows = [(entry.encode(), bytes.fromhex(signature)) for signature, _, entry in lines]
        self.entries = [read_entry(data) for data, _ in self.rows]
        if not self.rows:
            keys = {"signing_key": identity.public.signing.hex(), "sealing_key": identity.public.sealing.hex()}
            self.append("opened ledger", format=1, name=name, **keys)
        if verify_ledger(self.rows)[0] != identity.public.fingerprint:
            raise RefusedError("the ledger is another party's")

    def now(self) -> int:
        """Return the time in seconds; a clock up to two minutes behind the last entry is taken for its time (§11.2)."""
        now = int(self.clock())
        last = self.entries[-1]["time"] if self.entries else now
        if not last - 120 <= now <= last + 400 * DAY:
            raise RefusedError("clock", code=14)
        return max(now, last)

    def accept_clock(self, reason: str) -> None:
        """Go on from a clock that is behind the last entry or far ahead of it; refuse where it is neither (§11.2)."""
        try:
            self.now()
        except RefusedError:
            self.append("clock accepted", int(self.clock()), reason=reason)
        else:
            raise RefusedError("clock", code=14)

    def append(self, kind: str, accepted: int | None = None, /, **fields: Any) -> bytes:
        """Append an entry, durably, and return its hash (§11.2, §11.4)."""
        previous = entry_hash(self.rows[-1][0]) if self.rows else ZERO
        now = self.now() if accepted is None else accepted
        entry = {"number": len(self.rows), "previous": previous.hex(), "time": now, "operator": self.operator}
        data = canonical_json({**entry, "kind": kind, **fields})
        signature = self.identity.sign(entry_signed(data))
        if self.path is not None:
            with self.path.open("ab") as file:
                file.write(signature.hex().encode() + b" " + data + b"\n")
                file.flush()
                os.fsync(file.fileno())
        self.rows.append((data, signature))
        self.entries.append(read_entry(data))
        return entry_hash(data)

    def receipts(self) -> list[bytes]:
        """Return the digests of the receipts that this party has signed, in order."""
        signed = [bytes.fromhex(entry["receipt"]) for entry in self.entries if entry["kind"] in ("signed", "finished")]
        return list(dict.fromkeys(signed))

    def of(self, kind: str, **where: str) -> list[Entry]:
        """Return the entries of a kind whose fields have these values."""
        return [
            entry
            for entry in self.entries
            if entry["kind"] == kind and all(entry[name] == value for name, value in where.items())
        ]

    def last(self, kind: str, **where: str) -> Entry | None:
        """Return the last of such entries."""
        found = self.of(kind, **where)
        return found[-1] if found else None

    def party(self, terms: Terms, peer: PublicIdentity) -> tuple[str, bool]:
        """Return the party that a peer is under an agreement, and whether that needs an operator (§11.1)."""
        own = peer.fingerprint.hex()
        known = self.last("accepted", peer=own)
        if terms["predecessor"]:
            before = self.last("accepted", agreement=read_written(terms["predecessor"]).hex())
            party = str((known or before or {"party": own})["party"])
            return party, before is None or before["party"] != party
        names = [
            terms[role]["name"]
            for role in ("client", "server")
            if read_written(terms[role]["fingerprint"]).hex() == own
        ]
        same_name = any(folded(entry["peer_name"]) == folded(names[0]) for entry in self.of("accepted"))
        return (str(known["party"]), False) if known else (own, same_name)

    def check_agreement(self, terms: Terms, peer: PublicIdentity) -> str:
        """Refuse a withdrawn agreement, or a new one that needs an operator; return the party (§11.1)."""
        agreement, own = agreement_id(terms).hex(), peer.fingerprint.hex()
        if self.of("withdrawn", agreement=agreement):
            raise RefusedError("withdrawn", code=13)
        accepted = self.last("accepted", agreement=agreement)
        if accepted is not None:
            return str(accepted["party"])
        party, doubtful = self.party(terms, peer)
        if doubtful and not self.of("acknowledged", agreement=agreement, peer=own):
            raise RefusedError("agreement of an unknown party", code=14)
        return party

    def check_budget(self, terms: Terms, peer: PublicIdentity, evaluations: int) -> str:
        """Refuse what the budget does not allow; return the party (§11.1)."""
        party, agreement = self.check_agreement(terms, peer), agreement_id(terms).hex()
        others = [{**entry, "id": entry["agreement"]} for entry in self.of("accepted", party=party)]
        own = {**terms, "predecessor": read_written(terms["predecessor"]).hex() if terms["predecessor"] else ""}
        charged, clock = self.of("charged", party=party), self.last("clock accepted")
        charges = [(entry["time"], entry["evaluations"]) for entry in charged]
        accepted = clock["time"] if clock and charged and clock["number"] > charged[-1]["number"] else None
        day = first_day({**own, "id": agreement}, others)
        if not budget_allows(terms, day, charges, self.now(), evaluations, accepted):
            raise RefusedError("budget", code=12)
        return party

    def standing(self, peer: PublicIdentity) -> Standing:
        """Return what this ledger says about the sessions with a peer so far (§11.3)."""
        own = peer.fingerprint.hex()
        opened, finished = self.last("opened", peer=own), self.last("finished", peer=own)
        charged = sum(entry["evaluations"] for entry in self.of("charged", peer=own))
        receipt = bytes.fromhex(finished["receipt"]) if finished else ZERO
        return (opened["sessions"] if opened else 0), charged, receipt

    def is_refused(self, peer: PublicIdentity) -> bool:
        """Say whether a standing of the peer's was refused, and nobody has acknowledged it since (§11.3)."""
        own = peer.fingerprint.hex()
        refused, acknowledged = self.last("refused", peer=own), self.last("acknowledged", peer=own)
        return refused is not None and (acknowledged["number"] if acknowledged else -1) < refused["number"]

    def check_told(self, peer: PublicIdentity, told: Standing) -> None:
        """Refuse a standing that contradicts this ledger (§11.3)."""
        own = peer.fingerprint.hex()
        acknowledged, seen = (self.last(kind, peer=own) for kind in ("acknowledged", "admitted"))
        if self.is_refused(peer):
            raise RefusedError("standing", code=14)
        if acknowledged and acknowledged["number"] > (seen["number"] if seen else -1):
            return
        before, paid = None, 0
        if seen:
            before = seen["peer_sessions"], seen["peer_charged"], bytes.fromhex(seen["peer_receipt"])
            for finished in self.of("finished", session=seen["session"]):
                sizes = unpack(bytes.fromhex(finished["body"]))[4:6]
                paid = sum(sizes) - sum(entry["evaluations"] for entry in self.of("charged", session=seen["session"]))
        if standing_point(told, before, paid, self.receipts()):
            raise RefusedError("standing", code=14)

    def largest_set(self, terms: Terms) -> int:
        """Return the largest set size that this party has told under an agreement (§8.1)."""
        declared = self.last("declared", agreement=agreement_id(terms).hex())
        return int(declared["set_size"]) if declared else 0

    def open(self, terms: Terms, peer: PublicIdentity, own_size: int) -> Standing:
        """Open a session with a set of that size; return the standing to tell the peer (§11.4 point 1)."""
        under = {"agreement": agreement_id(terms).hex(), "peer": peer.fingerprint.hex()}
        party = self.check_agreement(terms, peer)
        self.check_own_size(terms, own_size)
        if not self.of("accepted", agreement=under["agreement"]):
            name = next(p["name"] for p in (terms["client"], terms["server"])
                        if read_written(p["fingerprint"]) == peer.fingerprint)  # fmt: skip
            predecessor = read_written(terms["predecessor"]).hex() if terms["predecessor"] else ""
            same = {field: terms[field] for field in ("title", "valid_from", "valid_until", "max_evaluations")}
            self.append("accepted", **under, party=party, peer_name=name, predecessor=predecessor, **same)
        if own_size > self.largest_set(terms):
            self.append("declared", **under, set_size=own_size)
        sessions, charged, receipt = self.standing(peer)
        self.append("opened", **under, party=party, sessions=sessions + 1)
        return sessions + 1, charged, receipt

    def check_own_size(self, terms: Terms, own_size: int) -> None:
        """Refuse an own set that is smaller than one that the peer was told of (§8.1)."""
        if own_size < self.largest_set(terms):
            raise RefusedError("own set size", code=2)

    def admit(
        self, terms: Terms, peer: PublicIdentity, session: bytes, hello: bytes, told: Standing, size: int,
        own_size: int, opening: bool,
    ) -> Standing | None:  # fmt: skip
        """Admit the peer, or refuse it; a server opens the session with it, and gets its own standing (§7.4, §11.4)."""
        under = {"agreement": agreement_id(terms).hex(), "peer": peer.fingerprint.hex()}
        if opening and self.of("admitted", hello=hello.hex()):
            raise RefusedError("Hello admitted before", code=5)
        party = self.check_agreement(terms, peer)
        if opening:
            self.check_own_size(terms, own_size)
        try:
            self.check_told(peer, told)
        except RefusedError as error:
            if not opening and not self.is_refused(peer):
                self.append("refused", **under, reason=error.reason)
            raise
        self.check_budget(terms, peer, size)
        own = self.open(terms, peer, own_size) if opening else None
        said = {"peer_sessions": told[0], "peer_charged": told[1], "peer_receipt": told[2].hex()}
        self.append("admitted", **under, party=party, session=session.hex(), hello=hello.hex(), **said)
        return own

    def charge(
        self, terms: Terms, peer: PublicIdentity, session: bytes, evaluations: int, random: Random | None = None
    ) -> bytes:
        """Charge the peer, or refuse; return the head of the ledger after it (§11.1, §11.2)."""
        party = self.check_budget(terms, peer, evaluations)
        own = peer.fingerprint.hex()
        where = {"session": session.hex(), "agreement": agreement_id(terms).hex(), "peer": own}
        if self.of("charged", session=session.hex()) or not self.of("admitted", **where):
            raise RefusedError("charged before, or not admitted", code=14)
        sums = {
            name: evaluations + sum(entry["evaluations"] for entry in self.of("charged", **whom))
            for name, whom in (("charged", {"peer": own}), ("party_charged", {"party": party}))
        }
        under = {"agreement": agreement_id(terms).hex(), "peer": own, "party": party, "session": session.hex()}
        return self.append("charged", **under, evaluations=evaluations, **sums, salt=(random or os.urandom)(32).hex())

    def record_receipt(
        self, terms: Terms, peer: PublicIdentity, session: bytes, body: bytes, own: bytes, theirs: bytes, matches: int
    ) -> None:
        """Keep a receipt: `signed` while there is the own signature alone, then `finished` (§11.4)."""
        about = {"agreement": agreement_id(terms).hex(), "peer": peer.fingerprint.hex(), "session": session.hex()}
        receipt = {"receipt": receipt_digest(body).hex(), "body": body.hex(), "signature": own.hex()}
        if theirs:
            self.append("finished", **about, **receipt, peer_signature=theirs.hex(), matches=matches)
        else:
            self.append("signed", **about, **receipt)

    def record_abort(self, terms: Terms, peer: PublicIdentity, session: bytes, reason: str, code: int) -> None:
        """Keep that a session ended early, and that the peer withdrew the agreement if its Abort says so (§9.2)."""
        under = {"agreement": agreement_id(terms).hex(), "peer": peer.fingerprint.hex()}
        if code == 13 and not self.of("withdrawn", agreement=under["agreement"]):
            self.append("withdrawn", **under, by="peer")
        known = session.hex() if self.of("admitted", session=session.hex()) else ""
        self.append("aborted", **under, session=known, reason=reason)


# §13 Kinds

Row = Mapping[str, str]  # the text of a record by the name of its column
SPACES, HYPHENS = "\t\u00a0\u2007\u2009\u202f", "\u2010\u2011\u2012\u2013\u2014\u2212"
PLAIN = {ord(c): " " for c in SPACES} | {ord(c): "-" for c in HYPHENS}


def plain(text: str) -> str:
    """Return a text with ASCII spaces and hyphens, and without white space at its ends (§13.1)."""
    return text.translate(PLAIN).strip()


def demand(holds: bool, reason: str) -> None:
    """Refuse a text that no value can be read from (§13.1)."""
    if not holds:
        raise RefusedError(reason)


def without(text: str, characters: str) -> str:
    """Return a text without some characters."""
    return "".join(c for c in text if c not in characters)


def matches(form: str, text: str) -> bool:
    """Say whether all of a text has a form; letters and digits are those of ASCII."""
    return re.fullmatch(form, text, re.ASCII | re.DOTALL) is not None


# §13.2 Numbers, addresses, texts


def read_bsn(row: Row) -> str:
    """Read `nl-bsn/1`."""
    text = plain(row.get("bsn", ""))
    demand(not matches(r"[0-9]+\.0+", text), "decimal")
    digits = without(text, " .-")
    demand(matches("[0-9]{8,9}", digits), "digits")
    digits = digits.zfill(9)
    weighed = sum(weight * int(digit) for weight, digit in zip((9, 8, 7, 6, 5, 4, 3, 2, -1), digits, strict=True))
    demand(int(digits) > 0 and weighed % 11 == 0, "eleven-test")
    return digits


def read_bag(row: Row) -> str:
    """Read `nl-bag/1`: municipality (4), type of object (20), number (10)."""
    digits = without(plain(row.get("bag_id", "")), " ")
    demand(matches("[0-9]{15,16}", digits), "digits")
    demand(matches("[0-9]{4}20[0-9]{10}", digits.zfill(16)), "type")
    return digits.zfill(16)


MONTHS = "JAN FEB MRT MAR MAA APR MEI MAY JUN JUL AUG SEP OKT OCT NOV DEC"
NEAR = re.compile(r"(t[./ ]?o\.?|tegenover|by|bij)[ .]*(?=[0-9])", re.ASCII | re.IGNORECASE)
BEHIND = re.compile(r"(?<![A-Z0-9])(t[./ ]?o\.?|tegenover|by|bij)[ .]*\Z", re.ASCII | re.IGNORECASE)


def suffix_part(text: str) -> str:
    """Return a part of a suffix in capitals without separators; two digits with one between them are refused."""
    text = plain(text)
    demand(matches("[A-Za-z0-9 ./-]*", text), "suffix")
    demand(re.search("[0-9][ ./-]+[0-9]", text) is None, "two numbers")
    return without(text, " ./-").upper()


def beside(text: str) -> tuple[str, str]:
    """Return TO, BY or nothing, as the end of a plain text says, and what stands before that (§13.2)."""
    found = BEHIND.search(plain(text))
    return (("TO" if found[1][0] in "tT" else "BY"), plain(text)[: found.start()].rstrip(" ,")) if found else ("", text)


def read_address(row: Row) -> str:
    """Read `nl-address/1` ([decision 3])."""
    postcode = plain(row.get("postcode", ""))
    demand(postcode.isascii(), "postcode")
    postcode = without(postcode, " -").upper().removeprefix("NL")
    demand(matches("[1-9][0-9]{3}[A-Z]{2}", postcode) and postcode[4:] not in ("SA", "SD", "SS"), "postcode")

    number = plain(row.get("huisnummer", ""))
    near = NEAR.match(number)
    number = plain(number[near.end() :] if near else number)
    behind, number = beside(number)
    added, addition = beside(row.get("toevoeging", ""))
    said, left = beside(row.get("aanduiding", ""))
    demand(not left.strip(), "indication")
    decimal, day = re.search("[0-9][.,][0-9]", number), matches("[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", number)
    demand(decimal is None and not day, "spreadsheet")
    found = re.fullmatch("0*([1-9][0-9]{0,4})(?![0-9])(.*)", number, re.DOTALL)
    demand(found is not None, "number")
    digits, rest = found.groups() if found else ("", "")

    rest = suffix_part(rest)
    letter, addition = suffix_part(row.get("huisletter", "")), suffix_part(addition)
    demand(matches("[A-Z]?", letter), "letter")
    demand(not rest or not (letter or addition), "suffix in two places")
    suffix = rest + letter + addition
    demand(suffix not in ("NVT", "GEEN", "NULL", "NONE", "NAN"), "no suffix")
    demand(not matches(f"[0-9]{{0,2}}({'|'.join(MONTHS.split())})[0-9]{{0,2}}", suffix), "month")
    demand(matches("[A-Z0-9]{0,4}|[A-Z][A-Z0-9]{4}", suffix), "suffix")
    before = ("TO" if near[0][0] in "tT" else "BY") if near else ""
    places = {before, behind, added, said, suffix if suffix in ("TO", "BY") else ""} - {""}
    demand(len(places) <= 1, "opposite and near")
    parts = (postcode, *places, digits, "" if suffix in places else suffix)
    return " ".join(part for part in parts if part)


def read_phone(row: Row, region: str) -> str:
    """Read `phone/1`, by the tables of `phonenumbers`."""
    import phonenumbers

    text = plain(row.get("telefoon", ""))
    demand(matches(r"\+?[0-9 ()./-]+", text), "characters")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise RefusedError("number") from None
    demand(not number.extension and phonenumbers.is_valid_number(number), "number")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
NO_MAIL = ("arpa", "invalid", "local", "localhost", "onion")  # names of special use without mail


def is_safe(text: str) -> bool:
    """Say whether a text has letters, marks (not at first), numbers, punctuation and symbols alone."""
    return bool(text) and all(unicodedata.category(c)[0] in "LNPSM"[: 5 if i else 4] for i, c in enumerate(text))


def mail_domain(text: str) -> tuple[str, str]:
    """Return a domain in A-labels and in U-labels, both in small letters (UTS #46, RFC 5891)."""
    ascii_form = unicode_form = text.lower()
    if not text.isascii() or "xn--" in ascii_form:
        import idna

        try:
            ascii_form = str(idna.encode(text, uts46=True), "ascii")
            unicode_form = str(idna.decode(ascii_form))
        except idna.IDNAError:
            raise RefusedError("domain") from None
    return ascii_form, unicode_form


def read_email(row: Row) -> str:
    """Read `email/1`."""
    text = row.get("email", "").strip().removeprefix("mailto:")
    letters = [c for c in unicodedata.normalize("NFC", text) if c.isalpha() and not c.isascii()]
    demand(all(unicodedata.name(c, "").startswith("LATIN ") for c in letters), "alphabet")
    local, at, domain = text.partition("@")
    demand(bool(at) and len(local) + 1 + len(domain) <= 254, "address")
    composed = unicodedata.normalize("NFC", local)
    for form in (local, composed):
        demand(re.fullmatch(rf"{ATOM}(\.{ATOM})*", form) is not None and is_safe(form), "local part")
    demand(is_safe(domain), "domain")
    ascii_form, unicode_form = mail_domain(domain)
    labels = ascii_form.split(".")
    demand(all(matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label) for label in labels), "label")
    demand(not any(label[2:4] == "--" and label[:2] != "xn" for label in labels), "label")
    demand(len(ascii_form) <= 253 and labels[-1][-1].isalpha(), "domain")
    demand(len(labels) > 1 and labels[-1] not in NO_MAIL, "domain")
    for address in (f"{local}@{domain}", f"{composed}@{unicode_form}", f"{composed}@{ascii_form}"):
        demand(len(address.encode()) <= 254, "length")
    local = unicodedata.normalize("NFC", composed.lower())
    demand(len(local) <= 64, "length")
    return f"{local}@{ascii_form}"


# What stands behind the check digits in each country, by the registry of ISO 13616: letters, digits, or either.
IBAN_FORMS = """
AD n8c12 AE n19 AL n8c16 AT n16 AZ a4c20 BA n16 BE n12 BG a4n6c8 BH a4c14 BI n23 BR n23a1c1 BY c4n4c16 CH n5c12 CR n18
CY n8c16 CZ n20 DE n18 DJ n23 DK n14 DO c4n20 EE n16 EG n25 ES n20 FI n14 FK a2n12 FO n14 FR n10c11n2 GB a4n14 GE a2n16
GI a4c15 GL n14 GR n7c16 GT c24 HN a4n20 HR n17 HU n24 IE a4n14 IL n19 IQ a4n15 IS n22 IT a1n10c12 JO a4n4c18 KW a4c22
KZ n3c13 LB n4c20 LC a4c24 LI n5c12 LT n16 LU n3c13 LV a4c13 LY n21 MC n10c11n2 MD c20 ME n18 MK n3c10n2 MN n16 MR n23
MT a4n5c18 MU a4n19a3 NI a4n20 NL a4n10 NO n11 OM n3c16 PK a4c16 PL n24 PS a4c21 PT n21 QA a4c21 RO a4c16 RS n18
RU n14c15 SA n2c18 SC a4n20a3 SD n14 SE n20 SI n15 SK n20 SM a1n10c12 SO n19 ST n21 SV a4n20 TL n19 TN n20 TR n6c16
UA n6c19 VA n18 VG a4n16 XK n16 YE a4n4c18
"""
IBAN_CHARACTERS = {"a": "[A-Z]", "n": "[0-9]", "c": "[A-Z0-9]"}


def read_iban(row: Row) -> str:
    """Read `iban/1`: the country's form, and a remainder of 1 modulo 97 (ISO 13616, ISO/IEC 7064)."""
    text = plain(row.get("iban", ""))
    demand(text.isascii(), "characters")
    text = without(text.upper().removeprefix("IBAN").lstrip(" :"), " .-").strip()
    listed = IBAN_FORMS.split()
    form = dict(zip(listed[::2], listed[1::2], strict=True)).get(text[:2])
    demand(form is not None, "country")
    pattern = re.sub("([anc])([0-9]+)", lambda part: f"{IBAN_CHARACTERS[part[1]]}{{{part[2]}}}", form or "")
    demand(matches(f"[A-Z]{{2}}[0-9A-Z]{{2}}{pattern}", text), "form")
    demand(int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1, "check digits")
    return text


# How people write a platform, and where it has its accounts.
PLATFORMS = {
    "discord": "discord", "facebook": "facebook fb", "instagram": "instagram ig insta", "kik": "kik",
    "reddit": "reddit", "roblox": "roblox", "signal": "signal", "snapchat": "snapchat snap sc", "steam": "steam",
    "telegram": "telegram tg", "tiktok": "tiktok tt", "twitch": "twitch", "x": "x twitter", "youtube": "youtube yt",
}  # fmt: skip
HOSTS = {
    "facebook": "facebook.com", "instagram": "instagram.com", "reddit": "reddit.com", "snapchat": "snapchat.com",
    "telegram": "t.me", "tiktok": "tiktok.com", "twitch": "twitch.tv", "x": "x.com twitter.com",
    "youtube": "youtube.com",
}  # fmt: skip
LINK = re.compile(
    r"(?:https?://)?(?:www\.|m\.)?([a-z]+\.[a-z]+)/(?:@|u/|user/|add/)?([^/?#]*)/?(\?.*)?", re.ASCII
)  # host, account
NO_ACCOUNT = str.split("p reel reels stories share watch profile.php i joinchat invite groups c channel add")


def read_handle(row: Row) -> str:
    """Read `handle/1`."""
    written = row.get("platform", "").strip()
    known = [name for name, names in PLATFORMS.items() if written.lower() in names.split()]
    demand(written.isascii() and bool(known), "platform")
    demand(not is_nothing(row.get("account", "")), "account")
    account = row.get("account", "")[:200].strip()
    demand(account.isascii(), "account")
    account = account.lower()
    link = LINK.fullmatch(account)
    if link:
        demand(link[1] in HOSTS.get(known[0], "").split() and link[2] not in NO_ACCOUNT, "link")
        account = link[2]
    account = account.removeprefix("@")
    demand(matches("[a-z0-9._-]{1,64}(#[0-9]{4})?", account), "account")
    return f"{known[0]} {account}"


SIDE_CODES = str.split(
    "XX9999 9999XX 99XX99 XX99XX XXXX99 99XXXX 99XXX9 9XXX99 XX999X X999XX XXX99X X99XXX 9XX999 999XX9"
)  # of the RDW, 1 to 14


def read_plate(row: Row) -> str:
    """Read `plate/1`."""
    text = plain(row.get("kenteken", ""))
    demand(text.isascii(), "characters")
    text = without(text, " .-").upper()
    demand(
        re.sub("[0-9]", "9", re.sub("[A-Z]", "X", text)) in SIDE_CODES and "X" not in re.sub("[A-Z]", "", text), "form"
    )
    return text


# White_Space of Unicode, U+200B and U+FEFF.
WHITE_SPACE = (
    "".join(
        chr(c)
        for c in (*range(9, 14), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200C), 0x2028, 0x2029, 0x202F, 0x205F)
    )
    + "\u3000\ufeff"
)


def read_vnumber(row: Row) -> str:
    """Read `nl-vnumber/1`."""
    text = re.sub(r"\AV[ .-]?(NR|NUMMER)?[ .:]*(?=[0-9])", "", plain(row.get("vnummer", "")), flags=re.ASCII | re.I)
    digits = without(text, " .-")
    demand(matches("[0-9]{10}", digits) and digits.strip("0") != "", "digits")
    return digits


def read_text(row: Row) -> str:
    """Read `text/1`."""
    text = row.get("text", "").strip(WHITE_SPACE)
    demand(bool(text) and "\0" not in text and not is_nothing(text), "text")
    demand(all(unicodedata.category(c) not in ("Cs", "Cn") for c in text), "no character")
    value = unicodedata.normalize("NFC", text)
    demand(len(value.encode()) <= 1024, "length")
    return value


# §13.3 Persons

# Each rule, from the strongest on, with its parts.
RULES: dict[str, str] = {
    "exact": "given_names whole_family date",
    "sounds": "sounds swapped_date",
    "start": "given_start family_ends date",
}
LONGEST = 100  # characters of a part
PREFIXES = frozenset(str.split(
    "A AAN AL AU AUF BEN BIJ BIN D DA DAL DALLA DE DEL DELLA DEN DER DES DI DO DOS DU E EL EN ES ET HET IBN IM IN L LA"
    " LAS LE LES LO LOS NI OP OU OUDE S T TE TEN TER TOT UIT VAN VANDE VANDEN VANDER VD VDEN VDER VER VO VOM VON VOOR"
    " ZU ZUM ZUR"
))  # fmt: skip
# Words for nothing, without spaces and signs; of names those in MAYBE are kept, since people have them.
NOTHING = frozenset(
    str.split(
        """
    ANONIEM ANONYMOUS BABY DOCHTER EMPTY FNU GEEN GEENGEGEVENS GEENIDEE GEENNAAM GEHEIM JONGEN LEEG LNU MEISJE
    MISSING NA NAAMONBEKEND NADERTEBEPALEN NAN NB NIET NIETBEKEND NIETBESCHIKBAAR NIETINGEVULD NIETVANTOEPASSING
    NIHIL NIL NN NNB NNN NNU NOGNIETBEKEND NOGONBEKEND NONAME NONE NOTAPPLICABLE NOTAVAILABLE NOTHING NOTKNOWN NTB
    NULL NVT ONB ONBEK ONBEKEND ONBEKENDE ONBK ONGEBOREN ONGELDIG SECRET TBA TBD TOFOLLOW UNDEFINED UNK UNKNOWN
    VERTROUWELIJK VOLGT VOLGTNOG WEETNIET ZONDERNAAM ZOON
        """
    )
)
MAYBE = frozenset(str.split("GEEN NA NAN NIL NULL"))
# Spellings of one sound, replaced from top to bottom.
SOUNDS = (
    ("T?S?CH(?=ENKO)", "S"), ("SCH|SZ|SH|CZ|TSJ|SJ|CS", "S"), ("PH", "F"), ("DJ|DZH|ZH", "J"),
    ("IJ|(?<=[A-Z])Y|Y(?![AEIOU])", "I"), ("Y", "J"), ("J(?![AEIOU])", ""), ("GH", "G"), ("CK|KH|CH", "K"),
    ("C(?=[EIJ])", "S"), ("[CQ]", "K"), ("X", "KS"), ("TH|DT|D", "T"), ("[VW]", "F"), ("Z", "S"), ("H", ""),
    (r"(.)\1+", r"\1"),
)  # fmt: skip
APOSTROPHES = "'\u2019\u2018\u02bc`\u00b4\u0300\u0301\u0308\u0327\u0302\u030c"


def words(text: str) -> list[str]:
    """Return the words of a text in capital ASCII letters: without accents and apostrophes, transliterated."""
    from anyascii import anyascii

    return re.findall("[A-Z]+", str(anyascii(without(unicodedata.normalize("NFKD", text), APOSTROPHES))).upper())


def is_nothing(text: str) -> bool:
    """Say whether a text is a word for nothing, or has no letter and no digit."""
    plain = "".join(filter(str.isalnum, text.upper()))
    return plain == "" or plain in NOTHING or re.fullmatch("X{2,}", plain) is not None


def named(found: Sequence[str]) -> list[str]:
    """Return those words of a name that are no words for nothing."""
    return [] if nobody(" ".join(found)) else [word for word in found if not nobody(word)]


def nobody(name: str) -> bool:
    """Say whether a name is a word for nothing that nobody has as a name."""
    return is_nothing(name) and name not in MAYBE


def own_family(found: Sequence[str]) -> str:
    """Return the last word of a family name that is no prefix; of several prefixes alone none."""
    if len(found) > 1 and all(word in PREFIXES for word in found):
        return ""
    own = [word for number, word in enumerate(found) if number == 0 or word not in PREFIXES]
    return re.sub("^(VANDER|VANDEN|VANDE|VAN|VD)(?=[A-Z]{3})", "", own[-1]) if own else ""


def spelled(*found: str) -> str:
    """Return words joined, with ij as y."""
    return "".join(found).replace("IJ", "Y")


def sound(name: str) -> str:
    """Return a name in sounds."""
    for spelling, written in SOUNDS:
        name = re.sub(spelling, written, name)
    consonants, vowels = re.sub("[AEIOU]", "", name), re.sub("[^AEIOU]", "", name)
    if name[:1] in set("AEIOU"):
        return "A" + consonants
    if vowels and len(consonants) < 3:
        return consonants[0] + {"I": "E", "U": "O"}.get(vowels[0], vowels[0]) + consonants[1:]
    return consonants


def name_parts(row: Row) -> dict[str, str]:
    """Return the parts that come from names; none unless a given name and a family name are known."""
    cell, _, behind = row.get("achternaam", "").partition(",")
    whole = words(f"{row.get('voorvoegsel', '')} {behind} {cell}")
    family = own_family(words(cell) if named(words(cell)) == words(cell) else [])
    given_names = named(words(row.get("voornamen", "")))
    given = given_names[0] if given_names else ""
    if len(given) < 2 or len(family) < 2 or not set(given) & set("AEIOUY"):
        return {}
    sounds = sorted((sound(given), sound(family)))
    return {
        "given_names": spelled(*given_names)[:LONGEST],
        "whole_family": spelled(*whole)[:LONGEST],
        "given_start": spelled(given)[:3],
        "family_ends": spelled(family)[:2] + spelled(family)[-2:],
        "sounds": " ".join(each[:LONGEST] for each in sounds) if all(sounds) else "",
    }


MONTH_NAMES = (
    "jan januari january", "feb februari february", "mrt maart mar march", "apr april", "mei may", "jun juni june",
    "jul juli july", "aug augustus august", "sep sept september", "okt oktober oct october", "nov november",
    "dec december",
)  # fmt: skip


MIDNIGHT = (
    r"(, ?| |t)((0?0:00|0?0:00:00([.,]0+)?)|12:00(:00)? ?am) ?(z|utc|[+-][0-9]{2}|[+-][0-9]{4}|[+-][0-9]{2}:[0-9]{2})?$"
)


def birth_date(text: str) -> tuple[int, int, int]:
    """Read year, month and day of a birth; each is 0 where nobody knows it."""
    text = re.sub(MIDNIGHT, "", plain(text).lower())
    if is_nothing(text):
        return 0, 0, 0
    unknown = r"[x?]"
    year4, two = f"([0-9]{{4}}|{unknown}{{4}})", f"([0-9]{{2}}|{unknown}{{2}})"
    year, one = f"([0-9]{{4}}|{unknown}{{1,4}})", f"([0-9]{{1,2}}|{unknown}{{1,2}})"
    tight = re.fullmatch(f"{year4}[-/. ]?{two}[-/. ]?{two}", text)
    loose = re.fullmatch(f"{year}[-/. ]{one}[-/. ]{one}", text)
    behind = re.fullmatch(rf"{one}[-/. ]{{1,2}}([0-9]{{1,2}}|{unknown}{{1,2}}|[a-z]+\.?)[-/. ]{{1,2}}{year}", text)
    if matches("[0-9]{4}", text):
        parts = [text, "0", "0"]
    elif tight or loose:
        parts = list((tight or loose).groups())  # type: ignore[union-attr]
    else:
        demand(behind is not None, "date")
        parts = list(behind.groups()[::-1]) if behind else []
    numbers = [0 if not part.strip("x?") else int(part) if part.isdigit() else month_number(part) for part in parts]
    return checked_date(*numbers)


def month_number(name: str) -> int:
    """Return the month that a word names."""
    found = [number for number, names in enumerate(MONTH_NAMES, 1) if name.rstrip(".") in names.split()]
    demand(bool(found), "month")
    return found[0]


def checked_date(year: int, month: int, day: int) -> tuple[int, int, int]:
    """Return a date of birth, or refuse one that does not exist."""
    demand((year == 0 or 1900 <= year < 2100) and not (day and not month), "date")
    try:
        date(year or 2000, month or 1, day or 1)
    except ValueError:
        raise RefusedError("date") from None
    return year, month, day


def read_person(row: Row) -> list[str]:
    """Read `person/2`: a token for each rule, if both names and the whole date are known."""
    year, month, day = birth_date(row.get("geboortedatum", ""))
    known = name_parts(row)
    if not (year and month and day and known):
        return []
    low, high = sorted((month, day))
    known |= {"date": f"{year:04}{month:02}{day:02}", "swapped_date": f"{year:04}{low:02}{high:02}"}
    names = ["exact"] if (low, high) in ((1, 1), (1, 7)) else list(RULES)
    tokens = {name: [known[part] for part in RULES[name].split()] for name in names}
    return ["|".join((name, *joined)) for name, joined in tokens.items() if all(joined)]


# §13.1 All kinds

READERS: dict[str, Callable[[Row], str]] = {
    "email": read_email, "handle": read_handle, "iban": read_iban, "nl-address": read_address, "nl-bag": read_bag,
    "nl-bsn": read_bsn, "nl-vnumber": read_vnumber, "plate": read_plate, "text": read_text,
}  # fmt: skip


def read_kind(name: str, row: Row, terms: Terms) -> list[Identifier]:
    """Return the identifiers of a kind that a record gives, or refuse it (§13)."""
    if name == "person":
        values = read_person(row)
    else:
        values = [read_phone(row, terms["phone_region"]) if name == "phone" else READERS[name](row)]
    return [(name, VERSIONS.get(name, 1), value.encode()) for value in values]


def is_canonical(name: str, value: bytes, terms: Terms) -> bool:
    """Say whether a value of a kind is written as the kind writes it (§13.1)."""
    try:
        text = value.decode()
        if name == "person":
            rule, *given = text.split("|")
            known = rule in RULES and len(given) == len(RULES[rule].split())
            return known and all(matches("[A-Z0-9]+( [A-Z0-9]+)*", part) for part in given)
        first, _, rest = text.partition(" ")
        column = {
            "nl-bag": "bag_id",
            "nl-bsn": "bsn",
            "nl-vnumber": "vnummer",
            "phone": "telefoon",
            "plate": "kenteken",
        }.get(name, name)
        row = {"postcode": first, "huisnummer": rest, "platform": first, "account": rest, column: text}
        return [item[2] for item in read_kind(name, row, terms)] == [value]
    except (RefusedError, UnicodeDecodeError):
        return False


# §12.4, §12.5 The auditor

Said = tuple[int, list[Any]]  # type and fields of a message


@dataclass
class AuditFile:
    """What an audit file holds: rows by place, messages as sender, session id, received, message, signature (§12.4)."""

    role: int
    agreement: bytes
    session: bytes
    size: int
    sealed_seed: bytes
    leaves: list[bytes] = field(default_factory=list)
    rows: list[bytes] = field(default_factory=list)
    key_seed: bytes = b""
    messages: list[tuple[int, bytes, int, bytes, bytes]] = field(default_factory=list)


def read_audit_file(data: bytes) -> AuditFile:
    """Read an audit file, without a record that is cut short at its end (§12.4)."""
    records, at = [], 0
    while at + 4 <= len(data) and (end := at + 4 + int.from_bytes(data[at : at + 4], "big")) <= len(data):
        records.append(unpack(data[at + 4 : end]))
        at = end
    demand(bool(records) and records[0][:2] == [0, 1] and all(record[0] for record in records[1:]), "header")
    _, _, role, agreement, session, size, row_size, sealed_seed = records[0]
    found = AuditFile(role, agreement, session, size, sealed_seed)
    for kind, *fields in records[1:]:
        if kind == 1:
            found.leaves += split(fields[0], 32)
            found.rows += split(fields[1], row_size + 16)
        elif kind == 2:
            found.key_seed = fields[0]
        else:
            found.messages.append(tuple(fields))
    return found


# What each party sends, in this order; only what is sent in chunks more than once (§12.5).
ORDER = (HELLO, BLINDED, CLAIMS, RECEIPT, ABORT), (SERVER_HELLO, TAGS, EVALUATED, CONTACTS, LEDGER_HEAD, RECEIPT, ABORT)
IN_CHUNKS = (TAGS, BLINDED, EVALUATED, CLAIMS, CONTACTS)


class Auditor:
    """Checks an audit file against the agreement and the public identities; `broken` are the checks that fail (§12.5).

    A row that can't be opened, or is not as it was committed to, breaks check 0.
    """

    def __init__(self, file: AuditFile, terms: Terms, parties: Sequence[PublicIdentity]) -> None:
        demand(file.agreement == agreement_id(terms), "agreement")
        self.file, self.terms, self.parties = file, terms, parties
        self.said: tuple[list[Said], list[Said]] = ([], [])
        self.digests: tuple[list[bytes], list[bytes]] = ([], [])
        self.received = [0, 0]
        self.receipt = False  # whether both have signed one
        self.opened: dict[int, tuple[Identifier, bytes, list[int], str]] = {}  # by place, a row without its salt
        self.broken = [] if all(self.follows(*message) for message in file.messages) else [1]
        # A file that ends before ServerHello binds nobody to anything.
        began = self.of(HELLO) and self.of(SERVER_HELLO)
        checks = {2: self.root_holds, 3: self.sizes_hold, 4: self.receipt_holds}
        for number, holds in checks.items() if began else ():
            if not self.broken and not holds():
                self.broken.append(number)

    def of(self, kind: int) -> list[list[Any]]:
        """Return the fields of all messages of a type."""
        return [fields for said in self.said for found, fields in said if found == kind]

    def packed(self, kind: int, at: int) -> bytes:
        """Return one field of all messages of a type, joined."""
        return b"".join(fields[at] for fields in self.of(kind))

    def set_sizes(self) -> tuple[int, int]:
        """Return the set sizes of client and server, as each declared."""
        return self.of(HELLO)[0][2], self.of(SERVER_HELLO)[0][3]

    def follows(self, sender: int, session: bytes, received: int, message: bytes, signature: bytes) -> bool:
        """Take the next message; say whether it is signed for its place, in this session (check 1; of 3, the order)."""
        own, other = self.digests[sender], self.digests[1 - sender]
        if not self.received[sender] <= received <= len(other):
            return False
        self.received[sender] = received
        parties = self.parties[sender].fingerprint + self.parties[1 - sender].fingerprint
        last = other[received - 1] if received else ZERO
        signed = message_signed(parties, self.file.agreement, session, sender, own, received, last, message)
        try:
            kind, fields = decode_message(message)
        except RefusedError:
            return False
        before = self.said[sender][-1][0] if own else None
        if not self.in_order(sender, before, kind):
            return False
        self.said[sender].append((kind, fields))
        own.append(digest("psimatch/1 message digest", signed))
        if session == ZERO:
            placed = kind == HELLO or (kind == ABORT and before == HELLO)
        else:
            placed = kind != HELLO and session == self.file.session == self.session()
        return placed and signature_holds(self.parties[sender].signing, signature, signed)

    def in_order(self, sender: int, before: int | None, kind: int) -> bool:
        """Say whether a party may send a message of this type behind one of another (of check 3, the order)."""
        order = [each for each in ORDER[sender] if self.terms["reveal"] == "both" or each not in (CLAIMS, CONTACTS)]
        if before is None or kind not in order:
            return before is None and kind == order[0]
        return order.index(before) < order.index(kind) or (before == kind and kind in IN_CHUNKS)

    def session(self) -> bytes:
        """Return the id that Hello and ServerHello give (§6.3)."""
        nonce, ephemeral = [*self.of(SERVER_HELLO), [b"", b""]][0][:2]
        return session_id(self.file.agreement, self.digests[0][0] if self.digests[0] else ZERO, nonce, ephemeral)

    def root_holds(self) -> bool:
        """Say whether the root that the party signed is that of the leaves (check 2)."""
        committed = self.of((BLINDED, SERVER_HELLO)[self.file.role])
        declared = self.set_sizes()[self.file.role]
        whole = declared == self.file.size == len(self.file.leaves)
        once = not any(fields[-1] for fields in self.of(BLINDED)[1:])
        return not committed or (whole and once and committed[0][-1] == audit_root(self.file.leaves))

    def sizes_hold(self) -> bool:
        """Say whether sizes are buckets, chunks have theirs, the commitment holds, tags and claims ascend (check 3)."""
        sizes, blinded = self.set_sizes(), self.of(BLINDED)
        tags, claims = split(self.packed(TAGS, 1), 16), split(self.packed(CLAIMS, 1), 16)
        items = [[len(part) for part in chunks(size)] for size in sizes]
        cut = [(32, BLINDED, 1, items[0]), (32, EVALUATED, 0, items[0]), (16, TAGS, 1, items[1])]
        return (
            all(is_bucket(size, self.terms["max_items"]) for size in sizes)
            and all(
                [len(fields[at]) for fields in self.of(kind)] == [width * n for n in counts][: len(self.of(kind))]
                for width, kind, at, counts in cut
            )
            and all(one[0] == digest("psimatch/1 blinded commitment", two[1], two[0]) for one, two in pairwise(blinded))
            and all((fields[0] == ZERO) == (i == len(items[0]) - 1) for i, fields in enumerate(blinded))
            and all(one < two for one, two in (*pairwise(tags), *pairwise(claims)))
        )

    def receipt_holds(self) -> bool:
        """Say whether a receipt that both signed says what the messages say, and none is missing (check 4)."""
        ends = [[kind for kind, _ in said].index(RECEIPT) if RECEIPT in dict(said) else -1 for said in self.said]
        if -1 in ends:
            return True
        self.receipt, sizes = True, self.set_sizes()
        told = self.of(LEDGER_HEAD)
        if not told:
            return False
        heads = client_head(self.of(RECEIPT)[0][0]), told[0][0]
        count = len(self.packed(CLAIMS, 1)) // 16
        digests = [made[end - 1] for made, end in zip(self.digests, ends, strict=True)]
        matches = i2osp(count, 4) if self.terms["reveal"] == "both" else None
        body = pack([self.file.session, self.file.agreement, *digests, *sizes, matches, *heads])
        held = all(
            fields[0] == body and signature_holds(party.signing, fields[1], receipt_signed(role, body))
            for fields, party, role in zip(self.of(RECEIPT), self.parties, ("client", "server"), strict=True)
        )
        sent = len(self.packed(BLINDED, 1)) // 32, len(self.packed(EVALUATED, 0)) // 32, len(self.packed(TAGS, 1)) // 16
        places = chunks(slots(count, min(sizes))) if matches is not None else []
        claims = [sum(place < count for place in part) for part in places]
        return (
            held
            and sent == (sizes[0], *sizes)
            and [len(fields[1]) // 16 for fields in self.of(CLAIMS)] == claims
            and [fields[0] for fields in self.of(CONTACTS)] == claims
        )

    # Once rows are opened.

    def open(self, auditor_seed: bytes, shares: Mapping[int, bytes]) -> None:
        """Open the rows of these places with the owner's shares, and check what is in them (checks 5 to 8)."""
        committed = self.of((BLINDED, SERVER_HELLO)[self.file.role])
        if self.broken or not committed:
            return
        self.prefix = lp(b"psimatch/1 prf input", self.file.agreement, self.file.session)
        try:
            if self.file.role == 1:
                seed = self.unsealed(auditor_seed, shares, self.file.size, self.file.key_seed)
                self.key = session_key(seed, self.file.agreement, self.file.session)
                demand(encode_element(multiply(self.key, BASE)) == self.of(SERVER_HELLO)[0][2], "key")
        except (RefusedError, InvalidTag, KeyError):
            self.broken.append(6)
            return
        for place in sorted(place for place in shares if place < self.file.size):
            try:
                self.broken += [] if self.open_row(auditor_seed, shares, place) else [5 + self.file.role]
            except (RefusedError, InvalidTag, ValueError):
                self.broken.append(0)
        if len(self.opened) == self.file.size and self.receipt and not self.broken:
            try:
                holds = (self.client_claimed, self.server_published)[self.file.role]()
            except RefusedError:
                holds = False
            self.broken += [] if holds else [7 + self.file.role]

    def unsealed(self, auditor_seed: bytes, shares: Mapping[int, bytes], place: int, sealed: bytes) -> bytes:
        """Open what is sealed at a place (§12.3)."""
        both = zip(audit_share(auditor_seed, place), shares[place], strict=True)
        return ChaCha20Poly1305(bytes(a ^ b for a, b in both)).decrypt(bytes(12), sealed, None)

    def open_row(self, auditor_seed: bytes, shares: Mapping[int, bytes], place: int) -> bool:
        """Open a row, or refuse it; say whether the party ran with it (§12.2, checks 5 and 6)."""
        raw = self.unsealed(auditor_seed, shares, place, self.file.rows[place])
        length = int.from_bytes(raw[:4], "big")
        demand(not any(raw[4 + length :]), "fill")
        salt, encoded, blinding, packed, case_ref = unpack(raw[4 : 4 + length])
        item = self.identifier(encoded)
        persons = self.persons(item, packed)
        leaf = digest("psimatch/1 audit leaf", salt, encoded, blinding, packed, case_ref.encode())
        demand(leaf == self.file.leaves[place], "leaf")
        demand(len(case_ref.encode()) <= (0 if item[0] == "dummy" else 200), "case reference")
        demand(len(blinding) == (33, 0)[self.file.role], "blinding")
        self.opened[place] = item, blinding, persons, case_ref
        if self.file.role == 1:
            published, output = self.packed(TAGS, 1), evaluate(self.key, self.prefix + encoded)
            return len(published) < 16 * self.file.size or parts(output)[0] in split(published, 16)
        elements = split(self.packed(BLINDED, 1), 32)
        if place >= len(elements):
            return True
        chunk = next(part for part in chunks(self.file.size) if place in part)
        ways = {row[1][0] for other, row in self.opened.items() if other in chunk}
        return len(ways) == 1 and self.blinded(item, blinding) == elements[place]

    def persons(self, item: Identifier, packed: bytes) -> list[int]:
        """Return the numbers of the persons of a row, or refuse them (§12.2)."""
        demand(len(packed) % 4 == 0, "persons")
        numbers = [int.from_bytes(each, "big") for each in split(packed, 4)]
        demand(all(one < two for one, two in pairwise(numbers)), "persons")
        most = 256 if self.file.role == 0 and item[0] == "person" else 0
        demand(min(most, 1) <= len(numbers) <= most and all(n < self.file.size for n in numbers), "persons")
        return numbers

    def identifier(self, encoded: bytes) -> Identifier:
        """Return an identifier of the agreement, or a dummy; refuse anything else (§12.2, §8.1)."""
        pieces, at = [], 0
        while at < len(encoded):
            length = int.from_bytes(encoded[at : at + 4], "big")
            pieces.append(encoded[at + 4 : at + 4 + length])
            at += 4 + length
        demand(len(pieces) == 3 and lp(*pieces) == encoded and len(pieces[1]) == 1, "identifier")
        kind, version, value = pieces[0].decode(), pieces[1][0], pieces[2]
        dummy = (kind, version) == ("dummy", 1) and len(value) == 32
        demand(dummy or f"{kind}/{version}" in self.terms["kinds"], "kind")
        demand(dummy or is_canonical(kind, value, self.terms), "form")
        return kind, version, value

    def blinded(self, item: Identifier, blinding: bytes) -> bytes:
        """Return the element that a blinding makes of an identifier (§12.2)."""
        point, r = hashed_input(self.prefix + identifier_bytes(item)), decode_scalar(blinding[1:])
        demand(blinding[0] in (0, 1) and r > 0, "blinding")
        return encode_element(add(point, multiply(r, BASE)) if blinding[0] else multiply(r, point))

    def output(self, place: int, evaluated: bytes) -> tuple[bytes, bytes, bytes]:
        """Return tag, claim and match secret of a client's row from its evaluated element (§4.3)."""
        item, blinding, _, _ = self.opened[place]
        r, point = decode_scalar(blinding[1:]), decode_element(evaluated)
        if blinding[0]:
            public_key = decode_element(self.of(SERVER_HELLO)[0][2])
            unblinded = add(point, multiply(Q - r, public_key))
        else:
            unblinded = multiply(pow(r, -1, Q), point)
        return parts(finish(self.prefix + identifier_bytes(item), encode_element(unblinded)))

    def client_claimed(self) -> bool:
        """Say whether the claims are the matches, of each person the strongest, and of the client's rows (check 7)."""
        public_key, blinded, claimed = self.of(SERVER_HELLO)[0][2], [], set(split(self.packed(CLAIMS, 1), 16))
        for i, (elements, answer) in enumerate(zip(self.of(BLINDED), self.of(EVALUATED), strict=True)):
            blinded = split(elements[1], 32)
            verify_chunk(public_key, self.file.session + i2osp(i, 4), blinded, split(answer[0], 32), answer[1])
        evaluated, published = split(self.packed(EVALUATED, 0), 32), set(split(self.packed(TAGS, 1), 16))
        outputs = [(place, *self.output(place, one)[:2]) for place, one in enumerate(evaluated)]
        real = [each for each in outputs if self.opened[each[0]][0][0] != "dummy"]
        matched = {place: claim for place, tag, claim in real if tag in published}
        due, best = set[bytes](), dict[int, int]()  # best: by person, the place of its strongest token
        for place, claim in matched.items():
            item, _, persons, _ = self.opened[place]
            if item[0] != "person":
                due.add(claim)
            for number in persons:
                other = best.setdefault(number, place)
                best[number] = min(place, other, key=lambda at: strength(self.opened[at][0]))
        due |= {matched[place] for place in best.values()}
        own = {claim for _, _, claim in real}
        return self.terms["reveal"] == "client" or (claimed <= own and claimed & set(matched.values()) == due)

    def server_published(self) -> bool:
        """Say whether the tags are those of the rows, and every claim belongs to a row that is no dummy (check 8)."""
        outputs = [
            (item[0], *parts(evaluate(self.key, self.prefix + identifier_bytes(item))))
            for item, _, _, _ in self.opened.values()
        ]
        real = {claim for kind, _, claim, _ in outputs if kind != "dummy"}
        tags = sorted(tag for _, tag, _, _ in outputs)
        return tags == split(self.packed(TAGS, 1), 16) and set(split(self.packed(CLAIMS, 1), 16)) <= real


# Command line


def read_secret(text: str) -> Identity:
    """Return the identity of a seed: 64 hex digits, or a file of psimatch's that has it without a passphrase."""
    if re.fullmatch("[0-9a-f]{64}", text):
        return Identity(bytes.fromhex(text))
    return Identity(bytes.fromhex(tomllib.loads(Path(text).read_text(encoding="utf-8"))["seed"]))


def read_public(path: Path) -> PublicIdentity:
    """Return the public identity of a `.public` file."""
    return parse_public(path.read_bytes())[1]


def read_agreement(path: Path, parties: Mapping[str, PublicIdentity], today: date) -> Terms:
    """Return the terms of an agreement file, or refuse one that may not begin a session (§3.1, §3.3 step 2)."""
    terms, signatures = parse_agreement(path.read_bytes())
    check_agreement(terms, signatures, parties, today.isoformat())
    return terms


def read_items(path: Path, terms: Terms) -> list[OwnRow]:
    """Read a list: a record a line, as JSON of its `kind` (with version), the columns of that, and `contact`."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        demand(record["kind"] in terms["kinds"], "kind")
        found = read_kind(record["kind"].partition("/")[0], record, terms)
        rows.append(OwnRow(found, record.get("contact", "") if terms["contact_size"] else ""))
    return rows


def connected(
    listen: str | None, connect: str | None, role: str, own: Identity, peer: PublicIdentity, agreement: bytes
) -> socket.socket:
    """Return a connection to the peer, prefaces exchanged; a stray who connects is turned away (§10.1)."""
    host, _, port = (listen or connect or "").rpartition(":")
    host = host.strip("[]")
    if connect:
        connection = socket.create_connection((host, int(port)), PATIENCE)
        greet(connection, role, seal_selector(peer, agreement) if role == "server" else b"")
        return connection
    with socket.create_server((host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as waiting:
        print(f"listening on {host}:{waiting.getsockname()[1]}", file=sys.stderr, flush=True)
        while True:
            connection, _ = waiting.accept()
            connection.settimeout(HANDSHAKE)
            try:
                greet(connection, role)
                if role == "client":
                    ensure(open_selector(own, read_exactly(connection, SELECTOR)) == agreement, "agreement id")
                return connection
            except (OSError, RefusedError):
                connection.close()


def run_party(arguments: Sequence[str]) -> int:
    """Run one session over TCP, and print the matches as lines of JSON."""
    parser = argparse.ArgumentParser(description="Run one session of psimatch/1 over TCP; not for real data.")
    parser.add_argument("role", choices=("client", "server"))
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--listen", metavar="HOST:PORT")
    where.add_argument("--connect", metavar="HOST:PORT")
    parser.add_argument("--seed", required=True, metavar="HEX|FILE", help="the own seed, or identity file")
    parser.add_argument("--peer", required=True, type=Path, metavar="FILE", help="the peer's .public file")
    parser.add_argument("--agreement", required=True, type=Path, metavar="FILE", help="signed by both")
    parser.add_argument("--items", required=True, type=Path, metavar="FILE", help="a record a line, as JSON")
    parser.add_argument("--ledger", type=Path, metavar="FILE", help="the own ledger; in memory if it is left out")
    given = parser.parse_args(arguments)
    identity, peer = read_secret(given.seed), read_public(given.peer)
    parties = {given.role: identity.public, {"client": "server", "server": "client"}[given.role]: peer}
    try:
        terms = read_agreement(given.agreement, parties, datetime.now(UTC).date())
        items = read_items(given.items, terms)
        ledger = OwnLedger(identity, terms[given.role]["name"], given.ledger)
        agreement = agreement_id(terms)
        with connected(given.listen, given.connect, given.role, identity, peer, agreement) as connection:
            party = Peer(given.role, identity, peer, terms, items, ledger=ledger)
            found = run_over(connection, party)
    except (RefusedError, AbortedError, OSError) as error:
        print(f"no session: {error}", file=sys.stderr)
        return 1
    for match in found:
        kind, version, value = match.identifier
        line = {"kind": f"{kind}/{version}", "value": value.decode(), "reference": match.reference}
        print(json.dumps({**line, "contact": match.contact}, ensure_ascii=False))
    return 0


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
        "valid_from": "2020-01-01", "valid_until": "2099-12-31", "predecessor": "", "auditor": "", "phone_region": "",
        "retention_days": 30, **changes,
    }  # fmt: skip


def main() -> int:
    """Write the vectors, compare or answer them, or run a session."""
    if sys.argv[1:2] in (["client"], ["server"]):
        return run_party(sys.argv[1:])
    parser = argparse.ArgumentParser(description="The second implementation of psimatch/1.")
    commands = parser.add_subparsers(dest="command", required=True)
    for role in ("client", "server"):
        commands.add_parser(role, help=f"run a session over TCP as the {role}; {role} --help tells how")
    vectors = commands.add_parser("vectors", help="write the full set of vectors, with its SHA256SUMS, into a folder")
    vectors.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="where to; build/vectors if left out")
    vectors.add_argument("--archive", type=Path, metavar="FILE", help="write the folder into a .tar.gz file too")
    how = vectors.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="compare core set, digest and §19 of the tree with it too")
    how.add_argument(
        "--check-core", action="store_true", help="only compare core set and §19, in a quarter of the time"
    )
    how.add_argument("--renew", action="store_true", help="write core set, digest and §19 into the tree too")
    commands.add_parser("answer", help="answer scenarios on standard input, as protocol_spec.check asks them")
    asked = parser.parse_args()
    # What asks and answers imports this file by its full name.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from protocol_spec import answers, scenarios
    from protocol_spec.scenarios import worked_session

    if asked.command == "answer":
        return answers.serve()
    files = scenarios.vector_files(core_only=asked.check_core)
    if not asked.check_core:
        folder = asked.folder or scenarios.FULL_SET
        scenarios.write_full_set(folder, files)
        if asked.archive:
            scenarios.write_archive(folder, asked.archive)
    if asked.check or asked.check_core:
        different = scenarios.check_tree(files, core_only=asked.check_core)
        return worked_session.write_worked_session(files, check=True) or different
    if asked.renew:
        scenarios.renew_tree(files)
        return worked_session.write_worked_session(files, check=False)
    print(scenarios.digest_line(files), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
