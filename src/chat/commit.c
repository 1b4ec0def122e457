#include "chat/commit.h"

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
    return event->nonce.len == 0 && event->extra.reply_to == 0 && event->extra.thread == 0;
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

static enum err insert(struct commit *commit, struct event *event, struct db *db, int64_t now_us)
{
    event->timestamp_us = commit_timestamp(commit, now_us);
    enum err err = messages_insert(db, event->chat_id, event->sender.id, event->content,
                                   event->timestamp_us, &event->seq, &event->prev);
    return err == ERR_DENIED ? refuse(event, V1_NOT_PARTICIPANT) : err;
}

enum err commit_message(struct commit *commit, struct event *event, struct db *db, int64_t now_us)
{
    event->code = V1_OK;
    enum err err = take_token(commit, event, now_us);
    if (err == OK && event->nonce.len > 0)
        err = find_duplicate(event, db);
    if (err != OK || event->is_duplicate)
        return err;
    err = insert(commit, event, db, now_us);
    if (err == OK && event->nonce.len > 0)
        err = store_nonce(commit, event, db);
    return err;
}
