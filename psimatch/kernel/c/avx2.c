/* The kernel for four lanes. Compiled with AVX2 switched on: called only where module.c has asked the processor. */
#include "kernel.h"

#include "field_avx2.h"

#include "field.h"

static inline int any_lane(word mask) { return (mask[0] | mask[1] | mask[2] | mask[3]) != 0; }

#include "multiply.h"
#include "batch.h"

const kernel psimatch_avx2 = KERNEL("avx2");
