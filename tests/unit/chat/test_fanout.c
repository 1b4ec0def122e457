/* Rooms with thousands of readers and no socket: what each reader "received" is kept and compared.
 */
#include "check.h"

#include <stdlib.h>
#include "chat/fanout.h"
#include "frames.h"

enum { READERS = 3000, SLICE = 64, RECORD_BYTES = 100 };

/* A reader whose socket is a buffer that takes so many bytes and no more. */
struct fake {
    struct reader reader;
    struct buf got;
    size_t room;  /* bytes that its socket still takes */
    bool has_tls; /* it takes whole records, of which the last may be too much for its socket */
    bool is_in;
};

struct world {
    struct rooms rooms;
    struct fanout fanout;
    struct buf sent; /* everything ever appended */
    struct buf scratch;
    struct fake *fakes;
    size_t count;
    uint32_t seed;
};

static uint32_t next_random(struct world *world)
{
    world->seed = world->seed * 1664525u + 1013904223u;
    return world->seed >> 8;
}

static void begin(struct world *world, size_t count)
{
    bool is_new;
    *world = (struct world) {.count = count, .seed = 42};
    fanout_init(&world->fanout);
    world->fakes = test_calloc(count, sizeof *world->fakes);
    for (size_t i = 0; i < count; i++) {
        world->fakes[i].room = SIZE_MAX;
        world->fakes[i].is_in = true;
        CHECK(rooms_join(&world->rooms, 1, FORM_PLAIN, &world->fakes[i].reader, &is_new) == OK);
    }
}

static void leave(struct world *world, struct fake *fake)
{
    bool is_gone;
    rooms_leave(&world->rooms, &fake->reader, &is_gone);
    fake->is_in = false;
}

static void end(struct world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        if (world->fakes[i].is_in)
            leave(world, &world->fakes[i]);
        buf_free(&world->fakes[i].got);
    }
    test_free(world->fakes);
    buf_free(&world->sent);
    buf_free(&world->scratch);
    rooms_deinit(&world->rooms);
}

static void append(struct world *world, size_t len)
{
    struct feed *feed = rooms_find(&world->rooms, 1)->feeds[FORM_PLAIN];
    struct bytes frame = make_frame(&world->scratch, len, (char)('a' + world->sent.len % 26));
    buf_append(&world->sent, frame);
    CHECK(fanout_append(&world->fanout, feed, frame) == OK);
}

/* How many bytes a connection takes; whether that was too much for its socket. */
static size_t take(struct fake *fake, size_t len, bool *is_full)
{
    size_t taken = len < fake->room ? len : fake->room;
    *is_full = taken < len;
    fake->room -= fake->room == SIZE_MAX ? 0 : taken;
    if (!fake->has_tls || !*is_full)
        return taken;
    size_t sealed = (taken / RECORD_BYTES + 1) * RECORD_BYTES;
    return sealed < len ? sealed : len;
}

/* One slice, as server/broadcast does it. Returns how many readers it served. */
static size_t run_slice(struct world *world, size_t max)
{
    struct fanout_item items[SLICE];
    size_t count = fanout_take(&world->fanout, items, max);
    for (size_t i = 0; i < count; i++) {
        struct fake *fake = CONTAINER_OF(items[i].reader, struct fake, reader);
        bool is_full;
        size_t taken = take(fake, items[i].bytes.len, &is_full);
        buf_append(&fake->got, bytes_first(items[i].bytes, taken));
        if (is_full)
            fanout_block(&world->fanout, &fake->reader, 1);
        fanout_sent(&world->fanout, &fake->reader, taken);
    }
    return count;
}

static void run_all(struct world *world)
{
    while (fanout_has_work(&world->fanout))
        CHECK(run_slice(world, SLICE) > 0);
}

/* Everybody gets every frame, once, in the same order. */
static void test_thousands_of_readers_get_everything(void **state)
{
    (void)state;
    struct world world;
    begin(&world, READERS);
    for (int i = 0; i < 50; i++) {
        append(&world, (size_t)i * 11 % 300);
        run_all(&world);
    }
    for (size_t i = 0; i < world.count; i++)
        CHECK_BYTES(buf_bytes(&world.fakes[i].got), buf_bytes(&world.sent));
    end(&world);
}

/* Frames that come while a large room is being served leave together with the earlier ones:
 * coalescing. */
static void test_later_frames_ride_along(void **state)
{
    (void)state;
    struct world world;
    begin(&world, 1000);
    append(&world, 100);
    size_t sends = 0;
    for (int i = 0; i < 10; i++) {
        sends += run_slice(&world, SLICE);
        append(&world, 100);
    }
    while (fanout_has_work(&world.fanout))
        sends += run_slice(&world, SLICE);
    for (size_t i = 0; i < world.count; i++)
        CHECK_BYTES(buf_bytes(&world.fakes[i].got), buf_bytes(&world.sent));
    CHECK(sends <
          3 * 1000); /* eleven frames to a thousand readers, in less than three sends each */
    end(&world);
}

/* A socket that takes nothing holds up nobody, and gets everything when it takes bytes again. */
static void test_blocked_reader_is_left_alone(void **state)
{
    (void)state;
    struct world world;
    begin(&world, 100);
    struct fake *slow = &world.fakes[33];
    slow->room = 57;
    for (int i = 0; i < 200; i++)
        append(&world, 200);
    run_all(&world);
    CHECK(slow->got.len == 57);
    CHECK_BYTES(buf_bytes(&world.fakes[34].got), buf_bytes(&world.sent));

    slow->room = SIZE_MAX;
    fanout_unblock(&world.fanout, &slow->reader);
    run_all(&world);
    CHECK_BYTES(buf_bytes(&slow->got), buf_bytes(&world.sent));
    end(&world);
}

/* With TLS a socket can be full although its connection took everything: the rest of a record waits
 * there, and nothing may go past it. Meanwhile the log must be kept for the reader. */
static void test_full_socket_that_took_everything_waits(void **state)
{
    (void)state;
    struct world world;
    begin(&world, 3 * SLICE);
    for (size_t i = 0; i < world.count; i++)
        world.fakes[i].has_tls = true;
    struct fake *slow = &world.fakes[SLICE];
    slow->room = 57;
    append(&world, 80);
    CHECK(run_slice(&world, SLICE) == SLICE);
    CHECK(run_slice(&world, SLICE) == SLICE); /* the slow one among them */
    CHECK_BYTES(buf_bytes(&slow->got), buf_bytes(&world.sent));
    for (int i = 0; i < 100; i++)
        append(&world, 200);
    size_t before = slow->got.len;
    run_all(&world);
    CHECK(slow->got.len == before);
    for (size_t i = 0; i < world.count; i++) {
        if (&world.fakes[i] != slow)
            CHECK_BYTES(buf_bytes(&world.fakes[i].got), buf_bytes(&world.sent));
    }

    slow->room = 1000; /* and full again, in the middle of a frame */
    fanout_unblock(&world.fanout, &slow->reader);
    run_all(&world);
    CHECK(slow->got.len > before && slow->got.len < world.sent.len);
    slow->room = SIZE_MAX;
    fanout_unblock(&world.fanout, &slow->reader);
    run_all(&world);
    CHECK_BYTES(buf_bytes(&slow->got), buf_bytes(&world.sent));
    end(&world);
}

/* At the limit a reader may stay; one byte past it, or standing still for too long, it is found. */
static void test_overdue_readers_are_found(void **state)
{
    (void)state;
    struct world world;
    begin(&world, 2);
    struct feed *feed = rooms_find(&world.rooms, 1)->feeds[FORM_PLAIN];
    struct fake *slow = &world.fakes[0];
    slow->room = 0;
    append(&world, 100);
    run_all(&world);
    CHECK(fanout_find_overdue(&world.fanout, 1) == NULL); /* blocked since 1, not before */
    CHECK(fanout_find_overdue(&world.fanout, 2) == &slow->reader);

    size_t missing =
        ROOM_BACKLOG_BYTES_MAX - (size_t)frame_log_backlog(&feed->log, &slow->reader.cursor);
    append(&world, missing - 10);
    CHECK(frame_log_backlog(&feed->log, &slow->reader.cursor) == ROOM_BACKLOG_BYTES_MAX);
    CHECK(fanout_find_overdue(&world.fanout, 0) == NULL);
    append(&world, 0);
    CHECK(fanout_find_overdue(&world.fanout, 0) == &slow->reader);
    leave(&world, slow);
    CHECK(fanout_find_overdue(&world.fanout, 2) == NULL);
    run_all(&world);
    end(&world);
}

/* A huge room must not keep a small one waiting until all of it is served. */
static void test_rooms_take_turns(void **state)
{
    (void)state;
    struct world world;
    struct reader lone;
    bool is_new;
    begin(&world, 1000);
    CHECK(rooms_join(&world.rooms, 2, FORM_PLAIN, &lone, &is_new) == OK);
    append(&world, 10);
    struct feed *small = lone.feed;
    CHECK(fanout_append(&world.fanout, small, make_frame(&world.scratch, 5, 'z')) == OK);
    (void)run_slice(&world, SLICE); /* of the huge one */
    struct fanout_item items[SLICE];
    CHECK(fanout_take(&world.fanout, items, 1) == 1 && items[0].reader == &lone);
    fanout_sent(&world.fanout, &lone, items[0].bytes.len);
    run_all(&world);
    rooms_leave(&world.rooms, &lone, &is_new);
    end(&world);
}

/* Frames, slices, blocks, joins and leaves in random order: whoever stays has an unbroken run of
 * what was appended, up to the end. */
static void test_random_lives(void **state)
{
    (void)state;
    struct world world;
    begin(&world, 200);
    size_t *joined_at = test_calloc(world.count, sizeof *joined_at);
    for (size_t i = 0; i < world.count; i += 2)
        world.fakes[i].has_tls = true;
    for (int step = 0; step < 20000; step++) {
        struct fake *fake = &world.fakes[next_random(&world) % world.count];
        size_t index = (size_t)(fake - world.fakes);
        bool is_new;
        switch (next_random(&world) % 8) {
        case 0:
        case 1:
            if (rooms_find(&world.rooms, 1) != NULL)
                append(&world, next_random(&world) % 500);
            break;
        case 2:
            if (fake->is_in)
                fake->room = next_random(&world) % 3000;
            break;
        case 3:
            if (fake->is_in) {
                fake->room = SIZE_MAX;
                fanout_unblock(&world.fanout, &fake->reader);
            }
            break;
        case 4:
            if (fake->is_in && step % 5 == 0) {
                leave(&world, fake);
            } else if (!fake->is_in) {
                buf_clear(&fake->got);
                fake->room = SIZE_MAX;
                fake->is_in = true;
                joined_at[index] = world.sent.len;
                CHECK(rooms_join(&world.rooms, 1, FORM_PLAIN, &fake->reader, &is_new) == OK);
            }
            break;
        default:
            if (fanout_has_work(&world.fanout))
                (void)run_slice(&world, 1 + next_random(&world) % SLICE);
        }
    }
    for (size_t i = 0; i < world.count; i++) {
        if (world.fakes[i].is_in) {
            world.fakes[i].room = SIZE_MAX;
            fanout_unblock(&world.fanout, &world.fakes[i].reader);
        }
    }
    run_all(&world);
    for (size_t i = 0; i < world.count; i++) {
        if (world.fakes[i].is_in)
            CHECK_BYTES(buf_bytes(&world.fakes[i].got),
                        bytes_skip(buf_bytes(&world.sent), joined_at[i]));
    }
    test_free(joined_at);
    end(&world);
}

/* A reader that has become writable is behind, in the middle of a frame; before its turn comes a
 * ping is answered, and the frame's rest goes ahead of the pong. Nothing is left for its turn. */
static void test_reader_that_got_its_rest_elsewhere_is_passed_over(void **state)
{
    struct world world;
    struct fanout_item items[2];
    (void)state;
    begin(&world, 2);
    struct reader *reader = &world.fakes[0].reader;
    append(&world, 10);
    CHECK(fanout_take(&world.fanout, items, 2) == 2);
    size_t len = items[0].bytes.len;
    fanout_block(&world.fanout, reader, 1);
    fanout_sent(&world.fanout, reader, 3);
    fanout_sent(&world.fanout, items[1].reader, len);

    fanout_unblock(&world.fanout, reader);
    CHECK(frame_log_rest_of_frame(&reader->cursor) == len - 3);
    fanout_sent(&world.fanout, reader, len - 3);
    CHECK(fanout_take(&world.fanout, items, 2) == 0);
    CHECK(!fanout_has_work(&world.fanout));

    append(&world, 10);
    CHECK(fanout_take(&world.fanout, items, 2) == 2);
    fanout_sent(&world.fanout, items[0].reader, len);
    fanout_sent(&world.fanout, items[1].reader, len);
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thousands_of_readers_get_everything),
        cmocka_unit_test(test_later_frames_ride_along),
        cmocka_unit_test(test_blocked_reader_is_left_alone),
        cmocka_unit_test(test_full_socket_that_took_everything_waits),
        cmocka_unit_test(test_reader_that_got_its_rest_elsewhere_is_passed_over),
        cmocka_unit_test(test_overdue_readers_are_found),
        cmocka_unit_test(test_rooms_take_turns),
        cmocka_unit_test(test_random_lives),
    };
    return cmocka_run_group_tests_name("chat/fanout", tests, NULL, NULL);
}
