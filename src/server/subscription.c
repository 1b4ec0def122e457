#include "server/subscription.h"

#include <stdlib.h>
#include "base/json_write.h"
#include "server/catch_up.h"
#include "server/chain.h"
#include "server/socket.h"
#include "server/survey.h"
#include "server/v1.h"
#include "server/v1_membership.h"

struct subscribing {
    size_t asking_count; /* of those whose head is not known yet */
    size_t count;
    bool is_silent;
    struct buf ref;
    struct subscription *subscriptions[]; /* NULL: it has ended */
};

/* --- Beginning --- */

/* Tell the client the heads of all chats of its command. */
static void tell_subscribed(struct v1 *v1, const struct subscribing *subscribing)
{
    struct buf text = {0};
    struct json json = {.out = &text, .style = JSON_COMPACT};
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "subscribed");
    v1_write_ref(&json, buf_bytes(&subscribing->ref));
    json_key(&json, "chats");
    json_array_begin(&json);
    for (size_t i = 0; i < subscribing->count; i++) {
        const struct subscription *subscription = subscribing->subscriptions[i];
        if (subscription == NULL)
            continue;
        json_object_begin(&json);
        json_key(&json, "chat");
        json_number(&json, subscription->room->chat_id);
        json_key(&json, "seq");
        json_number(&json, subscription->has_after ? subscription->room->stream->head
                                                   : subscription->position);
        json_object_end(&json);
    }
    json_array_end(&json);
    json_object_end(&json);
    v1_send(v1, &text);
}

static void free_subscribing(struct subscribing *subscribing)
{
    buf_free(&subscribing->ref);
    free(subscribing);
}

/* All heads are known: answer the command, and let its subscriptions go their ways. Any of them may
 * end on the way. */
static void begin_chats(struct shard *shard, struct v1 *v1, struct subscribing *subscribing)
{
    subscribing->asking_count = 1; /* not to be freed by the last one that ends */
    if (!subscribing->is_silent) {
        tell_subscribed(v1, subscribing);
        v1_end_answer(v1);
    }
    for (size_t i = 0; i < subscribing->count; i++) {
        struct subscription *subscription = subscribing->subscriptions[i];
        if (subscription == NULL)
            continue;
        subscription->subscribing = NULL;
        catch_up(shard, subscription);
    }
    free_subscribing(subscribing);
}

void subscription_on_head(struct shard *shard, struct subscription *subscription)
{
    struct subscribing *subscribing = subscription->subscribing;
    struct socket *socket = subscription->v1->socket;
    if (subscribing == NULL) {
        subscription->state = SUBSCRIPTION_HELD;
        if (subscription_is_open(subscription))
            catch_up(shard, subscription);
    } else {
        subscription->state = SUBSCRIPTION_READY;
        if (!subscription->has_after)
            subscription->position = subscription->room->stream->head;
        if (--subscribing->asking_count == 0)
            begin_chats(shard, subscription->v1, subscribing);
    }
    socket_flush(socket);
}

bool subscription_is_open(const struct subscription *subscription)
{
    const struct socket *socket = subscription->v1->socket;
    return socket->state == SOCKET_OPEN && socket->client->conn.state == CONN_OPEN;
}

struct subscription *subscription_find(const struct v1 *v1, int64_t chat_id)
{
    return map_get(&v1->by_chat, (uint64_t)chat_id);
}

static enum err subscription_new(struct v1 *v1, int64_t chat_id, struct subscription **out)
{
    struct shard *shard = v1->socket->client->shard;
    struct subscription *subscription = calloc(1, sizeof *subscription);
    if (subscription == NULL)
        return ERR_MEMORY;
    enum err err = map_put(&v1->by_chat, (uint64_t)chat_id, subscription);
    if (err == OK)
        err = chain_watch(shard, chat_id, &subscription->room);
    if (err != OK) {
        (void)map_remove(&v1->by_chat, (uint64_t)chat_id);
        free(subscription);
        return err;
    }
    subscription->v1 = v1;
    list_init(&subscription->waiting);
    list_push(&v1->subscriptions, &subscription->link);
    *out = subscription;
    return OK;
}

/* Up to where the client has been told everything: it goes on from there when it subscribes again
 * and names no other position. -1: it has been told nothing yet. */
static int64_t place_of(const struct subscription *subscription)
{
    if (subscription == NULL || (subscription->subscribing != NULL && !subscription->has_after))
        return -1;
    const struct reader *reader = &subscription->reader;
    return subscription->state == SUBSCRIPTION_LIVE
               ? marks_seq_at(&reader->feed->marks, reader->cursor.offset)
               : subscription->position;
}

/* Begin the subscription of one chat; it may wait for the chat's head. */
static enum err begin_one(struct v1 *v1, const struct subscribing_to *to, size_t index,
                          struct subscribing *subscribing)
{
    struct subscription *subscription = subscription_find(v1, to->chats[index]);
    bool is_named = to->after[index] >= 0;
    int64_t after = is_named ? to->after[index] : place_of(subscription);
    if (subscription != NULL)
        subscription_end(subscription);
    enum err err = subscription_new(v1, to->chats[index], &subscription);
    if (err != OK)
        return err;
    subscription->subscribing = subscribing;
    subscription->has_after = after >= 0;
    subscription->position = subscription->has_after ? after : 0;
    subscription->is_judged = !is_named;
    subscription->is_of_other_epoch = is_named && to->is_of_other_epoch;
    subscribing->subscriptions[subscribing->count++] = subscription;
    subscribing->asking_count++;
    if (subscription->room->stream->is_known)
        subscription_on_head(v1->socket->client->shard, subscription);
    else
        list_push(&subscription->room->stream->waiting, &subscription->waiting);
    return OK;
}

enum err subscription_begin_all(struct v1 *v1, const struct subscribing_to *to)
{
    struct subscribing *subscribing =
        calloc(1, sizeof *subscribing + to->count * sizeof subscribing->subscriptions[0]);
    if (subscribing == NULL)
        return ERR_MEMORY;
    subscribing->is_silent = to->is_silent;
    subscribing->asking_count = 1; /* ours, until all have begun */
    buf_append(&subscribing->ref, to->ref);
    enum err err = buf_status(&subscribing->ref);
    for (size_t i = 0; i < to->count && err == OK; i++)
        err = begin_one(v1, to, i, subscribing);
    survey_heads(v1->socket->client->shard, to->chats, to->count);
    if (--subscribing->asking_count == 0)
        begin_chats(v1->socket->client->shard, v1, subscribing);
    return err;
}

/* --- End --- */

/* The command's answer does not wait for this one any more. */
static void leave_subscribing(struct subscription *subscription)
{
    struct subscribing *subscribing = subscription->subscribing;
    size_t left = 0;
    if (subscribing == NULL)
        return;
    for (size_t i = 0; i < subscribing->count; i++) {
        if (subscribing->subscriptions[i] == subscription)
            subscribing->subscriptions[i] = NULL;
        left += subscribing->subscriptions[i] != NULL;
    }
    subscribing->asking_count -= subscription->state == SUBSCRIPTION_ASKING;
    if (subscribing->asking_count > 0)
        return;
    if (!subscription->v1->is_ending) /* answered also when no chat is left of it */
        begin_chats(subscription->v1->socket->client->shard, subscription->v1, subscribing);
    else if (left == 0)
        free_subscribing(subscribing);
}

void subscription_end(struct subscription *subscription)
{
    struct shard *shard = subscription->v1->socket->client->shard;
    bool is_gone;
    if (subscription->reader.feed != NULL)
        rooms_leave(&shard->rooms, &subscription->reader, &is_gone);
    list_remove(&subscription->waiting);
    list_remove(&subscription->link);
    (void)map_remove(&subscription->v1->by_chat, (uint64_t)subscription->room->chat_id);
    catch_up_end(subscription);
    leave_subscribing(subscription);
    chain_unwatch(shard, &subscription->room);
    free(subscription);
}
