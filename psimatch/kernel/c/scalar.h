/* Scalars modulo the group order L = 2^252 + 27742317777372353535851937790883648493, in four limbs of 64 bits.
      Constant time. What only scalars.c needs stands there. */
#ifndef PSIMATCH_SCALAR_H
#define PSIMATCH_SCALAR_H

#include <stdint.h>
#include <string.h>

typedef struct { uint64_t v[4]; } scalar;
typedef unsigned __int128 scalar_wide;

static const scalar SCALAR_L = {{0x5812631a5cf5d3edULL, 0x14def9dea2f79cd6ULL, 0, 0x1000000000000000ULL}};
static inline scalar scalar_load(const uint8_t bytes[32]) {
    scalar s;
    for (int i = 0; i < 4; i++) {
        s.v[i] = 0;
        for (int k = 7; k >= 0; k--) s.v[i] = s.v[i] << 8 | bytes[8 * i + k];
    }
    return s;
}

static inline void scalar_store(uint8_t bytes[32], const scalar *s) {
    for (int i = 0; i < 32; i++) bytes[i] = (uint8_t)(s->v[i / 8] >> (8 * (i % 8)));
}

/* a + (b where the mask is set); the sum stays below 2^256 for the values used here. */
static inline void scalar_add_where(scalar *out, const scalar *a, const scalar *b, uint64_t mask) {
    scalar_wide t = 0;
    for (int i = 0; i < 4; i++) {
        t += (scalar_wide)a->v[i] + (b->v[i] & mask);
        out->v[i] = (uint64_t)t;
        t >>= 64;
    }
}

/* s/2 mod L, for s below 2^255: (s + L)/2 where s is odd. Below 2^255 again. */
static inline void scalar_halve(scalar *s) {
    scalar_add_where(s, s, &SCALAR_L, 0 - (s->v[0] & 1));
    for (int i = 0; i < 3; i++) s->v[i] = s->v[i] >> 1 | s->v[i + 1] << 63;
    s->v[3] >>= 1;
}

/* Signed digits base 16: s = sum of digits[i] * 16^i, each from -8 to 8, for s below 2^255. */
#define DIGITS 64
static inline void scalar_recode(int8_t digits[DIGITS], const scalar *s) {
    int carry = 0;
    for (int i = 0; i < DIGITS; i++) {
        int digit = (int)(s->v[i / 16] >> (4 * (i % 16)) & 15) + carry;
        carry = (digit + 8) >> 4;
        if (i == DIGITS - 1) carry = 0;
        digits[i] = (int8_t)(digit - 16 * carry);
    }
}

#endif
