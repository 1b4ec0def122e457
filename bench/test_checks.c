/* A load generator that overlooks a fault proves nothing, so its own checks are tested. */
#include "bench/order.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include "bench/answer.h"
#include "bench/dialect.h"
#include "bench/histogram.h"
#include "bench/plan.h"
#include "bench/process.h"
#include "bench/wire.h"
#include "check.h"

struct scene {
    struct publisher_log log;
    struct order_room room;
    struct order_reader readers[2];
};

static void scene_publish(struct scene *scene, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = 0;
        CHECK(publisher_log_add(&scene->log, 1000 + i, &number) == OK);
        CHECK(number == i);
    }
}

/* Give a frame to a reader in the way the client does: the fast way first. */
static enum order_verdict scene_receive(struct scene *scene, size_t reader, uint32_t number)
{
    char text[] = "frame 0";
    text[6] = (char)('0' + number);
    struct bytes frame = bytes_from_text(text);
    if (order_match(&scene->room, &scene->readers[reader], frame) != NULL)
        return ORDER_NEXT;
    enum order_verdict verdict = ORDER_UNKNOWN;
    struct message_id id = {.publisher = 0, .number = number};
    CHECK(order_take(&scene->room, &scene->readers[reader], &scene->log, id, frame, &verdict) ==
          OK);
    return verdict;
}

static void scene_end(struct scene *scene)
{
    publisher_log_free(&scene->log);
    order_room_free(&scene->room);
    order_reader_free(&scene->readers[0]);
    order_reader_free(&scene->readers[1]);
}

/* The room's order is whatever comes first: the server may order two publishers' messages as it
 * likes. */
static void test_same_order_for_all_is_right(void **state)
{
    (void)state;
    struct scene scene = {0};
    scene_publish(&scene, 3);
    CHECK(scene_receive(&scene, 0, 1) == ORDER_NEXT);
    CHECK(scene_receive(&scene, 1, 1) == ORDER_NEXT);
    CHECK(scene_receive(&scene, 1, 0) == ORDER_NEXT);
    CHECK(scene_receive(&scene, 0, 0) == ORDER_NEXT);
    scene_end(&scene);
}

/* Two subscribers that see two orders is the fault that nobody notices by counting. */
static void test_another_order_is_noticed(void **state)
{
    (void)state;
    struct scene scene = {0};
    scene_publish(&scene, 3);
    CHECK(scene_receive(&scene, 0, 0) == ORDER_NEXT);
    CHECK(scene_receive(&scene, 0, 1) == ORDER_NEXT);
    CHECK(scene_receive(&scene, 1, 1) == ORDER_OUT_OF_ORDER);
    CHECK(scene_receive(&scene, 1, 0) == ORDER_OUT_OF_ORDER);
    CHECK(scene_receive(&scene, 1, 2) == ORDER_NEXT);
    scene_end(&scene);
}

static void test_a_message_jumped_over_stays_missing(void **state)
{
    (void)state;
    struct scene scene = {0};
    scene_publish(&scene, 3);
    for (uint32_t i = 0; i < 3; i++)
        CHECK(scene_receive(&scene, 0, i) == ORDER_NEXT);
    CHECK(scene_receive(&scene, 1, 0) == ORDER_NEXT);
    CHECK(scene_receive(&scene, 1, 2) == ORDER_OUT_OF_ORDER);
    CHECK(scene.readers[1].skipped_count == 1);
    scene_end(&scene);
}

/* At the tail of the room, in the middle of it, and one that came late. */
static void test_a_repeat_is_noticed(void **state)
{
    (void)state;
    struct scene scene = {0};
    scene_publish(&scene, 4);
    CHECK(scene_receive(&scene, 0, 0) == ORDER_NEXT);
    CHECK(scene_receive(&scene, 0, 0) == ORDER_DUPLICATE);
    CHECK(scene_receive(&scene, 0, 1) == ORDER_NEXT);
    CHECK(scene_receive(&scene, 0, 2) == ORDER_NEXT);
    CHECK(scene_receive(&scene, 1, 0) == ORDER_NEXT);
    CHECK(scene_receive(&scene, 1, 0) == ORDER_DUPLICATE);
    CHECK(scene_receive(&scene, 1, 2) == ORDER_OUT_OF_ORDER);
    CHECK(scene_receive(&scene, 1, 1) == ORDER_OUT_OF_ORDER);
    CHECK(scene_receive(&scene, 1, 1) == ORDER_DUPLICATE);
    scene_end(&scene);
}

static void test_what_nobody_published_is_unknown(void **state)
{
    (void)state;
    struct scene scene = {0};
    scene_publish(&scene, 2);
    CHECK(scene_receive(&scene, 0, 1) == ORDER_NEXT);
    CHECK(scene_receive(&scene, 0, 2) == ORDER_UNKNOWN);
    scene_end(&scene);
}

/* Other bytes for the same message are taken the careful way and are still that message. */
static void test_other_bytes_of_the_same_message_count(void **state)
{
    (void)state;
    struct scene scene = {0};
    scene_publish(&scene, 1);
    CHECK(scene_receive(&scene, 0, 0) == ORDER_NEXT);
    struct bytes other = BYTES("another form");
    CHECK(order_match(&scene.room, &scene.readers[1], other) == NULL);
    enum order_verdict verdict = ORDER_UNKNOWN;
    CHECK(order_take(&scene.room, &scene.readers[1], &scene.log, (struct message_id) {0, 0}, other,
                     &verdict) == OK);
    CHECK(verdict == ORDER_NEXT);
    scene_end(&scene);
}

/* Dropping what all have passed must not move anybody. */
static void test_a_trimmed_room_goes_on(void **state)
{
    (void)state;
    struct scene scene = {0};
    scene_publish(&scene, 5);
    for (uint32_t i = 0; i < 4; i++)
        CHECK(scene_receive(&scene, 0, i) == ORDER_NEXT);
    CHECK(scene_receive(&scene, 1, 0) == ORDER_NEXT);
    CHECK(scene_receive(&scene, 1, 1) == ORDER_NEXT);
    order_trim(&scene.room, 2);
    CHECK(scene.room.entry_count == 2);
    CHECK(scene.room.frames.len == 2 * strlen("frame 0"));
    CHECK(scene_receive(&scene, 1, 2) == ORDER_NEXT);
    CHECK(scene_receive(&scene, 1, 1) == ORDER_DUPLICATE);
    CHECK(scene_receive(&scene, 1, 3) == ORDER_NEXT);
    order_trim(&scene.room, 4);
    CHECK(scene.room.entry_count == 0);
    CHECK(scene_receive(&scene, 0, 4) == ORDER_NEXT);
    CHECK(scene_receive(&scene, 1, 4) == ORDER_NEXT);
    scene_end(&scene);
}

/* A quantile is never below the true value, and at most one part in 64 above it. */
static void test_quantiles_are_close(void **state)
{
    (void)state;
    static struct histogram histogram;
    histogram_clear(&histogram);
    for (uint64_t i = 1; i <= 100000; i++)
        histogram_add(&histogram, i * 1000);
    CHECK(histogram_quantile(&histogram, 0.5) >= 50000000);
    CHECK(histogram_quantile(&histogram, 0.5) <= 50000000 + 50000000 / HISTOGRAM_PARTS);
    CHECK(histogram_quantile(&histogram, 0.99) >= 99000000);
    CHECK(histogram_quantile(&histogram, 0.99) <= 99000000 + 99000000 / HISTOGRAM_PARTS);
    CHECK(histogram_quantile(&histogram, 1) == 100000000);
}

/* The smallest and largest values have buckets. */
static void test_the_ends_of_the_histogram_hold(void **state)
{
    (void)state;
    static struct histogram histogram;
    histogram_clear(&histogram);
    CHECK(histogram_quantile(&histogram, 0.5) == 0);
    histogram_add(&histogram, 0);
    histogram_add(&histogram, UINT64_MAX);
    CHECK(histogram_quantile(&histogram, 0.5) == 0);
    CHECK(histogram.max == UINT64_MAX);
    CHECK(histogram_quantile(&histogram, 1) > UINT64_C(1) << 45);
}

/* Frames cut at every byte are "not yet", never a wrong frame. */
static void test_a_cut_frame_is_partial(void **state)
{
    (void)state;
    uint8_t frame[4 + 300] = {0x81, 126, 300 >> 8, 300 & 0xFF};
    memset(frame + 4, 'x', 300);
    memcpy(frame + 40, "#0000000a.000000ff.", WIRE_ID_BYTES);
    struct wire_frame out;
    for (size_t len = 0; len < sizeof(frame); len++)
        CHECK(wire_read_frame(bytes_of(frame, len), &out) == ERR_PARTIAL);
    CHECK(wire_read_frame(bytes_of(frame, sizeof(frame)), &out) == OK);
    CHECK(out.payload.len == 300);
    struct message_id id;
    CHECK(wire_find_id(out.payload, &id));
    CHECK(id.publisher == 10 && id.number == 255);
    CHECK(!wire_find_id(bytes_first(out.payload, 36 + WIRE_ID_BYTES - 1), &id));
}

/* The payload length moves to two bytes of its own at 126 (RFC 6455, section 5.2), and every frame
 * is masked. */
static void test_client_frames_are_masked_and_measured(void **state)
{
    (void)state;
    for (size_t len = 125; len <= 126; len++) {
        uint8_t payload[126];
        memset(payload, 'p', sizeof(payload));
        struct buf out = {0};
        wire_append_frame(&out, WIRE_TEXT, bytes_of(payload, len), 0x01020304);
        size_t key_at = len < 126 ? 2 : 4;
        CHECK(out.len == key_at + 4 + len);
        CHECK(out.data[1] == (0x80 | (len < 126 ? 125 : 126)));
        for (size_t i = 0; i < len; i++)
            CHECK((out.data[key_at + 4 + i] ^ out.data[key_at + i % 4]) == 'p');
        buf_free(&out);
    }
}

/* Only a whole 101 that proves that it read our key opens a connection; what follows it is not part
 * of it. */
static void test_responses_are_told_apart(void **state)
{
    (void)state;
    struct bytes good = BYTES("HTTP/1.1 101 Switching Protocols\r\n"
                              "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    size_t len = 0;
    for (size_t cut = 0; cut < good.len; cut++)
        CHECK(wire_read_response(bytes_first(good, cut), NULL, &len) == ERR_PARTIAL);
    CHECK(wire_read_response(good, NULL, &len) == OK);
    CHECK(len == good.len);
    CHECK(wire_read_response(BYTES("HTTP/1.1 403 Forbidden\r\n\r\n"), NULL, &len) == ERR_DENIED);
    CHECK(wire_read_response(BYTES("HTTP/1.1 101 Yes\r\n\r\n"), NULL, &len) == ERR_PROTOCOL);
}

/* Whoever asked for something and did not get it measures something else. */
static void test_a_response_without_what_was_asked_for_is_refused(void **state)
{
    (void)state;
    struct bytes response = BYTES("HTTP/1.1 101 Switching Protocols\r\n"
                                  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                                  "Sec-WebSocket-Protocol: mqtt\r\n\r\n");
    size_t len = 0;
    CHECK(wire_read_response(response, dialect_find("mqtt")->response_field, &len) == OK);
    CHECK(wire_read_response(response, dialect_find("v1")->response_field, &len) == ERR_PROTOCOL);
    CHECK(dialect_find("v2") == NULL);
}

/* The frame that the server deflates once for all carries the same number. */
static void test_a_deflated_message_is_inflated(void **state)
{
    (void)state;
    /* zlib's raw deflate of "#0000000a.000000ff." 30 times, without the four bytes at the end. */
    uint8_t deflated[200];
    uint8_t text[30 * WIRE_ID_BYTES];
    for (size_t i = 0; i < 30; i++)
        memcpy(text + i * WIRE_ID_BYTES, "#0000000a.000000ff.", WIRE_ID_BYTES);
    z_stream stream = {.next_in = text,
                       .avail_in = sizeof text,
                       .next_out = deflated,
                       .avail_out = sizeof deflated};
    CHECK(deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    CHECK(deflate(&stream, Z_SYNC_FLUSH) == Z_OK);
    struct bytes payload = bytes_of(deflated, sizeof deflated - stream.avail_out - 4);
    (void)deflateEnd(&stream);
    struct buf out = {0};
    CHECK(wire_inflate(payload, 1000, &out) == OK);
    CHECK_BYTES(buf_bytes(&out), bytes_of(text, sizeof text));
    buf_clear(&out);
    CHECK(wire_inflate(payload, sizeof text, &out) == ERR_LIMIT);
    CHECK(wire_inflate(BYTES("\xff\xff"), 1000, &out) == ERR_PROTOCOL);
    buf_free(&out);
}

/* MQTT 3.1.1, the packets as its sections 3.1, 3.3 and 3.8 draw them, each in a masked frame. */
static void test_mqtt_packets_are_as_drawn(void **state)
{
    (void)state;
    const struct dialect *mqtt = dialect_find("mqtt");
    struct buf out = {0};
    mqtt->append_greeting(&out, 7, 0); /* a masking key of zeros leaves the payload as it is */
    CHECK_BYTES(buf_bytes(&out), BYTES("\x82\x8e\0\0\0\0\x10\x0c\0\4MQTT\4\2\0\0\0\0"
                                       "\x82\x8d\0\0\0\0\x82\x0b\0\1\0\6chat/7\0"));
    buf_clear(&out);
    mqtt->append_message(&out, 7, (struct message_id) {1, 2}, WIRE_ID_BYTES + 101, 0);
    CHECK(out.len == 4 + 4 + 3 + 8 + WIRE_ID_BYTES + 101);
    CHECK_BYTES(bytes_of(out.data + 8, 11), BYTES("\x30\x80\1\0\6chat/7"));
    CHECK(mqtt->is_greeting(BYTES("\x90\3\0\1\0")) && !mqtt->is_greeting(BYTES("\x20\2\0\0")));
    buf_free(&out);
}

/* A server that sends fields for ever is given up, not waited for. */
static void test_an_endless_response_is_refused(void **state)
{
    (void)state;
    static uint8_t text[WIRE_RESPONSE_BYTES_MAX + 1];
    memset(text, 'x', sizeof(text));
    size_t len = 0;
    CHECK(wire_read_response(bytes_of(text, WIRE_RESPONSE_BYTES_MAX - 1), NULL, &len) ==
          ERR_PARTIAL);
    CHECK(wire_read_response(bytes_of(text, WIRE_RESPONSE_BYTES_MAX), NULL, &len) == ERR_LIMIT);
}

#define TWO_MESSAGES "[{\"timestamp\":\"a\"},{\"timestamp\":\"b\"}]"

/* However the bytes are cut, no message is counted twice or not at all. */
static void test_answers_are_counted_wherever_they_are_cut(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *text;
        enum err err; /* OK: it is complete, with both messages */
    } cases[] = {
        {"length", "HTTP/1.1 200 OK\r\ncontent-length: 37\r\n\r\n" TWO_MESSAGES, OK},
        {"one chunk",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n25\r\n" TWO_MESSAGES "\r\n0\r\n\r\n",
         OK},
        {"chunks within a name",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n[{\"time\r\n1\r\ns\r\n"
         "1d\r\ntamp\":\"a\"},{\"timestamp\":\"b\"}]\r\n0\r\n\r\n",
         OK},
        {"another status", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", ERR_DENIED},
        {"neither", "HTTP/1.1 200 OK\r\n\r\n" TWO_MESSAGES, ERR_PROTOCOL},
        {"no size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", ERR_PROTOCOL},
        {"too much", "HTTP/1.1 200 OK\r\nContent-Length: 36\r\n\r\n" TWO_MESSAGES, ERR_PROTOCOL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes text = bytes_from_text(cases[i].text);
        for (size_t cut = 0; cut <= text.len; cut++) {
            struct answer answer = {0};
            enum err err = answer_take(&answer, bytes_first(text, cut));
            if (err == OK)
                err = answer_take(&answer, bytes_skip(text, cut));
            if (err != cases[i].err)
                print_error("%s, cut at %zu\n", cases[i].name, cut);
            CHECK(err == cases[i].err);
            if (err == OK)
                CHECK(answer.state == ANSWER_DONE && answer.content.messages == 2 &&
                      answer.content.bytes == 37);
        }
    }
}

/* A byte at a time, which every piece of the tail has to survive. */
static void test_answers_come_a_byte_at_a_time(void **state)
{
    (void)state;
    struct answer answer = {0};
    struct bytes text = BYTES("HTTP/1.1 200 OK\r\nContent-Length: 37\r\n\r\n" TWO_MESSAGES);
    for (size_t i = 0; i < text.len; i++)
        CHECK(answer_take(&answer, bytes_of(text.data + i, 1)) == OK);
    CHECK(answer.state == ANSWER_DONE && answer.content.messages == 2);
}

static void test_an_endless_head_is_refused(void **state)
{
    (void)state;
    struct answer answer = {0};
    for (size_t i = 0; i < ANSWER_HEAD_BYTES_MAX; i++)
        CHECK(answer_take(&answer, BYTES("x")) == OK);
    CHECK(answer_take(&answer, BYTES("x")) == ERR_LIMIT);
}

static void write_plan(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    CHECK(file != NULL);
    CHECK(fputs(text, file) >= 0);
    CHECK(fclose(file) == 0);
}

/* Who connects where, with and without a session and a place to resume at. */
static void test_plans_are_read(void **state)
{
    (void)state;
    char path[] = "/tmp/confab-bench-plan-XXXXXX";
    int fd = mkstemp(path);
    struct plan plan;
    CHECK(fd >= 0);
    write_plan(path, "2 abc\n\n1 - 77\n2 def 5\n");
    CHECK(plan_read(path, 10, &plan) == OK);
    CHECK(plan.seat_count == 3);
    CHECK(plan.seats[0].chat_id == 1 && plan.seats[0].session_key.len == 0);
    CHECK(plan.seats[0].after == 77 && plan.seats[1].after == 0 && plan.seats[2].after == 5);
    CHECK_BYTES(plan.seats[1].session_key, BYTES("abc"));
    CHECK_BYTES(plan.seats[2].session_key, BYTES("def"));
    plan_free(&plan);
    static const char *const wrong[] = {"1\n", "1 \n", "x abc\n", "1 abc x\n"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        write_plan(path, wrong[i]);
        CHECK(plan_read(path, 10, &plan) == ERR_SYNTAX);
        plan_free(&plan);
    }
    (void)close(fd);
    (void)unlink(path);
}

static void test_process_lists_have_a_limit(void **state)
{
    (void)state;
    struct process_set set;
    CHECK(process_set_read("12,13", &set) == OK);
    CHECK(set.count == 2 && set.pids[1] == 13);
    CHECK(process_set_read("12,", &set) == ERR_SYNTAX);
    CHECK(process_set_read("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", &set) == OK);
    CHECK(process_set_read("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", &set) == ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_order_for_all_is_right),
        cmocka_unit_test(test_another_order_is_noticed),
        cmocka_unit_test(test_a_message_jumped_over_stays_missing),
        cmocka_unit_test(test_a_repeat_is_noticed),
        cmocka_unit_test(test_what_nobody_published_is_unknown),
        cmocka_unit_test(test_other_bytes_of_the_same_message_count),
        cmocka_unit_test(test_a_trimmed_room_goes_on),
        cmocka_unit_test(test_quantiles_are_close),
        cmocka_unit_test(test_the_ends_of_the_histogram_hold),
        cmocka_unit_test(test_a_cut_frame_is_partial),
        cmocka_unit_test(test_client_frames_are_masked_and_measured),
        cmocka_unit_test(test_responses_are_told_apart),
        cmocka_unit_test(test_a_response_without_what_was_asked_for_is_refused),
        cmocka_unit_test(test_a_deflated_message_is_inflated),
        cmocka_unit_test(test_mqtt_packets_are_as_drawn),
        cmocka_unit_test(test_an_endless_response_is_refused),
        cmocka_unit_test(test_answers_are_counted_wherever_they_are_cut),
        cmocka_unit_test(test_answers_come_a_byte_at_a_time),
        cmocka_unit_test(test_an_endless_head_is_refused),
        cmocka_unit_test(test_plans_are_read),
        cmocka_unit_test(test_process_lists_have_a_limit),
    };
    return cmocka_run_group_tests_name("bench/checks", tests, NULL, NULL);
}
