#include "base/prometheus.h"

#include "check.h"

static void test_family_has_help_and_type_before_its_samples(void **state)
{
    (void)state;
    struct buf out = {0};
    const struct prometheus_label labels[] = {{"route", "/api/chats/{id}/"}, {"status", "2xx"}};
    prometheus_family(&out, "requests_total", "counter", "Requests.");
    prometheus_sample(&out, "requests_total", "", labels, COUNT_OF(labels), 7, 0);
    prometheus_sample(&out, "requests_total", "", NULL, 0, UINT64_MAX, 0);
    CHECK_BYTES(buf_bytes(&out),
                BYTES("# HELP requests_total Requests.\n"
                      "# TYPE requests_total counter\n"
                      "requests_total{route=\"/api/chats/{id}/\",status=\"2xx\"} 7\n"
                      "requests_total 18446744073709551615\n"));
    buf_free(&out);
}

/* An unescaped quote or line end would be read as more samples. */
static void test_what_would_end_a_text_is_escaped(void **state)
{
    (void)state;
    struct buf out = {0};
    const struct prometheus_label label = {"path", "a\"b\\c\nd"};
    prometheus_family(&out, "x", "gauge", "say \"x\" \\ two\nlines");
    prometheus_sample(&out, "x", "_sum", &label, 1, 1, 0);
    CHECK_BYTES(buf_bytes(&out), BYTES("# HELP x say \"x\" \\\\ two\\nlines\n"
                                       "# TYPE x gauge\n"
                                       "x_sum{path=\"a\\\"b\\\\c\\nd\"} 1\n"));
    buf_free(&out);
}

static void test_decimals_keep_their_zeros(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        unsigned decimals;
        const char *text;
    } cases[] = {
        {0, 6, "x 0\n"},       {1, 6, "x 0.000001\n"}, {1500000, 6, "x 1.500000\n"},
        {2000000, 6, "x 2\n"}, {1050, 2, "x 10.50\n"}, {7, 0, "x 7\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out = {0};
        prometheus_sample(&out, "x", "", NULL, 0, cases[i].value, cases[i].decimals);
        CHECK_BYTES(buf_bytes(&out), bytes_from_text(cases[i].text));
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_family_has_help_and_type_before_its_samples),
        cmocka_unit_test(test_what_would_end_a_text_is_escaped),
        cmocka_unit_test(test_decimals_keep_their_zeros),
    };
    return cmocka_run_group_tests_name("base/prometheus", tests, NULL, NULL);
}
