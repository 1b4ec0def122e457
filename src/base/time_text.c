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

/* A moment of UTC in the Gregorian calendar, also before it was made. */
struct moment {
    int64_t year;
    int month; /* 1 to 12 */
    int day;
    int weekday; /* 0: Sunday */
    int hour;
    int minute;
    int second;
    int us;
};

/* The calendar is counted by years that begin in March, so that a leap day is the last of its year,
 * from 0000-03-01 on, in eras of 400 years, which all have the same number of days. By hand, since
 * every message has two moments to be read or written: the C library's functions look for the time
 * zone each time. */
enum {
    DAY_SECONDS = 24 * 60 * 60,
    ERA_YEARS = 400,
    ERA_DAYS = 146097,
    DAYS_TO_1970 = 719468,  /* from 0000-03-01 */
    WEEKDAY_OF_1970 = 4,    /* Thursday */
    MARCH_MONTH_DAYS = 153, /* of five months from March on: 31 30 31 30 31, and so again */
};

/* Days from 1970-01-01. */
static int64_t days_of_date(int64_t year, int month, int day)
{
    int months = (month + 9) % 12; /* since March */
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - (ERA_YEARS - 1)) / ERA_YEARS;
    int64_t year_of_era = year - era * ERA_YEARS;
    int64_t day_of_year = (MARCH_MONTH_DAYS * months + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - DAYS_TO_1970;
}

/* The other way: sets year, month and day. */
static void date_of_days(int64_t days, struct moment *moment)
{
    days += DAYS_TO_1970;
    int64_t era = (days >= 0 ? days : days - (ERA_DAYS - 1)) / ERA_DAYS;
    int64_t day_of_era = days - era * ERA_DAYS;
    /* Without the leap days: one in four years (1460 of their days come before it), none in a
     * hundred years, one in the era's last. */
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (ERA_DAYS - 1)) / 365;
    int day_of_year = (int)(day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100));
    int months = (5 * day_of_year + 2) / MARCH_MONTH_DAYS;
    moment->day = day_of_year - (MARCH_MONTH_DAYS * months + 2) / 5 + 1;
    moment->month = months < 10 ? months + 3 : months - 9;
    moment->year = era * ERA_YEARS + year_of_era + (moment->month <= 2);
}

/* Divide, rounding down; *rest is then never negative. */
static int64_t divide(int64_t a, int64_t b, int64_t *rest)
{
    int64_t quotient = a / b - (a % b < 0);
    *rest = a - quotient * b;
    return quotient;
}

static struct moment split(int64_t us)
{
    struct moment moment;
    int64_t rest;
    int64_t seconds = divide(us, US_PER_SECOND, &rest);
    moment.us = (int)rest;
    int64_t days = divide(seconds, DAY_SECONDS, &rest);
    moment.hour = (int)(rest / 3600);
    moment.minute = (int)(rest / 60 % 60);
    moment.second = (int)(rest % 60);
    date_of_days(days, &moment);
    (void)divide(days + WEEKDAY_OF_1970, 7, &rest);
    moment.weekday = (int)rest;
    return moment;
}

/* Two digits of a number below 100. */
static char *put_two(char *at, int number)
{
    *at++ = (char)('0' + number / 10);
    *at++ = (char)('0' + number % 10);
    return at;
}

/* Behind each of these two digits stands a separator. */
static char *put_part(char *at, int number, char separator)
{
    at = put_two(at, number);
    *at++ = separator;
    return at;
}

static char *put_year(char *at, int64_t year)
{
    at = put_two(at, (int)(year / 100 % 100));
    return put_two(at, (int)(year % 100));
}

static char *put_clock(char *at, const struct moment *moment)
{
    at = put_part(at, moment->hour, ':');
    at = put_part(at, moment->minute, ':');
    return put_two(at, moment->second);
}

/* By hand, since every message has one: printf takes ten times as long. */
static void append_date_and_time(struct buf *out, int64_t us, char between, struct bytes zone)
{
    struct moment moment = split(us);
    if (!buf_reserve(out, TIME_TEXT_BYTES_MAX))
        return;
    char *text = (char *)out->data + out->len;
    char *at = put_year(text, moment.year);
    *at++ = '-';
    at = put_part(at, moment.month, '-');
    at = put_part(at, moment.day, between);
    at = put_clock(at, &moment);
    if (moment.us != 0) {
        *at++ = '.';
        at = put_two(at, moment.us / 10000);
        at = put_two(at, moment.us / 100 % 100);
        at = put_two(at, moment.us % 100);
    }
    out->len += (size_t)(at - text);
    buf_append(out, zone);
}

void time_append_iso(struct buf *out, int64_t us)
{
    append_date_and_time(out, us, 'T', BYTES("Z"));
}

void time_append_sql(struct buf *out, int64_t us)
{
    append_date_and_time(out, us, ' ', NO_BYTES);
}

void time_append_http(struct buf *out, int64_t us)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct moment moment = split(us);
    char text[] = "Sun, 01 Jan 1970 00:00:00 GMT";
    memcpy(text, days + 3 * moment.weekday, 3);
    (void)put_two(text + 5, moment.day);
    memcpy(text + 8, months + 3 * (moment.month - 1), 3);
    (void)put_year(text + 12, moment.year);
    (void)put_clock(text + 17, &moment);
    buf_append(out, bytes_of(text, sizeof text - 1));
}

/* Read exactly count digits, of which an int can hold all. */
static bool take_digits(struct bytes *text, size_t count, int *out)
{
    unsigned number = 0;
    if (text->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        unsigned digit = (unsigned)text->data[i] - '0';
        if (digit > 9)
            return false;
        number = number * 10 + digit;
    }
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

static bool in_range(const struct moment *moment)
{
    return moment->year >= 1 && moment->month >= 1 && moment->month <= 12 && moment->day >= 1 &&
           moment->day <= days_of_month((int)moment->year, moment->month) && moment->hour <= 23 &&
           moment->minute <= 59 && moment->second <= 59;
}

static int64_t us_of_moment(const struct moment *moment)
{
    int64_t days = days_of_date(moment->year, moment->month, moment->day);
    int64_t seconds = moment->hour * 3600 + moment->minute * 60 + moment->second;
    return (days * DAY_SECONDS + seconds) * US_PER_SECOND + moment->us;
}

/* Two digits; whether they are none is added to *others. */
static int two_digits(const uint8_t *at, bool *others)
{
    unsigned tens = (unsigned)at[0] - '0';
    unsigned ones = (unsigned)at[1] - '0';
    *others |= (tens > 9) | (ones > 9);
    return (int)(tens * 10 + ones);
}

/* What we and Django write, which is nearly all that is ever read: "2026-11-22 18:33:35.571503". */
static bool read_usual(struct bytes text, struct moment *moment)
{
    static const char form[] = "0000-00-00 00:00:00.000000";
    const uint8_t *at = text.data;
    bool others = false;
    if (text.len != sizeof form - 1 || at[4] != '-' || at[7] != '-' || at[10] != ' ' ||
        at[13] != ':' || at[16] != ':' || at[19] != '.')
        return false;
    moment->year = two_digits(at, &others) * 100 + two_digits(at + 2, &others);
    moment->month = two_digits(at + 5, &others);
    moment->day = two_digits(at + 8, &others);
    moment->hour = two_digits(at + 11, &others);
    moment->minute = two_digits(at + 14, &others);
    moment->second = two_digits(at + 17, &others);
    moment->us = (two_digits(at + 20, &others) * 100 + two_digits(at + 22, &others)) * 100 +
                 two_digits(at + 24, &others);
    return !others;
}

/* All other forms. */
static bool read_lenient(struct bytes text, struct moment *moment, int *offset_s)
{
    int year = 0;
    *moment = (struct moment) {0};
    if (!take_digits(&text, 4, &year) || !take(&text, '-') ||
        !take_digits(&text, 2, &moment->month) || !take(&text, '-') ||
        !take_digits(&text, 2, &moment->day))
        return false;
    moment->year = year;
    if (text.len == 0)
        return true;
    if (!(take(&text, 'T') || take(&text, ' ')) || !take_digits(&text, 2, &moment->hour) ||
        !take(&text, ':') || !take_digits(&text, 2, &moment->minute))
        return false;
    if (take(&text, ':') && !take_digits(&text, 2, &moment->second))
        return false;
    if (take(&text, '.') && !take_fraction(&text, &moment->us))
        return false;
    return take_zone(&text, offset_s) && text.len == 0;
}

enum err time_read_sql(struct bytes text, int64_t *us)
{
    struct moment moment;
    int offset_s = 0;
    bool is_read = read_usual(text, &moment) || read_lenient(text, &moment, &offset_s);
    if (!is_read || !in_range(&moment))
        return ERR_SYNTAX;
    *us = us_of_moment(&moment) - (int64_t)offset_s * US_PER_SECOND;
    return OK;
}

void time_append_iso_of_sql(struct buf *out, struct bytes text)
{
    enum { DATE_BYTES = 10 };
    struct moment moment;
    int64_t us = 0;
    if (read_usual(text, &moment) && in_range(&moment) && moment.us != 0) {
        buf_append(out, bytes_first(text, DATE_BYTES));
        buf_append_byte(out, 'T');
        buf_append(out, bytes_skip(text, DATE_BYTES + 1));
        buf_append_byte(out, 'Z');
        return;
    }
    time_append_iso(out, time_read_sql(text, &us) == OK ? us : 0);
}
