#include "api/send.h"

#include "base/time_text.h"
#include "chat/commit.h"

static struct message_row row_of(const struct event *event, const struct call *call,
                                 const struct sending *sending)
{
    return (struct message_row) {
        .id = event->seq,
        .chat_id = event->chat_id,
        .sender = call->user,
        .content = sending->texts.content,
        .timestamp_us = event->timestamp_us,
        .extra = event->extra,
    };
}

enum err send_store(struct call *call, struct db *db, struct sending *sending, struct sent *out)
{
    struct commit *commit = call->settings->commit;
    struct event *event = NULL;
    enum err err = event_new_message(call->id, &call->user, &sending->texts, &event);
    if (err != OK)
        return err;
    event->extra.reply_to = sending->reply_to;
    event->extra.thread = sending->thread;
    event->is_for_part_one = sending->is_for_part_one;
    event->has_token = sending->has_token;
    int64_t now_us = time_now_us();
    err = commit_message(commit, event, db, now_us);
    sending->has_token = event->has_token;
    *out = (struct sent) {
        .message = row_of(event, call, sending),
        .is_duplicate = event->is_duplicate,
        .code = event->code,
        .wait_us = event->wait_us,
    };
    if (commit->rate != NULL)
        out->has_rate = rate_look(commit->rate, call->user.id, now_us, &out->rate);
    if (err != OK || event->is_duplicate)
        event_release(&event);
    else
        event_append(&call->events, event);
    if (err == OK)
        call->message_count = out->is_duplicate ? 0 : 1;
    return err;
}
