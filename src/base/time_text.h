/* time_text.h - moments as text: ISO 8601 for JSON, the database's form, HTTP's dates.
 *
 * A moment is a number of microseconds since 1970-01-01 00:00:00 UTC.
 */
#ifndef CONFAB_BASE_TIME_TEXT_H
#define CONFAB_BASE_TIME_TEXT_H

#include "base/buf.h"

enum { TIME_TEXT_BYTES_MAX = 40 };

/* Now, by the system's clock. */
int64_t time_now_us(void);

/* Now, by a clock that never jumps; for time-outs. */
int64_t time_steady_us(void);

/* "2026-11-22T18:33:35.571503Z"; without fraction if it is exactly 0. */
void time_append_iso(struct buf *out, int64_t us);

/* "2026-11-22 18:33:35.571503" as Django stores it in SQLite; without fraction if it is exactly 0.
 */
void time_append_sql(struct buf *out, int64_t us);

/* What a database holds as time_append_iso() writes it; what is no moment as that of 0. */
void time_append_iso_of_sql(struct buf *out, struct bytes text);

/* "Sun, 22 Nov 2026 18:33:35 GMT" (RFC 9110, section 5.6.7; also a cookie's expires). */
void time_append_http(struct buf *out, int64_t us);

/* Read what a database holds, leniently: "T" or blanks between date and time, 0 to 6 or more digits
 * of a fraction, "Z" or an offset. ERR_SYNTAX: Django would read None. */
CHECKED enum err time_read_sql(struct bytes text, int64_t *us);

#endif
