/* SHA-512 (FIPS 180-4), one message a lane, and what RFC 9380 and RFC 9497 hash with it. Lengths are public. */
#ifndef PSIMATCH_SHA512_H
#define PSIMATCH_SHA512_H

#include "field.h"

static const uint64_t SHA512_START[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};
static const uint64_t SHA512_ROUND[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

#define ROTATE(x, n) ((x) >> (n) | (x) << (64 - (n)))

static void sha512_compress(word state[8], word w[16]) {
    word a = state[0], b = state[1], c = state[2], d = state[3];
    word e = state[4], f = state[5], g = state[6], h = state[7];
    for (int round = 0; round < 80; round++) {
        if (round >= 16) {
            word x = w[(round + 1) & 15], y = w[(round + 14) & 15];
            w[round & 15] += (ROTATE(x, 1) ^ ROTATE(x, 8) ^ x >> 7) + w[(round + 9) & 15]
                + (ROTATE(y, 19) ^ ROTATE(y, 61) ^ y >> 6);
        }
        word t1 = h + (ROTATE(e, 14) ^ ROTATE(e, 18) ^ ROTATE(e, 41)) + (g ^ (e & (f ^ g))) + SHA512_ROUND[round]
            + w[round & 15];
        word t2 = (ROTATE(a, 28) ^ ROTATE(a, 34) ^ ROTATE(a, 39)) + ((a & b) | (c & (a | b)));
        h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

/* A message is a few parts in a row. */
#define PARTS 4
typedef struct { const uint8_t *data[PARTS]; size_t size[PARTS]; } message;

static inline size_t message_size(const message *m) {
    size_t total = 0;
    for (int part = 0; part < PARTS; part++) total += m->size[part];
    return total;
}

/* Blocks of a padded message: one byte 0x80 and sixteen bytes of length follow it. */
static inline size_t message_blocks(const message *m) { return (message_size(m) + 17 + 127) / 128; }

/* Block `index` of the padded message, which `before` bytes (a multiple of 128) preceded. */
static void message_block(uint8_t out[128], const message *m, size_t index, size_t before) {
    size_t start = 128 * index, offset = 0, total = message_size(m);
    memset(out, 0, 128);
    for (int part = 0; part < PARTS; part++) {
        size_t size = m->size[part], from = offset > start ? offset : start;
        size_t end = offset + size < start + 128 ? offset + size : start + 128;
        if (from < end) memcpy(out + (from - start), m->data[part] + (from - offset), end - from);
        offset += size;
    }
    if (total >= start && total < start + 128) out[total - start] = 0x80;
    if (index + 1 == message_blocks(m)) {
        uint64_t bits = 8 * (uint64_t)(before + total);
        for (int i = 0; i < 8; i++) out[127 - i] = (uint8_t)(bits >> (8 * i));
    }
}

/* Hash the message of each lane onto `state`. A lane whose message has ended keeps its state. */
static void sha512_lanes(word state[8], const message m[LANES], size_t before) {
    size_t most = 0;
    for (int lane = 0; lane < LANES; lane++)
        if (message_blocks(&m[lane]) > most) most = message_blocks(&m[lane]);
    for (size_t index = 0; index < most; index++) {
        uint8_t blocks[128 * LANES];
        uint64_t active[LANES];
        word w[16], next[8], mask;
        for (int lane = 0; lane < LANES; lane++) {
            message_block(blocks + 128 * lane, &m[lane], index, before);
            active[lane] = index < message_blocks(&m[lane]) ? ~0ULL : 0;
        }
        memcpy(&mask, active, sizeof mask);
        for (int i = 0; i < 16; i++) {
            uint64_t lanes[LANES];
            for (int lane = 0; lane < LANES; lane++) {
                memcpy(&lanes[lane], blocks + 128 * lane + 8 * i, 8);
                lanes[lane] = __builtin_bswap64(lanes[lane]);
            }
            memcpy(&w[i], lanes, sizeof lanes);
        }
        memcpy(next, state, sizeof next);
        sha512_compress(next, w);
        for (int i = 0; i < 8; i++) state[i] ^= (state[i] ^ next[i]) & mask;
        wipe(blocks, sizeof blocks);
        wipe(w, sizeof w);
        wipe(next, sizeof next);
    }
}

static void sha512_start(word state[8]) {
    for (int i = 0; i < 8; i++) state[i] = SPLAT(SHA512_START[i]);
}

/* 64 bytes a lane. */
static void sha512_store(uint8_t *out, const word state[8]) {
    for (int i = 0; i < 8; i++) {
        uint64_t lanes[LANES];
        memcpy(lanes, &state[i], sizeof lanes);
        for (int lane = 0; lane < LANES; lane++) {
            lanes[lane] = __builtin_bswap64(lanes[lane]);
            memcpy(out + 64 * lane + 8 * i, &lanes[lane], 8);
        }
    }
}

/* RFC 9380 section 5.3.1, expand_message_xmd for 64 bytes: b_0 = H(128 zeros || message || 0x0040 || 0x00 || dst'),
   b_1 = H(b_0 || 0x01 || dst'). `suffix` is the three bytes and dst'; dst' has `dst_size` bytes and follows them. */
static void expand_message(uint8_t *out, const message inputs[LANES], const uint8_t *suffix, size_t dst_size) {
    static const uint8_t one[1] = {1};
    message m[LANES];
    uint8_t first[64 * LANES];
    word state[8], zeros[16];
    memset(zeros, 0, sizeof zeros);
    sha512_start(state);
    sha512_compress(state, zeros);
    for (int lane = 0; lane < LANES; lane++) {
        m[lane] = inputs[lane];
        m[lane].data[3] = suffix;
        m[lane].size[3] = 3 + dst_size;
    }
    sha512_lanes(state, m, 128);
    sha512_store(first, state);
    for (int lane = 0; lane < LANES; lane++) {
        message second = {{first + 64 * lane, one, suffix + 3, 0}, {64, 1, dst_size, 0}};
        m[lane] = second;
    }
    sha512_start(state);
    sha512_lanes(state, m, 0);
    sha512_store(out, state);
    wipe(first, sizeof first);
    wipe(state, sizeof state);
}

#endif
