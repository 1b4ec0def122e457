/* v1_messages.c - sending a message to a chat, exactly once. */
#include "store/history.h"

#include "api/answer.h"
#include "api/fields.h"
#include "api/routes.h"
#include "api/send.h"
#include "base/text.h"
#include "chat/command.h"
#include "chat/consumer.h"
#include "chat/v1_json.h"
#include "store/uploads.h"

/* Content is kept as it is, as over a WebSocket of confab.v1, so that a nonce means the same on
 * both ways. */
static void take_content(struct fields *fields, struct bytes *out)
{
    static const struct text_rule rule = {
        .name = "content",
        .options = FIELD_KEEPS_SPACE | FIELD_MAY_BE_BLANK,
    };
    if (!fields_text(fields, &rule, out))
        return;
    bool is_empty = text_strip(*out).len == 0;
    if (!is_empty && out->len <= CONTENT_BYTES_MAX)
        return;
    fields->code = is_empty ? V1_CONTENT_EMPTY : V1_TOO_LARGE;
    fields_error(fields, "content", v1_code_message(fields->code));
}

/* The value of Idempotency-Key (IETF draft): a string of RFC 9651, or what stands there without
 * quotes. */
static struct bytes idempotency_key(const struct call *call)
{
    struct bytes value = http_field_value(call->request, "Idempotency-Key");
    bool is_quoted = value.len >= 2 && value.data[0] == '"' && value.data[value.len - 1] == '"';
    return is_quoted ? bytes_of(value.data + 1, value.len - 2) : value;
}

static void take_nonce(struct fields *fields, const struct call *call, struct bytes *out)
{
    static const struct text_rule rule = {
        .name = "nonce",
        .options = FIELD_OPTIONAL | FIELD_KEEPS_SPACE,
        .count_max = COMMAND_NONCE_CHARACTERS_MAX,
    };
    struct bytes key = idempotency_key(call);
    bool has_nonce = fields_text(fields, &rule, out);
    if (key.data == NULL)
        return;
    if (key.len == 0 || !utf8_is_valid(key) || utf8_count(key) > COMMAND_NONCE_CHARACTERS_MAX)
        fields_error(fields, "nonce", "Idempotency-Key must have 1 to 64 characters.");
    else if (has_nonce && !bytes_equal(key, *out))
        fields_error(fields, "nonce", "Idempotency-Key says another one.");
    else
        *out = key;
}

/* The ids of uploads that the message shows. */
static void take_attachments(struct fields *fields, struct bytes *out)
{
    int64_t *ids;
    size_t count;
    if (fields_ids(fields, "attachments", UPLOADS_PER_MESSAGE_MAX, &ids, &count))
        *out = bytes_of(ids, count * sizeof *ids);
}

static void take_message(struct fields *fields, struct call *call)
{
    static const struct number_rule reply_to = {"reply_to", FIELD_OPTIONAL, 1, INT64_MAX};
    static const struct number_rule thread = {"thread", FIELD_OPTIONAL, 1, INT64_MAX};
    struct sending *sending = call->state;
    sending->is_for_part_one = call->settings->rest_broadcast == REST_BROADCAST_ALL;
    take_content(fields, &sending->texts.content);
    take_nonce(fields, call, &sending->texts.nonce);
    (void)fields_number(fields, &reply_to, &sending->reply_to);
    (void)fields_number(fields, &thread, &sending->thread);
    take_attachments(fields, &sending->texts.uploads);
}

/* A message that was stored before, as it is now; one that is gone is left as it was sent. */
static enum err read_again(struct call *call, struct db *db, struct message_row *message)
{
    struct message_row row;
    enum err err = history_find(db, message->id, &call->arena, &row);
    if (err == OK)
        *message = row;
    return err == ERR_NOT_FOUND ? OK : err;
}

static struct step answer_refused(struct call *call, enum err err, const struct sent *sent)
{
    if (err == ERR_LIMIT) {
        struct step step = answer_throttled(call, sent->wait_us);
        answer_add_rate(call, &sent->rate);
        return answer_undone(call, err, step);
    }
    /* The chat was deleted, or the sender removed from it, since the request was looked at. */
    if (err == ERR_NOT_FOUND || (err == ERR_DENIED && sent->code == V1_NOT_PARTICIPANT))
        return answer_undone(call, err, answer_not_found(call));
    if (err == ERR_DENIED)
        return answer_undone(call, err, answer_code(call, sent->code, NULL));
    return answer_undone(call, err, answer_failed(call, err));
}

/* On the writer. */
static struct step store_message(struct call *call, struct db *db)
{
    struct sending *sending = call->state;
    struct sent sent = {0};
    enum err err = send_store(call, db, sending, &sent);
    if (err == OK && sent.is_duplicate)
        err = read_again(call, db, &sent.message);
    if (err != OK)
        return answer_refused(call, err, &sent);
    answer_begin(call, sent.is_duplicate ? 200 : 201);
    struct json json = answer_json(call);
    v1_write_message(&json, &sent.message, sending->texts.nonce);
    if (sent.has_rate)
        answer_add_rate(call, &sent.rate);
    return answer_send(call);
}

struct step v1_messages_post(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_BODY, take_message, sizeof(struct sending),
                       step_to(CALL_ON_WRITER, store_message));
}
