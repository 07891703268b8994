/* Constants of edwards25519 and ristretto255 (RFC 9496 section 4.1), as five limbs of 51 bits. */
#ifndef PSIMATCH_CONSTANTS_H
#define PSIMATCH_CONSTANTS_H

#include <stdint.h>

#define UNUSED __attribute__((unused))

/* d = -121665/121666 */
static const uint64_t FE_D[5] UNUSED = {
    0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff};
/* 2d */
static const uint64_t FE_2D[5] UNUSED = {
    0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff};
/* sqrt(-1) */
static const uint64_t FE_SQRT_M1[5] UNUSED = {
    0x61b274a0ea0b0, 0x0d5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d};
/* 1/sqrt(a - d) */
static const uint64_t FE_INVSQRT_A_MINUS_D[5] UNUSED = {
    0x0fdaa805d40ea, 0x2eb482e57d339, 0x007610274bc58, 0x6510b613dc8ff, 0x786c8905cfaff};
/* sqrt(a*d - 1) */
static const uint64_t FE_SQRT_AD_MINUS_ONE[5] UNUSED = {
    0x7f6a0497b2e1b, 0x1836f0a97afd2, 0x7d747f6be7638, 0x456079e7e6498, 0x376931bf2b834};
/* 1 - d^2 */
static const uint64_t FE_ONE_MINUS_D_SQ[5] UNUSED = {
    0x409c1945fc176, 0x719abc6a1fc4f, 0x1c37f90b20684, 0x06bccca55eedf, 0x029072a8b2b3e};
/* (d - 1)^2 */
static const uint64_t FE_D_MINUS_ONE_SQ[5] UNUSED = {
    0x55aaa44ed4d20, 0x59603c3332635, 0x26d3baf4a7928, 0x120a66e6997a9, 0x5968b37af66c2};
/* x of the generator */
static const uint64_t FE_BASE_X[5] UNUSED = {
    0x62d608f25d51a, 0x412a4b4f6592a, 0x75b7171a4b31d, 0x1ff60527118fe, 0x216936d3cd6e5};
/* y of the generator, 4/5 */
static const uint64_t FE_BASE_Y[5] UNUSED = {
    0x6666666666658, 0x4cccccccccccc, 0x1999999999999, 0x3333333333333, 0x6666666666666};

#endif
