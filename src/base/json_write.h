/* json_write.h - JSON straight into a buffer.
 *
 * Two styles: compact UTF-8 as Django REST framework writes it, and Python's json.dumps() with its
 * defaults, byte for byte. The writer only keeps track of commas; the caller says what begins and
 * ends.
 */
#ifndef CONFAB_BASE_JSON_WRITE_H
#define CONFAB_BASE_JSON_WRITE_H

#include "base/buf.h"

enum json_style {
    JSON_COMPACT, /* {"a":1,"b":"é"} */
    JSON_PYTHON,  /* {"a": 1, "b": "\u00e9"} */
};

/* A plain value: {.out = &buf, .style = JSON_COMPACT}. Errors stay in the buffer. */
struct json {
    struct buf *out;
    enum json_style style;
    bool needs_comma;
};

void json_object_begin(struct json *json);
void json_object_end(struct json *json);
void json_array_begin(struct json *json);
void json_array_end(struct json *json);

/* The name of an object's next value: one of ours, in which nothing needs an escape; or any, as
 * valid UTF-8. */
void json_key(struct json *json, const char *key);
void json_key_bytes(struct json *json, struct bytes key);

/* text is valid UTF-8. */
void json_text(struct json *json, struct bytes text);
void json_text_z(struct json *json, const char *text);

/* A text in parts. */
void json_text_begin(struct json *json);
void json_text_end(struct json *json);

/* Take code points from the text and write them, until bytes_max bytes or a few more are written.
 */
void json_text_part(struct json *json, struct bytes *text, size_t bytes_max);

void json_number(struct json *json, int64_t number);
void json_bool(struct json *json, bool value);
void json_null(struct json *json);

/* The moment as an ISO 8601 text; the same of what a database holds. */
void json_time(struct json *json, int64_t us);
void json_time_of_sql(struct json *json, struct bytes text);

/* A value that is JSON already, in the same style. */
void json_raw(struct json *json, struct bytes raw);

#endif
