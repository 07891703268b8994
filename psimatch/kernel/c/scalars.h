/* Scalars modulo the group order, 32 little-endian bytes each; any 256-bit values in, reduced ones out. */
#ifndef PSIMATCH_SCALARS_H
#define PSIMATCH_SCALARS_H

#include <stddef.h>
#include <stdint.h>

void psimatch_reduce(uint8_t *out, const uint8_t *wide, size_t n);
void psimatch_scalar_multiply(uint8_t *out, const uint8_t *left, const uint8_t *right);
void psimatch_scalar_subtract(uint8_t *out, const uint8_t *left, const uint8_t *right);
/* REFUSED where one is zero. */
int psimatch_invert_each(uint8_t *out, const uint8_t *scalars, size_t n);

#endif
