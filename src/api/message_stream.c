#include "api/message_stream.h"

#include "api/represent.h"

enum { SENDERS = 64 }; /* that are remembered, each in the place that its id gives */

/* Where in the output a sender's object stands. */
struct seen_sender {
    int64_t id; /* 0: none */
    size_t begin;
    size_t len;
};

static enum err write_sender(struct json *json, struct messages_walk *walk, struct user *sender,
                             struct seen_sender *seen)
{
    struct buf *out = json->out;
    if (seen->id == sender->id) {
        if (buf_reserve(out, seen->len)) /* before the copy: it is made within the buffer */
            json_raw(json, bytes_of(out->data + seen->begin, seen->len));
        return OK;
    }
    enum err err = messages_walk_sender(walk, sender);
    size_t begin = out->len;
    represent_user(json, sender);
    *seen = (struct seen_sender) {sender->id, begin, out->len - begin};
    return err;
}

static enum err write_next(struct json *json, struct messages_walk *walk,
                           struct seen_sender senders[SENDERS], int64_t *after_id)
{
    struct message_row message;
    enum err err = messages_walk_next(walk, &message);
    if (err != OK)
        return err;
    represent_message_begin(json, &message);
    err =
        write_sender(json, walk, &message.sender, &senders[(uint64_t)message.sender.id % SENDERS]);
    represent_message_end(json, &message);
    *after_id = message.id;
    return err;
}

enum err message_stream_write(struct json *json, struct messages_walk *walk, size_t piece_bytes,
                              int64_t *after_id, bool *is_done)
{
    struct seen_sender senders[SENDERS] = {0};
    enum err err = OK;
    while (err == OK && json->out->len < piece_bytes && buf_status(json->out) == OK)
        err = write_next(json, walk, senders, after_id);
    messages_walk_end(walk);
    *is_done = err == ERR_NOT_FOUND;
    if (err != OK && !*is_done)
        return err;
    return buf_status(json->out); /* one that has no memory never gets full */
}
