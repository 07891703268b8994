/* ristretto255 (RFC 9496): strict decoding, encoding, the map from bytes; one element a lane, constant time. */
#ifndef PSIMATCH_RISTRETTO_H
#define PSIMATCH_RISTRETTO_H

#include "group.h"

/* The coset of the identity is where X or Y is zero. */
static inline word point_is_identity(const point *p) { return fe_is_zero(&p->x) | fe_is_zero(&p->y); }

/* RFC 9496 section 4.3.1. The mask says which lanes hold a valid encoding; the identity is one. */
static word ristretto_decode(point *out, const uint8_t *bytes) {
    fe s, ss, u1, u2, u2_squared, v, root, t;
    const fe one = fe_small(1), d = fe_constant(FE_D);
    word valid = fe_load_strict(&s, bytes);
    valid &= ~fe_is_negative(&s);
    fe_sq(&ss, &s);
    fe_sub(&u1, &one, &ss);
    fe_add(&u2, &one, &ss);
    fe_sq(&u2_squared, &u2);
    fe_sq(&v, &u1);
    fe_mul(&v, &v, &d);
    fe_add(&v, &v, &u2_squared);
    fe_neg(&v, &v);
    fe_mul(&t, &v, &u2_squared);
    valid &= fe_sqrt_ratio(&root, &one, &t);
    fe_mul(&t, &root, &u2); /* 1/x before s */
    fe_mul(&root, &root, &t);
    fe_mul(&root, &root, &v); /* 1/y before u1 */
    fe_add(&s, &s, &s);
    fe_mul(&out->x, &s, &t);
    fe_absolute(&out->x);
    fe_mul(&out->y, &u1, &root);
    out->z = one;
    fe_mul(&out->t, &out->x, &out->y);
    valid &= ~fe_is_negative(&out->t);
    valid &= ~fe_is_zero(&out->y);
    return valid;
}

/* RFC 9496 section 4.3.2. */
static void ristretto_encode(uint8_t *bytes, const point *p) {
    fe u1, u2, root, den1, den2, z_inverse, ix, iy, enchanted, x, y, t;
    const fe one = fe_small(1), i = fe_constant(FE_SQRT_M1), magic = fe_constant(FE_INVSQRT_A_MINUS_D);
    fe_add(&u1, &p->z, &p->y);
    fe_sub(&t, &p->z, &p->y);
    fe_mul(&u1, &u1, &t);
    fe_mul(&u2, &p->x, &p->y);
    fe_sq(&t, &u2);
    fe_mul(&t, &t, &u1);
    fe_sqrt_ratio(&root, &one, &t);
    fe_mul(&den1, &root, &u1);
    fe_mul(&den2, &root, &u2);
    fe_mul(&z_inverse, &den1, &den2);
    fe_mul(&z_inverse, &z_inverse, &p->t);
    fe_mul(&ix, &p->x, &i);
    fe_mul(&iy, &p->y, &i);
    fe_mul(&enchanted, &den1, &magic);
    fe_mul(&t, &p->t, &z_inverse);
    word rotate = fe_is_negative(&t);
    x = p->x;
    y = p->y;
    fe_move(&x, &iy, rotate);
    fe_move(&y, &ix, rotate);
    fe_move(&den2, &enchanted, rotate);
    fe_mul(&t, &x, &z_inverse);
    fe_negate_where(&y, fe_is_negative(&t));
    fe_sub(&t, &p->z, &y);
    fe_mul(&t, &t, &den2);
    fe_absolute(&t);
    fe_store(bytes, &t);
}

/* The double of a point, as 2P = (e/f, g/h) in affine coordinates. */
typedef struct { fe e, f, g, h; } doubled;

static void point_half_step(doubled *out, const point *p) {
    /* e = 2XY, f = Z^2 + dT^2, g = Y^2 + X^2, h = Z^2 - dT^2: the affine doubling law times Z^2. */
    const fe d = fe_constant(FE_D);
    fe zz, dtt;
    fe_add(&out->e, &p->x, &p->x);
    fe_mul(&out->e, &out->e, &p->y);
    fe_sq(&zz, &p->z);
    fe_sq(&dtt, &p->t);
    fe_mul(&dtt, &dtt, &d);
    fe_add(&out->f, &zz, &dtt);
    fe_sub(&out->h, &zz, &dtt);
    fe_sq(&zz, &p->x);
    fe_sq(&dtt, &p->y);
    fe_add(&out->g, &zz, &dtt);
}

/* Encode 2P given eg, fh and 1/(efgh) (0 where e or g is): no root is needed for the double of a point.

   On the Jacobi quartic that ristretto255 comes from, 2P has s = (h - g) / (e sqrt(a - d)), up to sign, where the
   rules of RFC 9496 section 4.3.2 are met: xy nonnegative, else the point is turned to (iy, ix), which turns e, g,
   h, 1/sqrt(a - d) into g, -e, if, i; and then x nonnegative, else g changes sign. See Hamburg, "Decaf", CRYPTO
   2015, and the notes on batched double-and-encode at ristretto.group. */
static void doubled_encode(uint8_t *bytes, const doubled *q, const fe *eg, const fe *fh, const fe *inverse) {
    const fe i = fe_constant(FE_SQRT_M1);
    fe over_fh, over_eg, e = q->e, g = q->g, h = q->h, s, t, magic = fe_constant(FE_INVSQRT_A_MINUS_D);
    fe_mul(&over_fh, eg, inverse);
    fe_mul(&over_eg, fh, inverse);
    fe_mul(&t, eg, &over_fh);
    word rotate = fe_is_negative(&t);
    fe_neg(&t, &q->e);
    fe_move(&e, &q->g, rotate);
    fe_move(&g, &t, rotate);
    fe_mul(&t, &q->f, &i);
    fe_move(&h, &t, rotate);
    fe_move(&magic, &i, rotate);
    fe_mul(&t, &h, &e);
    fe_mul(&t, &t, &over_fh);
    fe_negate_where(&g, fe_is_negative(&t));
    fe_sub(&s, &h, &g);
    fe_mul(&t, &g, &over_eg); /* 1/e, its sign that of g: s is made nonnegative below */
    fe_mul(&t, &t, &magic);
    fe_mul(&s, &s, &t);
    fe_absolute(&s);
    fe_store(bytes, &s);
}

/* Encode the doubles of `count` points, 32 * LANES bytes each; one inversion for all of them (Montgomery 1987). A
   zero among the products is replaced by one and its inverse by zero, which encodes the identity as it should.
   The mask says where a double is the identity. */
#define BLOCK 32
typedef struct { fe eg, fh, product, running; word zero; } encoding;

static word doubled_encode_batch(uint8_t *bytes, const doubled *q, encoding *states, int count) {
    const fe one = fe_small(1), zero = fe_small(0);
    fe inverse, own, running = one;
    word any = SPLAT(0);
    for (int i = 0; i < count; i++) {
        encoding *s = &states[i];
        fe_mul(&s->eg, &q[i].e, &q[i].g);
        fe_mul(&s->fh, &q[i].f, &q[i].h);
        fe_mul(&s->product, &s->eg, &s->fh);
        s->zero = fe_is_zero(&s->product);
        any |= s->zero;
        fe_move(&s->product, &one, s->zero);
        s->running = running;
        fe_mul(&running, &running, &s->product);
    }
    fe_invert(&inverse, &running);
    for (int i = count - 1; i >= 0; i--) {
        encoding *s = &states[i];
        fe_mul(&own, &inverse, &s->running);
        fe_mul(&inverse, &inverse, &s->product);
        fe_move(&own, &zero, s->zero);
        doubled_encode(bytes + 32 * LANES * i, &q[i], &s->eg, &s->fh, &own);
    }
    return any;
}

/* RFC 9496 section 4.3.4, MAP: Elligator 2 for the Jacobi quartic, then the isogeny to the curve. */
static void ristretto_map(point *out, const fe *t) {
    const fe one = fe_small(1), d = fe_constant(FE_D);
    const fe minus_one_squared = fe_constant(FE_D_MINUS_ONE_SQ), root_ad = fe_constant(FE_SQRT_AD_MINUS_ONE);
    fe r, u, v, s, other, c, n, w;
    fe_sq(&r, t);
    w = fe_constant(FE_SQRT_M1);
    fe_mul(&r, &r, &w);
    fe_add(&u, &r, &one);
    w = fe_constant(FE_ONE_MINUS_D_SQ);
    fe_mul(&u, &u, &w);
    fe_mul(&v, &r, &d);
    fe_add(&v, &v, &one);
    fe_neg(&v, &v);
    fe_add(&w, &r, &d);
    fe_mul(&v, &v, &w);
    word other_root = ~fe_sqrt_ratio(&s, &u, &v);
    fe_mul(&other, &s, t);
    fe_absolute(&other);
    fe_neg(&other, &other);
    fe_move(&s, &other, other_root);
    fe_neg(&c, &one);
    fe_move(&c, &r, other_root);
    fe_sub(&n, &r, &one);
    fe_mul(&n, &n, &c);
    fe_mul(&n, &n, &minus_one_squared);
    fe_sub(&n, &n, &v);
    /* w0 = 2sv, w1 = N sqrt(ad - 1), w2 = 1 - s^2, w3 = 1 + s^2 give (w0 w3 : w2 w1 : w1 w3 : w0 w2). */
    fe_add(&w, &s, &s);
    fe_mul(&w, &w, &v);
    fe_mul(&n, &n, &root_ad);
    fe_sq(&s, &s);
    fe_sub(&u, &one, &s);
    fe_add(&v, &one, &s);
    fe_mul(&out->x, &w, &v);
    fe_mul(&out->y, &u, &n);
    fe_mul(&out->z, &n, &v);
    fe_mul(&out->t, &w, &u);
}

/* The sum of the maps of both halves of 64 bytes a lane (already split: LANES halves, then LANES halves). */
static void ristretto_from_uniform(point *out, const uint8_t *halves) {
    point other;
    fe t;
    fe_load(&t, halves);
    ristretto_map(out, &t);
    fe_load(&t, halves + 32 * LANES);
    ristretto_map(&other, &t);
    point_add(out, out, &other);
    wipe(&t, sizeof t);
    wipe(&other, sizeof other);
}

#endif
