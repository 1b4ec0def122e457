#include "check.h"

#include "chat/stream.h"

static struct event *event(int64_t seq, int64_t prev)
{
    struct event *event = NULL;
    CHECK(event_new(EVENT_CHAT_UPDATED, 7, seq, prev, BYTES("{}"), &event) == OK);
    return event;
}

static enum stream_verdict offer(struct stream *stream, int64_t seq, int64_t prev)
{
    struct event *offered = event(seq, prev);
    enum stream_verdict verdict = stream_offer(stream, offered);
    event_release(&offered);
    return verdict;
}

/* What comes next is shown; what was shown is passed over. */
static void test_the_next_event_is_shown(void **state)
{
    (void)state;
    struct stream *stream = NULL;
    CHECK(stream_new(&stream) == OK);
    stream_learn(stream, 5, 5);
    CHECK(offer(stream, 8, 5) == STREAM_SHOW);
    stream_showed(stream, 8, BYTES("{}"), 1);
    CHECK(stream->head == 8);
    CHECK(offer(stream, 8, 5) == STREAM_PASS);
    CHECK(!stream->wants_pull);
    stream_free(&stream);
    CHECK(stream == NULL);
}

/* The one before it has been deleted since: the chain goes on from what was shown. */
static void test_an_event_behind_a_deleted_head_is_shown(void **state)
{
    (void)state;
    struct stream *stream = NULL;
    CHECK(stream_new(&stream) == OK);
    stream_learn(stream, 8, 8);
    CHECK(offer(stream, 9, 5) == STREAM_SHOW);
    stream_free(&stream);
}

/* Something is missing before it: the database is asked, and the event waits its turn. */
static void test_an_event_behind_a_hole_waits(void **state)
{
    (void)state;
    struct stream *stream = NULL;
    struct event *held;
    CHECK(stream_new(&stream) == OK);
    stream_learn(stream, 5, 5);
    CHECK(offer(stream, 9, 8) == STREAM_PASS);
    CHECK(stream->wants_pull && stream->held_count == 1);
    CHECK(stream_take_held(stream) == NULL);
    stream->wants_pull = false;
    stream_showed(stream, 8, BYTES("{}"), 1);
    held = stream_take_held(stream);
    CHECK(held != NULL && held->seq == 9);
    event_release(&held);
    stream_showed(stream, 9, BYTES("{}"), 1);
    CHECK(stream_take_held(stream) == NULL);
    CHECK(!stream->wants_pull);
    stream_free(&stream);
}

/* Before the head is known everything waits, and what the database already had is dropped. */
static void test_what_comes_before_the_head_is_known_waits(void **state)
{
    (void)state;
    struct stream *stream = NULL;
    struct event *held;
    CHECK(stream_new(&stream) == OK);
    CHECK(offer(stream, 8, 5) == STREAM_PASS);
    CHECK(offer(stream, 9, 8) == STREAM_PASS);
    stream_learn(stream, 5, 8);
    held = stream_take_held(stream);
    CHECK(held != NULL && held->seq == 9);
    event_release(&held);
    stream_free(&stream);
}

/* At the limit all of them wait; one more is left to the database. */
static void test_waiting_has_a_limit(void **state)
{
    (void)state;
    struct stream *stream = NULL;
    int pulling;
    CHECK(stream_new(&stream) == OK);
    stream_learn(stream, 1, 1);
    stream->pull = &pulling;
    for (int64_t seq = 2; seq < 2 + STREAM_HELD_MAX; seq++)
        CHECK(offer(stream, seq, seq - 1) == STREAM_PASS);
    CHECK(stream->held_count == STREAM_HELD_MAX && !stream->wants_pull);
    CHECK(offer(stream, 2 + STREAM_HELD_MAX, 1 + STREAM_HELD_MAX) == STREAM_PASS);
    CHECK(stream->held_count == STREAM_HELD_MAX && stream->wants_pull);
    stream->pull = NULL;
    stream_free(&stream);
}

static void test_what_was_forgotten_is_learnt_anew(void **state)
{
    (void)state;
    struct stream *stream = NULL;
    CHECK(stream_new(&stream) == OK);
    stream_learn(stream, 5, 5);
    CHECK(offer(stream, 9, 8) == STREAM_PASS);
    stream_forget(stream);
    CHECK(!stream->is_known && stream->wants_pull && stream->held_count == 0);
    stream_learn(stream, 9, 9);
    CHECK(tail_covers(&stream->tail, 9) && !tail_covers(&stream->tail, 8));
    stream_free(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_next_event_is_shown),
        cmocka_unit_test(test_an_event_behind_a_deleted_head_is_shown),
        cmocka_unit_test(test_an_event_behind_a_hole_waits),
        cmocka_unit_test(test_what_comes_before_the_head_is_known_waits),
        cmocka_unit_test(test_waiting_has_a_limit),
        cmocka_unit_test(test_what_was_forgotten_is_learnt_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
