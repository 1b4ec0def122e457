/* check.h - what every unit test includes: cmocka, and checks that name the failing line. */
#ifndef CONFAB_TESTS_CHECK_H
#define CONFAB_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/bytes.h"

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
