/* body.h - the content of a request as named values, whichever of the three types it came in.
 *
 * Knows: application/json, application/x-www-form-urlencoded, multipart/form-data, and what a value
 * of each is. Does not know: which names and values are right; see fields.h.
 */
#ifndef CONFAB_API_BODY_H
#define CONFAB_API_BODY_H

#include "api/call.h"
#include "base/json_read.h"
#include "http/form.h"

enum value_kind {
    VALUE_ABSENT,
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_NUMBER,
    VALUE_TEXT,
    VALUE_LIST,
    VALUE_OBJECT,
};

/* A plain value that points into its body. */
struct value {
    enum value_kind kind;
    const struct json_node *node; /* of JSON; else NULL */
    struct bytes form_text;       /* of a form */
};

struct body {
    bool is_form;
    bool is_empty;       /* no content at all: no values */
    struct json_doc doc; /* else an object at the top */
    struct form form;
};

/* Read the request's content; body lives until body_deinit(), and the call's request and arena as
 * long. ERR_SYNTAX: it is faulty, and the call's answer already says so (400, 415). ERR_MEMORY.
 * body is to be ended in any case. */
CHECKED enum err body_read(struct call *call, struct body *body);

/* Read the parameters of the request's query in the same way; errors and ownership too. */
CHECKED enum err body_read_query(struct call *call, struct body *body);

void body_deinit(struct body *body);

/* The last value of that name. */
struct value body_value(const struct body *body, const char *name);

/* The elements of a list, in the arena: those of a JSON array, or all values that a form gives the
 * name. value is what body_value() found: VALUE_LIST, or any of a form. ERR_MEMORY. */
CHECKED enum err body_elements(const struct body *body, const char *name, struct value value,
                               struct arena *arena, struct value **out, size_t *count);

/* What Python's str() gives for a text, number or truth value; others as they stand. The text is
 * UTF-8: what a form holds beside is replaced by U+FFFD. ERR_SYNTAX: *surrogate is a lone surrogate
 * in it. ERR_MEMORY. In the arena. */
CHECKED enum err value_text(const struct body *body, struct value value, struct arena *arena,
                            struct bytes *out, uint32_t *surrogate);

/* Python's name of a value's type: "str". */
const char *value_type_name(const struct body *body, struct value value);

#endif
