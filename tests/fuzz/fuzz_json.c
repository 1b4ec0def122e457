/* fuzz_json.c - any bytes as JSON. What is read must be walked to its end, written again in both
 * styles, and then read as the same. */
#include <stdlib.h>
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool fact)
{
    if (!fact)
        abort();
}

/* Write a node as it was read. False: it holds a lone surrogate, which cannot be written. */
static bool write_node(const struct json_doc *doc, const struct json_node *node, struct json *json)
{
    struct buf text = {0};
    uint32_t surrogate = 0;
    bool is_whole = true;
    require(node->begin <= node->end && node->end <= doc->text.len);
    require(node->after > node - doc->nodes && node->after <= doc->count);
    switch ((enum json_kind)node->kind) {
    case JSON_OBJECT:
        json_object_begin(json);
        for (const struct json_node *key = json_first(doc, node); key != NULL && is_whole;
             key = json_next(doc, node, json_value(key))) {
            require(key->kind == JSON_STRING);
            buf_clear(&text);
            is_whole = json_read_text(doc, key, &text, &surrogate) == OK;
            require(utf8_is_valid(buf_bytes(&text)));
            json_key_bytes(json, buf_bytes(&text));
            is_whole = is_whole && write_node(doc, json_value(key), json);
        }
        json_object_end(json);
        break;
    case JSON_ARRAY:
        json_array_begin(json);
        for (const struct json_node *at = json_first(doc, node); at != NULL && is_whole;
             at = json_next(doc, node, at))
            is_whole = write_node(doc, at, json);
        json_array_end(json);
        break;
    case JSON_STRING:
        is_whole = json_read_text(doc, node, &text, &surrogate) == OK;
        require(utf8_is_valid(buf_bytes(&text)));
        require(is_whole || (surrogate >= 0xd800 && surrogate <= 0xdfff));
        json_text(json, buf_bytes(&text));
        break;
    case JSON_NUMBER:
        text_append_python_number(&text, json_raw_bytes(doc, node));
        require(text.len > 0);
        json_raw(json, json_raw_bytes(doc, node));
        break;
    case JSON_NULL:
    case JSON_TRUE:
    case JSON_FALSE:
        json_raw(json, json_raw_bytes(doc, node));
        break;
    }
    buf_free(&text);
    return is_whole;
}

static void check_style(const struct json_doc *doc, enum json_style style)
{
    struct buf once = {0};
    struct buf twice = {0};
    struct json_doc again = {0};
    if (write_node(doc, json_root(doc), &(struct json) {.out = &once, .style = style})) {
        require(json_read(&again, buf_bytes(&once)) == OK);
        require(
            write_node(&again, json_root(&again), &(struct json) {.out = &twice, .style = style}));
        require(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
    }
    json_doc_free(&again);
    buf_free(&once);
    buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct json_doc doc = {0};
    enum err err = json_read(&doc, bytes_of(data, len));
    if (err == OK) {
        require(json_root(&doc)->after == doc.count);
        check_style(&doc, JSON_COMPACT);
        check_style(&doc, JSON_PYTHON);
    } else {
        require(doc.error_reason != NULL && doc.error_at <= len);
    }
    json_doc_free(&doc);
    return 0;
}
