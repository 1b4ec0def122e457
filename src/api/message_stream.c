#include "api/message_stream.h"

#include "api/represent.h"
#include "api/seen_senders.h"

/* What stands before the content. ERR_NOT_FOUND, and nothing is written: there is no such user. */
static enum err write_head(struct json *json, struct messages_walk *walk, struct buf *senders,
                           const struct walked_message *message)
{
    struct user sender;
    struct bytes seen = seen_senders_find(senders, message->sender_id, message->chat_id);
    if (seen.data != NULL) {
        represent_message_begin(json, message->id);
        json_raw(json, seen);
        return OK;
    }
    enum err err = messages_walk_sender(walk, message->sender_id, &sender);
    if (err != OK)
        return err;
    represent_message_begin(json, message->id);
    size_t comma = json->out->len;
    represent_message_sender(json, message->chat_id, &sender);
    if (!json->out->failed)
        seen_senders_add(senders, message->sender_id, message->chat_id,
                         bytes_skip(buf_bytes(json->out), comma + 1));
    return OK;
}

/* Against a message that was changed between two pieces; not against somebody who wants it to
 * pass: he would only spoil what he may write himself. */
static uint64_t sum_of(struct bytes content)
{
    uint64_t sum = content.len;
    while (content.len > 0) {
        uint64_t word = 0;
        size_t len = content.len < sizeof word ? content.len : sizeof word;
        memcpy(&word, content.data, len);
        sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29;
        content = bytes_skip(content, len);
    }
    return sum;
}

static bool is_the_begun_one(const struct message_part *part, const struct walked_message *message)
{
    return message->id == part->id && message->content.len == part->content_len &&
           sum_of(message->content) == part->content_sum;
}

/* Note how far the content is written, before a piece ends in it. */
static void note_part(struct message_part *part, const struct walked_message *message,
                      size_t written)
{
    if (part->id == 0)
        *part = (struct message_part) {
            .id = message->id,
            .content_len = message->content.len,
            .content_sum = sum_of(message->content),
        };
    part->written = written;
}

/* Write what there is room for of the content, and the message's end. Whether it is complete; else
 * the answer has no more room. */
static bool write_content(struct message_stream *stream, struct json *json, struct call *call,
                          const struct walked_message *message)
{
    struct bytes rest = bytes_skip(message->content, stream->part.written);
    json_text_part(json, &rest, stream_room(call));
    while (rest.len > 0) {
        note_part(&stream->part, message, message->content.len - rest.len);
        if (!stream_has_room(call))
            return false;
        json_text_part(json, &rest, stream_room(call));
    }
    represent_message_time(json);
    json_time_of_sql(json, message->timestamp);
    json_object_end(json);
    stream->part = (struct message_part) {0};
    stream->after_id = message->id;
    return true;
}

/* ERR_NOT_FOUND: there are no more. */
static enum err write_next(struct message_stream *stream, struct json *json, struct call *call,
                           struct messages_walk *walk, bool *is_full)
{
    struct walked_message message;
    enum err err = messages_walk_next(walk, &message);
    bool is_begun = stream->part.id != 0;
    if (is_begun &&
        (err == ERR_NOT_FOUND || (err == OK && !is_the_begun_one(&stream->part, &message))))
        return ERR_CONFLICT;
    if (err != OK)
        return err;
    if (!is_begun)
        err = write_head(json, walk, &call->pieces.kept, &message);
    if (err == ERR_NOT_FOUND) { /* nobody sent it: no server leaves such a row behind */
        stream->after_id = message.id;
        return OK;
    }
    if (err != OK)
        return err;
    *is_full = !write_content(stream, json, call, &message);
    return err;
}

enum err message_stream_write(struct message_stream *stream, struct json *json, struct call *call,
                              struct messages_walk *walk, bool *is_done)
{
    bool is_full = false;
    enum err err = OK;
    while (err == OK && !is_full && stream_has_room(call))
        err = write_next(stream, json, call, walk, &is_full);
    messages_walk_end(walk);
    *is_done = err == ERR_NOT_FOUND;
    if (err != OK && !*is_done)
        return err;
    return buf_status(json->out); /* one that has no memory never gets full */
}
