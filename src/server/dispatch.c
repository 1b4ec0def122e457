#include "server/dispatch.h"

#include "base/metrics.h"
#include "server/revoke.h"

static struct site *site_of(const struct exchange *exchange)
{
    return exchange->client->shard->site;
}

/* On a reader or hash worker. place: the reader's database connection. */
static void run_on_worker(struct task *task, void *place)
{
    struct exchange *exchange = CONTAINER_OF(task, struct exchange, task);
    dispatch_go(exchange, exchange->next.run(&exchange->call, place));
}

/* On the writer, inside its transaction. */
static enum err run_on_writer(struct write *write, struct db *db)
{
    struct exchange *exchange = CONTAINER_OF(write, struct exchange, write);
    struct call *call = &exchange->call;
    call->write_result = OK;
    call->message_count = 0;
    exchange->after = exchange->next.run(call, db);
    return call->write_result;
}

/* On the writer, after the commit: what the step stored is durable, or undone. */
static void on_written(struct write *write, enum err result)
{
    struct exchange *exchange = CONTAINER_OF(write, struct exchange, write);
    struct call *call = &exchange->call;
    struct step after = exchange->after;
    if (result == OK) {
        metrics_add(COUNTER_MESSAGES_FROM_REST, call->message_count);
        revoke_post(site_of(exchange), &call->revocation);
        call->revocation = (struct revocation) {0}; /* the call may write once more */
    } else if (call->write_result == OK) {
        /* The step was content, the transaction was not. */
        api_storage_failed(call, result);
        after = (struct step) {.place = CALL_TO_CLIENT};
    }
    dispatch_go(exchange, after);
}

/* On the client's loop. */
static void run_on_loop(struct task *task, void *loop)
{
    struct exchange *exchange = CONTAINER_OF(task, struct exchange, task);
    (void)loop;
    exchange_answer(exchange, exchange->next.place);
}

void dispatch_go(struct exchange *exchange, struct step step)
{
    struct site *site = site_of(exchange);
    exchange->next = step;
    switch (step.place) {
    case CALL_ON_READER:
        exchange->task.run = run_on_worker;
        workers_post(site->readers, &exchange->task);
        break;
    case CALL_ON_HASHER:
        exchange->task.run = run_on_worker;
        workers_post(site->hashers, &exchange->task);
        break;
    case CALL_ON_WRITER:
        exchange->write = (struct write) {.run = run_on_writer, .done = on_written};
        exchange->after = (struct step) {.place = CALL_TO_CLIENT};
        exchange->call.write_result = OK;
        writer_post(site->writer, &exchange->write);
        break;
    case CALL_TO_CLIENT:
    case CALL_PIECE_TO_CLIENT:
    case CALL_ABORT:
        exchange->task.run = run_on_loop;
        loop_post(exchange->client->shard->loop, &exchange->task);
        break;
    }
}
