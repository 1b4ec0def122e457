#include "server/poll.h"

#include "base/time_text.h"
#include "server/dispatch.h"

static struct exchange *exchange_of(struct poll *poll)
{
    return CONTAINER_OF(poll, struct exchange, poll);
}

void polls_init(struct polls *polls)
{
    for (size_t i = 0; i < POLL_BUCKETS; i++)
        list_init(&polls->buckets[i]);
    for (int64_t s = 0; s <= CALL_WAIT_S_MAX; s++)
        deadline_queue_init(&polls->deadlines[s], s * 1000);
}

static struct list *bucket_of(struct shard *shard, int64_t chat_id)
{
    return &shard->polls.buckets[(uint64_t)chat_id % POLL_BUCKETS];
}

static void begin_again(struct exchange *exchange)
{
    struct call *call = &exchange->call;
    exchange->poll.is_waiting = false;
    exchange->poll.has_news = false;
    exchange->state = EXCHANGE_ANSWERING;
    call->wait_is_over = exchange->poll.time_is_over;
    call->now_us = time_now_us();
    dispatch_begin(exchange, api_begin(call));
}

/* From here on no event of the chat passes unnoticed. */
static void listen_to_chat(struct exchange *exchange)
{
    struct shard *shard = exchange->client->shard;
    struct poll *poll = &exchange->poll;
    const struct call *call = &exchange->call;
    poll->is_listening = true;
    poll->chat_id = call->id;
    list_init(&poll->link);
    list_push(bucket_of(shard, call->id), &poll->link);
    deadline_init(&poll->deadline);
    deadline_arm(&shard->polls.deadlines[call->wait_s], &poll->deadline, loop_now_ms(shard->loop));
    layer_group_add(shard->site->layer, (uint64_t)call->id, shard->loop->index);
}

void poll_wait(struct exchange *exchange)
{
    struct poll *poll = &exchange->poll;
    bool was_listening = poll->is_listening;
    if (!was_listening)
        listen_to_chat(exchange);
    if (exchange->client->shard->is_draining)
        poll->time_is_over = true;
    if (!was_listening || poll->has_news || poll->time_is_over) {
        begin_again(exchange);
        return;
    }
    poll->is_waiting = true;
    exchange->state = EXCHANGE_POLLING;
}

void poll_end(struct exchange *exchange)
{
    struct shard *shard = exchange->client->shard;
    struct poll *poll = &exchange->poll;
    if (!poll->is_listening)
        return;
    list_remove(&poll->link);
    deadline_disarm(&poll->deadline);
    layer_group_discard(shard->site->layer, (uint64_t)poll->chat_id, shard->loop->index);
    poll->is_listening = false;
}

static void wake(struct poll *poll)
{
    if (poll->is_waiting)
        begin_again(exchange_of(poll));
    else
        poll->has_news = true;
}

void polls_wake(struct shard *shard, int64_t chat_id)
{
    struct list *bucket = bucket_of(shard, chat_id);
    for (struct list *link = bucket->next; link != bucket; link = link->next) {
        struct poll *poll = CONTAINER_OF(link, struct poll, link);
        if (poll->chat_id == chat_id)
            wake(poll);
    }
}

static void end_wait(struct poll *poll)
{
    poll->time_is_over = true;
    wake(poll);
}

/* Do the same with all. */
static void for_each(struct shard *shard, void (*act)(struct poll *poll))
{
    for (size_t i = 0; i < POLL_BUCKETS; i++) {
        struct list *bucket = &shard->polls.buckets[i];
        for (struct list *link = bucket->next; link != bucket; link = link->next)
            act(CONTAINER_OF(link, struct poll, link));
    }
}

void polls_on_tick(struct shard *shard)
{
    int64_t now_ms = loop_now_ms(shard->loop);
    uint64_t generation = atomic_load(&shard->site->foreign_generation);
    for (size_t s = 0; s <= CALL_WAIT_S_MAX; s++) {
        struct deadline *deadline;
        while ((deadline = deadline_take_due(&shard->polls.deadlines[s], now_ms)) != NULL)
            end_wait(CONTAINER_OF(deadline, struct poll, deadline));
    }
    if (generation != shard->polls.foreign_generation_seen)
        for_each(shard, wake);
    shard->polls.foreign_generation_seen = generation;
}

void polls_on_drain(struct shard *shard)
{
    for_each(shard, end_wait);
}
