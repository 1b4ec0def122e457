#include "chat/commit_extra.h"

#include "chat/mentions.h"
#include "chat/v1_json.h"
#include "store/extras.h"
#include "store/messages.h"
#include "store/uploads.h"

bool extra_is_possible(const struct event *event)
{
    return event->extra.reply_to != 0 || event->extra.thread != 0 || event->uploads.len > 0 ||
           mentions_are_possible(event->content);
}

/* --- Places --- */

/* *thread: of the chat's message of that id, 0 for none. */
static enum err find_of_chat(const struct event *event, struct db *db, int64_t id, int64_t *thread)
{
    int64_t chat_id = 0;
    enum err err = messages_find_place(db, id, &chat_id, thread);
    return err == OK && chat_id != event->chat_id ? ERR_NOT_FOUND : err;
}

enum err extra_check(struct event *event, struct db *db)
{
    struct message_extra *extra = &event->extra;
    int64_t thread = 0;
    enum err err = OK;
    if (extra->reply_to != 0)
        err = find_of_chat(event, db, extra->reply_to, &thread);
    if (err == OK && extra->thread != 0)
        err = find_of_chat(event, db, extra->thread, &thread);
    if (err == OK && extra->thread != 0 && thread != 0)
        extra->thread = thread;
    return err;
}

/* --- Mentions --- */

static enum err find_mentions(const struct event *event, struct db *db, struct mentions *mentions)
{
    struct membership sender;
    if (!mentions_are_possible(event->content))
        return OK;
    enum err err = members_find(db, event->chat_id, event->sender.id, &sender);
    return err == OK ? mentions_find(db, event->chat_id, &sender, event->content,
                                     event->timestamp_us, mentions)
                     : err;
}

/* --- Files --- */

/* Let the message show its files, and append what is told of them as a JSON array. */
static enum err use_uploads(struct event *event, struct db *db, struct buf *out)
{
    struct json json = {.out = out, .style = JSON_COMPACT};
    struct bytes rest = event->uploads;
    struct arena arena = {0};
    struct upload_row upload;
    enum err err = OK;
    json_array_begin(&json);
    while (rest.len > 0 && err == OK) {
        int64_t id;
        memcpy(&id, rest.data, sizeof id);
        rest = bytes_skip(rest, sizeof id);
        err = uploads_use(db, id, event->sender.id, event->chat_id, event->seq);
        if (err == OK)
            err = uploads_find(db, id, &arena, &upload);
        if (err == OK)
            v1_write_upload(&json, &upload);
    }
    json_array_end(&json);
    arena_free(&arena);
    return err;
}

/* --- All of it --- */

/* Both texts lie in made, one behind the other: they stand still only when both are there. */
static enum err make_texts(struct event *event, struct db *db, const struct mentions *mentions)
{
    enum err err = OK;
    buf_clear(&event->made);
    mentions_append(mentions, &event->made);
    size_t mentions_len = event->made.len;
    if (event->uploads.len > 0)
        err = use_uploads(event, db, &event->made);
    if (err == OK)
        err = buf_status(&event->made);
    struct bytes made = err == OK ? buf_bytes(&event->made) : NO_BYTES;
    event->extra.mentions = bytes_first(made, err == OK ? mentions_len : 0);
    event->extra.attachments = bytes_skip(made, event->extra.mentions.len);
    event->extra.mentions_all = mentions->all;
    return err;
}

static bool is_to_be_noted(const struct message_extra *extra)
{
    return extra->reply_to != 0 || extra->thread != 0 || extra->mentions_all ||
           extra->mentions.len > 0 || extra->attachments.len > 0;
}

enum err extra_store(struct event *event, struct db *db)
{
    struct mentions mentions = {0};
    enum err err = find_mentions(event, db, &mentions);
    if (err == OK)
        err = make_texts(event, db, &mentions);
    if (err == OK && is_to_be_noted(&event->extra))
        err = extras_insert(db, event->seq, &event->extra);
    return err == OK ? mentions_store(db, event->chat_id, event->seq, &mentions) : err;
}
