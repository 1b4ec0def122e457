#include "chat/v1_json.h"

#include "base/text.h"
#include "store/chats.h"

static void write_number(struct json *json, const char *key, int64_t number)
{
    json_key(json, key);
    json_number(json, number);
}

static void write_text(struct json *json, const char *key, struct bytes text)
{
    json_key(json, key);
    json_text(json, text);
}

static void write_true(struct json *json, const char *key, bool is_set)
{
    if (!is_set)
        return;
    json_key(json, key);
    json_bool(json, true);
}

static void write_number_if(struct json *json, const char *key, int64_t number)
{
    if (number != 0)
        write_number(json, key, number);
}

static void write_raw_if(struct json *json, const char *key, struct bytes raw)
{
    if (raw.len == 0)
        return;
    json_key(json, key);
    json_raw(json, raw);
}

void v1_write_short_user(struct json *json, const struct user *user)
{
    json_object_begin(json);
    write_number(json, "id", user->id);
    write_text(json, "username", user->username);
    json_object_end(json);
}

void v1_write_user(struct json *json, const struct user *user)
{
    json_object_begin(json);
    write_number(json, "id", user->id);
    write_text(json, "username", user->username);
    write_text(json, "email", user->email);
    write_text(json, "user_type", user->user_type);
    json_object_end(json);
}

static void write_extra(struct json *json, const struct message_extra *extra)
{
    write_number_if(json, "reply_to", extra->reply_to);
    write_number_if(json, "thread", extra->thread);
    if (extra->edited_at_us != 0) {
        json_key(json, "edited_at");
        json_time(json, extra->edited_at_us);
        write_number(json, "revision", extra->revision);
    }
    write_true(json, "deleted", extra->is_deleted);
    write_true(json, "pinned", extra->is_pinned);
    write_raw_if(json, "mentions", extra->mentions);
    write_true(json, "mentions_all", extra->mentions_all);
    write_raw_if(json, "attachments", extra->attachments);
    write_raw_if(json, "reactions", extra->reactions);
}

void v1_write_message(struct json *json, const struct message_row *message, struct bytes nonce)
{
    json_object_begin(json);
    write_number(json, "id", message->id);
    write_number(json, "chat", message->chat_id);
    json_key(json, "sender");
    v1_write_user(json, &message->sender);
    write_text(json, "content", message->content);
    json_key(json, "timestamp");
    json_time(json, message->timestamp_us);
    if (nonce.len > 0)
        write_text(json, "nonce", nonce);
    write_extra(json, &message->extra);
    json_object_end(json);
}

static void write_last_message(struct json *json, const struct message_row *message)
{
    json_key(json, "last_message");
    json_object_begin(json);
    write_number(json, "id", message->id);
    json_key(json, "sender");
    v1_write_short_user(json, &message->sender);
    write_text(json, "content", message->content);
    json_key(json, "timestamp");
    json_time(json, message->timestamp_us);
    json_object_end(json);
}

/* Its members but for the end. */
static void begin_chat(struct json *json, const struct chat *chat, int64_t seq)
{
    json_object_begin(json);
    write_number(json, "id", chat->id);
    write_text(json, "name", chat->name);
    json_key(json, "kind");
    json_text_z(json, chat_kind_name(chat->kind));
    json_key(json, "receipts");
    json_bool(json, chat->has_receipts);
    write_number(json, "seq", seq);
}

void v1_write_chat(struct json *json, const struct chat *chat, int64_t seq)
{
    begin_chat(json, chat, seq);
    json_object_end(json);
}

void v1_write_window_row(struct json *json, const struct window_row *row)
{
    begin_chat(json, &row->chat, row->seq);
    write_number(json, "read", row->read_seq);
    write_number(json, "unread", row->unread);
    write_number(json, "mentions", row->mentions);
    if (row->has_last_message)
        write_last_message(json, &row->last_message);
    json_object_end(json);
}

void v1_write_upload(struct json *json, const struct upload_row *upload)
{
    struct buf url = {0};
    buf_printf(&url, "/api/v1/uploads/%lld/", (long long)upload->id);
    text_append_percent(&url, upload->name, "");
    json->out->failed = json->out->failed || url.failed;
    json_object_begin(json);
    write_number(json, "id", upload->id);
    write_text(json, "name", upload->name);
    write_text(json, "type", upload->type);
    write_number(json, "size", upload->size);
    write_text(json, "url", buf_bytes(&url));
    json_object_end(json);
    buf_free(&url);
}

/* The members of a JSON object, without its braces. */
static struct bytes inside(struct bytes object)
{
    return object.len > 2 ? bytes_of(object.data + 1, object.len - 2) : NO_BYTES;
}

void v1_write_event(struct json *json, const struct event_row *event, int64_t prev,
                    struct bytes nonce)
{
    json_object_begin(json);
    json_key(json, "type");
    json_text_z(json, event_kind_name(event->kind));
    write_number(json, "seq", event->seq);
    write_number(json, "prev", prev);
    if (event->kind == EVENT_MESSAGE) {
        json_key(json, "message");
        v1_write_message(json, &event->message, nonce);
    } else if (event->kind == EVENT_MESSAGE_UPDATED && event->members.len == 0) {
        write_number(json, "chat", event->message.chat_id);
        json_key(json, "message");
        v1_write_message(json, &event->message, NO_BYTES);
    } else if (inside(event->members).len > 0) {
        buf_append_byte(json->out, ',');
        buf_append(json->out, inside(event->members));
    }
    json_object_end(json);
}
