#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>
#include "base/json_write.h"
#include "base/metrics.h"
#include "base/text.h"
#include "base/time_text.h"

static struct {
    int fd;
    enum log_format format;
    _Atomic enum log_level level; /* may change at any moment */
} log_target = {STDERR_FILENO, LOG_TEXT, LOG_INFO};

static const char *const level_names[] = {
    [LOG_ERROR] = "error",
    [LOG_WARNING] = "warning",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

void log_configure(int fd, enum log_format format, enum log_level level)
{
    log_target.fd = fd;
    log_target.format = format;
    log_target.level = level;
}

enum err log_level_from_name(struct bytes name, enum log_level *out)
{
    for (size_t i = 0; i < COUNT_OF(level_names); i++) {
        if (bytes_is(name, level_names[i])) {
            *out = (enum log_level)i;
            return OK;
        }
    }
    return ERR_SYNTAX;
}

void log_set_level(enum log_level level)
{
    log_target.level = level;
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

bool log_is_on(enum log_level level)
{
    return level <= atomic_load_explicit(&log_target.level, memory_order_relaxed);
}

/* Take the next name and value of the pairs. A value is a word or stands in double quotes. */
static bool next_pair(struct bytes *rest, struct bytes *name, struct bytes *value)
{
    *rest = bytes_trim(*rest, " ");
    size_t equals = bytes_index(*rest, '=');
    if (equals == rest->len)
        return false;
    *name = bytes_first(*rest, equals);
    *rest = bytes_skip(*rest, equals + 1);
    size_t len = 0;
    if (rest->len > 0 && rest->data[0] == '"') {
        len = 1;
        while (len < rest->len && rest->data[len] != '"')
            len += rest->data[len] == '\\' ? 2 : 1;
        len = len < rest->len ? len + 1 : rest->len;
    } else {
        len = bytes_index(*rest, ' ');
    }
    *value = bytes_first(*rest, len);
    *rest = bytes_skip(*rest, len);
    return true;
}

/* Whether a value is what log_quote() makes, and whole: a line that is cut may end inside one. */
static bool is_quoted(struct bytes value)
{
    if (value.len < 2 || value.data[0] != '"' || value.data[value.len - 1] != '"')
        return false;
    struct bytes inner = bytes_of(value.data + 1, value.len - 2);
    for (size_t i = 0; i < inner.len; i++) {
        if (inner.data[i] == '"')
            return false;
        if (inner.data[i] == '\\' &&
            (++i == inner.len || (inner.data[i] != '"' && inner.data[i] != '\\')))
            return false;
    }
    return true;
}

/* Replace what might end the line early, reach into a terminal (C0 and C1 controls), or not be
 * UTF-8. Peers' texts have been through log_quote(); this is for paths, other programs' errors, and
 * our own mistakes. */
static void make_harmless(uint8_t *text, size_t len)
{
    bool is_utf8 = utf8_is_valid(bytes_of(text, len));
    for (size_t i = 0; i < len; i++) {
        bool is_c1 = is_utf8 && text[i] == 0xc2 && text[i + 1] < 0xa0;
        if (text[i] < 0x20 || text[i] == 0x7f || (text[i] >= 0x80 && !is_utf8))
            text[i] = '?';
        if (is_c1) {
            text[i++] = '?';
            text[i] = '?';
        }
    }
}

static void write_text(struct buf *line, enum log_level level, const char *message,
                       uint64_t connection, struct bytes pairs)
{
    time_append_iso(line, time_now_us());
    buf_printf(line, " %s %s", level_names[level], message);
    if (connection != 0)
        buf_printf(line, " connection=%llu", (unsigned long long)connection);
    if (pairs.len > 0) {
        buf_append_byte(line, ' ');
        buf_append(line, pairs);
    }
}

static void write_json(struct buf *line, enum log_level level, const char *message,
                       uint64_t connection, struct bytes pairs)
{
    struct json json = {.out = line, .style = JSON_COMPACT};
    json_object_begin(&json);
    json_key(&json, "time");
    json_time(&json, time_now_us());
    json_key(&json, "level");
    json_text_z(&json, level_names[level]);
    json_key(&json, "message");
    json_text_z(&json, message);
    if (connection != 0) {
        json_key(&json, "connection");
        json_number(&json, (int64_t)connection);
    }
    struct bytes name;
    struct bytes value;
    while (next_pair(&pairs, &name, &value)) {
        uint64_t number;
        json_key_bytes(&json, name);
        if (is_quoted(value))
            json_raw(&json, value); /* log_quote() has made it JSON */
        else if (bytes_to_number(value, INT64_MAX, &number) == OK)
            json_number(&json, (int64_t)number);
        else
            json_text(&json, value);
    }
    json_object_end(&json);
}

/* Write one line to fd. False: it was not taken whole. */
static bool write_line(int fd, enum log_level level, const char *message, uint64_t connection,
                       const char *format, va_list args) __attribute__((format(printf, 5, 0)));

static bool write_line(int fd, enum log_level level, const char *message, uint64_t connection,
                       const char *format, va_list args)
{
    char pairs[LOG_LINE_BYTES_MAX];
    int len = vsnprintf(pairs, sizeof pairs, format, args);
    if (len < 0)
        return false;
    size_t pairs_len = (size_t)len < sizeof pairs ? (size_t)len : sizeof pairs - 1;
    make_harmless((uint8_t *)pairs, pairs_len);

    struct buf line = {0};
    if (log_target.format == LOG_JSON)
        write_json(&line, level, message, connection, bytes_of(pairs, pairs_len));
    else
        write_text(&line, level, message, connection, bytes_of(pairs, pairs_len));
    buf_append_byte(&line, '\n');
    ssize_t written = write(fd, line.data, line.len);
    bool is_whole = !line.failed && written == (ssize_t)line.len;
    buf_free(&line);
    return is_whole;
}

void log_line(enum log_level level, const char *message, uint64_t connection, const char *format,
              ...)
{
    if (!log_is_on(level))
        return;
    metrics_count(COUNTER_LOG_LINES + level);
    va_list args;
    va_start(args, format);
    /* A log that cannot be written must not stop the server. */
    (void)write_line(log_target.fd, level, message, connection, format, args);
    va_end(args);
}

bool log_line_to(int fd, const char *message, uint64_t connection, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool is_whole = write_line(fd, LOG_INFO, message, connection, format, args);
    va_end(args);
    return is_whole;
}

const char *log_quote(char out[LOG_QUOTE_BYTES], struct bytes text)
{
    enum { QUOTED_BYTES_MAX = 100 };
    size_t at = 0;
    out[at++] = '"';
    for (size_t i = 0; i < text.len && i < QUOTED_BYTES_MAX; i++) {
        uint8_t c = text.data[i];
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            out[at++] = (char)c;
        } else if (c == '"' || c == '\\') {
            out[at++] = '\\';
            out[at++] = (char)c;
        } else {
            out[at++] = '?'; /* a byte that might break the line or the terminal */
        }
    }
    out[at++] = '"';
    out[at] = '\0';
    return out;
}
