/* The kernel for eight lanes. Compiled with AVX-512 switched on: called only where module.c has asked the processor. */
#include "kernel.h"

#include "field_ifma.h"

#include "field.h"

static inline int any_lane(word mask) { return _mm512_test_epi64_mask((__m512i)mask, (__m512i)mask) != 0; }

#include "multiply.h"
#include "batch.h"

const kernel psimatch_ifma = KERNEL("ifma");
