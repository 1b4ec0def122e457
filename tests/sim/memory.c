#include "memory.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <zlib.h>

static struct {
    uint64_t countdown[MEMORY_OF_COUNT];
    uint64_t asked[MEMORY_OF_COUNT];
    int64_t held;
    bool has_failed;
    bool is_servers_turn;
    sqlite3_mem_methods sqlite; /* its own */
} memory;

/* The names are ld's. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *old);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *old);
int __wrap_deflateInit2_(z_streamp stream, int level, int method, int window_bits, int mem_level,
                         int strategy, const char *version, int size);
int __wrap_inflateInit2_(z_streamp stream, int window_bits, const char *version, int size);
int __real_deflateInit2_(z_streamp stream, int level, int method, int window_bits, int mem_level,
                         int strategy, const char *version, int size);
int __real_inflateInit2_(z_streamp stream, int window_bits, const char *version, int size);
/* NOLINTEND(bugprone-reserved-identifier) */

void memory_arm(enum memory_of whose, uint64_t countdown)
{
    memory.countdown[whose] = countdown;
    memory.asked[whose] = 0;
    memory.has_failed = false;
}

uint64_t memory_asked(enum memory_of whose)
{
    return memory.asked[whose];
}

bool memory_has_failed(void)
{
    return memory.has_failed;
}

int64_t memory_held(void)
{
    return memory.held;
}

bool memory_begin_turn(bool is_servers)
{
    bool before = memory.is_servers_turn;
    memory.is_servers_turn = is_servers;
    return before;
}

void memory_end_turn(bool before)
{
    memory.is_servers_turn = before;
}

bool memory_is_servers_turn(void)
{
    return memory.is_servers_turn;
}

static bool must_fail(enum memory_of whose)
{
    if (!memory.is_servers_turn)
        return false;
    memory.asked[whose]++;
    if (memory.asked[whose] != memory.countdown[whose])
        return false;
    memory.has_failed = true;
    return true;
}

/* ---- the server's ---- */

static void *count(void *allocated)
{
    memory.held += allocated != NULL;
    return allocated;
}

void *__wrap_malloc(size_t size)
{
    return must_fail(MEMORY_OF_SERVER) ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t item_count, size_t size)
{
    return must_fail(MEMORY_OF_SERVER) ? NULL : count(__real_calloc(item_count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    return must_fail(MEMORY_OF_SERVER) ? NULL : memory_own_realloc(old, size);
}

void __wrap_free(void *old)
{
    memory.held -= old != NULL;
    __real_free(old);
}

void *memory_own_calloc(size_t item_count, size_t size)
{
    return count(__real_calloc(item_count, size));
}

void *memory_own_realloc(void *old, size_t size)
{
    void *allocated = __real_realloc(old, size);
    return old == NULL ? count(allocated) : allocated;
}

/* ---- SQLite's ---- */

static void *sqlite_malloc(int size)
{
    return must_fail(MEMORY_OF_LIBRARIES) ? NULL : memory.sqlite.xMalloc(size);
}

static void *sqlite_realloc(void *old, int size)
{
    return must_fail(MEMORY_OF_LIBRARIES) ? NULL : memory.sqlite.xRealloc(old, size);
}

void memory_install(void)
{
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory.sqlite) != SQLITE_OK)
        abort();
    sqlite3_mem_methods ours = memory.sqlite;
    ours.xMalloc = sqlite_malloc;
    ours.xRealloc = sqlite_realloc;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) != SQLITE_OK)
        abort();
}

/* ---- zlib's ---- */

static void *zlib_malloc(void *context, unsigned item_count, unsigned size)
{
    (void)context;
    return must_fail(MEMORY_OF_LIBRARIES) ? NULL : memory_own_calloc(item_count, size);
}

static void zlib_free(void *context, void *old)
{
    (void)context;
    free(old);
}

int __wrap_deflateInit2_(z_streamp stream, int level, int method, int window_bits, int mem_level,
                         int strategy, const char *version, int size)
{
    stream->zalloc = zlib_malloc;
    stream->zfree = zlib_free;
    return __real_deflateInit2_(stream, level, method, window_bits, mem_level, strategy, version,
                                size);
}

int __wrap_inflateInit2_(z_streamp stream, int window_bits, const char *version, int size)
{
    stream->zalloc = zlib_malloc;
    stream->zfree = zlib_free;
    return __real_inflateInit2_(stream, window_bits, version, size);
}
