#include "base/time_text.h"

#include <time.h>
#include "vectors.h"

static struct vectors vectors;

static int setup(void **state)
{
    (void)state;
    vectors_read(&vectors, "tests/vectors/datetimes.json");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vectors_free(&vectors);
    return 0;
}

/* The database sorts these as text and Django reads them: exactly its form. */
static void test_moments_are_written_as_django_writes_them(void **state)
{
    (void)state;
    struct buf out = {0};
    size_t count = 0;
    for (VECTOR_EACH(node, &vectors, vector_get(&vectors, NULL, "moments"))) {
        int64_t us = vector_number(&vectors, vector_get(&vectors, node, "unix_microseconds"));
        struct bytes http = vector_get_text(&vectors, node, "http_date");
        buf_clear(&out);
        time_append_sql(&out, us);
        CHECK_BYTES(buf_bytes(&out), vector_get_text(&vectors, node, "sqlite_text"));
        buf_clear(&out);
        time_append_iso(&out, us);
        CHECK_BYTES(buf_bytes(&out), vector_get_text(&vectors, node, "rest"));
        buf_clear(&out);
        time_append_http(&out, us);
        if (http.data != NULL)
            CHECK_BYTES(buf_bytes(&out), http);
        count++;
    }
    CHECK(count == 9);
    buf_free(&out);
}

/* What is written is read again, also before 1970 and in the year 9999. */
static void test_written_moments_are_read_again(void **state)
{
    (void)state;
    static const int64_t moments[] = {
        0,
        1,
        -1,
        999999,
        -1000001,
        1760428800123456,
        1709251199999999,
        253402300799999999,
        -62135596800000000,
    };
    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        struct buf out = {0};
        int64_t us = 0;
        time_append_sql(&out, moments[i]);
        CHECK(time_read_sql(buf_bytes(&out), &us) == OK);
        CHECK(us == moments[i]);
        buf_clear(&out);
        time_append_iso(&out, moments[i]);
        CHECK(time_read_sql(buf_bytes(&out), &us) == OK);
        CHECK(us == moments[i]);
        buf_free(&out);
    }
}

/* The calendar is our own: on every day of four centuries, and before, it is the C library's. */
static void test_calendar_is_that_of_the_c_library(void **state)
{
    (void)state;
    struct buf out = {0};
    for (int64_t day = -719162; day<2932896; day += day> 10000 && day < 60000 ? 1 : 97) {
        const time_t seconds = (time_t)(day * 86400 + (day & 0xffff));
        char expected[TIME_TEXT_BYTES_MAX];
        struct tm tm;
        int64_t us = 0;
        CHECK(gmtime_r(&seconds, &tm) != NULL);
        (void)strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        if (tm.tm_year < -900)
            continue; /* strftime writes no leading zeros */
        buf_clear(&out);
        time_append_http(&out, (int64_t)seconds * 1000000);
        CHECK_BYTES(buf_bytes(&out), bytes_from_text(expected));
        buf_clear(&out);
        time_append_sql(&out, (int64_t)seconds * 1000000);
        CHECK(time_read_sql(buf_bytes(&out), &us) == OK);
        CHECK(us == (int64_t)timegm(&tm) * 1000000);
    }
    buf_free(&out);
}

/* Rows that Django or a person wrote in another form mean what Django takes them for. */
static void test_database_texts_are_read_as_django_reads_them(void **state)
{
    (void)state;
    size_t count = 0;
    for (VECTOR_EACH(node, &vectors, vector_get(&vectors, NULL, "sqlite_reads"))) {
        struct bytes text = vector_get_text(&vectors, node, "sqlite_text");
        struct bytes expected =
            vector_text(&vectors, vector_answer(&vectors, node, "django_reads"));
        int64_t us = 0;
        int64_t expected_us = 0;
        if (expected.data == NULL) {
            CHECK(time_read_sql(text, &us) == ERR_SYNTAX);
        } else {
            CHECK(time_read_sql(expected, &expected_us) == OK);
            CHECK(time_read_sql(text, &us) == OK);
            CHECK(us == expected_us);
        }
        count++;
    }
    CHECK(count == 13);
}

/* What a database holds goes into an answer without the calendar, if it looks as it usually does:
 * the answer must be the one that the calendar gives. */
static void check_iso_of_sql(struct bytes text)
{
    struct buf expected = {0};
    struct buf out = {0};
    int64_t us = 0;
    if (time_read_sql(text, &us) != OK)
        us = 0;
    time_append_iso(&expected, us);
    time_append_iso_of_sql(&out, text);
    CHECK_BYTES(buf_bytes(&out), buf_bytes(&expected));
    buf_free(&expected);
    buf_free(&out);
}

/* Every byte of the usual form, in every place of it. */
static void test_the_usual_form_is_known_by_every_byte(void **state)
{
    (void)state;
    static const char usual[] = "2023-11-22 18:33:35.571503";
    struct buf out = {0};
    time_append_iso_of_sql(&out, bytes_from_text(usual));
    CHECK_BYTES(buf_bytes(&out), BYTES("2023-11-22T18:33:35.571503Z"));
    buf_free(&out);
    for (size_t place = 0; place < sizeof usual - 1; place++) {
        for (unsigned c = 0; c < 0x100; c++) {
            char text[sizeof usual];
            memcpy(text, usual, sizeof usual);
            text[place] = (char)c;
            check_iso_of_sql(bytes_of(text, sizeof text - 1));
            check_iso_of_sql(bytes_of(text, place)); /* and cut there */
        }
    }
    check_iso_of_sql(BYTES("2023-11-22 18:33:35.000000"));
    check_iso_of_sql(BYTES("2023-02-29 18:33:35.571503"));
    check_iso_of_sql(BYTES("2024-02-29 18:33:35.571503"));
    check_iso_of_sql(BYTES("2023-11-22 18:33:35.5715031"));
}

static void test_moments_in_all_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err err;
        int64_t us;
    } cases[] = {
        {"1970-01-01 00:00:01", OK, 1000000},
        {"1970-01-01T00:00:00.000001", OK, 1},
        {"1970-01-01 00:00:00.1", OK, 100000},
        {"1970-01-01 00:00:00.12345678901", OK, 123456},
        {"1970-01-01 00:01", OK, 60000000},
        {"1970-01-02", OK, 86400000000},
        {"1970-01-01 02:00:00+02:00", OK, 0},
        {"1970-01-01 02:30:00+0230", OK, 0},
        {"1969-12-31 22:00:00-02", OK, 0},
        {"1970-01-01 00:00:00Z", OK, 0},
        {"2000-02-29 00:00:00", OK, 951782400000000},
        {"2024-02-29 00:00:00", OK, 1709164800000000},
        {"1900-02-29 00:00:00", ERR_SYNTAX, 0},
        {"2023-02-29 00:00:00", ERR_SYNTAX, 0},
        {"2023-04-31 00:00:00", ERR_SYNTAX, 0},
        {"2023-00-01 00:00:00", ERR_SYNTAX, 0},
        {"2023-13-01 00:00:00", ERR_SYNTAX, 0},
        {"2023-01-00 00:00:00", ERR_SYNTAX, 0},
        {"0000-01-01 00:00:00", ERR_SYNTAX, 0},
        {"2023-01-01 24:00:00", ERR_SYNTAX, 0},
        {"2023-01-01 00:60:00", ERR_SYNTAX, 0},
        {"2023-01-01 00:00:60", ERR_SYNTAX, 0},
        {"2023-01-01 00:00:00.", ERR_SYNTAX, 0},
        {"2023-01-01 00:00:00+24:00", ERR_SYNTAX, 0},
        {"2023-01-01 00:00:00+02:60", ERR_SYNTAX, 0},
        {"2023-01-01 00:00:00+", ERR_SYNTAX, 0},
        {"2023-01-01 00:00:00ZZ", ERR_SYNTAX, 0},
        {"2023-01-01 00:00:00 x", ERR_SYNTAX, 0},
        {"2023-01-01 00", ERR_SYNTAX, 0},
        {"2023-01-01 ", ERR_SYNTAX, 0},
        {"2023-01-01x00:00:00", ERR_SYNTAX, 0},
        {"+023-01-01 00:00:00", ERR_SYNTAX, 0},
        {"20230101", ERR_SYNTAX, 0},
        {"2023-01", ERR_SYNTAX, 0},
        {"", ERR_SYNTAX, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t us = 0;
        if (time_read_sql(bytes_from_text(cases[i].text), &us) != cases[i].err)
            print_error("case: %s\n", cases[i].text);
        CHECK(time_read_sql(bytes_from_text(cases[i].text), &us) == cases[i].err);
        CHECK(us == cases[i].us);
        check_iso_of_sql(bytes_from_text(cases[i].text));
    }
    int64_t us;
    CHECK(time_read_sql(NO_BYTES, &us) == ERR_SYNTAX);
}

/* Time-outs are counted with it: it must not go back. */
static void test_steady_clock_does_not_go_back(void **state)
{
    (void)state;
    int64_t before = time_steady_us();
    for (int i = 0; i < 1000; i++) {
        int64_t now = time_steady_us();
        CHECK(now >= before);
        before = now;
    }
    CHECK(time_now_us() > INT64_C(1700000000000000)); /* microseconds, since 1970 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments_are_written_as_django_writes_them),
        cmocka_unit_test(test_written_moments_are_read_again),
        cmocka_unit_test(test_calendar_is_that_of_the_c_library),
        cmocka_unit_test(test_database_texts_are_read_as_django_reads_them),
        cmocka_unit_test(test_the_usual_form_is_known_by_every_byte),
        cmocka_unit_test(test_moments_in_all_forms),
        cmocka_unit_test(test_steady_clock_does_not_go_back),
    };
    return cmocka_run_group_tests_name("base/time_text", tests, setup, teardown);
}
