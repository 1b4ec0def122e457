#include "chat/command.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include "base/text.h"

enum {
    NUMBER_MAX_BITS = 53,       /* what a number of JavaScript can tell apart */
    JSON_BYTES_PER_BYTE = 6,    /* a byte of a text can be written in so many: \u0041 */
    TEXTS_BYTES_MAX = 4 * 1024, /* of all texts of a command but the content */
};

/* --- The tables --- */

enum field {
    FIELD_CHAT,
    FIELD_ID,
    FIELD_SEQ,
    FIELD_REPLY_TO,
    FIELD_THREAD,
    FIELD_REVISION,
    FIELD_BEFORE,
    FIELD_AFTER,
    FIELD_AROUND,
    FIELD_LIMIT,
    FIELD_OFFSET,
    FIELD_CONTENT,
    FIELD_NONCE,
    FIELD_EMOJI,
    FIELD_EPOCH,
    FIELD_STATUS,
    FIELD_CHATS,
    FIELD_POSITIONS,
    FIELD_EVENTS,
    FIELD_USERS,
    FIELD_ATTACHMENTS,
    FIELD_COUNT,
};

enum field_type {
    TYPE_ID,     /* a whole number above 0 */
    TYPE_NUMBER, /* a whole number, 0 too */
    TYPE_TEXT,   /* not empty, at most so many bytes */
    TYPE_CONTENT,
    TYPE_CHATS, /* "all", or a list */
    TYPE_LIST,
    TYPE_OBJECT,
};

static const struct {
    const char *name;
    enum field_type type;
    size_t place; /* in struct command */
    int64_t max;  /* of a number; of a text: bytes */
} fields[FIELD_COUNT] = {
    [FIELD_CHAT] = {"chat", TYPE_ID, offsetof(struct command, chat), INT64_MAX},
    [FIELD_ID] = {"id", TYPE_ID, offsetof(struct command, id), INT64_MAX},
    [FIELD_SEQ] = {"seq", TYPE_ID, offsetof(struct command, seq), INT64_MAX},
    [FIELD_REPLY_TO] = {"reply_to", TYPE_ID, offsetof(struct command, reply_to), INT64_MAX},
    [FIELD_THREAD] = {"thread", TYPE_ID, offsetof(struct command, thread), INT64_MAX},
    [FIELD_REVISION] = {"revision", TYPE_ID, offsetof(struct command, revision), INT64_MAX},
    [FIELD_BEFORE] = {"before", TYPE_ID, offsetof(struct command, before), INT64_MAX},
    [FIELD_AFTER] = {"after", TYPE_NUMBER, offsetof(struct command, after), INT64_MAX},
    [FIELD_AROUND] = {"around", TYPE_ID, offsetof(struct command, around), INT64_MAX},
    [FIELD_LIMIT] = {"limit", TYPE_ID, offsetof(struct command, limit), COMMAND_PAGE_MAX},
    [FIELD_OFFSET] = {"offset", TYPE_NUMBER, offsetof(struct command, offset), INT64_MAX},
    [FIELD_CONTENT] = {"content", TYPE_CONTENT, offsetof(struct command, content), 0},
    [FIELD_NONCE] = {"nonce", TYPE_TEXT, offsetof(struct command, nonce),
                     4 * COMMAND_NONCE_CHARACTERS_MAX},
    [FIELD_EMOJI] = {"emoji", TYPE_TEXT, offsetof(struct command, emoji), COMMAND_EMOJI_BYTES_MAX},
    [FIELD_EPOCH] = {"epoch", TYPE_TEXT, offsetof(struct command, epoch), COMMAND_EPOCH_BYTES_MAX},
    [FIELD_STATUS] = {"status", TYPE_TEXT, offsetof(struct command, status),
                      COMMAND_STATUS_BYTES_MAX},
    [FIELD_CHATS] = {"chats", TYPE_CHATS, offsetof(struct command, chats), 0},
    [FIELD_POSITIONS] = {"after", TYPE_OBJECT, offsetof(struct command, positions), 0},
    [FIELD_EVENTS] = {"events", TYPE_LIST, offsetof(struct command, events), 0},
    [FIELD_USERS] = {"users", TYPE_LIST, offsetof(struct command, users), 0},
    [FIELD_ATTACHMENTS] = {"attachments", TYPE_LIST, offsetof(struct command, attachments), 0},
};

static const struct {
    const char *name;
    unsigned needs; /* bits of enum field */
    unsigned takes;
} commands[COMMAND_KIND_COUNT] = {
    [COMMAND_PING] = {"ping", 0, 0},
    [COMMAND_SEND] = {"send", BIT(FIELD_CHAT) | BIT(FIELD_CONTENT),
                      BIT(FIELD_NONCE) | BIT(FIELD_REPLY_TO) | BIT(FIELD_THREAD) |
                          BIT(FIELD_ATTACHMENTS)},
    [COMMAND_SUBSCRIBE] = {"subscribe", BIT(FIELD_CHATS),
                           BIT(FIELD_POSITIONS) | BIT(FIELD_EPOCH) | BIT(FIELD_EVENTS)},
    [COMMAND_UNSUBSCRIBE] = {"unsubscribe", BIT(FIELD_CHATS), 0},
    [COMMAND_CHATS] = {"chats", 0, BIT(FIELD_OFFSET) | BIT(FIELD_LIMIT)},
    [COMMAND_HISTORY] = {"history", BIT(FIELD_CHAT),
                         BIT(FIELD_BEFORE) | BIT(FIELD_AFTER) | BIT(FIELD_AROUND) |
                             BIT(FIELD_LIMIT) | BIT(FIELD_THREAD)},
    [COMMAND_EDIT] = {"edit", BIT(FIELD_CHAT) | BIT(FIELD_ID) | BIT(FIELD_CONTENT),
                      BIT(FIELD_REVISION)},
    [COMMAND_DELETE] = {"delete", BIT(FIELD_CHAT) | BIT(FIELD_ID), 0},
    [COMMAND_REACT] = {"react", BIT(FIELD_CHAT) | BIT(FIELD_ID) | BIT(FIELD_EMOJI), 0},
    [COMMAND_UNREACT] = {"unreact", BIT(FIELD_CHAT) | BIT(FIELD_ID) | BIT(FIELD_EMOJI), 0},
    [COMMAND_PIN] = {"pin", BIT(FIELD_CHAT) | BIT(FIELD_ID), 0},
    [COMMAND_UNPIN] = {"unpin", BIT(FIELD_CHAT) | BIT(FIELD_ID), 0},
    [COMMAND_READ] = {"read", BIT(FIELD_CHAT) | BIT(FIELD_SEQ), 0},
    [COMMAND_TYPING] = {"typing", BIT(FIELD_CHAT), 0},
    [COMMAND_PRESENCE] = {"presence", BIT(FIELD_STATUS), 0},
    [COMMAND_WATCH] = {"watch", BIT(FIELD_USERS), 0},
};

const char *command_name(enum command_kind kind)
{
    assert(kind < COMMAND_KIND_COUNT);
    return commands[kind].name;
}

/* --- Reading values --- */

static enum err refuse(struct command_refusal *refusal, enum v1_code code, const char *words)
{
    refusal->code = code;
    (void)snprintf(refusal->message, sizeof refusal->message, "%s", words);
    return ERR_PROTOCOL;
}

/* The words follow the field's name. */
static enum err refuse_field(struct command_refusal *refusal, enum field field, const char *words)
{
    refusal->code = V1_INVALID_FRAME;
    (void)snprintf(refusal->message, sizeof refusal->message, "%s %s", fields[field].name, words);
    return ERR_PROTOCOL;
}

bool command_read_number(const struct json_doc *doc, const struct json_node *node, int64_t *out)
{
    uint64_t number;
    if (node->kind != JSON_NUMBER ||
        bytes_to_number(json_raw_bytes(doc, node), (UINT64_C(1) << NUMBER_MAX_BITS) - 1, &number) !=
            OK)
        return false;
    *out = (int64_t)number;
    return true;
}

bool command_read_id(const struct json_doc *doc, const struct json_node *node, int64_t *out)
{
    int64_t number;
    if (!command_read_number(doc, node, &number) || number == 0)
        return false;
    *out = number;
    return true;
}

static enum err read_number_field(const struct json_doc *doc, const struct json_node *node,
                                  enum field field, void *place, struct command_refusal *refusal)
{
    int64_t number;
    if (!command_read_number(doc, node, &number) || (number == 0 && fields[field].type == TYPE_ID))
        return refuse_field(refusal, field,
                            fields[field].type == TYPE_ID
                                ? "must be a whole number above 0 and below 2^53"
                                : "must be a whole number, 0 or above and below 2^53");
    if (number > fields[field].max) {
        char words[40];
        (void)snprintf(words, sizeof words, "must be at most %lld", (long long)fields[field].max);
        return refuse_field(refusal, field, words);
    }
    *(int64_t *)place = number;
    return OK;
}

/* A text into consumer->texts, which has room for all texts of a command. */
static enum err read_text_field(struct consumer *consumer, const struct json_node *node,
                                enum field field, struct bytes *place,
                                struct command_refusal *refusal)
{
    uint32_t surrogate;
    size_t bytes_max = (size_t)fields[field].max;
    size_t begin = consumer->texts.len;
    if (node->kind != JSON_STRING)
        return refuse_field(refusal, field, "must be a string");
    if (json_raw_bytes(&consumer->doc, node).len > bytes_max * JSON_BYTES_PER_BYTE)
        return refuse_field(refusal, field, "is too long");
    if (json_read_text(&consumer->doc, node, &consumer->texts, &surrogate) != OK)
        return refuse_field(refusal, field, "cannot contain surrogate characters");
    if (consumer->texts.failed)
        return ERR_MEMORY;
    struct bytes text = bytes_skip(buf_bytes(&consumer->texts), begin);
    if (text.len == 0)
        return refuse_field(refusal, field, "cannot be empty");
    if (text.len > bytes_max ||
        (field == FIELD_NONCE && utf8_count(text) > COMMAND_NONCE_CHARACTERS_MAX))
        return refuse_field(refusal, field, "is too long");
    if (bytes_index(text, 0) < text.len)
        return refuse_field(refusal, field, "cannot contain null characters");
    *place = text;
    return OK;
}

static enum err read_content_field(struct consumer *consumer, const struct json_node *node,
                                   struct bytes *place, struct command_refusal *refusal)
{
    const char *words = NULL;
    switch (consumer_read_content(consumer, node, place, &words)) {
    case CONTENT_IS_FINE:
        break;
    case CONTENT_IS_EMPTY:
        return refuse(refusal, V1_CONTENT_EMPTY, words);
    case CONTENT_IS_TOO_LONG:
        return refuse(refusal, V1_TOO_LARGE, words);
    case CONTENT_IS_WRONG:
        return refuse(refusal, V1_INVALID_FRAME, words);
    }
    return consumer->content.failed ? ERR_MEMORY : OK;
}

static enum err read_node_field(const struct json_doc *doc, const struct json_node *node,
                                enum field field, const struct json_node **place,
                                struct command_refusal *refusal)
{
    static const enum json_kind kinds[] = {
        [TYPE_CHATS] = JSON_ARRAY, [TYPE_LIST] = JSON_ARRAY, [TYPE_OBJECT] = JSON_OBJECT};
    bool is_all = fields[field].type == TYPE_CHATS && node->kind == JSON_STRING &&
                  bytes_is(json_raw_bytes(doc, node), "all");
    if (node->kind != kinds[fields[field].type] && !is_all)
        return refuse_field(refusal, field,
                            fields[field].type == TYPE_OBJECT  ? "must be an object"
                            : fields[field].type == TYPE_CHATS ? "must be \"all\" or a list"
                                                               : "must be a list");
    *place = node;
    return OK;
}

static enum err read_field(struct consumer *consumer, const struct json_node *node,
                           enum field field, struct command *command,
                           struct command_refusal *refusal)
{
    void *place = (uint8_t *)command + fields[field].place;
    switch (fields[field].type) {
    case TYPE_ID:
    case TYPE_NUMBER:
        return read_number_field(&consumer->doc, node, field, place, refusal);
    case TYPE_TEXT:
        return read_text_field(consumer, node, field, place, refusal);
    case TYPE_CONTENT:
        return read_content_field(consumer, node, place, refusal);
    case TYPE_CHATS:
    case TYPE_LIST:
    case TYPE_OBJECT:
        return read_node_field(&consumer->doc, node, field, place, refusal);
    }
    return OK;
}

/* --- Reading a command --- */

static enum err read_ref(const struct json_doc *doc, struct command *command,
                         struct command_refusal *refusal)
{
    const struct json_node *node = json_member(doc, json_root(doc), "ref");
    if (node == NULL || node->kind == JSON_NULL)
        return OK;
    struct bytes raw = json_raw_bytes(doc, node);
    if (node->kind == JSON_STRING)
        raw = bytes_of(raw.data - 1, raw.len + 2); /* with its quotes */
    if ((node->kind != JSON_STRING && node->kind != JSON_NUMBER) || raw.len > COMMAND_REF_BYTES_MAX)
        return refuse(refusal, V1_INVALID_FRAME,
                      "ref must be a number or a string, of at most 64 bytes");
    command->ref = raw;
    return OK;
}

/* Which command? Without a type it is a message, as in part I. */
static enum err read_kind(struct consumer *consumer, struct command *command,
                          struct command_refusal *refusal)
{
    const struct json_doc *doc = &consumer->doc;
    const struct json_node *node = json_member(doc, json_root(doc), "type");
    if (node == NULL) {
        command->kind = COMMAND_SEND;
        return OK;
    }
    if (node->kind != JSON_STRING)
        return refuse(refusal, V1_INVALID_FRAME, "type must be a string");
    struct bytes name = json_raw_bytes(doc, node);
    for (size_t kind = 0; kind < COMMAND_KIND_COUNT; kind++) {
        if (bytes_is(name, commands[kind].name)) {
            command->kind = (enum command_kind)kind;
            return OK;
        }
    }
    return refuse(refusal, V1_UNKNOWN_TYPE, "This type is not known");
}

/* Fields that the command does not know are passed over, and so is null. */
static enum err read_fields(struct consumer *consumer, struct command *command,
                            struct command_refusal *refusal)
{
    unsigned needs = commands[command->kind].needs;
    unsigned takes = needs | commands[command->kind].takes;
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        enum field field = (enum field)i;
        if ((takes & BIT(i)) == 0)
            continue;
        const struct json_node *node =
            json_member(&consumer->doc, json_root(&consumer->doc), fields[field].name);
        bool is_there = node != NULL && node->kind != JSON_NULL;
        enum err err = OK;
        if (is_there || field == FIELD_CONTENT)
            err = read_field(consumer, node, field, command, refusal);
        else if ((needs & BIT(i)) != 0 && (field != FIELD_CHAT || command->chat == 0))
            err = refuse_field(refusal, field, "is required");
        if (err != OK)
            return err;
    }
    return OK;
}

/* The nonce of a message that is refused: its sender knows by it which one it was. */
static void rescue_nonce(struct consumer *consumer, struct command *command)
{
    struct command_refusal ignored;
    const struct json_node *node =
        json_member(&consumer->doc, json_root(&consumer->doc), fields[FIELD_NONCE].name);
    if (command->nonce.len > 0 || node == NULL ||
        (commands[command->kind].takes & BIT(FIELD_NONCE)) == 0)
        return;
    (void)!read_text_field(consumer, node, FIELD_NONCE, &command->nonce, &ignored);
}

enum err command_read(struct consumer *consumer, struct bytes text, int64_t chat_id,
                      struct command *command, struct command_refusal *refusal)
{
    *command = (struct command) {.kind = COMMAND_KIND_COUNT, .chat = chat_id};
    *refusal = (struct command_refusal) {.code = V1_OK};
    buf_clear(&consumer->texts);
    if (!buf_reserve(&consumer->texts, TEXTS_BYTES_MAX))
        return ERR_MEMORY;
    enum err err = json_read(&consumer->doc, text);
    if (err == ERR_MEMORY)
        return err;
    if (err != OK)
        return refuse(refusal, V1_INVALID_JSON, "Invalid JSON");
    if (json_root(&consumer->doc)->kind != JSON_OBJECT)
        return refuse(refusal, V1_INVALID_JSON, "A command must be a JSON object");
    err = read_ref(&consumer->doc, command, refusal);
    if (err == OK)
        err = read_kind(consumer, command, refusal);
    if (err == OK)
        err = read_fields(consumer, command, refusal);
    if (err == ERR_PROTOCOL && command->kind != COMMAND_KIND_COUNT)
        rescue_nonce(consumer, command);
    return err;
}

static_assert(JSON_BYTES_PER_BYTE * (4 * COMMAND_NONCE_CHARACTERS_MAX + COMMAND_EMOJI_BYTES_MAX +
                                     COMMAND_EPOCH_BYTES_MAX + COMMAND_STATUS_BYTES_MAX) <
                  TEXTS_BYTES_MAX,
              "the texts of a command never move");
