/* How the tool that watches is told what is secret and what is public: clang's MemorySanitizer, or memcheck. Under
   trace.c nobody is told: two runs with different secrets are compared. */
#ifndef PSIMATCH_SECRETS_H
#define PSIMATCH_SECRETS_H

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#define WITH_MSAN
#endif
#endif

#if defined(WITH_TRACE)
extern int tracing;
#define SECRET(data, size) (void)(data), (void)(size), tracing = 1
#define PUBLIC(data, size) (void)(data), (void)(size)
#elif defined(WITH_MSAN)
#include <sanitizer/msan_interface.h>
#define SECRET(data, size) __msan_poison(data, size)
#define PUBLIC(data, size) __msan_unpoison(data, size)
#else
#include <valgrind/memcheck.h>
#define SECRET(data, size) (void)VALGRIND_MAKE_MEM_UNDEFINED(data, size)
#define PUBLIC(data, size) (void)VALGRIND_MAKE_MEM_DEFINED(data, size)
#endif

#endif
