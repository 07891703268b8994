/* Each routine of a field with limbs at the bounds that its comments give. FIELD names the header. Prints what went in
   and what came out, a line a lane, for field_bounds.py to judge.

   `field_bounds control` lets multiplication and subtraction take limbs of one bit more: results must be wrong. */
#include <stdio.h>
#include <stdlib.h>

#include "kernel.h"

#include FIELD
#include "field.h"

#define TIGHT ((1ULL << 51) + (1ULL << 18) - 1)
/* What fe_mul and fe_sq take, and what sums and differences without a carry give: the same where they are carried. */
#if !CARRY_LOOSE
#define LOOSE ((1ULL << 54) - 1)
#define UNCARRIED "loose"
#else
#define LOOSE ((1ULL << 52) - 1)
#define UNCARRIED "tight"
#endif
#define RAW_SUM (2 * TIGHT)
#define LOOSE_DIFFERENCE (TIGHT + 0x1ffffffffffffcULL)
#define CARRIED ((1ULL << 60) - 1)
#define ROUNDS 3000

static uint64_t pick(uint64_t most) {
    static uint64_t state = 0x9e3779b97f4a7c15ULL;
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    const uint64_t random = state >> 8 & CARRIED;
    const uint64_t choice[8] = {0, most, most, most - 1, MASK51, MASK51 - 18, random % (most + 1), most - random % 40};
    uint64_t limb = choice[state % 8];
    return limb < most ? limb : most;
}

/* The first round takes every limb at its most, the second takes zeros, the third is p or 2p - 1. */
static fe limbs_for(int round, uint64_t most) {
    fe out;
    for (int i = 0; i < 5; i++) {
        uint64_t lanes[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            lanes[lane] = round == 0 ? most : round == 1 ? 0 : pick(most);
            if (round == 2) lanes[lane] = i ? MASK51 : lane % 2 ? MASK51 - 18 : MASK51 - 19 + (uint64_t)(lane / 2);
        }
        memcpy(&out.v[i], lanes, sizeof lanes);
    }
    return out;
}

static void show(const word *words, int count, int lane) {
    for (int i = 0; i < count; i++) {
        uint64_t lanes[LANES];
        memcpy(lanes, &words[i], sizeof lanes);
        printf(" %llx", (unsigned long long)lanes[lane]);
    }
}

/* `bound` is that of the limbs that came out: tight, loose, full (reduced below 2^51), or none. */
static void line(const char *name, const char *bound, const fe *a, const fe *b, const word *out, int count) {
    for (int lane = 0; lane < LANES; lane++) {
        printf("%s %s", name, bound), show(a->v, 5, lane), show(b->v, 5, lane), show(out, count, lane), putchar('\n');
    }
}

int main(int argc, char **argv) {
    uint64_t factor = LOOSE, subtrahend = RAW_SUM;
    (void)argv;
    if (argc > 1) factor = 2 * LOOSE + 1, subtrahend = (1ULL << 54) - 1;
    for (int round = 0; round < ROUNDS; round++) {
        fe a = limbs_for(round, factor), b = limbs_for(round, factor), out, zero = fe_small(0);
        word words[4];
        fe_mul(&out, &a, &b), line("mul", "tight", &a, &b, out.v, 5);
        b = a, fe_mul(&b, &b, &b), line("square", "tight", &a, &a, b.v, 5); /* in place, too */
        fe_sq(&out, &a), line("square", "tight", &a, &a, out.v, 5);
        a = limbs_for(round % 3 ? round : 1, LOOSE), b = limbs_for(round, subtrahend);
        fe_sub(&out, &a, &b), line("sub", "tight", &a, &b, out.v, 5);
        fe_neg(&out, &b), line("sub", "tight", &zero, &b, out.v, 5);
        a = limbs_for(round % 3 ? round : 1, RAW_SUM);
        fe_sub_loose(&out, &a, &b), line("sub", UNCARRIED, &a, &b, out.v, 5);
        a = limbs_for(round, RAW_SUM), b = limbs_for(round, LOOSE_DIFFERENCE);
        fe_add(&out, &a, &b), line("add", UNCARRIED, &a, &b, out.v, 5);
        a = limbs_for(round, CARRIED);
        out = a, fe_carry(&out), line("add", "tight", &a, &zero, out.v, 5);
        out = a, fe_canonical(&out), line("add", "full", &a, &zero, out.v, 5);
        fe_words(words, &a), line("words", "none", &a, &zero, words, 4);
        words[0] = fe_is_zero(&a), line("is_zero", "none", &a, &zero, words, 1);
        words[0] = fe_is_negative(&a), line("is_negative", "none", &a, &zero, words, 1);
        uint8_t bytes[32 * LANES];
        fe_canonical(&a), fe_store(bytes, &a), fe_load(&out, bytes), line("add", "full", &a, &zero, out.v, 5);
        words[0] = fe_load_strict(&out, bytes), line("all_ones", "none", &a, &zero, words, 1);
    }
    return 0;
}
