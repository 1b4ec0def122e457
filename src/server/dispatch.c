#include "server/dispatch.h"

#include "base/metrics.h"
#include "server/flash.h"
#include "server/outcome.h"
#include "server/revoke.h"

static struct site *site_of(const struct exchange *exchange)
{
    return exchange->client->shard->site;
}

static void run_on_loop(struct task *task, void *loop);

/* On a worker that has no database: for password functions, or files. */
static void run_on_worker(struct task *task, void *place)
{
    struct exchange *exchange = CONTAINER_OF(task, struct exchange, task);
    dispatch_go(exchange, exchange->next.run(&exchange->call, place));
}

/* What this reader has finished since the last dispatch_after_reads(), newest first. */
static _Thread_local struct task *finished;

/* On a reader. place: its database connection. */
static void run_on_reader(struct task *task, void *place)
{
    struct exchange *exchange = CONTAINER_OF(task, struct exchange, task);
    struct step step = exchange->next.run(&exchange->call, place);
    if (step.place == CALL_ON_READER || step.place == CALL_ON_WRITER ||
        step.place == CALL_ON_HASHER || step.place == CALL_ON_DISK) {
        dispatch_go(exchange, step);
        return;
    }
    exchange->next = step;
    exchange->task = (struct task) {.next = finished, .run = run_on_loop};
    finished = &exchange->task;
}

void dispatch_before_reads(void *db)
{
    db_snapshot(db);
}

void dispatch_after_reads(void *db)
{
    struct task *newest = finished;
    struct task *oldest = NULL;
    db_snapshot_end(db);
    finished = NULL;
    while (newest != NULL) {
        struct task *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest != NULL) {
        struct exchange *exchange = CONTAINER_OF(oldest, struct exchange, task);
        struct task *next = oldest->next; /* posting gives the task away */
        loop_post(exchange->client->shard->loop, &exchange->task);
        oldest = next;
    }
}

void dispatch_begin(struct exchange *exchange, struct step step)
{
    struct shard *shard = exchange->client->shard;
    if (step.place != CALL_ON_READER) {
        dispatch_go(exchange, step);
        return;
    }
    exchange->next = step;
    exchange->task = (struct task) {.run = run_on_reader};
    *shard->reads_end = &exchange->task;
    shard->reads_end = &exchange->task.next;
}

void dispatch_flush(struct shard *shard)
{
    workers_post_all(shard->site->readers, shard->reads);
    shard->reads = NULL;
    shard->reads_end = &shard->reads;
    writer_post_all(shard->site->writer, &shard->writes);
}

/* On the writer, inside its transaction. */
static enum err run_on_writer(struct write *write, struct db *db)
{
    struct exchange *exchange = CONTAINER_OF(write, struct exchange, write);
    struct call *call = &exchange->call;
    call->write_result = OK;
    call->revocation = (struct revocation) {0};
    call->admission = (struct admission) {0};
    call->message_count = 0;
    event_release_list(&call->events); /* of an earlier run */
    exchange->after = exchange->next.run(call, db);
    /* Stored, but it could not be said: undone, for the client is told to try again. */
    if (call->write_result == OK && exchange->after.place == CALL_TO_CLIENT &&
        call->response.status == 503)
        call->write_result = ERR_MEMORY;
    return call->write_result;
}

/* Tell everybody whom the step concerns. The call may write once more. */
static void publish(struct call *call, struct site *site)
{
    const struct admission *admission = &call->admission;
    outcome_deliver(site, &call->events);
    outcome_admit(site, admission->chat_id, admission->user_ids, admission->count);
    revoke_post(site, &call->revocation);
    call->admission = (struct admission) {0};
    call->revocation = (struct revocation) {0};
}

/* On the writer, after the commit: what the step stored is durable, or undone. */
static void on_written(struct write *write, enum err result)
{
    struct exchange *exchange = CONTAINER_OF(write, struct exchange, write);
    struct call *call = &exchange->call;
    struct step after = exchange->after;
    if (result == OK) {
        metrics_add(COUNTER_MESSAGES_FROM_REST, call->message_count);
        publish(call, site_of(exchange));
    } else if (call->write_result == OK) {
        /* The step was content, the transaction was not. */
        api_storage_failed(call, result);
        after = (struct step) {.place = CALL_TO_CLIENT};
    }
    event_release_list(&call->events);
    dispatch_go(exchange, after);
}

static void tell_fleeting(struct call *call, struct site *site)
{
    const struct fleeting fleeting = call->fleeting;
    call->fleeting = (struct fleeting) {FLEETING_NONE};
    switch (call->response.status < 400 ? fleeting.kind : FLEETING_NONE) {
    case FLEETING_NONE:
        break;
    case FLEETING_TYPING:
        flash_typing(site, fleeting.chat_id, &call->user);
        break;
    case FLEETING_READ:
        flash_read(site, &(struct flash_mark) {
                             .chat_id = fleeting.chat_id,
                             .user_id = call->user.id,
                             .seq = fleeting.seq,
                             .is_receipt = fleeting.is_receipt,
                         });
        break;
    }
}

/* On the client's loop. */
static void run_on_loop(struct task *task, void *loop)
{
    struct exchange *exchange = CONTAINER_OF(task, struct exchange, task);
    (void)loop;
    tell_fleeting(&exchange->call, site_of(exchange));
    exchange_answer(exchange, exchange->next.place);
}

void dispatch_go(struct exchange *exchange, struct step step)
{
    struct site *site = site_of(exchange);
    exchange->next = step;
    switch (step.place) {
    case CALL_ON_READER:
        exchange->task.run = run_on_reader;
        workers_post(site->readers, &exchange->task);
        break;
    case CALL_ON_HASHER:
        exchange->task.run = run_on_worker;
        workers_post(site->hashers, &exchange->task);
        break;
    case CALL_ON_DISK:
        exchange->task.run = run_on_worker;
        workers_post(site->disk_workers, &exchange->task);
        break;
    case CALL_ON_WRITER:
        exchange->write = (struct write) {.run = run_on_writer, .done = on_written};
        exchange->after = (struct step) {.place = CALL_TO_CLIENT};
        exchange->call.write_result = OK;
        writer_post(site->writer, &exchange->write);
        break;
    case CALL_FOR_PIECE:
    case CALL_TO_WAIT:
    case CALL_TO_CLIENT:
    case CALL_PIECES_TO_CLIENT:
    case CALL_ABORT:
        exchange->task.run = run_on_loop;
        loop_post(exchange->client->shard->loop, &exchange->task);
        break;
    }
}
