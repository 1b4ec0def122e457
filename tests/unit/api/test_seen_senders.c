#include "api/seen_senders.h"

#include <stdio.h>
#include "check.h"

static void test_a_text_is_found_by_sender_and_chat(void **state)
{
    (void)state;
    struct buf seen = {0};
    CHECK(seen_senders_find(&seen, 1, 1).data == NULL);
    seen_senders_add(&seen, 1, 1, BYTES("alice in one"));
    seen_senders_add(&seen, 1, 2, BYTES("alice in two"));
    seen_senders_add(&seen, 2, 1, BYTES("bob in one"));
    CHECK_BYTES(seen_senders_find(&seen, 1, 1), BYTES("alice in one"));
    CHECK_BYTES(seen_senders_find(&seen, 1, 2), BYTES("alice in two"));
    CHECK_BYTES(seen_senders_find(&seen, 2, 1), BYTES("bob in one"));
    CHECK(seen_senders_find(&seen, 2, 2).data == NULL);
    CHECK(seen_senders_find(&seen, 0, 0).data == NULL);
    buf_free(&seen);
    CHECK(seen_senders_find(&seen, 1, 1).data == NULL);
    seen_senders_add(&seen, 1, 1, BYTES("again"));
    CHECK_BYTES(seen_senders_find(&seen, 1, 1), BYTES("again"));
    buf_free(&seen);
}

/* Two for which there is one place: the later has it. */
static void test_a_later_one_takes_the_place(void **state)
{
    (void)state;
    struct buf seen = {0};
    seen_senders_add(&seen, 5, 1, BYTES("earlier"));
    seen_senders_add(&seen, 5 + SEEN_SENDERS_MAX, 1, BYTES("later"));
    CHECK(seen_senders_find(&seen, 5, 1).data == NULL);
    CHECK_BYTES(seen_senders_find(&seen, 5 + SEEN_SENDERS_MAX, 1), BYTES("later"));
    buf_free(&seen);
}

/* However many and however long they are, and whatever is forgotten, no text is another's. */
static void test_texts_are_forgotten_before_there_are_too_many_bytes(void **state)
{
    (void)state;
    enum { TEXT_BYTES = 700 };
    struct buf seen = {0};
    for (int64_t id = 1; id <= 500; id++) {
        char text[TEXT_BYTES + 1];
        (void)snprintf(text, sizeof text, "%-700lld", (long long)id);
        seen_senders_add(&seen, id, id % 3, bytes_of(text, TEXT_BYTES));
        CHECK(seen.len <= SEEN_SENDERS_BYTES_MAX);
        CHECK_BYTES(seen_senders_find(&seen, id, id % 3), bytes_of(text, TEXT_BYTES));
        for (int64_t before = 1; before < id; before++) {
            struct bytes found = seen_senders_find(&seen, before, before % 3);
            if (found.data == NULL)
                continue;
            (void)snprintf(text, sizeof text, "%-700lld", (long long)before);
            CHECK_BYTES(found, bytes_of(text, TEXT_BYTES));
        }
    }
    buf_free(&seen);
}

/* The longest that fits into an empty buffer, and one byte more. */
static void test_a_text_that_is_too_long_is_not_remembered(void **state)
{
    (void)state;
    static const uint8_t text[SEEN_SENDERS_BYTES_MAX];
    struct buf seen = {0};
    seen_senders_add(&seen, 1, 1, BYTES("x"));
    size_t most = SEEN_SENDERS_BYTES_MAX - (seen.len - 1);
    seen_senders_add(&seen, 2, 1, bytes_of(text, most + 1));
    CHECK(seen_senders_find(&seen, 2, 1).data == NULL);
    CHECK(seen_senders_find(&seen, 1, 1).data != NULL);
    seen_senders_add(&seen, 2, 1, bytes_of(text, most));
    CHECK(seen_senders_find(&seen, 2, 1).len == most);
    CHECK(seen_senders_find(&seen, 1, 1).data == NULL);
    buf_free(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_text_is_found_by_sender_and_chat),
        cmocka_unit_test(test_a_later_one_takes_the_place),
        cmocka_unit_test(test_texts_are_forgotten_before_there_are_too_many_bytes),
        cmocka_unit_test(test_a_text_that_is_too_long_is_not_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
