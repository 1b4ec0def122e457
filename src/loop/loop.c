#include "loop/loop.h"

#include <stdlib.h>

static void wake(void *context)
{
    struct loop *loop = context;
    (void)uv_async_send(&loop->wake); /* cannot fail on a handle that is open */
}

static void run_mail(struct loop *loop)
{
    struct task *task = mailbox_take_all(&loop->mailbox);
    while (task != NULL) {
        struct task *next = task->next; /* the task may end itself */
        task->run(task, loop);
        task = next;
    }
}

static void on_wake(uv_async_t *handle)
{
    run_mail(handle->data);
}

static void on_check(uv_check_t *handle)
{
    struct loop *loop = handle->data;
    if (loop->on_turn_end != NULL)
        loop->on_turn_end(loop->context);
}

static void on_idle(uv_idle_t *handle)
{
    (void)handle; /* being active is all it does: the loop then polls without waiting */
}

static void on_timer(uv_timer_t *handle)
{
    struct loop *loop = handle->data;
    if (loop->on_tick != NULL)
        loop->on_tick(loop->context);
}

enum err loop_new(unsigned index, struct loop **out)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return ERR_MEMORY;
    loop->index = index;
    if (uv_loop_init(&loop->uv) != 0) {
        free(loop);
        return ERR_IO;
    }
    mailbox_init(&loop->mailbox, wake, loop);
    loop->wake.data = loop;
    loop->turn.data = loop;
    loop->busy.data = loop;
    loop->tick.data = loop;
    if (uv_async_init(&loop->uv, &loop->wake, on_wake) != 0) {
        (void)uv_loop_close(&loop->uv);
        free(loop);
        return ERR_IO;
    }
    (void)uv_check_init(&loop->uv, &loop->turn);
    (void)uv_check_start(&loop->turn, on_check);
    (void)uv_idle_init(&loop->uv, &loop->busy);
    (void)uv_timer_init(&loop->uv, &loop->tick);
    (void)uv_timer_start(&loop->tick, on_timer, LOOP_TICK_MS, LOOP_TICK_MS);
    *out = loop;
    return OK;
}

void loop_free(struct loop **loop_at)
{
    struct loop *loop = *loop_at;
    *loop_at = NULL;
    if (loop == NULL)
        return;
    loop->on_turn_end = NULL;
    loop->on_tick = NULL;
    run_mail(loop); /* nothing that was posted is forgotten */
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->turn, NULL);
    uv_close((uv_handle_t *)&loop->busy, NULL);
    uv_close((uv_handle_t *)&loop->tick, NULL);
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    (void)uv_loop_close(&loop->uv);
    free(loop);
}

void loop_set_hooks(struct loop *loop, void (*on_turn_end)(void *context),
                    void (*on_tick)(void *context), void *context)
{
    loop->on_turn_end = on_turn_end;
    loop->on_tick = on_tick;
    loop->context = context;
}

void loop_run(struct loop *loop)
{
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

void loop_post(struct loop *loop, struct task *task)
{
    mailbox_post(&loop->mailbox, task);
}

void loop_may_wait(struct loop *loop, bool may_wait)
{
    if (may_wait)
        (void)uv_idle_stop(&loop->busy);
    else
        (void)uv_idle_start(&loop->busy, on_idle);
}

int64_t loop_now_ms(const struct loop *loop)
{
    return (int64_t)uv_now(&loop->uv);
}
