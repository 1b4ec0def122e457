/* log.h - one event, one line: a fixed message and name=value pairs.
 *
 * Thread: any. A line is written by one write(2), so lines of threads do not mix. Contents of
 * messages, passwords, cookies and tokens are never logged; texts from peers are escaped.
 */
#ifndef CONFAB_BASE_LOG_H
#define CONFAB_BASE_LOG_H

#include <stdint.h>
#include "base/bytes.h"

enum log_level {
    LOG_ERROR,   /* somebody must act */
    LOG_WARNING, /* we coped, but look */
    LOG_INFO,    /* a beginning or an end */
    LOG_DEBUG,   /* each step */
};

enum log_format { LOG_TEXT, LOG_JSON };

enum { LOG_LINE_BYTES_MAX = 2048 }; /* of the pairs, before JSON escapes; longer ones are cut */

/* Where lines go and which: by default standard error, text, LOG_INFO. Before the threads start. */
void log_configure(int fd, enum log_format format, enum log_level level);

/* The level by its name ("info"). ERR_SYNTAX: there is no such level. */
CHECKED enum err log_level_from_name(struct bytes name, enum log_level *out);

bool log_is_on(enum log_level level);

/* Another level from now on. Thread: any. */
void log_set_level(enum log_level level);

/* "info". */
const char *log_level_name(enum log_level level);

/* pairs makes "name=value name2=value2"; values without blanks, or in double quotes with
 * log_quote(). connection 0: the line is not about one. */
void log_line(enum log_level level, const char *message, uint64_t connection, const char *pairs,
              ...) __attribute__((format(printf, 4, 5)));

/* The same line, whatever the level, in another file: the access log. False: it was not taken
 * whole. */
bool log_line_to(int fd, const char *message, uint64_t connection, const char *pairs, ...)
    __attribute__((format(printf, 4, 5)));

/* A peer's text made fit for a line: quoted, escaped, at most 100 bytes of it. out has
 * LOG_QUOTE_BYTES bytes. Returns out. */
enum { LOG_QUOTE_BYTES = 204 };
const char *log_quote(char out[LOG_QUOTE_BYTES], struct bytes text);

#define log_error(message, connection, ...) log_line(LOG_ERROR, message, connection, __VA_ARGS__)
#define log_warning(message, connection, ...)                                                      \
    log_line(LOG_WARNING, message, connection, __VA_ARGS__)
#define log_info(message, connection, ...) log_line(LOG_INFO, message, connection, __VA_ARGS__)
#define log_debug(message, connection, ...)                                                        \
    do {                                                                                           \
        if (log_is_on(LOG_DEBUG))                                                                  \
            log_line(LOG_DEBUG, message, connection, __VA_ARGS__);                                 \
    } while (0)

#endif
