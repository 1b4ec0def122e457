#include "allocation.h"

#include <stdlib.h>
#include <zlib.h>

/* The linker sends the calls of everything that is linked into a test here (--wrap); the library's
 * own functions are then called by these names. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
int __real_deflateInit2_(z_streamp stream, int level, int method, int window_bits, int mem_level,
                         int strategy, const char *version, int size);
int __real_inflateInit_(z_streamp stream, const char *version, int size);
int __real_inflateInit2_(z_streamp stream, int window_bits, const char *version, int size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
int __wrap_deflateInit2_(z_streamp stream, int level, int method, int window_bits, int mem_level,
                         int strategy, const char *version, int size);
int __wrap_inflateInit_(z_streamp stream, const char *version, int size);
int __wrap_inflateInit2_(z_streamp stream, int window_bits, const char *version, int size);

/* Allocations until one fails, that one included. 0: none does. */
static _Thread_local size_t countdown;

void allocation_fail(size_t index)
{
    countdown = index + 1;
}

bool allocation_has_failed(void)
{
    bool has_failed = countdown == 0;
    countdown = 0;
    return has_failed;
}

static bool must_fail(void)
{
    return countdown > 0 && --countdown == 0;
}

void *__wrap_malloc(size_t size)
{
    return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return must_fail() ? NULL : __real_realloc(old, size);
}

/* ---- zlib, which the linker does not see into ---- */

static void *zlib_alloc(void *context, unsigned count, unsigned size)
{
    (void)context;
    return calloc(count, size);
}

static void zlib_free(void *context, void *old)
{
    (void)context;
    free(old);
}

static z_streamp counted(z_streamp stream)
{
    stream->zalloc = zlib_alloc;
    stream->zfree = zlib_free;
    return stream;
}

int __wrap_deflateInit2_(z_streamp stream, int level, int method, int window_bits, int mem_level,
                         int strategy, const char *version, int size)
{
    return __real_deflateInit2_(counted(stream), level, method, window_bits, mem_level, strategy,
                                version, size);
}

int __wrap_inflateInit_(z_streamp stream, const char *version, int size)
{
    return __real_inflateInit_(counted(stream), version, size);
}

int __wrap_inflateInit2_(z_streamp stream, int window_bits, const char *version, int size)
{
    return __real_inflateInit2_(counted(stream), window_bits, version, size);
}
