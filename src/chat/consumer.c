#include "chat/consumer.h"

#include "base/text.h"

enum { CONSUMER_KEPT_BYTES = 16 * 1024 };

static const char content_is_empty[] = "Content cannot be empty";
static const char content_is_too_long[] = "Content is too long (at most 262144 bytes)";

void consumer_deinit(struct consumer *consumer)
{
    json_doc_free(&consumer->doc);
    buf_free(&consumer->content);
    buf_free(&consumer->texts);
}

static bool is_blank(struct bytes text)
{
    return text_strip(text).len == 0;
}

/* Python's rule for `if not content`: 0 in every spelling is nothing too. */
static bool is_zero(struct bytes number)
{
    for (size_t i = 0; i < number.len; i++) {
        uint8_t c = number.data[i];
        if (c == 'e' || c == 'E')
            return true;
        if (c >= '1' && c <= '9')
            return false;
    }
    return true;
}

/* The content's text, into consumer->content. Returns the refusal, or NULL. */
static const char *read_content(struct consumer *consumer, const struct json_node *node)
{
    struct bytes raw = json_raw_bytes(&consumer->doc, node);
    uint32_t surrogate;
    switch ((enum json_kind)node->kind) {
    case JSON_NULL:
    case JSON_FALSE:
        return content_is_empty;
    case JSON_TRUE:
        return "Content must be a string";
    case JSON_ARRAY:
    case JSON_OBJECT:
        return json_first(&consumer->doc, node) == NULL ? content_is_empty
                                                        : "Content must be a string";
    case JSON_NUMBER:
        if (is_zero(raw))
            return content_is_empty;
        text_append_python_number(&consumer->content, raw);
        return NULL;
    case JSON_STRING:
        if (json_read_text(&consumer->doc, node, &consumer->content, &surrogate) == ERR_SYNTAX)
            return "Content cannot contain surrogate characters";
        return NULL;
    }
    return NULL;
}

static const char *judge_content(struct consumer *consumer, const struct json_node *node)
{
    const char *refusal = node == NULL ? content_is_empty : read_content(consumer, node);
    struct bytes read = buf_bytes(&consumer->content);
    if (refusal != NULL)
        return refusal;
    if (is_blank(read))
        return content_is_empty;
    if (bytes_index(read, 0) < read.len)
        return "Content cannot contain null characters";
    return read.len > CONTENT_BYTES_MAX ? content_is_too_long : NULL;
}

enum content_fault consumer_read_content(struct consumer *consumer, const struct json_node *node,
                                         struct bytes *content, const char **refusal)
{
    if (consumer->content.cap > CONSUMER_KEPT_BYTES)
        buf_free(&consumer->content);
    buf_clear(&consumer->content);
    *refusal = judge_content(consumer, node);
    *content = buf_bytes(&consumer->content);
    if (*refusal == NULL)
        return CONTENT_IS_FINE;
    return *refusal == content_is_empty      ? CONTENT_IS_EMPTY
           : *refusal == content_is_too_long ? CONTENT_IS_TOO_LONG
                                             : CONTENT_IS_WRONG;
}

enum err consumer_read(struct consumer *consumer, struct bytes text, struct bytes *content,
                       const char **refusal)
{
    enum err err = json_read(&consumer->doc, text);
    if (err == ERR_MEMORY)
        return err;
    *refusal = NULL;
    if (err != OK)
        *refusal = "Invalid JSON";
    else if (json_root(&consumer->doc)->kind != JSON_OBJECT)
        *refusal = "Message must be a JSON object";
    else
        (void)consumer_read_content(
            consumer, json_member(&consumer->doc, json_root(&consumer->doc), "content"), content,
            refusal);
    if (consumer->content.failed)
        return ERR_MEMORY;
    return *refusal == NULL ? OK : ERR_PROTOCOL;
}

const char *consumer_refusal_of(enum err err)
{
    return err == ERR_LIMIT ? "Too many messages, please slow down"
                            : "Message could not be stored, please try again";
}
