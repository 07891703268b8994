/* Sums of weight times element, for verification: variable time, everything here is public. */
#ifndef PSIMATCH_SUM_H
#define PSIMATCH_SUM_H

#include <stdlib.h>

#include "multiply.h"

#if LANES > 1
/* Reading the whole table costs less than gathering the lanes from it. */
static inline void table_select_vartime(cached *out, const cached table[8], const int8_t digit[LANES]) {
    table_select(out, table, digit);
}
#endif

/* Points a block of Straus's method holds tables for; its doublings are shared by the block. */
#define STRAUS_VECTORS 32

/* The number of signed digits that the largest weight has; 33 for the 128-bit weights of a chunk-bound proof. */
static int weights_digits_vartime(const uint8_t *weights, size_t n) {
    int most = 0;
    for (size_t i = 0; i < n; i++)
        for (int byte = 31; byte >= most; byte--)
            if (weights[32 * i + byte]) most = byte + 1;
    return 2 * most + 1 < DIGITS ? 2 * most + 1 : DIGITS;
}

/* Add all lanes up; the sum stands in every lane. */
static void point_fold_lanes(point *p) {
    for (int step = LANES / 2; step; step /= 2) {
        point turned;
        uint64_t to[20 * LANES], from[20 * LANES];
        memcpy(from, p, sizeof from);
        for (int i = 0; i < 20; i++)
            for (int lane = 0; lane < LANES; lane++) to[LANES * i + lane] = from[LANES * i + (lane ^ step)];
        memcpy(&turned, to, sizeof turned);
        point_add(p, p, &turned);
    }
}

static inline scalar weight_load(const uint8_t bytes[32]) {
    scalar s = scalar_load(bytes);
    s.v[3] &= 0x7fffffffffffffffULL;
    return s;
}

/* Straus 1964, "Addition chains of vectors": a table a point, one run of doublings for all of them. */
static int straus_vartime(point *total, const uint8_t *weights, const uint8_t *elements, size_t n) {
    size_t vectors = (n + LANES - 1) / LANES;
    int places = weights_digits_vartime(weights, n), refused = 0;
    cached(*tables)[8] = aligned_alloc(64, vectors * sizeof *tables);
    digits *all = malloc(vectors * sizeof *all);
    if (!tables || !all) {
        free(tables), free(all);
        return NO_MEMORY;
    }
    for (size_t v = 0; v < vectors && !refused; v++) {
        uint8_t bytes[32 * LANES];
        point p;
        for (int lane = 0; lane < LANES; lane++) {
            size_t i = LANES * v + (size_t)lane;
            scalar s = {{0, 0, 0, 0}};
            if (i < n) s = weight_load(weights + 32 * i);
            digits_of_lane(&all[v], lane, &s);
            memcpy(bytes + 32 * lane, elements + 32 * (i < n ? i : n - 1), 32);
        }
        refused = any_lane(~ristretto_decode(&p, bytes) | point_is_identity(&p));
        table_build(tables[v], &p);
    }
    *total = point_identity();
    for (int i = places - 1; i >= 0 && !refused; i--) {
        cached entry;
        point_double_times(total, total, 4);
        for (size_t v = 0; v < vectors; v++) {
            table_select_vartime(&entry, tables[v], all[v].digit[i]);
            point_add_cached(total, total, &entry);
        }
    }
    free(tables), free(all);
    point_fold_lanes(total);
    return refused ? REFUSED : 0;
}

#if LANES == 1
/* Pippenger 1976, as Bernstein, Doumen, Lange and Oosterwijk describe it in "Faster batch forgery identification",
   2012: in each window the points of one digit fall into one bucket; buckets are summed with their digits. */
static int digit_at_vartime(const scalar *s, int at, int width) {
    int word_at = at / 64, shift = at % 64;
    uint64_t bits = word_at < 4 ? s->v[word_at] >> shift : 0;
    if (shift && word_at + 1 < 4) bits |= s->v[word_at + 1] << (64 - shift);
    return (int)(bits & ((1ULL << width) - 1));
}

static void bucket_sum_vartime(point *out, const point *buckets, int count) {
    point running = point_identity();
    *out = point_identity();
    for (int i = count - 1; i >= 0; i--) {
        point_add(&running, &running, &buckets[i]);
        point_add(out, out, &running);
    }
}

static int bucket_width_vartime(size_t n) {
    int width = 5;
    while (width < 10 && n >> (width + 1)) width++;
    return width;
}

static int pippenger_vartime(point *total, const uint8_t *weights, const uint8_t *elements, size_t n) {
    int width = bucket_width_vartime(n), half = 1 << (width - 1), refused = 0;
    int windows = (4 * weights_digits_vartime(weights, n) + width) / width;
    affine *points = malloc(n * sizeof *points);
    scalar *scalars = malloc(n * sizeof *scalars);
    uint8_t *carries = calloc(n, 1);
    point *buckets = malloc((size_t)windows * (size_t)half * sizeof *buckets);
    if (!points || !scalars || !carries || !buckets) refused = NO_MEMORY;
    for (size_t i = 0; i < n && !refused; i++) {
        point p;
        const fe d2 = fe_constant(FE_2D);
        if (~ristretto_decode(&p, elements + 32 * i) | point_is_identity(&p)) refused = REFUSED;
        fe_sub(&points[i].minus, &p.y, &p.x);
        fe_add(&points[i].plus, &p.y, &p.x);
        fe_mul(&points[i].t2d, &p.t, &d2);
        scalars[i] = weight_load(weights + 32 * i);
    }
    *total = point_identity();
    for (int i = 0; i < windows * half && !refused; i++) buckets[i] = point_identity();
    for (int w = 0; w < windows && !refused; w++)
        for (size_t i = 0; i < n; i++) {
            int digit = digit_at_vartime(&scalars[i], w * width, width) + carries[i];
            carries[i] = digit > half;
            if (carries[i]) digit -= 2 * half;
            if (!digit) continue;
            affine entry = points[i];
            if (digit < 0) {
                entry.minus = points[i].plus, entry.plus = points[i].minus;
                fe_neg(&entry.t2d, &entry.t2d);
            }
            point *bucket = &buckets[w * half + (digit < 0 ? -digit : digit) - 1];
            point_add_affine(bucket, bucket, &entry);
        }
    for (int w = windows - 1; w >= 0 && !refused; w--) {
        point sum;
        point_double_times(total, total, width);
        bucket_sum_vartime(&sum, buckets + w * half, half);
        point_add(total, total, &sum);
    }
    free(points), free(scalars), free(carries), free(buckets);
    return refused;
}
#endif

static int weighted_sum_vartime(uint8_t *out, const uint8_t *weights, const uint8_t *elements, size_t n) {
    point total = point_identity(), part = total;
    uint8_t bytes[32 * LANES];
    int refused = 0;
#if LANES == 1
    if (n >= PIPPENGER_FROM) {
        refused = pippenger_vartime(&total, weights, elements, n);
        n = 0;
    }
#endif
    for (size_t i = 0; i < n && !refused; i += STRAUS_VECTORS * LANES) {
        size_t size = n - i < STRAUS_VECTORS * LANES ? n - i : STRAUS_VECTORS * LANES;
        refused = straus_vartime(&part, weights + 32 * i, elements + 32 * i, size);
        point_add(&total, &total, &part);
    }
    ristretto_encode(bytes, &total);
    memcpy(out, bytes, 32);
    return refused;
}

#endif
