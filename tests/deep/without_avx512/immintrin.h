/* The AVX-512 intrinsics of the ifma kernel in plain C, for memcheck, which does not run AVX-512. Found before the
   compiler's own header. Without branches and without addresses from operands, as the instructions are. */
#include <stdint.h>
#include <string.h>

typedef long long __m512i __attribute__((vector_size(64)));
typedef unsigned long long lanes64 __attribute__((vector_size(64)));

static inline __m512i _mm512_set1_epi64(long long x) { return (__m512i){x, x, x, x, x, x, x, x}; }

static inline __m512i _mm512_loadu_si512(const void *from) {
    __m512i out;
    memcpy(&out, from, sizeof out);
    return out;
}

#define LOW52 0xfffffffffffffULL
static inline __m512i _mm512_madd52lo_epu64(__m512i sum, __m512i a, __m512i b) {
    return (__m512i)((lanes64)sum + ((((lanes64)a & LOW52) * ((lanes64)b & LOW52)) & LOW52));
}

static inline __m512i _mm512_madd52hi_epu64(__m512i sum, __m512i a, __m512i b) {
    for (int i = 0; i < 8; i++)
        sum[i] += (long long)((unsigned __int128)((uint64_t)a[i] & LOW52) * ((uint64_t)b[i] & LOW52) >> 52);
    return sum;
}

static inline __m512i _mm512_permutexvar_epi64(__m512i index, __m512i from) {
    lanes64 out = {0};
    for (int i = 0; i < 8; i++) {
        lanes64 other = ((lanes64)index & 7) ^ (unsigned long long)i;
        out |= (lanes64)_mm512_set1_epi64(from[i]) & (((other | (0 - other)) >> 63) - 1);
    }
    return (__m512i)out;
}

static inline uint8_t _mm512_movepi64_mask(__m512i a) {
    unsigned mask = 0;
    for (int i = 0; i < 8; i++) mask |= (unsigned)((uint64_t)a[i] >> 63) << i;
    return (uint8_t)mask;
}

static inline __m512i _mm512_mask_mov_epi64(__m512i a, uint8_t mask, __m512i b) {
    for (int i = 0; i < 8; i++) {
        long long chosen = -(long long)(mask >> i & 1);
        a[i] = (a[i] & ~chosen) | (b[i] & chosen);
    }
    return a;
}

static inline uint8_t _mm512_test_epi64_mask(__m512i a, __m512i b) {
    unsigned mask = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t both = (uint64_t)(a[i] & b[i]);
        mask |= (unsigned)((both | (0 - both)) >> 63) << i;
    }
    return (uint8_t)mask;
}
