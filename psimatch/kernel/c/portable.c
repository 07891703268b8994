/* The kernel for any 64-bit machine: one element at a time. It also makes the fixed-base tables for all kernels. */
#include "kernel.h"

#include "field_portable.h"

/* Where it overtakes Straus, for 128-bit weights; eight or four lanes of Straus are as fast or faster at every size. */
#define PIPPENGER_FROM 72

#include "field.h"

static inline int any_lane(word mask) { return mask != 0; }

#include "multiply.h"

/* A branch and an address may depend on a digit here: the name says so. */
static inline void table_select_vartime(cached *out, const cached table[8], const int8_t digit[LANES]) {
    static const cached none = {{{1, 0, 0, 0, 0}}, {{1, 0, 0, 0, 0}}, {{2, 0, 0, 0, 0}}, {{0, 0, 0, 0, 0}}};
    *out = digit[0] ? table[(digit[0] < 0 ? -digit[0] : digit[0]) - 1] : none;
    if (digit[0] < 0) {
        fe minus = out->minus;
        out->minus = out->plus, out->plus = minus;
        fe_neg(&out->t2d, &out->t2d);
    }
}

#include "batch.h"

/* Make 512 points affine with one inversion (Montgomery 1987), and spread them into rows. */
static void fixed_rows(uint64_t (*table)[15][8], const point *points, fe *running) {
    const fe d2 = fe_constant(FE_2D);
    fe product = fe_small(1), inverse;
    for (int i = 0; i < 8 * DIGITS; i++) {
        running[i] = product;
        fe_mul(&product, &product, &points[i].z);
    }
    fe_invert(&inverse, &product);
    for (int i = 8 * DIGITS - 1; i >= 0; i--) {
        fe own, x, y, parts[3];
        fe_mul(&own, &inverse, &running[i]);
        fe_mul(&inverse, &inverse, &points[i].z);
        fe_mul(&x, &points[i].x, &own);
        fe_mul(&y, &points[i].y, &own);
        fe_sub(&parts[0], &y, &x);
        fe_add(&parts[1], &y, &x);
        fe_mul(&parts[2], &x, &y);
        fe_mul(&parts[2], &parts[2], &d2);
        for (int part = 0; part < 3; part++) {
            fe_canonical(&parts[part]);
            for (int limb = 0; limb < 5; limb++) table[i / 8][5 * part + limb][i % 8] = parts[part].v[limb];
        }
    }
}

int psimatch_fixed_table(uint64_t (*table)[15][8], const uint8_t element[32]) {
    point power, *points = malloc(8 * DIGITS * sizeof *points);
    fe *running = malloc(8 * DIGITS * sizeof *running);
    int refused = points && running ? 0 : NO_MEMORY;
    if (!refused && (~ristretto_decode(&power, element) | point_is_identity(&power))) refused = REFUSED;
    for (int i = 0; i < DIGITS && !refused; i++) {
        cached step;
        point_cache(&step, &power);
        points[8 * i] = power;
        for (int j = 1; j < 8; j++) point_add_cached(&points[8 * i + j], &points[8 * i + j - 1], &step);
        point_double_times(&power, &points[8 * i + 7], 1);
    }
    if (!refused) fixed_rows(table, points, running);
    free(points), free(running);
    return refused;
}

const kernel psimatch_portable = KERNEL("portable");
