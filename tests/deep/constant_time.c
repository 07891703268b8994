/* Whether a kernel or the scalars branch on a secret, or read from an address that depends on one.

   Secrets are marked, and the tool that watches reports each use of one (secrets.h). What is declassified is what a
   caller sees anyway: the encoded results, and whether a call refused. The kernel is the macro KERNEL_UNDER_TEST.

   All that kernel.h and scalars.h export is called, but for what takes public data alone: the table of a public key and
   weighted_sum_vartime, which is a control here. Secret are scalars, blinds, keys, what they are reduced from, inputs,
   hashed and unblinded elements; their number and the lengths of inputs are not. records.c is not checked: it says
   itself what its time depends on.

   `constant_time SEED` takes other secrets, and no edge cases unless the seed is 0. With `branch`, `address` or `vartime` behind the seed it uses one on
   purpose: the tool must complain, or it checks nothing. */
#include <stdio.h>
#include <stdlib.h>

#include "kernel.h"
#include "scalars.h"
#include "secrets.h"

#define N 9
#define INPUT 40

static const uint8_t GENERATOR[32] = {
    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f,
    0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
};

static uint64_t table[64][15][8];

static uint64_t state = 0x9e3779b97f4a7c15ULL;

static void fill(uint8_t *out, size_t size) {
    for (size_t i = 0; i < size; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        out[i] = (uint8_t)(state >> 32);
    }
}

/* The result is public, and so is the refusal: the caller raises an exception that the peer can notice. It must be
   declassified before it is looked at; inside the call nothing may branch on it. */
static void publish(const char *what, void *out, size_t size, int refused, int expected) {
    PUBLIC(&refused, sizeof refused);
    PUBLIC(out, size);
    if (refused != expected) {
        printf("%s returned %d instead of %d\n", what, refused, expected);
        exit(2);
    }
}

static int control(const char *name, const kernel *k, const uint8_t *scalars, const uint8_t *elements) {
    uint8_t out[32];
    if (!strcmp(name, "branch") && scalars[32] & 4) puts("the bit is set");
    if (!strcmp(name, "address")) return ((volatile uint64_t *)table)[scalars[32]] & 1;
    if (!strcmp(name, "vartime")) return k->weighted_sum_vartime(out, scalars, elements, N);
    return 0;
}

/* A batch of one, which has lanes that are empty, and is what a proof is made with. */
static void check_one(const kernel *k, const input_list *inputs, const uint8_t *scalars, const uint8_t *blinds,
                      const uint8_t *elements) {
    const input_list one = {inputs->packed, inputs->lengths, 1, inputs->suffix, inputs->dst_size};
    const uint64_t(*rows)[15][8] = (const uint64_t(*)[15][8])table;
    uint8_t out[64];
    publish("multiply one", out, 32, k->multiply(out, scalars, 32, elements, 1), 0);
    publish("multiply_base one", out, 32, k->multiply_base(out, rows, scalars, 1), 0);
    publish("blind one", out, 32, k->blind(out, &one, rows, blinds), 0);
    publish("unblind one", out, 32, k->unblind(out, rows, blinds, elements, 1), 0);
    publish("evaluate one", out, 32, k->evaluate(out, &one, scalars), 0);
    k->hash(out, &one);
    publish("hash one", out, 32, 0, 0);
    k->finalize(out, &one, elements);
    publish("finalize one", out, 64, 0, 0);
    publish("add one", out, 32, k->add(out, elements, elements, 1), 0);
}

int main(int argc, char **argv) {
    int seed = argc > 1 ? atoi(argv[1]) : 0;
    state ^= (uint64_t)seed;
    const kernel *k = &KERNEL_UNDER_TEST;
    static uint8_t scalars[64 * N], blinds[32 * N], elements[32 * N], wide[64 * N], packed[INPUT * N], out[64 * N];
    uint32_t lengths[N];
    const uint8_t suffix[] = "\x00\x40\x00" "HashToGroup-test\x10";
    fill(wide, sizeof wide), fill(scalars, sizeof scalars), fill(blinds, sizeof blinds), fill(packed, sizeof packed);
    if (!seed) { /* edge cases: one, and a secret with zero digits */
        memset(scalars, 0, 32), scalars[0] = 1;
        memset(blinds, 0, 32), blinds[31] = 0x10;
    }
    for (int i = 0; i < N; i++) lengths[i] = i == 4 ? INPUT + 4 : i == 5 ? INPUT - 4 : INPUT;
    const input_list inputs = {packed, lengths, N, suffix, sizeof suffix - 4};
    if (psimatch_fixed_table(table, GENERATOR)) return 2;
    k->from_uniform(elements, wide, N);

    SECRET(scalars, sizeof scalars);
    SECRET(blinds, sizeof blinds);
    SECRET(packed, sizeof packed);
    SECRET(wide, sizeof wide);
    if (argc > 2) return control(argv[2], k, scalars, elements);

    publish("multiply by one", out, 32 * N, k->multiply(out, scalars + 32, 0, elements, N), 0);
    publish("multiply by each", out, 32 * N, k->multiply(out, scalars, 32, elements, N), 0);
    publish("multiply_base", out, 32 * N, k->multiply_base(out, (const uint64_t (*)[15][8])table, scalars, N), 0);
    publish("blind", out, 32 * N, k->blind(out, &inputs, (const uint64_t (*)[15][8])table, blinds), 0);
    publish("unblind", out, 32 * N, k->unblind(out, (const uint64_t (*)[15][8])table, blinds, elements, N), 0);
    publish("evaluate", out, 32 * N, k->evaluate(out, &inputs, scalars + 32), 0);
    k->hash(out, &inputs);
    publish("hash", out, 32 * N, 0, 0);
    k->from_uniform(out, wide, N);
    publish("from_uniform", out, 32 * N, 0, 0);
    psimatch_reduce(out, wide, N);
    publish("reduce", out, 32 * N, 0, 0);
    psimatch_scalar_multiply(out, scalars, blinds);
    publish("scalar_multiply", out, 32, 0, 0);
    psimatch_scalar_subtract(out, scalars, blinds);
    publish("scalar_subtract", out, 32, 0, 0);
    publish("invert_each", out, 32 * N, psimatch_invert_each(out, scalars, N), 0);

    /* Elements whose hash is taken are secret until they are hashed: they are the unblinded results. */
    SECRET(elements, sizeof elements);
    k->finalize(out, &inputs, elements);
    publish("finalize", out, 64 * N, 0, 0);
    /* An unblinded or hashed element may also be added to or multiplied: decoding does not branch on it. */
    publish("add", out, 32 * N, k->add(out, elements, elements, N), 0);
    publish("multiply secret elements", out, 32 * N, k->multiply(out, scalars + 32, 0, elements, N), 0);

    check_one(k, &inputs, scalars, blinds, elements);

    /* A refusal does not come earlier than a result: zero as a secret scalar. */
    memset(scalars, 0, 32);
    SECRET(scalars, 32);
    publish("evaluate by zero", out, 32 * N, k->evaluate(out, &inputs, scalars), REFUSED);
    publish("multiply by zero", out, 32 * N, k->multiply(out, scalars, 0, elements, N), REFUSED);
    publish("multiply_base by zero", out, 32 * N, k->multiply_base(out, (const uint64_t (*)[15][8])table, scalars, N),
            REFUSED);
    memset(blinds, 0, 32);
    SECRET(blinds, 32);
    publish("blind by zero", out, 32 * N, k->blind(out, &inputs, (const uint64_t (*)[15][8])table, blinds), 0);
    publish("unblind by zero", out, 32 * N, k->unblind(out, (const uint64_t (*)[15][8])table, blinds, elements, N), 0);
    publish("invert zero", out, 32 * N, psimatch_invert_each(out, scalars, N), REFUSED);
    printf("no branch and no address depended on a secret\n");
    return 0;
}
