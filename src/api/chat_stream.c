#include "api/chat_stream.h"

#include "api/represent.h"
#include "api/stream.h"
#include "store/chats.h"
#include "store/messages.h"

void chat_stream_begin(struct chat_stream *stream, struct json *json, const struct chat *chat,
                       int64_t until_id)
{
    *stream = (struct chat_stream) {
        .state = CHAT_STREAM_PARTICIPANTS,
        .chat_id = chat->id,
        .created_at_us = chat->created_at_us,
        .messages = {.until_id = until_id},
    };
    represent_chat_begin(json, chat);
}

static enum err write_participants(struct chat_stream *stream, struct json *json, struct call *call,
                                   struct db *db, bool *is_done)
{
    struct arena rows = {0};
    struct user users[STREAM_ROWS_MAX];
    size_t count = 0;
    enum err err = chats_participants(db, stream->chat_id, stream->after_user_id, COUNT_OF(users),
                                      &rows, users, &count);
    size_t i = 0;
    for (; i < count && stream_has_room(call); i++) {
        represent_user(json, &users[i]);
        stream->after_user_id = users[i].id;
    }
    *is_done = i == count && count < COUNT_OF(users);
    arena_free(&rows);
    return err;
}

static enum err write_messages(struct chat_stream *stream, struct json *json, struct call *call,
                               struct db *db, bool *is_done)
{
    struct messages_walk walk;
    messages_walk_chat(db, stream->chat_id, stream->messages.after_id, stream->messages.until_id,
                       &walk);
    return message_stream_write(&stream->messages, json, call, &walk, is_done);
}

enum err chat_stream_more(struct chat_stream *stream, struct json *json, struct call *call,
                          struct db *db)
{
    bool is_done = false;
    enum err err = OK;
    switch (stream->state) {
    case CHAT_STREAM_PARTICIPANTS:
        err = write_participants(stream, json, call, db, &is_done);
        if (err == OK && is_done) {
            represent_chat_messages(json);
            stream->state = CHAT_STREAM_MESSAGES;
        }
        break;
    case CHAT_STREAM_MESSAGES:
        err = write_messages(stream, json, call, db, &is_done);
        if (err == OK && is_done) {
            represent_chat_end(json, stream->created_at_us);
            stream->state = CHAT_STREAM_DONE;
        }
        break;
    case CHAT_STREAM_DONE:
        break;
    }
    return err;
}
