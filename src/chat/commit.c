#include "chat/commit.h"

#include "store/messages.h"

int64_t commit_timestamp(struct commit *commit, int64_t now_us)
{
    if (now_us > commit->last_timestamp_us)
        commit->last_timestamp_us = now_us;
    return commit->last_timestamp_us;
}

enum err commit_message(struct commit *commit, struct message *message, struct db *db,
                        int64_t now_us)
{
    if (commit->rate != NULL && message->id == 0) {
        int64_t wait_us;
        enum err err = rate_take(commit->rate, message->sender.id, now_us, &wait_us);
        if (err != OK)
            return err;
    }
    message->timestamp_us = commit_timestamp(commit, now_us);
    return messages_insert(db, message->chat_id, message->sender.id, message->content,
                           message->timestamp_us, &message->id, &message->prev);
}
