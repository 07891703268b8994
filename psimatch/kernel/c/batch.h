/* The operations of kernel.h over packed bytes, LANES items at a time; the last vector is filled up with its last
   item. Included by each kernel after its field. */
#ifndef PSIMATCH_BATCH_H
#define PSIMATCH_BATCH_H

#include "multiply.h"
#include "sha512.h"
#include "sum.h"

/* Items `start` to `start + LANES` of `size` bytes each, the last one repeated past the end. */
static inline void lanes_gather(uint8_t *out, const uint8_t *items, size_t size, size_t start, size_t n) {
    for (size_t lane = 0; lane < LANES; lane++)
        memcpy(out + size * lane, items + size * (start + lane < n ? start + lane : n - 1), size);
}

static inline void lanes_scatter(uint8_t *out, const uint8_t *lanes, size_t size, size_t start, size_t n) {
    memcpy(out + size * start, lanes, size * (n - start < LANES ? n - start : LANES));
}

static void digits_gather(digits *out, const uint8_t *scalars, size_t stride, size_t start, size_t n, int halve) {
    for (size_t lane = 0; lane < LANES; lane++) {
        size_t item = start + lane < n ? start + lane : n - 1;
        scalar s = scalar_load(scalars + stride * item);
        s.v[3] &= 0x7fffffffffffffffULL;
        if (halve) scalar_halve(&s);
        digits_of_lane(out, (int)lane, &s);
        wipe(&s, sizeof s);
    }
}

/* Points of a block whose doubles are encoded together. */
typedef struct {
    doubled halves[BLOCK];
    encoding states[BLOCK];
    uint8_t bytes[32 * LANES * BLOCK];
    int filled;
} block;

/* Append a point; encode when the block is full or the last item has come. */
static word block_push(block *b, const point *p, uint8_t *out, size_t start, size_t n) {
    word identity = SPLAT(0);
    point_half_step(&b->halves[b->filled++], p);
    if (b->filled == BLOCK || start + LANES >= n) {
        identity = doubled_encode_batch(b->bytes, b->halves, b->states, b->filled);
        size_t first = start - LANES * (size_t)(b->filled - 1);
        memcpy(out + 32 * first, b->bytes, 32 * ((start + LANES < n ? start + LANES : n) - first));
        b->filled = 0;
    }
    return identity;
}

static int batch_multiply(uint8_t *out, const uint8_t *scalars, size_t stride, const uint8_t *elements, size_t n) {
    word refused = SPLAT(0);
    block b = {.filled = 0};
    digits d;
    for (size_t i = 0; i < n; i += LANES) {
        uint8_t bytes[32 * LANES];
        point p;
        lanes_gather(bytes, elements, 32, i, n);
        refused |= ~ristretto_decode(&p, bytes) | point_is_identity(&p);
        if (stride || !i) digits_gather(&d, scalars, stride, i, n, 1);
        point_multiply(&p, &p, &d);
        refused |= block_push(&b, &p, out, i, n);
        wipe(&p, sizeof p);
    }
    wipe(&b, sizeof b);
    wipe(&d, sizeof d);
    return any_lane(refused);
}

static int batch_multiply_base(uint8_t *out, const uint64_t (*table)[15][8], const uint8_t *scalars, size_t n) {
    word refused = SPLAT(0);
    block b = {.filled = 0};
    digits d;
    for (size_t i = 0; i < n; i += LANES) {
        point p = point_identity();
        digits_gather(&d, scalars, 32, i, n, 1);
        fixed_accumulate(&p, table, &d);
        refused |= block_push(&b, &p, out, i, n);
        wipe(&p, sizeof p);
    }
    wipe(&b, sizeof b);
    wipe(&d, sizeof d);
    return any_lane(refused);
}

static int batch_add(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t n) {
    word refused = SPLAT(0);
    for (size_t i = 0; i < n; i += LANES) {
        uint8_t bytes[32 * LANES];
        point p, q;
        lanes_gather(bytes, left, 32, i, n);
        refused |= ~ristretto_decode(&p, bytes);
        lanes_gather(bytes, right, 32, i, n);
        refused |= ~ristretto_decode(&q, bytes);
        point_add(&p, &p, &q);
        ristretto_encode(bytes, &p);
        lanes_scatter(out, bytes, 32, i, n);
    }
    return any_lane(refused);
}

/* Both halves of 64 bytes a lane, mapped and added; the bytes are wiped. */
static void uniform_to_point(point *out, uint8_t *uniform) {
    uint8_t halves[64 * LANES];
    for (int lane = 0; lane < LANES; lane++) {
        memcpy(halves + 32 * lane, uniform + 64 * lane, 32);
        memcpy(halves + 32 * (LANES + lane), uniform + 64 * lane + 32, 32);
    }
    ristretto_from_uniform(out, halves);
    wipe(uniform, 64 * LANES);
    wipe(halves, sizeof halves);
}

static void batch_from_uniform(uint8_t *out, const uint8_t *uniform, size_t n) {
    for (size_t i = 0; i < n; i += LANES) {
        uint8_t wide[64 * LANES], bytes[32 * LANES];
        point p;
        lanes_gather(wide, uniform, 64, i, n);
        uniform_to_point(&p, wide);
        ristretto_encode(bytes, &p);
        lanes_scatter(out, bytes, 32, i, n);
        wipe(&p, sizeof p);
        wipe(bytes, sizeof bytes);
    }
}

/* The next LANES inputs as messages, and `packed` moved past them. */
static void inputs_next(message out[LANES], const input_list *inputs, const uint8_t **packed, size_t start) {
    for (size_t lane = 0; lane < LANES; lane++) {
        message m = {{0, 0, 0, 0}, {0, 0, 0, 0}};
        if (start + lane < inputs->count) {
            m.data[1] = *packed;
            m.size[1] = inputs->lengths[start + lane];
            *packed += m.size[1];
        }
        out[lane] = m;
    }
}

static void inputs_to_point(point *out, const input_list *inputs, const uint8_t **packed, size_t start) {
    message m[LANES];
    uint8_t uniform[64 * LANES];
    inputs_next(m, inputs, packed, start);
    expand_message(uniform, m, inputs->suffix, inputs->dst_size);
    uniform_to_point(out, uniform);
}

static void batch_hash(uint8_t *out, const input_list *inputs) {
    const uint8_t *packed = inputs->packed;
    for (size_t i = 0; i < inputs->count; i += LANES) {
        uint8_t bytes[32 * LANES];
        point p;
        inputs_to_point(&p, inputs, &packed, i);
        ristretto_encode(bytes, &p);
        lanes_scatter(out, bytes, 32, i, inputs->count);
        wipe(&p, sizeof p);
        wipe(bytes, sizeof bytes);
    }
}

static int batch_blind(uint8_t *out, const input_list *inputs, const uint64_t (*table)[15][8],
                       const uint8_t *blinds) {
    const uint8_t *packed = inputs->packed;
    word refused = SPLAT(0);
    digits d;
    for (size_t i = 0; i < inputs->count; i += LANES) {
        uint8_t bytes[32 * LANES];
        point p;
        inputs_to_point(&p, inputs, &packed, i);
        refused |= point_is_identity(&p);
        digits_gather(&d, blinds, 32, i, inputs->count, 0);
        fixed_accumulate(&p, table, &d);
        refused |= point_is_identity(&p);
        ristretto_encode(bytes, &p);
        lanes_scatter(out, bytes, 32, i, inputs->count);
        wipe(&p, sizeof p);
        wipe(bytes, sizeof bytes);
    }
    wipe(&d, sizeof d);
    return any_lane(refused);
}

static int batch_unblind(uint8_t *out, const uint64_t (*table)[15][8], const uint8_t *blinds,
                         const uint8_t *elements, size_t n) {
    word refused = SPLAT(0);
    digits d;
    for (size_t i = 0; i < n; i += LANES) {
        uint8_t bytes[32 * LANES];
        point p;
        lanes_gather(bytes, elements, 32, i, n);
        refused |= ~ristretto_decode(&p, bytes) | point_is_identity(&p);
        digits_gather(&d, blinds, 32, i, n, 0);
        digits_negate(&d);
        fixed_accumulate(&p, table, &d);
        refused |= point_is_identity(&p);
        ristretto_encode(bytes, &p);
        lanes_scatter(out, bytes, 32, i, n);
        wipe(&p, sizeof p);
        wipe(bytes, sizeof bytes);
    }
    wipe(&d, sizeof d);
    return any_lane(refused);
}

static int batch_evaluate(uint8_t *out, const input_list *inputs, const uint8_t *key) {
    const uint8_t *packed = inputs->packed;
    word refused = SPLAT(0);
    block b = {.filled = 0};
    digits d;
    digits_gather(&d, key, 0, 0, 1, 1);
    for (size_t i = 0; i < inputs->count; i += LANES) {
        point p;
        inputs_to_point(&p, inputs, &packed, i);
        refused |= point_is_identity(&p);
        point_multiply(&p, &p, &d);
        refused |= block_push(&b, &p, out, i, inputs->count);
        wipe(&p, sizeof p);
    }
    wipe(&b, sizeof b);
    wipe(&d, sizeof d);
    return any_lane(refused);
}

static void batch_finalize(uint8_t *out, const input_list *inputs, const uint8_t *elements) {
    const uint8_t *packed = inputs->packed;
    for (size_t i = 0; i < inputs->count; i += LANES) {
        uint8_t prefix[2 * LANES], tail[42 * LANES], bytes[64 * LANES], own[32 * LANES];
        message m[LANES];
        word state[8];
        inputs_next(m, inputs, &packed, i);
        lanes_gather(own, elements, 32, i, inputs->count);
        for (int lane = 0; lane < LANES; lane++) {
            prefix[2 * lane] = (uint8_t)(m[lane].size[1] >> 8);
            prefix[2 * lane + 1] = (uint8_t)m[lane].size[1];
            memcpy(tail + 42 * lane, "\x00\x20", 2);
            memcpy(tail + 42 * lane + 2, own + 32 * lane, 32);
            memcpy(tail + 42 * lane + 34, "Finalize", 8);
            m[lane].data[0] = prefix + 2 * lane, m[lane].size[0] = 2;
            m[lane].data[2] = tail + 42 * lane, m[lane].size[2] = 42;
        }
        sha512_start(state);
        sha512_lanes(state, m, 0);
        sha512_store(bytes, state);
        lanes_scatter(out, bytes, 64, i, inputs->count);
        wipe(tail, sizeof tail);
        wipe(own, sizeof own);
        wipe(bytes, sizeof bytes);
        wipe(state, sizeof state);
    }
}

#define KERNEL(NAME)                                                                                              \
    {NAME, batch_multiply, batch_multiply_base, batch_add, weighted_sum_vartime, batch_from_uniform, batch_hash, \
     batch_blind, batch_unblind, batch_evaluate, batch_finalize}

#endif
