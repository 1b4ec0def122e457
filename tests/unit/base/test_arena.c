#include "base/arena.h"

#include <stdalign.h>
#include "check.h"

/* Structures of any type are put there, and their fields are expected to be zero. */
static void test_memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t size = 0; size < 500; size++) {
        uint8_t *at = arena_alloc(&arena, size);
        CHECK(at != NULL);
        CHECK((uintptr_t)at % alignof(max_align_t) == 0);
        for (size_t i = 0; i < size; i++)
            CHECK(at[i] == 0);
        memset(at, 0xff, size);
    }
    arena_free(&arena);
}

/* Also after the arena was freed and is used again. */
static void test_pieces_do_not_overlap(void **state)
{
    (void)state;
    enum { PIECES = 300 };
    struct arena arena = {0};
    for (int round = 0; round < 2; round++) {
        uint8_t *pieces[PIECES];
        for (size_t i = 0; i < PIECES; i++) {
            size_t size = (i * 37) % 200 + 1;
            pieces[i] = arena_alloc(&arena, size);
            CHECK(pieces[i] != NULL);
            memset(pieces[i], (int)i, size);
        }
        for (size_t i = 0; i < PIECES; i++) {
            for (size_t at = 0; at < (i * 37) % 200 + 1; at++)
                CHECK(pieces[i][at] == (uint8_t)i);
        }
        arena_free(&arena);
        CHECK(arena.blocks == NULL);
    }
}

static void test_large_pieces_fit(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t size = 4000; size < 4100; size++) {
        uint8_t *at = arena_alloc(&arena, size);
        CHECK(at != NULL);
        memset(at, 1, size);
    }
    CHECK(arena_alloc(&arena, 1 << 20) != NULL);
    arena_free(&arena);
}

/* A size that overflows when it is rounded up must not become a small one. */
static void test_impossible_sizes_are_refused(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct bytes out = BYTES("unchanged");
    CHECK(arena_alloc(&arena, SIZE_MAX) == NULL);
    CHECK(arena_alloc(&arena, SIZE_MAX / 2 + 1) == NULL);
    CHECK(arena_copy(&arena, bytes_of("", SIZE_MAX - 1), &out) == ERR_MEMORY);
    CHECK_BYTES(out, BYTES("unchanged"));
    arena_free(&arena);
}

static void test_copy_is_ended_by_a_nul(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct bytes copy;
    CHECK(arena_copy(&arena, BYTES("abc"), &copy) == OK);
    CHECK_BYTES(copy, BYTES("abc"));
    CHECK(copy.data[copy.len] == 0);
    CHECK(arena_copy(&arena, NO_BYTES, &copy) == OK);
    CHECK(copy.data != NULL && copy.len == 0 && copy.data[0] == 0);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_and_aligned),
        cmocka_unit_test(test_pieces_do_not_overlap),
        cmocka_unit_test(test_large_pieces_fit),
        cmocka_unit_test(test_impossible_sizes_are_refused),
        cmocka_unit_test(test_copy_is_ended_by_a_nul),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
