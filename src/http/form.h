/* form.h - bodies of HTML forms: application/x-www-form-urlencoded and multipart/form-data (RFC
 * 7578).
 *
 * Both become the same list of pairs, in the order they came; repeated names stay repeated.
 */
#ifndef CONFAB_HTTP_FORM_H
#define CONFAB_HTTP_FORM_H

#include "base/arena.h"

enum {
    FORM_PAIR_COUNT_MAX = 1000,      /* more: ERR_LIMIT (Django's DATA_UPLOAD_MAX_NUMBER_FIELDS) */
    FORM_PART_HEAD_BYTES_MAX = 8192, /* the fields of one part of a multipart body: ERR_LIMIT */
};

struct form_pair {
    struct bytes name; /* decoded; any bytes, perhaps not UTF-8: the caller checks */
    struct bytes value;
};

/* Everything lies in the arena: the content may go. */
struct form {
    size_t count;
    struct form_pair *pairs;
};

/* A Content-Type taken apart: "multipart/form-data; boundary=x". */
struct content_type {
    struct bytes type;     /* "multipart/form-data", as it was sent, without parameters */
    struct bytes boundary; /* data NULL: there is none */
    struct bytes charset;  /* data NULL: there is none */
};

/* Never fails: what does not look like a parameter is passed over. Quoted values lose their quotes;
 * escapes in them stay. Of a repeated parameter the first counts. */
void content_type_read(struct bytes value, struct content_type *out);

/* "a=1&b=%20". Bad percent signs stand for themselves, as browsers and Django read them. ERR_LIMIT,
 * ERR_MEMORY. */
CHECKED enum err form_read_urlencoded(struct bytes content, struct arena *arena, struct form *out);

/* ERR_SYNTAX: no or bad boundary, a part without a name, an encoding other than plain, an end that
 * never comes; *reason is then a short English text. Lines end in CRLF alone. Parts that are files
 * (filename given) are left out, as for a serializer without file fields; a charset is ignored.
 * ERR_LIMIT, ERR_MEMORY. */
CHECKED enum err form_read_multipart(struct bytes content, struct bytes boundary,
                                     struct arena *arena, struct form *out, const char **reason);

#endif
