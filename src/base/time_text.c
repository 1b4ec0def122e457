#include "base/time_text.h"

#include <time.h>

enum { US_PER_SECOND = 1000000 };

int64_t time_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t time_steady_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

/* Split a moment into calendar fields (UTC) and microseconds 0 to 999,999. */
static unsigned split(int64_t us, struct tm *tm)
{
    int64_t fraction = us % US_PER_SECOND;
    if (fraction < 0)
        fraction += US_PER_SECOND;
    time_t seconds = (time_t)((us - fraction) / US_PER_SECOND);
    if (gmtime_r(&seconds, tm) == NULL)
        *tm = (struct tm) {.tm_year = 70, .tm_mday = 1};
    return (unsigned)fraction;
}

static char *put_digits(char *at, unsigned number, unsigned count)
{
    for (unsigned i = count; i > 0; i--, number /= 10)
        at[i - 1] = (char)('0' + number % 10);
    return at + count;
}

/* By hand, since every message has one: printf takes ten times as long. */
static void append_date_and_time(struct buf *out, int64_t us, char between, const char *zone)
{
    struct tm tm;
    unsigned fraction = split(us, &tm);
    char text[TIME_TEXT_BYTES_MAX];
    char *at = put_digits(text, (unsigned)tm.tm_year + 1900, 4);
    *at++ = '-';
    at = put_digits(at, (unsigned)tm.tm_mon + 1, 2);
    *at++ = '-';
    at = put_digits(at, (unsigned)tm.tm_mday, 2);
    *at++ = between;
    at = put_digits(at, (unsigned)tm.tm_hour, 2);
    *at++ = ':';
    at = put_digits(at, (unsigned)tm.tm_min, 2);
    *at++ = ':';
    at = put_digits(at, (unsigned)tm.tm_sec, 2);
    if (fraction != 0) {
        *at++ = '.';
        at = put_digits(at, fraction, 6);
    }
    buf_append(out, bytes_of(text, (size_t)(at - text)));
    buf_append_text(out, zone);
}

void time_append_iso(struct buf *out, int64_t us)
{
    append_date_and_time(out, us, 'T', "Z");
}

void time_append_sql(struct buf *out, int64_t us)
{
    append_date_and_time(out, us, ' ', "");
}

void time_append_http(struct buf *out, int64_t us)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm tm;
    (void)split(us, &tm);
    char text[] = "Sun, 01 Jan 1970 00:00:00 GMT";
    memcpy(text, days + 3 * tm.tm_wday, 3);
    (void)put_digits(text + 5, (unsigned)tm.tm_mday, 2);
    memcpy(text + 8, months + 3 * tm.tm_mon, 3);
    (void)put_digits(text + 12, (unsigned)tm.tm_year + 1900, 4);
    (void)put_digits(text + 17, (unsigned)tm.tm_hour, 2);
    (void)put_digits(text + 20, (unsigned)tm.tm_min, 2);
    (void)put_digits(text + 23, (unsigned)tm.tm_sec, 2);
    buf_append(out, bytes_of(text, sizeof text - 1));
}

/* Read exactly count digits. */
static bool take_digits(struct bytes *text, size_t count, int *out)
{
    uint64_t number;
    if (text->len < count || bytes_to_number(bytes_first(*text, count), 9999, &number) != OK)
        return false;
    *out = (int)number;
    *text = bytes_skip(*text, count);
    return true;
}

static bool take(struct bytes *text, char c)
{
    if (text->len == 0 || text->data[0] != (uint8_t)c)
        return false;
    *text = bytes_skip(*text, 1);
    return true;
}

/* One or more digits of a fraction; those behind the sixth are dropped. */
static bool take_fraction(struct bytes *text, int *us)
{
    int value = 0;
    size_t count = 0;
    for (; text->len > 0 && text->data[0] >= '0' && text->data[0] <= '9'; count++) {
        if (count < 6)
            value = value * 10 + (text->data[0] - '0');
        *text = bytes_skip(*text, 1);
    }
    for (size_t i = count; i < 6; i++)
        value *= 10;
    *us = value;
    return count > 0;
}

/* "Z", "+02:00", "-0330" or nothing. */
static bool take_zone(struct bytes *text, int *offset_s)
{
    *offset_s = 0;
    if (text->len == 0 || take(text, 'Z'))
        return true;
    int sign = take(text, '+') ? 1 : take(text, '-') ? -1 : 0;
    int hours = 0;
    int minutes = 0;
    if (sign == 0 || !take_digits(text, 2, &hours))
        return false;
    if (text->len > 0 && ((void)take(text, ':'), !take_digits(text, 2, &minutes)))
        return false;
    if (hours > 23 || minutes > 59)
        return false;
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool in_range(const struct tm *tm)
{
    return tm->tm_year >= 1 && tm->tm_mon >= 1 && tm->tm_mon <= 12 && tm->tm_mday >= 1 &&
           tm->tm_mday <= days_of_month(tm->tm_year, tm->tm_mon) && tm->tm_hour <= 23 &&
           tm->tm_min <= 59 && tm->tm_sec <= 59;
}

enum err time_read_sql(struct bytes text, int64_t *us)
{
    struct tm tm = {0};
    int fraction = 0;
    int offset_s = 0;
    if (!take_digits(&text, 4, &tm.tm_year) || !take(&text, '-') ||
        !take_digits(&text, 2, &tm.tm_mon) || !take(&text, '-') ||
        !take_digits(&text, 2, &tm.tm_mday))
        return ERR_SYNTAX;
    if (text.len > 0) {
        if (!(take(&text, 'T') || take(&text, ' ')) || !take_digits(&text, 2, &tm.tm_hour) ||
            !take(&text, ':') || !take_digits(&text, 2, &tm.tm_min))
            return ERR_SYNTAX;
        if (take(&text, ':') && !take_digits(&text, 2, &tm.tm_sec))
            return ERR_SYNTAX;
        if (take(&text, '.') && !take_fraction(&text, &fraction))
            return ERR_SYNTAX;
        if (!take_zone(&text, &offset_s))
            return ERR_SYNTAX;
    }
    if (text.len > 0 || !in_range(&tm))
        return ERR_SYNTAX;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *us = ((int64_t)timegm(&tm) - offset_s) * US_PER_SECOND + fraction;
    return OK;
}
