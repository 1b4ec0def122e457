/* json_read.h - JSON as a flat table of nodes over its own text.
 *
 * Strict (RFC 8259): valid UTF-8, no BOM, no NaN, nothing behind the value. The table is one array
 * that is kept from text to text, so reading a message allocates nothing; texts stay in place until
 * asked for. Why not a library: docs/decisions/0001-json-reader.md.
 */
#ifndef CONFAB_BASE_JSON_READ_H
#define CONFAB_BASE_JSON_READ_H

#include "base/buf.h"

enum {
    JSON_DEPTH_MAX = 64,      /* objects and arrays inside each other; deeper is refused */
    JSON_NODES_MAX = 1 << 18, /* values and keys of one text; more are refused */
};

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

/* One value. A key is a node of its own, followed by its value. */
struct json_node {
    uint32_t
        begin; /* in the text: a string's first character after the quote, else the value's first */
    uint32_t end;   /* one past its last */
    uint32_t after; /* index of the first node that is not inside this one */
    uint8_t kind;   /* enum json_kind */
    bool has_escape;
};

/* All zero is an empty document. */
struct json_doc {
    struct bytes text; /* borrowed: the caller's */
    struct json_node *nodes;
    uint32_t count;
    uint32_t cap;
    size_t error_at; /* byte where reading stopped */
    const char
        *error_reason; /* what was wrong there: "Expecting value"; after ERR_SYNTAX and ERR_LIMIT */
};

/* Read the text, which must outlive the use of doc. doc may have been used before; its memory is
 * used again. ERR_SYNTAX: not JSON; ERR_LIMIT: too deep or too many nodes; ERR_MEMORY. */
CHECKED enum err json_read(struct json_doc *doc, struct bytes text);

void json_doc_free(struct json_doc *doc);

/* The value at the top. */
static inline const struct json_node *json_root(const struct json_doc *doc)
{
    return &doc->nodes[0];
}

/* The value of the member with that name; the last one if there are several. NULL: there is none.
 * object is of kind JSON_OBJECT. */
const struct json_node *json_member(const struct json_doc *doc, const struct json_node *object,
                                    const char *name);

/* The first element of an array or first key of an object, and the one after that. NULL: no more.
 * After a key comes its value: json_value(key); json_next(key's value) is the next key. */
const struct json_node *json_first(const struct json_doc *doc, const struct json_node *parent);
const struct json_node *json_next(const struct json_doc *doc, const struct json_node *parent,
                                  const struct json_node *node);

static inline const struct json_node *json_value(const struct json_node *key)
{
    return key + 1;
}

/* Whether a key is this name (UTF-8), escapes resolved. Without an allocation: no member is missing
 * because there was no memory to find it. */
bool json_key_is(const struct json_doc *doc, const struct json_node *key, const char *name);

/* The bytes of a node as they stand in the text. */
static inline struct bytes json_raw_bytes(const struct json_doc *doc, const struct json_node *node)
{
    return bytes_of(doc->text.data + node->begin, node->end - node->begin);
}

/* Append a string's or key's text, escapes resolved, as UTF-8. ERR_SYNTAX: it holds a lone
 * surrogate, whose value is in *surrogate; out then holds what stood before it. */
CHECKED enum err json_read_text(const struct json_doc *doc, const struct json_node *node,
                                struct buf *out, uint32_t *surrogate);

#endif
