/* Whether the portable kernel and the scalars branch on a secret, or read from an address that depends on one.

   Secrets are marked undefined, and memcheck reports every branch and address that depends on them. What is
   declassified is what a caller sees anyway: the encoded results, and whether a call refused. Memcheck does not run
   AVX-512, so the ifma kernel is not covered; it shares all code but field_ifma.h.

   `constant_time control` computes in variable time on purpose: memcheck must complain, or it checks nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <valgrind/memcheck.h>

#include "kernel.h"
#include "scalars.h"

#define N 9
#define INPUT 40

static const uint8_t GENERATOR[32] = {
    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f,
    0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
};

static uint64_t table[64][15][8];

static void fill(uint8_t *out, size_t size) {
    static uint64_t state = 0x9e3779b97f4a7c15ULL;
    for (size_t i = 0; i < size; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        out[i] = (uint8_t)(state >> 32);
    }
}

/* The result is public, and so is the refusal: the caller raises an exception that the peer can notice. It must be
   declassified before it is looked at; inside the call nothing may branch on it. */
static void publish(const char *what, void *out, size_t size, int refused, int expected) {
    VALGRIND_MAKE_MEM_DEFINED(&refused, sizeof refused);
    VALGRIND_MAKE_MEM_DEFINED(out, size);
    if (refused != expected) {
        printf("%s returned %d instead of %d\n", what, refused, expected);
        exit(2);
    }
}

int main(int argc, char **argv) {
    const kernel *k = &psimatch_portable;
    static uint8_t scalars[64 * N], blinds[32 * N], elements[32 * N], wide[64 * N], packed[INPUT * N], out[64 * N];
    uint32_t lengths[N];
    const uint8_t suffix[] = "\x00\x40\x00" "HashToGroup-test\x10";
    fill(wide, sizeof wide), fill(scalars, sizeof scalars), fill(blinds, sizeof blinds), fill(packed, sizeof packed);
    memset(scalars, 0, 32), scalars[0] = 1; /* edge cases: one, and a secret with zero digits */
    memset(blinds, 0, 32), blinds[31] = 0x10;
    for (int i = 0; i < N; i++) lengths[i] = i == 4 ? INPUT + 4 : i == 5 ? INPUT - 4 : INPUT;
    const input_list inputs = {packed, lengths, N, suffix, sizeof suffix - 4};
    if (psimatch_fixed_table(table, GENERATOR)) return 2;
    k->from_uniform(elements, wide, N);

    VALGRIND_MAKE_MEM_UNDEFINED(scalars, sizeof scalars);
    VALGRIND_MAKE_MEM_UNDEFINED(blinds, sizeof blinds);
    VALGRIND_MAKE_MEM_UNDEFINED(packed, sizeof packed);
    VALGRIND_MAKE_MEM_UNDEFINED(wide, sizeof wide);
    if (argc > 1 && !strcmp(argv[1], "control")) return k->weighted_sum_vartime(out, scalars, elements, N);

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
    VALGRIND_MAKE_MEM_UNDEFINED(elements, sizeof elements);
    k->finalize(out, &inputs, elements);
    publish("finalize", out, 64 * N, 0, 0);
    /* An unblinded or hashed element may also be added to or multiplied: decoding does not branch on it. */
    publish("add", out, 32 * N, k->add(out, elements, elements, N), 0);
    publish("multiply secret elements", out, 32 * N, k->multiply(out, scalars + 32, 0, elements, N), 0);

    /* A refusal does not come earlier than a result: zero as a secret scalar. */
    memset(scalars, 0, 32);
    VALGRIND_MAKE_MEM_UNDEFINED(scalars, 32);
    publish("multiply by zero", out, 32 * N, k->multiply(out, scalars, 0, elements, N), REFUSED);
    publish("multiply_base by zero", out, 32 * N, k->multiply_base(out, (const uint64_t (*)[15][8])table, scalars, N),
            REFUSED);
    publish("invert zero", out, 32 * N, psimatch_invert_each(out, scalars, N), REFUSED);
    printf("no branch and no address depended on a secret\n");
    return 0;
}
