/* Points of edwards25519, -x^2 + y^2 = 1 + d x^2 y^2, one a lane. Complete formulas: no exception anywhere.

   Extended coordinates (X : Y : Z : T), x = X/Z, y = Y/Z, T = XY/Z. Formulas: Hisil, Wong, Carter, Dawson,
   "Twisted Edwards curves revisited", ASIACRYPT 2008; in the Explicit-Formulas Database add-2008-hwcd-3,
   madd-2008-hwcd-3 and dbl-2008-hwcd, for a = -1. */
#ifndef PSIMATCH_GROUP_H
#define PSIMATCH_GROUP_H

#include "field.h"

typedef struct { fe x, y, z, t; } point;
/* A point prepared for addition: Y - X, Y + X, 2Z, 2dT. */
typedef struct { fe minus, plus, z2, t2d; } cached;
/* The same with Z = 1. */
typedef struct { fe minus, plus, t2d; } affine;

static inline point point_identity(void) {
    point p = {fe_small(0), fe_small(1), fe_small(1), fe_small(0)};
    return p;
}

static inline void point_cache(cached *out, const point *p) {
    const fe d2 = fe_constant(FE_2D);
    fe_sub_loose(&out->minus, &p->y, &p->x);
    fe_add(&out->plus, &p->y, &p->x);
    fe_add(&out->z2, &p->z, &p->z);
    fe_mul(&out->t2d, &p->t, &d2);
}

/* The last step of all three formulas: X = EF, Y = GH, Z = FG, T = EH; a doubling needs no T. */
INLINE void point_complete(point *out, const fe *e, const fe *f, const fe *g, const fe *h, int with_t) {
    fe_mul(&out->x, e, f);
    fe_mul(&out->y, g, h);
    fe_mul(&out->z, f, g);
    if (with_t) fe_mul(&out->t, e, h);
}

/* A = (Y1-X1)(Y2-X2), B = (Y1+X1)(Y2+X2), C = 2d T1 T2, D = 2 Z1 Z2; E = B-A, F = D-C, G = D+C, H = B+A. */
INLINE void point_finish_add(point *out, const point *p, const fe *minus, const fe *plus, const fe *t2d,
                             const fe *d, int with_t) {
    fe a, b, c, e, f, g, h;
    fe_sub_loose(&a, &p->y, &p->x);
    fe_mul(&a, &a, minus);
    fe_add(&b, &p->y, &p->x);
    fe_mul(&b, &b, plus);
    fe_mul(&c, &p->t, t2d);
    fe_sub_loose(&e, &b, &a);
    fe_sub_loose(&f, d, &c);
    fe_add(&g, d, &c);
    fe_add(&h, &b, &a);
    point_complete(out, &e, &f, &g, &h, with_t);
}

static void point_add_cached_then(point *out, const point *p, const cached *q, int with_t) {
    fe d;
    fe_mul(&d, &p->z, &q->z2);
    point_finish_add(out, p, &q->minus, &q->plus, &q->t2d, &d, with_t);
}

static inline void point_add_cached(point *out, const point *p, const cached *q) { point_add_cached_then(out, p, q, 1); }

static void point_add_affine(point *out, const point *p, const affine *q) {
    fe d;
    fe_add_raw(&d, &p->z, &p->z);
    point_finish_add(out, p, &q->minus, &q->plus, &q->t2d, &d, 1);
}

static inline void point_add(point *out, const point *p, const point *q) {
    cached c;
    point_cache(&c, q);
    point_add_cached(out, p, &c);
}

/* dbl-2008-hwcd with every sign turned, which the products undo: H = A+B, E = H-(X+Y)^2, G = A-B, F = 2Z^2+G. */
INLINE void point_double_parts(fe *e, fe *f, fe *g, fe *h, const point *p) {
    fe a, b, c;
    fe_sq(&a, &p->x);
    fe_sq(&b, &p->y);
    fe_sq(&c, &p->z);
    fe_add_raw(&c, &c, &c);
    fe_add(h, &a, &b);
    fe_add(e, &p->x, &p->y);
    fe_sq(e, e);
    fe_sub_loose(e, h, e);
    fe_sub_loose(g, &a, &b);
    fe_add(f, &c, g);
}

/* Double `times` times; T is needed after the last one only. */
static void point_double_times(point *out, const point *p, int times) {
    fe e, f, g, h;
    *out = *p;
    while (times--) {
        point_double_parts(&e, &f, &g, &h, out);
        point_complete(out, &e, &f, &g, &h, 0);
    }
    fe_mul(&out->t, &e, &h);
}

#endif
