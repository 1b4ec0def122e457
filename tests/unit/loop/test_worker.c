#include "loop/worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "base/list.h"
#include "check.h"

enum { TASKS = 10000 };

struct job {
    struct task task;
    size_t number;
    void *place;
    atomic_uint runs;
};

static struct job jobs[TASKS];
static atomic_uint open_count;
static atomic_uint close_count;
static atomic_size_t next_number;

static void run_job(struct task *task, void *place)
{
    struct job *job = CONTAINER_OF(task, struct job, task);
    job->number = atomic_fetch_add(&next_number, 1);
    job->place = place;
    atomic_fetch_add(&job->runs, 1);
}

/* Every place is a piece of memory of its own, so that a double close or a lost one shows. */
static enum err open_place(void *context, void **place)
{
    unsigned *fail_at = context;
    unsigned count = atomic_fetch_add(&open_count, 1) + 1;
    if (count == *fail_at)
        return ERR_IO;
    *place = malloc(1);
    return *place != NULL ? OK : ERR_MEMORY;
}

static void close_place(void *place)
{
    atomic_fetch_add(&close_count, 1);
    free(place);
}

static int reset(void **state)
{
    (void)state;
    atomic_store(&open_count, 0);
    atomic_store(&close_count, 0);
    atomic_store(&next_number, 0);
    for (size_t i = 0; i < TASKS; i++) {
        jobs[i].task = (struct task) {.run = run_job};
        jobs[i].place = NULL;
        atomic_store(&jobs[i].runs, 0);
    }
    return 0;
}

/* The end waits for what was posted: an accepted message is committed also while the server stops.
 */
static void test_every_task_runs_once_before_the_end(void **state)
{
    (void)state;
    unsigned fail_at = 0;
    struct worker_place place = {open_place, close_place, &fail_at};
    struct workers *workers = NULL;
    CHECK(workers_new("test", 4, &place, &workers) == OK);
    CHECK(atomic_load(&open_count) == 4);
    for (size_t i = 0; i < TASKS; i++)
        workers_post(workers, &jobs[i].task);
    workers_free(&workers);
    CHECK(workers == NULL);
    for (size_t i = 0; i < TASKS; i++) {
        CHECK(atomic_load(&jobs[i].runs) == 1);
        CHECK(jobs[i].place != NULL);
    }
    CHECK(atomic_load(&close_count) == 4);
}

/* One thread is a queue: the writer relies on it. */
static void test_one_worker_keeps_the_order(void **state)
{
    (void)state;
    struct worker_place place = {0};
    struct workers *workers = NULL;
    CHECK(workers_new("test", 1, &place, &workers) == OK);
    for (size_t i = 0; i < TASKS; i++)
        workers_post(workers, &jobs[i].task);
    workers_free(&workers);
    for (size_t i = 0; i < TASKS; i++) {
        CHECK(jobs[i].number == i);
        CHECK(jobs[i].place == NULL);
    }
}

/* A server whose third database connection fails must not run with two, nor leak them. */
static void test_failed_open_ends_all_threads(void **state)
{
    (void)state;
    for (unsigned fail_at = 1; fail_at <= 3; fail_at++) {
        struct worker_place place = {open_place, close_place, &fail_at};
        struct workers *workers = NULL;
        (void)reset(state);
        CHECK(workers_new("test", 3, &place, &workers) == ERR_IO);
        CHECK(workers == NULL);
        CHECK(atomic_load(&open_count) == 3);
        CHECK(atomic_load(&close_count) == 2);
    }
}

static void test_most_workers_start(void **state)
{
    (void)state;
    struct worker_place place = {0};
    struct workers *workers = NULL;
    CHECK(workers_new("fifteen letters", WORKERS_MAX, &place, &workers) == OK);
    workers_free(&workers);
    workers_free(&workers); /* NULL is allowed */
}

struct meeting {
    struct task task;
    pthread_barrier_t *barrier;
};

static void meet(struct task *task, void *place)
{
    (void)place;
    (void)pthread_barrier_wait(CONTAINER_OF(task, struct meeting, task)->barrier);
}

/* Two tasks that wait for each other end only if two threads run them at the same time. */
static void test_tasks_run_side_by_side(void **state)
{
    (void)state;
    pthread_barrier_t barrier;
    struct worker_place place = {0};
    struct workers *workers = NULL;
    CHECK(pthread_barrier_init(&barrier, NULL, 2) == 0);
    struct meeting meetings[2] = {{{.run = meet}, &barrier}, {{.run = meet}, &barrier}};
    CHECK(workers_new("test", 2, &place, &workers) == OK);
    workers_post(workers, &meetings[0].task);
    workers_post(workers, &meetings[1].task);
    workers_free(&workers);
    CHECK(pthread_barrier_destroy(&barrier) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_every_task_runs_once_before_the_end, reset),
        cmocka_unit_test_setup(test_one_worker_keeps_the_order, reset),
        cmocka_unit_test_setup(test_failed_open_ends_all_threads, reset),
        cmocka_unit_test_setup(test_most_workers_start, reset),
        cmocka_unit_test_setup(test_tasks_run_side_by_side, reset),
    };
    return cmocka_run_group_tests_name("loop/worker", tests, NULL, NULL);
}
