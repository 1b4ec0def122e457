#include "server/metrics.h"

#include "base/log.h"
#include "base/metrics.h"
#include "check.h"

static bool has(const struct buf *text, const char *line)
{
    return memmem(text->data, text->len, line, strlen(line)) != NULL;
}

static void test_text_shows_what_was_counted(void **state)
{
    (void)state;
    struct buf text = {0};
    const struct metrics_gauges gauges = {3, 4, 500, 60, 7000};
    metrics_add(COUNTER_CONNECTIONS_ACCEPTED, 5);
    metrics_add(COUNTER_CONNECTIONS_CLOSED, 2);
    metrics_add(COUNTER_DATABASE_ERRORS + ERR_FULL, 9);
    metrics_observe(HISTOGRAM_BATCH_WRITES, 3);
    metrics_observe(HISTOGRAM_BATCH_US, 2000);
    metrics_write(&text, &gauges);
    CHECK(buf_status(&text) == OK);
    static const char *const lines[] = {
        "\nconfab_connections_accepted_total 5\n",
        "\nconfab_connections_open 3\n",
        "\nconfab_database_errors_total{kind=\"full\"} 9\n",
        "\nconfab_batch_writes_bucket{le=\"2\"} 0\n",
        "\nconfab_batch_writes_bucket{le=\"4\"} 1\n",
        "\nconfab_batch_writes_bucket{le=\"+Inf\"} 1\n",
        "\nconfab_batch_writes_sum 3\n",
        "\nconfab_batch_duration_seconds_bucket{le=\"0.0025\"} 1\n",
        "\nconfab_batch_duration_seconds_sum 0.002000\n",
        "\nconfab_batch_duration_seconds_count 1\n",
        "\nconfab_loops 3\n",
        "\nconfab_readers_blocked 4\n",
        "\nconfab_reader_lag_bytes 500\n",
        "\nconfab_reader_lag_bytes_max 60\n",
        "\nconfab_room_log_bytes 7000\n",
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        if (!has(&text, lines[i]))
            fail_msg("missing: %s", lines[i]);
    }
    buf_free(&text);
}

/* Peers choose close codes and paths; labels must stay few. */
static void test_what_is_not_in_a_list_is_other(void **state)
{
    (void)state;
    struct buf text = {0};
    const struct metrics_gauges gauges = {0};
    CHECK(metrics_close_kind(1013) != metrics_close_kind(1000));
    CHECK(metrics_close_kind(3999) == METRICS_CLOSE_KINDS - 1);
    CHECK(metrics_close_kind(0) < METRICS_CLOSE_KINDS);
    CHECK(metrics_handshake_kind(101) == 0);
    CHECK(metrics_handshake_kind(599) == METRICS_HANDSHAKE_KINDS - 1);
    metrics_count(COUNTER_CLOSES + metrics_close_kind(3999));
    metrics_count(COUNTER_CLOSES + metrics_close_kind(1013));
    metrics_write(&text, &gauges);
    CHECK(has(&text, "confab_websocket_closes_total{code=\"other\"} 1\n"));
    CHECK(has(&text, "confab_websocket_closes_total{code=\"1013\"} 1\n"));
    CHECK(!has(&text, "{code=\"0\"}")); /* a place that is left free */
    buf_free(&text);
}

static void test_requests_are_counted_by_the_pattern_of_their_path(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *line;
    } cases[] = {
        {"/healthz", "{route=\"/healthz\",status=\"2xx\"} 1\n"},
        {"/ws/chat/12/", "{route=\"/ws/chat/{id}/\",status=\"2xx\"} 2\n"},
        {"/ws/chat/13/", "{route=\"/ws/chat/{id}/\",status=\"2xx\"} 2\n"},
        {"/a\"b", "{route=\"other\",status=\"2xx\"} 2\n"},
        {NULL, "{route=\"other\",status=\"2xx\"} 2\n"}, /* what was no request */
    };
    struct buf text = {0};
    const struct metrics_gauges gauges = {0};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct http_request request = {0};
        struct exchange exchange = {0};
        if (cases[i].path != NULL) {
            request.path = bytes_from_text(cases[i].path);
            exchange.call.request = &request;
        }
        metrics_count(COUNTER_REQUESTS + metrics_route(&exchange) * METRICS_STATUS_CLASSES + 1);
    }
    metrics_write(&text, &gauges);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (!has(&text, cases[i].line))
            fail_msg("missing: %s", cases[i].line);
    }
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_shows_what_was_counted),
        cmocka_unit_test(test_what_is_not_in_a_list_is_other),
        cmocka_unit_test(test_requests_are_counted_by_the_pattern_of_their_path),
    };
    return cmocka_run_group_tests_name("server/metrics", tests, NULL, NULL);
}
