/* Every operation of every kernel on edge cases and random inputs, for AddressSanitizer and UBSan to watch. Each buffer
   is allocated at its exact size, so that a byte read or written past it is found. The kernels must agree. */
#include <stdio.h>
#include <stdlib.h>

#include "kernel.h"
#include "scalars.h"

#define CHECK(condition)                                                            \
    do {                                                                            \
        if (!(condition)) {                                                         \
            printf("line %d, %zu items: not %s\n", __LINE__, n, #condition);        \
            exit(2);                                                                \
        }                                                                           \
    } while (0)

typedef const uint64_t (*rows)[15][8];

static const uint8_t GENERATOR[32] = {
    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f,
    0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
};

static void *exactly(size_t size) {
    void *data = malloc(size);
    if (!data) abort();
    return data;
}

static uint8_t *random_bytes(size_t size) {
    static uint64_t state = 0x9e3779b97f4a7c15ULL;
    uint8_t *out = exactly(size);
    for (size_t i = 0; i < size; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        out[i] = (uint8_t)(state >> 32);
    }
    return out;
}

/* Not an element: all ones, one (negative), p, 2p - 1 with bit 255, and the identity. */
static void spoil(uint8_t *element, int how) {
    memset(element, how == 1 || how == 4 ? 0 : 0xff, 32);
    if (how == 1) element[0] = 1;
    if (how == 2) element[0] = 0xed, element[31] = 0x7f;
    if (how == 3) element[0] = 0xd9;
}

/* All group operations on n items, one result behind the other. */
static uint8_t *run(const kernel *k, rows table, size_t n, const uint8_t *wide, const uint8_t *scalars,
                    const uint8_t *weights, const input_list *inputs) {
    uint8_t *out = exactly(320 * n + 32), *at = out;
    uint8_t *elements = exactly(32 * n), *part = exactly(32 * n), *hashes = exactly(64 * n), *sum = exactly(32);
#define KEEP memcpy(at, part, 32 * n), at += 32 * n
    k->from_uniform(elements, wide, n);
    memcpy(at, elements, 32 * n), at += 32 * n;
    CHECK(!n || !k->multiply(part, scalars, 0, elements, n)); KEEP;
    CHECK(!k->multiply(part, scalars, 32, elements, n)); KEEP;
    CHECK(!k->multiply_base(part, table, scalars, n)); KEEP;
    CHECK(!k->add(part, elements, at - 32 * n, n)); KEEP;
    k->hash(part, inputs); KEEP;
    CHECK(!k->blind(part, inputs, table, scalars)); KEEP;
    CHECK(!k->unblind(part, table, scalars, elements, n)); KEEP;
    CHECK(!n || !k->evaluate(part, inputs, scalars)); KEEP;
    k->finalize(hashes, inputs, elements);
    for (size_t i = 0; i < 32 * n; i++) part[i] = hashes[i] ^ hashes[32 * n + i];
    KEEP;
    CHECK(!k->weighted_sum_vartime(sum, weights, elements, n));
    memcpy(at, sum, 32);
    for (size_t place = 0; place < n; place += n - 1 ? n - 1 : 1)
        for (int how = 0; how < 5; how++) {
            uint8_t own[32];
            memcpy(own, elements + 32 * place, 32);
            spoil(elements + 32 * place, how);
            CHECK(k->multiply(part, scalars, 0, elements, n) == REFUSED);
            CHECK(k->multiply(part, scalars, 32, elements, n) == REFUSED);
            CHECK(k->unblind(part, table, scalars, elements, n) == REFUSED);
            CHECK(k->weighted_sum_vartime(sum, weights, elements, n) == REFUSED);
            CHECK(k->add(part, elements, elements, n) == (how == 4 ? 0 : REFUSED)); /* the identity may be added */
            memcpy(elements + 32 * place, own, 32);
        }
    free(elements), free(part), free(hashes), free(sum);
    return out;
}

static void check(const kernel *const *kernels, int count, rows table, size_t n) {
    const uint8_t suffix[] = "\x00\x40\x00" "HashToGroup-test\x10";
    static const uint32_t LENGTHS[] = {0, 1, 20, 60, 65, 66, 127, 128, 129, 300};
    uint8_t *wide = random_bytes(64 * n), *scalars = random_bytes(32 * n), *weights = random_bytes(32 * n);
    uint8_t *exact = exactly(sizeof suffix - 1), *first = NULL;
    uint32_t *lengths = exactly(n * sizeof *lengths);
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        total += lengths[i] = LENGTHS[i % 10];
        if (i % 5 == 1) memset(scalars + 32 * i, i % 2 ? 0xff : 0x88, 32); /* carries all along */
        if (i % 3) memset(weights + 32 * i + 16, 0, 16);
        if (i % 7 == 6) memset(weights + 32 * i, 0, 32);
    }
    uint8_t *packed = random_bytes(total);
    memcpy(exact, suffix, sizeof suffix - 1);
    const input_list inputs = {packed, lengths, n, exact, sizeof suffix - 4};
    for (int i = 0; i < count; i++) {
        uint8_t *out = run(kernels[i], table, n, wide, scalars, weights, &inputs);
        if (first) CHECK(!memcmp(out, first, 320 * n + 32));
        if (first) free(out); else first = out;
    }
    uint8_t *reduced = exactly(32 * n), *inverse = exactly(32 * n), *one = exactly(32);
    psimatch_reduce(reduced, wide, n);
    CHECK(psimatch_invert_each(inverse, reduced, n) == 0);
    for (size_t i = 0; i < n; i++) {
        psimatch_scalar_multiply(one, reduced + 32 * i, inverse + 32 * i);
        CHECK(one[0] == 1 && one[1] == 0 && one[31] == 0);
        psimatch_scalar_subtract(one, scalars + 32 * i, scalars + 32 * i);
        CHECK(one[0] == 0 && one[31] == 0);
    }
    if (n) {
        memset(reduced + 32 * (n - 1), 0, 32);
        CHECK(psimatch_invert_each(inverse, reduced, n) == REFUSED);
        for (int i = 0; i < count; i++) CHECK(kernels[i]->multiply_base(inverse, table, reduced, n) == REFUSED);
    }
    free(reduced), free(inverse), free(one), free(packed), free(lengths);
    free(wide), free(scalars), free(weights), free(exact), free(first);
}

int main(void) {
    const kernel *kernels[3] = {&psimatch_portable};
    int count = 1;
    static const size_t SIZES[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 63, 71, 72, 255, 256, 257, 300};
    uint64_t(*table)[15][8] = exactly(FIXED_TABLE_BYTES);
    uint8_t spoilt[32];
    size_t n = 0;
#ifdef PSIMATCH_WITH_AVX2
    kernels[count++] = &psimatch_avx2;
#endif
#ifdef PSIMATCH_WITH_IFMA
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx512ifma")) {
        printf("this processor has no AVX-512 IFMA: the ifma kernel cannot be checked here\n");
        return 3;
    }
    kernels[count++] = &psimatch_ifma;
#endif
    for (int how = 0; how < 5; how++) {
        spoil(spoilt, how);
        CHECK(psimatch_fixed_table(table, spoilt) == REFUSED);
    }
    CHECK(!psimatch_fixed_table(table, GENERATOR));
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) check(kernels, count, (rows)table, SIZES[i]);
    free(table);
    printf("%d kernels agree, and no sanitizer complained\n", count);
    return 0;
}
