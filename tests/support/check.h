/* check.h - what every unit test includes: cmocka, and checks that name the failing line. */
#ifndef CONFAB_TESTS_CHECK_H
#define CONFAB_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/bytes.h"

/* Whether this build looks for faults, and is slow. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#define IS_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define IS_SANITIZED 0
#endif

#define CHECK(condition)                                                                           \
    _assert_true((uintmax_t)((condition) ? 1 : 0), #condition, __FILE__, __LINE__)

/* Two spans hold the same bytes; prints both when not. */
#define CHECK_BYTES(actual, expected) check_bytes((actual), (expected), __FILE__, __LINE__)

static inline void check_bytes(struct bytes actual, struct bytes expected, const char *file,
                               int line)
{
    if (bytes_equal(actual, expected))
        return;
    print_error("%s:%d:\n  is       \"%.*s\" (%zu)\n  expected \"%.*s\" (%zu)\n", file, line,
                BYTES_FMT(actual), actual.len, BYTES_FMT(expected), expected.len);
    _fail(file, line);
}

#endif
