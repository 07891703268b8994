"""Sealing whose randomness follows from what is sealed, so that the vectors are the same bytes each time.

Two values are drawn at random for an envelope (§6.1): the 32 bytes m of ML-KEM-768, and the secret of X25519. Here they
are SHA-512 of receiver, context and plaintext. Such sealing shows when the same was sealed twice: for vectors only.
No library at hand takes m, so FIPS 203's encapsulation stands here, in the words of its algorithms. A library opens
what it made, and fails to unless every byte is right.
"""

from __future__ import annotations

import hashlib
from functools import cache

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from protocol_spec.reference import hpke_cipher, lp, xwing

Q, N, K = 3329, 256, 3
Polynomial = list[int]


def hpke_seal(public_key: bytes, info: bytes, plaintext: bytes) -> bytes:
    """Seal to a sealing public key of 1,216 bytes, as `reference.hpke_seal` does but for what that draws."""
    drawn = hashlib.sha512(lp(b"vectors seal", public_key, info) + plaintext).digest()
    ss_mlkem, ct_mlkem = encapsulate(public_key[:1184], drawn[:32])
    ephemeral = X25519PrivateKey.from_private_bytes(drawn[32:])
    ct_x25519 = ephemeral.public_key().public_bytes_raw()
    ss_x25519 = ephemeral.exchange(X25519PublicKey.from_public_bytes(public_key[1184:]))
    cipher, nonce = hpke_cipher(xwing(ss_mlkem, ss_x25519, ct_x25519, public_key[1184:]), info)
    return ct_mlkem + ct_x25519 + cipher.encrypt(nonce, plaintext, b"")


# FIPS 203, ML-KEM-768.


def encapsulate(key: bytes, m: bytes) -> tuple[bytes, bytes]:
    """Return the shared secret (32 bytes) and the ciphertext (1,088) for an encapsulation key (algorithm 17)."""
    both = hashlib.sha3_512(m + hashlib.sha3_256(key).digest()).digest()
    return both[:32], encrypt(key, m, both[32:])


def encrypt(key: bytes, m: bytes, randomness: bytes) -> bytes:
    """Encrypt 32 bytes (K-PKE, algorithm 14)."""
    noise = [small(hashlib.shake_256(randomness + bytes([number])).digest(128)) for number in range(2 * K + 1)]
    y = [ntt(each) for each in noise[:K]]
    matrix, t = expanded(key)
    u = [added(inverse_ntt(product([row[i] for row in matrix], y)), noise[K + i]) for i in range(K)]
    message = [(m[n // 8] >> n % 8 & 1) * (Q // 2 + 1) for n in range(N)]
    v = added(added(inverse_ntt(product(t, y)), noise[2 * K]), message)
    return b"".join(compressed(each, 10) for each in u) + compressed(v, 4)


@cache
def expanded(key: bytes) -> tuple[list[list[Polynomial]], list[Polynomial]]:
    """Return the matrix and the vector of an encapsulation key, in NTT form."""
    packed, rho = key[: 384 * K], key[384 * K :]
    numbers = [int.from_bytes(packed[at : at + 3], "little") >> shift & 0xFFF for at in range(0, len(packed), 3)
               for shift in (0, 12)]  # fmt: skip
    matrix = [[uniform(rho + bytes([j, i])) for j in range(K)] for i in range(K)]
    return matrix, [numbers[at : at + N] for at in range(0, N * K, N)]


def uniform(seed: bytes) -> Polynomial:
    """Sample a polynomial in NTT form (algorithm 7)."""
    # 1,024 bytes hold 682 candidates, of which four in five are below q.
    stream = hashlib.shake_128(seed).digest(1024)
    candidates = [int.from_bytes(stream[at : at + 3], "little") >> shift & 0xFFF for at in range(0, 1023, 3)
                  for shift in (0, 12)]  # fmt: skip
    return [each for each in candidates if each < Q][:N]


def small(stream: bytes) -> Polynomial:
    """Sample a polynomial of small coefficients (algorithm 8, eta 2)."""
    bits = int.from_bytes(stream, "little")
    fours = [bits >> 4 * n & 15 for n in range(N)]
    return [((x & 1) + (x >> 1 & 1) - (x >> 2 & 1) - (x >> 3)) % Q for x in fours]


def reversed_bits(number: int) -> int:
    """Return seven bits in the other order (BitRev7)."""
    return int(f"{number:07b}"[::-1], 2)


ZETAS = [pow(17, reversed_bits(n), Q) for n in range(128)]


def ntt(f: Polynomial) -> Polynomial:
    """Transform (algorithm 9)."""
    f, n, length = [*f], 1, 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            for j in range(start, start + length):
                turned = ZETAS[n] * f[j + length]
                f[j + length], f[j] = (f[j] - turned) % Q, (f[j] + turned) % Q
            n += 1
        length //= 2
    return f


def inverse_ntt(f: Polynomial) -> Polynomial:
    """Transform back (algorithm 10)."""
    f, n, length = [*f], 127, 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            for j in range(start, start + length):
                f[j], f[j + length] = (f[j] + f[j + length]) % Q, ZETAS[n] * (f[j + length] - f[j]) % Q
            n -= 1
        length *= 2
    return [each * 3303 % Q for each in f]


def product(left: list[Polynomial], right: list[Polynomial]) -> Polynomial:
    """Return the sum of the products of two vectors in NTT form (algorithms 11 and 12)."""
    out = [0] * N
    for f, g in zip(left, right, strict=True):
        for n in range(0, N, 2):
            gamma = ZETAS[64 + n // 4] * (1 if n % 4 == 0 else -1)
            out[n] += f[n] * g[n] + f[n + 1] * g[n + 1] * gamma
            out[n + 1] += f[n] * g[n + 1] + f[n + 1] * g[n]
    return [each % Q for each in out]


def added(f: Polynomial, g: Polynomial) -> Polynomial:
    """Add two polynomials."""
    return [(a + b) % Q for a, b in zip(f, g, strict=True)]


def compressed(f: Polynomial, bits: int) -> bytes:
    """Compress and encode a polynomial (§4.2.1)."""
    number = sum(((2 * (each << bits) + Q) // (2 * Q) % (1 << bits)) << bits * n for n, each in enumerate(f))
    return number.to_bytes(32 * bits, "little")
