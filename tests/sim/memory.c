#include "memory.h"

#include <stdlib.h>

static struct {
    uint64_t countdown;
    uint64_t asked;
    bool has_failed;
    bool is_servers_turn;
} memory;

/* The names are ld's. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
/* NOLINTEND(bugprone-reserved-identifier) */

void memory_arm(uint64_t countdown)
{
    memory.countdown = countdown;
    memory.asked = 0;
    memory.has_failed = false;
}

uint64_t memory_asked(void)
{
    return memory.asked;
}

bool memory_has_failed(void)
{
    return memory.has_failed;
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

static bool must_fail(void)
{
    if (!memory.is_servers_turn)
        return false;
    memory.asked++;
    if (memory.asked != memory.countdown)
        return false;
    memory.has_failed = true;
    return true;
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

void *memory_own_calloc(size_t count, size_t size)
{
    return __real_calloc(count, size);
}

void *memory_own_realloc(void *old, size_t size)
{
    return __real_realloc(old, size);
}
