/* vectors.h - test data made by other software, read from tests/vectors/.
 *
 * Tests run in the source root, so paths begin there. Whatever is wrong with a file fails the test.
 */
#ifndef CONFAB_TESTS_VECTORS_H
#define CONFAB_TESTS_VECTORS_H

#include <stdio.h>
#include "check.h"
#include "base/arena.h"
#include "base/json_read.h"

/* All zero is an empty one. */
struct vectors {
    struct buf text;
    struct json_doc doc;
    struct arena arena; /* texts that vector_text() has read */
};

static inline void vectors_read(struct vectors *vectors, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        print_error("%s cannot be opened\n", path);
    CHECK(file != NULL);
    uint8_t piece[4096];
    size_t len;
    while ((len = fread(piece, 1, sizeof piece, file)) > 0)
        buf_append(&vectors->text, bytes_of(piece, len));
    (void)fclose(file);
    CHECK(json_read(&vectors->doc, buf_bytes(&vectors->text)) == OK);
}

static inline void vectors_free(struct vectors *vectors)
{
    json_doc_free(&vectors->doc);
    buf_free(&vectors->text);
    arena_free(&vectors->arena);
}

/* The value of a member, or NULL. object NULL: the whole file. */
static inline const struct json_node *vector_find(const struct vectors *vectors,
                                                  const struct json_node *object, const char *name)
{
    return json_member(&vectors->doc, object != NULL ? object : json_root(&vectors->doc), name);
}

/* The value of a member that must be there. */
static inline const struct json_node *vector_get(const struct vectors *vectors,
                                                 const struct json_node *object, const char *name)
{
    const struct json_node *value = vector_find(vectors, object, name);
    if (value == NULL)
        print_error("no member \"%s\"\n", name);
    CHECK(value != NULL);
    return value;
}

/* A string's text, until vectors_free(). null: data is NULL. */
static inline struct bytes vector_text(struct vectors *vectors, const struct json_node *node)
{
    struct bytes text = NO_BYTES;
    struct buf buf = {0};
    uint32_t surrogate;
    if (node->kind == JSON_NULL)
        return text;
    CHECK(node->kind == JSON_STRING);
    CHECK(json_read_text(&vectors->doc, node, &buf, &surrogate) == OK);
    CHECK(arena_copy(&vectors->arena, buf_bytes(&buf), &text) == OK);
    buf_free(&buf);
    return text;
}

static inline struct bytes vector_get_text(struct vectors *vectors, const struct json_node *object,
                                           const char *name)
{
    return vector_text(vectors, vector_get(vectors, object, name));
}

/* The number of a node that is a whole number. */
static inline int64_t vector_number(const struct vectors *vectors, const struct json_node *node)
{
    struct bytes raw = json_raw_bytes(&vectors->doc, node);
    bool is_negative = bytes_starts_with(raw, BYTES("-"));
    uint64_t number = 0;
    CHECK(node->kind == JSON_NUMBER);
    CHECK(bytes_to_number(is_negative ? bytes_skip(raw, 1) : raw, INT64_MAX, &number) == OK);
    return is_negative ? -(int64_t)number : (int64_t)number;
}

/* The answer of a case. Where the versions of Django differ it is the newest's. */
static inline const struct json_node *
vector_answer(const struct vectors *vectors, const struct json_node *object, const char *name)
{
    const struct json_node *versions = vector_find(vectors, object, "by_version");
    if (versions != NULL)
        object = vector_get(vectors, versions, "Django 5.2.18");
    return vector_get(vectors, object, name);
}

/* for (VECTOR_EACH(node, vectors, array)) */
#define VECTOR_EACH(node, vectors, array)                                                          \
    const struct json_node *node = json_first(&(vectors)->doc, (array));                           \
    (node) != NULL;                                                                                \
    (node) = json_next(&(vectors)->doc, (array), (node))

#endif
