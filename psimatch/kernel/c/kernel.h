/* What a kernel offers to module.c. Packed: n elements or scalars are 32 * n bytes; scalars are taken modulo 2^255,
   as libsodium takes them. Functions return 0, or REFUSED. Constant time unless the name says _vartime. */
#ifndef PSIMATCH_KERNEL_H
#define PSIMATCH_KERNEL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Left to itself gcc calls the field operations, through memory. */
#define INLINE static inline __attribute__((always_inline))

#define REFUSED 1
#define NO_MEMORY 2

#define FIXED_TABLE_BYTES (64 * 15 * 8 * 8)

/* n inputs one behind the other, the length of each, and the tag to hash them under (suffix of expand_message). */
typedef struct {
    const uint8_t *packed;
    const uint32_t *lengths;
    size_t count;
    const uint8_t *suffix;
    size_t dst_size;
} input_list;

typedef struct {
    const char *name;
    /* Strictly decode and multiply; stride 32, or 0 for one scalar. Refuses the identity, in and out. */
    int (*multiply)(uint8_t *out, const uint8_t *scalars, size_t stride, const uint8_t *elements, size_t n);
    int (*multiply_base)(uint8_t *out, const uint64_t (*table)[15][8], const uint8_t *scalars, size_t n);
    int (*add)(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t n);
    /* Public weights and elements. */
    int (*weighted_sum_vartime)(uint8_t *out, const uint8_t *weights, const uint8_t *elements, size_t n);
    void (*from_uniform)(uint8_t *out, const uint8_t *uniform, size_t n);
    void (*hash)(uint8_t *out, const input_list *inputs);
    /* H(x) + r * B; H(x) or the sum being the identity is refused. */
    int (*blind)(uint8_t *out, const input_list *inputs, const uint64_t (*table)[15][8], const uint8_t *blinds);
    /* Z - r * B. */
    int (*unblind)(uint8_t *out, const uint64_t (*table)[15][8], const uint8_t *blinds, const uint8_t *elements,
                   size_t n);
    /* s * H(x). */
    int (*evaluate)(uint8_t *out, const input_list *inputs, const uint8_t *key);
    /* SHA-512(len(input) || input || 32 || element || "Finalize"); 64 bytes each. */
    void (*finalize)(uint8_t *out, const input_list *inputs, const uint8_t *elements);
} kernel;

extern const kernel psimatch_portable;
extern const kernel psimatch_avx2;
extern const kernel psimatch_ifma;

/* Fill the table of a valid element; REFUSED, or NO_MEMORY. */
int psimatch_fixed_table(uint64_t (*table)[15][8], const uint8_t element[32]);

/* Clear secrets; the compiler can't know that nobody reads them. */
static inline void wipe(void *data, size_t size) {
    memset(data, 0, size);
    __asm__ __volatile__("" : : "r"(data) : "memory");
}

#endif
