/* Arithmetic modulo the group order L, for module.c. Constant time.

   Montgomery multiplication (1985) with R = 2^256; any 256-bit value may come in, what comes out is below L.

   Named values that a secret could be read from are wiped. What the compiler spills of registers, and of the columns of
   scalar_montgomery, which live in registers, is out of reach; so are the caller's bytes. */
#include "scalars.h"

#include <stdlib.h>

#include "kernel.h"
#include "scalar.h"

#define SCALAR_MINUS_INVERSE_L 0xd2b51da312547e1bULL /* -1/L modulo 2^64 */
static const scalar SCALAR_R = {{0xd6ec31748d98951dULL, 0xc6ef5bf4737dcf70ULL, 0xfffffffffffffffeULL, 0x0fffffffffffffffULL}};
static const scalar SCALAR_R2 = {{0xa40611e3449c0f01ULL, 0xd00e1ba768859347ULL, 0xceec73d217f5be65ULL, 0x0399411b7c309a3dULL}};

/* a - b; the borrow is all ones or zero. */
static inline uint64_t scalar_borrow(scalar *out, const scalar *a, const scalar *b) {
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
        scalar_wide t = (scalar_wide)a->v[i] - b->v[i] - (borrow & 1);
        out->v[i] = (uint64_t)t;
        borrow = 0 - (uint64_t)((t >> 64) & 1);
    }
    return borrow;
}

/* a mod L for a below 2L. */
static inline void scalar_once(scalar *a) {
    uint64_t borrow = scalar_borrow(a, a, &SCALAR_L);
    scalar_add_where(a, a, &SCALAR_L, borrow);
}

/* a * b / R mod L, for a below 2^256 and b below L: the quotient added is below R * L, so the result before the last
   step is below 2L. Every column sum is below 2^128: a product, a limb and a carry. */
static void scalar_montgomery(scalar *out, const scalar *a, const scalar *b) {
    uint64_t t[5] = {0, 0, 0, 0, 0};
    for (int i = 0; i < 4; i++) {
        scalar_wide sum = 0;
        for (int j = 0; j < 4; j++) {
            sum += (scalar_wide)a->v[i] * b->v[j] + t[j];
            t[j] = (uint64_t)sum;
            sum >>= 64;
        }
        sum += t[4];
        t[4] = (uint64_t)sum;
        uint64_t factor = t[0] * SCALAR_MINUS_INVERSE_L;
        sum = ((scalar_wide)factor * SCALAR_L.v[0] + t[0]) >> 64;
        for (int j = 1; j < 4; j++) {
            sum += (scalar_wide)factor * SCALAR_L.v[j] + t[j];
            t[j - 1] = (uint64_t)sum;
            sum >>= 64;
        }
        sum += t[4];
        t[3] = (uint64_t)sum;
        t[4] = (uint64_t)(sum >> 64);
    }
    memcpy(out->v, t, sizeof out->v);
    scalar_once(out);
}

/* 64 bytes modulo L: high * R + low. */
static void scalar_reduce(scalar *out, const uint8_t bytes[64]) {
    scalar low = scalar_load(bytes), high = scalar_load(bytes + 32);
    scalar_montgomery(&low, &low, &SCALAR_R);
    scalar_montgomery(&high, &high, &SCALAR_R2);
    scalar_add_where(out, &low, &high, ~0ULL);
    scalar_once(out);
    wipe(&low, sizeof low), wipe(&high, sizeof high);
}

static void scalar_multiply(scalar *out, const scalar *a, const scalar *b) {
    scalar reduced, t;
    scalar_montgomery(&reduced, b, &SCALAR_R);
    scalar_montgomery(&t, a, &reduced);
    scalar_montgomery(out, &t, &SCALAR_R2);
    wipe(&reduced, sizeof reduced), wipe(&t, sizeof t);
}

static void scalar_subtract(scalar *out, const scalar *a, const scalar *b) {
    scalar left, right;
    scalar_montgomery(&left, a, &SCALAR_R);
    scalar_montgomery(&right, b, &SCALAR_R);
    uint64_t borrow = scalar_borrow(out, &left, &right);
    scalar_add_where(out, out, &SCALAR_L, borrow);
    wipe(&left, sizeof left), wipe(&right, sizeof right);
}

/* a^(L - 2): the exponent is public. */
static void scalar_invert(scalar *out, const scalar *a) {
    scalar base, result = SCALAR_R, exponent, two = {{2, 0, 0, 0}};
    scalar_borrow(&exponent, &SCALAR_L, &two);
    scalar_montgomery(&base, a, &SCALAR_R2); /* a * R */
    for (int bit = 252; bit >= 0; bit--) {
        scalar_montgomery(&result, &result, &result);
        if (exponent.v[bit / 64] >> (bit % 64) & 1) scalar_montgomery(&result, &result, &base);
    }
    scalar one = {{1, 0, 0, 0}};
    scalar_montgomery(out, &result, &one);
    wipe(&base, sizeof base), wipe(&result, sizeof result);
}

static inline uint64_t scalar_is_zero(const scalar *a) {
    uint64_t bits = a->v[0] | a->v[1] | a->v[2] | a->v[3];
    return ((bits | (0 - bits)) >> 63) - 1;
}

void psimatch_reduce(uint8_t *out, const uint8_t *wide, size_t n) {
    for (size_t i = 0; i < n; i++) {
        scalar s;
        scalar_reduce(&s, wide + 64 * i);
        scalar_store(out + 32 * i, &s);
        wipe(&s, sizeof s);
    }
}

void psimatch_scalar_multiply(uint8_t *out, const uint8_t *left, const uint8_t *right) {
    scalar a = scalar_load(left), b = scalar_load(right);
    scalar_multiply(&a, &a, &b);
    scalar_store(out, &a);
    wipe(&a, sizeof a);
    wipe(&b, sizeof b);
}

void psimatch_scalar_subtract(uint8_t *out, const uint8_t *left, const uint8_t *right) {
    scalar a = scalar_load(left), b = scalar_load(right);
    scalar_subtract(&a, &a, &b);
    scalar_store(out, &a);
    wipe(&a, sizeof a);
    wipe(&b, sizeof b);
}

/* Montgomery 1987: the running products inverted once, and taken apart from the end. */
int psimatch_invert_each(uint8_t *out, const uint8_t *scalars, size_t n) {
    scalar *products = malloc((n + 1) * sizeof *products), inverse, own, item;
    uint64_t zero = 0;
    if (!products) return NO_MEMORY;
    memset(&products[0], 0, sizeof products[0]);
    products[0].v[0] = 1;
    for (size_t i = 0; i < n; i++) {
        item = scalar_load(scalars + 32 * i);
        scalar_multiply(&products[i + 1], &products[i], &item);
        zero |= scalar_is_zero(&products[i + 1]);
    }
    scalar_invert(&inverse, &products[n]);
    for (size_t i = n; i-- > 0;) {
        item = scalar_load(scalars + 32 * i);
        scalar_multiply(&own, &inverse, &products[i]);
        scalar_multiply(&inverse, &inverse, &item);
        scalar_store(out + 32 * i, &own);
    }
    wipe(products, (n + 1) * sizeof *products);
    wipe(&inverse, sizeof inverse), wipe(&own, sizeof own), wipe(&item, sizeof item);
    free(products);
    return zero ? REFUSED : 0;
}
