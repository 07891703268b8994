/* The kernel for eight lanes. Compiled with AVX-512 switched on: called only where module.c has asked the processor. */
#include "kernel.h"

#include "field_ifma.h"

#include "field.h"

static inline int any_lane(word mask) { return _mm512_test_epi64_mask((__m512i)mask, (__m512i)mask) != 0; }

#include "multiply.h"

/* Reading the whole table costs less than gathering eight lanes from it. */
static inline void table_select_vartime(cached *out, const cached table[8], const int8_t digit[LANES]) {
    table_select(out, table, digit);
}

#include "batch.h"

const kernel psimatch_ifma = KERNEL("ifma");
