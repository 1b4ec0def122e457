#include "chat/commit.h"

#include <assert.h>
#include "chat/commit_extra.h"
#include "chat/rights.h"
#include "store/messages.h"
#include "store/nonces.h"

enum { COMMIT_NONCES_PER_CLEANING = 500 }; /* so that fewer come than are deleted */

int64_t commit_timestamp(struct commit *commit, int64_t now_us)
{
    if (now_us > commit->last_timestamp_us)
        commit->last_timestamp_us = now_us;
    return commit->last_timestamp_us;
}

bool commit_is_simple(const struct event *event)
{
    return event->nonce.len == 0 && !extra_is_possible(event);
}

static enum err refuse(struct event *event, enum v1_code code)
{
    event->code = code;
    return ERR_DENIED;
}

/* --- Nonces --- */

static struct nonce_key key_of(const struct event *event)
{
    return (struct nonce_key) {event->sender.id, event->chat_id, event->nonce};
}

static uint64_t hash_more(uint64_t hash, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ bytes.data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* What tells one content from another under the same nonce (FNV-1a): a sender can only deceive
 * itself. */
static int64_t content_hash(const struct event *event)
{
    const int64_t places[] = {event->extra.reply_to, event->extra.thread};
    uint64_t hash = hash_more(UINT64_C(0xcbf29ce484222325), event->content);
    hash = hash_more(hash, event->uploads);
    return (int64_t)hash_more(hash, bytes_of(places, sizeof places));
}

/* Whether the nonce is known: the event then is what it was the first time. */
static enum err find_duplicate(struct event *event, struct db *db)
{
    const struct nonce_key key = key_of(event);
    int64_t message_id;
    int64_t hash;
    int64_t timestamp_us;
    event->is_duplicate = false;
    enum err err = nonces_find(db, &key, &message_id, &hash, &timestamp_us);
    if (err == ERR_NOT_FOUND)
        return OK;
    if (err != OK)
        return err;
    if (hash != content_hash(event))
        return refuse(event, V1_NONCE_CONFLICT);
    event->is_duplicate = true;
    event->seq = message_id;
    event->timestamp_us = timestamp_us;
    return OK;
}

static enum err store_nonce(struct commit *commit, struct event *event, struct db *db)
{
    const struct nonce_key key = key_of(event);
    enum err err = nonces_insert(db, &key, event->seq, content_hash(event), event->timestamp_us);
    if (err != OK || ++commit->nonce_count < COMMIT_NONCES_PER_CLEANING)
        return err;
    commit->nonce_count = 0;
    return nonces_delete_old(db, event->timestamp_us - (int64_t)NONCE_KEPT_S * 1000000);
}

/* --- The message --- */

static enum err take_token(struct commit *commit, struct event *event, int64_t now_us)
{
    if (commit->rate == NULL || event->has_token)
        return OK;
    enum err err = rate_take(commit->rate, event->sender.id, now_us, &event->wait_us);
    event->has_token = err == OK;
    return err;
}

/* Refuse what the sender may not do, or else for the reason given: whoever is not in the chat
 * learns nothing of it. */
static enum err refuse_after_sender(struct event *event, struct db *db, int64_t now_us,
                                    enum v1_code reason)
{
    struct membership sender;
    enum v1_code code = V1_NOT_FOUND;
    enum err err = members_find(db, event->chat_id, event->sender.id, &sender);
    if (err == OK)
        code = rights_check(RIGHT_SEND, &sender, now_us);
    else if (err != ERR_NOT_FOUND)
        return err;
    if (code == V1_NOT_FOUND)
        code = V1_NOT_PARTICIPANT;
    return refuse(event, code != V1_OK ? code : reason);
}

static enum err insert(struct commit *commit, struct event *event, struct db *db, int64_t now_us)
{
    event->timestamp_us = commit_timestamp(commit, now_us);
    enum err err = messages_insert(db, event->chat_id, event->sender.id, event->content,
                                   event->timestamp_us, &event->seq, &event->prev);
    return err == ERR_DENIED
               ? refuse_after_sender(event, db, event->timestamp_us, V1_NOT_PARTICIPANT)
               : err;
}

/* What it has beside its row. */
static enum err store_extra(struct event *event, struct db *db)
{
    enum err err = extra_store(event, db);
    return err == ERR_NOT_FOUND ? refuse(event, V1_NOT_FOUND) : err;
}

enum err commit_message(struct commit *commit, struct event *event, struct db *db, int64_t now_us)
{
    event->code = V1_OK;
    enum err err = take_token(commit, event, now_us);
    if (err == OK) {
        err = extra_check(event, db);
        if (err == ERR_NOT_FOUND)
            err = refuse_after_sender(event, db, now_us, V1_NOT_FOUND);
    }
    if (err == OK && event->nonce.len > 0)
        err = find_duplicate(event, db);
    if (err != OK || event->is_duplicate)
        return err;
    err = insert(commit, event, db, now_us);
    if (err == OK && extra_is_possible(event))
        err = store_extra(event, db);
    if (err == OK && event->nonce.len > 0)
        err = store_nonce(commit, event, db);
    return err;
}

/* --- Several messages --- */

/* Whether the message may be stored. */
static enum err allow(struct commit *commit, struct event *event, struct db *db, int64_t now_us)
{
    event->code = V1_OK;
    enum err err = take_token(commit, event, now_us);
    if (err == OK)
        err = messages_check_sender(db, event->chat_id, event->sender.id, now_us);
    return err == ERR_DENIED ? refuse_after_sender(event, db, now_us, V1_NOT_PARTICIPANT) : err;
}

void commit_messages(struct commit *commit, struct event *const *events, size_t count,
                     struct db *db, int64_t now_us, enum err *results)
{
    struct message_new messages[WRITES_TOGETHER_MAX];
    size_t allowed_count = 0;
    int64_t timestamp_us = commit_timestamp(commit, now_us);
    assert(count <= WRITES_TOGETHER_MAX);
    for (size_t i = 0; i < count; i++) {
        struct event *event = events[i];
        results[i] = allow(commit, event, db, now_us);
        if (results[i] == OK)
            messages[allowed_count++] = (struct message_new) {
                event->chat_id, event->sender.id, event->content, timestamp_us, 0, 0};
    }
    enum err err = messages_insert_many(db, messages, allowed_count);
    const struct message_new *message = messages;
    for (size_t i = 0; i < count; i++) {
        if (results[i] != OK)
            continue;
        results[i] = err;
        events[i]->seq = message->id;
        events[i]->prev = message->prev;
        events[i]->timestamp_us = message->timestamp_us;
        message++;
    }
}
