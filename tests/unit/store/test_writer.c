#include "store/writer.h"

#include <limits.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include "base/list.h"
#include "fixture.h"

enum { JOBS_MAX = BATCH_WRITES_MAX + 8 };

/* What the writer's thread did, in order. Read by the test only after it has waited for it. */
struct scene {
    struct place place;
    struct writer *writer;
    sem_t done;         /* once per write that came back */
    sem_t gate;         /* lets a write_gate() go on */
    sem_t at_gate;      /* a write_gate() has been reached */
    sem_t others_wrote; /* once per call of the hook */
    const struct job *finished[JOBS_MAX];
    size_t finished_count;
    size_t batch_sizes[8]; /* of the first ones */
    size_t batch_count;
    size_t batch_begin; /* finished_count when the batch began */
    size_t together_sizes[8];
    size_t together_count;
    bool must_lose; /* the next write_together() loses the transaction */
};

struct job {
    struct write write;
    struct scene *scene;
    char name[24];
    int64_t number;
    enum err result;
    unsigned run_count;
};

static struct job *job_of(struct write *write)
{
    return CONTAINER_OF(write, struct job, write);
}

static void on_done(struct write *write, enum err result)
{
    struct job *job = job_of(write);
    struct scene *scene = job->scene;
    job->result = result;
    scene->finished[scene->finished_count++] = job;
    CHECK(sem_post(&scene->done) == 0);
}

static void on_batch_done(void *context)
{
    struct scene *scene = context;
    if (scene->batch_count < COUNT_OF(scene->batch_sizes))
        scene->batch_sizes[scene->batch_count++] = scene->finished_count - scene->batch_begin;
    scene->batch_begin = scene->finished_count;
}

static void on_others_wrote(void *context)
{
    struct scene *scene = context;
    CHECK(sem_post(&scene->others_wrote) == 0);
}

static void wait_for(sem_t *semaphore, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        while (sem_wait(semaphore) != 0)
            continue; /* a signal */
    }
}

static void scene_init_with(struct scene *scene,
                            enum err (*spare_time)(struct db *db, bool *has_more))
{
    char reason[256];
    memset(scene, 0, sizeof *scene);
    struct writer_hooks hooks = {on_batch_done, on_others_wrote, scene, spare_time};
    struct db *db = open_new(&scene->place);
    db_close(&db);
    CHECK(sem_init(&scene->done, 0, 0) == 0);
    CHECK(sem_init(&scene->gate, 0, 0) == 0);
    CHECK(sem_init(&scene->at_gate, 0, 0) == 0);
    CHECK(sem_init(&scene->others_wrote, 0, 0) == 0);
    CHECK(writer_new(scene->place.path, &hooks, &scene->writer, reason) == OK);
}

static void scene_init(struct scene *scene)
{
    scene_init_with(scene, NULL);
}

static void scene_deinit(struct scene *scene)
{
    writer_free(&scene->writer);
    CHECK(scene->writer == NULL);
    CHECK(sem_destroy(&scene->done) == 0);
    CHECK(sem_destroy(&scene->gate) == 0);
    CHECK(sem_destroy(&scene->at_gate) == 0);
    CHECK(sem_destroy(&scene->others_wrote) == 0);
    place_deinit(&scene->place);
}

/* ---- kinds of writes ---- */

static enum err insert_user(struct job *job, struct db *db)
{
    struct user user = {.username = bytes_from_text(job->name), .is_active = true};
    job->run_count++;
    return users_insert(db, &user, NOW_US, &job->number);
}

static enum err write_user(struct write *write, struct db *db)
{
    return insert_user(job_of(write), db);
}

/* Two statements, of which the second fails. */
static enum err write_half(struct write *write, struct db *db)
{
    enum err err = insert_user(job_of(write), db);
    return err == OK ? chats_rename(db, 99, BYTES("no such chat")) : err;
}

/* Succeeds, but the transaction with it in it cannot be committed. */
static enum err write_broken_reference(struct write *write, struct db *db)
{
    enum err err = insert_user(job_of(write), db);
    return err == OK ? sql_run_text(db, "INSERT INTO chat_chat_participants (chat_id, user_id)"
                                        " VALUES (99, 99)")
                     : err;
}

/* SQLite rolls back by itself when the disk fails in the wrong moment. */
static enum err write_that_loses_the_transaction(struct write *write, struct db *db)
{
    job_of(write)->run_count++;
    CHECK(sql_run_text(db, "ROLLBACK") == OK);
    return ERR_IO;
}

/* Hold the writer's thread until the test lets it go: what is posted meanwhile is one batch. */
static enum err write_gate(struct write *write, struct db *db)
{
    struct scene *scene = job_of(write)->scene;
    (void)db;
    CHECK(sem_post(&scene->at_gate) == 0);
    wait_for(&scene->gate, 1);
    return ERR_DENIED;
}

static enum err write_no_waiting(struct write *write, struct db *db)
{
    (void)write;
    sql_set_busy_ms_max(db, 0);
    return OK;
}

/* The file may not grow, which SQLite reports as it does a full disk. */
static enum err write_disk_is_full(struct write *write, struct db *db)
{
    (void)write;
    sql_set_page_count_max(db, 1);
    return OK;
}

static enum err write_disk_has_room(struct write *write, struct db *db)
{
    (void)write;
    sql_set_page_count_max(db, UINT_MAX);
    return OK;
}

/* A megabyte, into a table that is there. */
static enum err write_megabyte(struct write *write, struct db *db)
{
    (void)write;
    return sql_run_text(db, "INSERT INTO django_session (session_key, session_data, expire_date)"
                            " VALUES (hex(randomblob(16)), zeroblob(1048576), '')");
}

/* Several at once; "taken" finds its name taken, and fails alone. */
static void write_together(struct write **writes, size_t count, struct db *db, enum err *results)
{
    struct scene *scene = job_of(writes[0])->scene;
    CHECK(scene->together_count < COUNT_OF(scene->together_sizes));
    scene->together_sizes[scene->together_count++] = count;
    for (size_t i = 0; i < count; i++)
        results[i] = insert_user(job_of(writes[i]), db);
    if (!scene->must_lose)
        return;
    scene->must_lose = false;
    sql_spoil_transaction(db);
    results[0] = ERR_CONFLICT;
}

/* ---- helpers of the tests ---- */

static void job_post(struct scene *scene, struct job *job, const char *name,
                     enum err (*run)(struct write *write, struct db *db))
{
    *job = (struct job) {.scene = scene, .result = ERR_COUNT};
    (void)snprintf(job->name, sizeof job->name, "%s", name);
    job->write.run = run;
    job->write.done = on_done;
    job->write.is_one_statement = run == write_user || run == write_gate;
    writer_post(scene->writer, &job->write);
}

static void job_post_together(struct scene *scene, struct job *job, const char *name)
{
    *job = (struct job) {.scene = scene, .result = ERR_COUNT};
    (void)snprintf(job->name, sizeof job->name, "%s", name);
    job->write = (struct write) {
        .run = write_user,
        .done = on_done,
        .run_together = write_together,
        .is_one_statement = true,
    };
    writer_post(scene->writer, &job->write);
}

/* Post one and wait for its result. */
static enum err job_do(struct scene *scene, const char *name,
                       enum err (*run)(struct write *write, struct db *db))
{
    struct job job;
    job_post(scene, &job, name, run);
    wait_for(&scene->done, 1);
    return job.result;
}

/* Until gate_open() the writer's thread stands still. */
static void gate_close(struct scene *scene, struct job *gate)
{
    job_post(scene, gate, "gate", write_gate);
    wait_for(&scene->at_gate, 1);
}

static void gate_open(struct scene *scene)
{
    CHECK(sem_post(&scene->gate) == 0);
    wait_for(&scene->done, 1);
}

static void check_users(struct scene *scene, const char *expected)
{
    check_asked(&scene->place,
                "SELECT group_concat(username) FROM"
                " (SELECT username FROM chat_user ORDER BY id)",
                expected);
}

/* ---- tests ---- */

/* What one turn of a loop has wakes the writer once and is one batch. */
static void test_writes_posted_at_once_are_one_batch(void **state)
{
    struct scene scene;
    struct job jobs[3];
    struct writes writes = {0};
    (void)state;
    scene_init(&scene);
    writer_post_all(scene.writer, &writes); /* none */
    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        jobs[i] = (struct job) {.scene = &scene, .write = {.run = write_user, .done = on_done}};
        (void)snprintf(jobs[i].name, sizeof jobs[i].name, "%zu", i);
        writes_add(&writes, &jobs[i].write);
    }
    writer_post_all(scene.writer, &writes);
    CHECK(writes.newest == NULL && writes.oldest == NULL);
    wait_for(&scene.done, COUNT_OF(jobs));
    check_users(&scene, "0,1,2");
    writer_free(&scene.writer);
    CHECK(scene.batch_count == 1 && scene.batch_sizes[0] == COUNT_OF(jobs));
    scene_deinit(&scene);
}

static void test_writes_are_stored_in_order_and_together(void **state)
{
    struct scene scene;
    struct job gate;
    struct job jobs[3];
    static const char *const names[] = {"a", "b", "c"};
    (void)state;
    scene_init(&scene);
    gate_close(&scene, &gate);
    for (size_t i = 0; i < COUNT_OF(jobs); i++)
        job_post(&scene, &jobs[i], names[i], write_user);
    gate_open(&scene);
    wait_for(&scene.done, COUNT_OF(jobs));
    check_users(&scene, "a,b,c"); /* durable as soon as done() was called */
    writer_free(&scene.writer);
    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        CHECK(jobs[i].result == OK);
        CHECK(scene.finished[i + 1] == &jobs[i]);
        CHECK(jobs[i].number == (int64_t)i + 1);
    }
    CHECK(scene.batch_count == 2);
    CHECK(scene.batch_sizes[0] == 1);
    CHECK(scene.batch_sizes[1] == COUNT_OF(jobs));
    scene_deinit(&scene);
}

/* One person's mistake costs nobody else a message. */
static void test_failing_write_takes_only_itself_back(void **state)
{
    struct scene scene;
    struct job gate;
    struct job jobs[4];
    (void)state;
    scene_init(&scene);
    gate_close(&scene, &gate);
    job_post(&scene, &jobs[0], "a", write_user);
    job_post(&scene, &jobs[1], "half", write_half);
    job_post(&scene, &jobs[2], "a", write_user); /* the name is taken */
    job_post(&scene, &jobs[3], "b", write_user);
    gate_open(&scene);
    wait_for(&scene.done, COUNT_OF(jobs));
    CHECK(gate.result == ERR_DENIED);
    CHECK(jobs[0].result == OK);
    CHECK(jobs[1].result == ERR_NOT_FOUND);
    CHECK(jobs[2].result == ERR_CONFLICT);
    CHECK(jobs[3].result == OK);
    check_users(&scene, "a,b");
    scene_deinit(&scene);
}

/* SQLite tells of a broken reference only for all of them together: the innocent ones are tried
 * again. */
static void test_neighbours_of_a_kind_run_together(void **state)
{
    static const size_t expected[] = {WRITES_TOGETHER_MAX, 4, 2};
    enum { JOBS = WRITES_TOGETHER_MAX + 4 + 1 + 2 + 1 };
    struct scene scene;
    struct job gate;
    struct job jobs[JOBS];
    (void)state;
    scene_init(&scene);
    gate_close(&scene, &gate);
    for (size_t i = 0; i < JOBS; i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "%zu", i == 3 ? 2 : i); /* its name is taken */
        if (i == WRITES_TOGETHER_MAX + 4 || i == JOBS - 1)
            job_post(&scene, &jobs[i], name, write_user);
        else
            job_post_together(&scene, &jobs[i], name);
    }
    gate_open(&scene);
    wait_for(&scene.done, JOBS);
    CHECK(scene.together_count == COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        CHECK(scene.together_sizes[i] == expected[i]);
    for (size_t i = 0; i < JOBS; i++) {
        CHECK(jobs[i].result == (i == 3 ? ERR_CONFLICT : OK));
        CHECK(jobs[i].run_count == 1);
        CHECK(scene.finished[i + 1] == &jobs[i]);
    }
    scene_deinit(&scene);
}

/* One that loses the transaction takes the others with it, and then each is tried alone. */
static void test_what_was_lost_together_is_stored_one_by_one(void **state)
{
    struct scene scene;
    struct job gate;
    struct job jobs[5];
    (void)state;
    scene_init(&scene);
    gate_close(&scene, &gate);
    scene.must_lose = true;
    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "%zu", i);
        job_post_together(&scene, &jobs[i], name);
    }
    gate_open(&scene);
    wait_for(&scene.done, COUNT_OF(jobs));
    CHECK(scene.together_count == 1);
    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        CHECK(jobs[i].result == OK);
        CHECK(jobs[i].run_count == 2);
    }
    check_users(&scene, "0,1,2,3,4");
    scene_deinit(&scene);
}

static void test_broken_reference_fails_alone(void **state)
{
    struct scene scene;
    struct job gate;
    struct job jobs[3];
    (void)state;
    scene_init(&scene);
    gate_close(&scene, &gate);
    job_post(&scene, &jobs[0], "a", write_user);
    job_post(&scene, &jobs[1], "broken", write_broken_reference);
    job_post(&scene, &jobs[2], "b", write_user);
    gate_open(&scene);
    wait_for(&scene.done, COUNT_OF(jobs));
    CHECK(jobs[0].result == OK);
    CHECK(jobs[1].result == ERR_CONFLICT);
    CHECK(jobs[2].result == OK);
    CHECK(jobs[0].run_count == 2);
    CHECK(scene.finished[1] == &jobs[0] && scene.finished[3] == &jobs[2]);
    check_users(&scene, "a,b");
    CHECK(job_do(&scene, "broken", write_broken_reference) == ERR_CONFLICT); /* alone, too */
    check_users(&scene, "a,b");
    scene_deinit(&scene);
}

/* What was in the lost transaction must not be reported as stored, and what comes later must work.
 */
static void test_lost_transaction_fails_the_whole_batch(void **state)
{
    struct scene scene;
    struct job gate;
    struct job jobs[3];
    (void)state;
    scene_init(&scene);
    gate_close(&scene, &gate);
    job_post(&scene, &jobs[0], "a", write_user);
    job_post(&scene, &jobs[1], "", write_that_loses_the_transaction);
    job_post(&scene, &jobs[2], "b", write_user);
    gate_open(&scene);
    wait_for(&scene.done, COUNT_OF(jobs));
    for (size_t i = 0; i < COUNT_OF(jobs); i++)
        CHECK(jobs[i].result == ERR_IO);
    CHECK(jobs[2].run_count == 0);
    check_users(&scene, "");
    CHECK(job_do(&scene, "c", write_user) == OK);
    check_users(&scene, "c");
    scene_deinit(&scene);
}

/* Another process holds the lock for too long: the senders hear it, and the next ones are served.
 */
static void test_locked_database_fails_a_batch_and_not_the_writer(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    CHECK(job_do(&scene, "", write_no_waiting) == OK);
    sqlite3 *other = open_other(&scene.place);
    other_runs(other, "BEGIN IMMEDIATE");
    CHECK(job_do(&scene, "a", write_user) == ERR_BUSY);
    other_runs(other, "ROLLBACK");
    CHECK(job_do(&scene, "b", write_user) == OK);

    check_users(&scene, "b");
    CHECK(sqlite3_close(other) == SQLITE_OK);
    scene_deinit(&scene);
}

static void test_full_disk_fails_writes_and_not_the_writer(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    CHECK(job_do(&scene, "", write_disk_is_full) == OK);
    CHECK(job_do(&scene, "", write_megabyte) == ERR_FULL);
    CHECK(job_do(&scene, "", write_megabyte) == ERR_FULL);
    CHECK(job_do(&scene, "", write_disk_has_room) == OK);
    CHECK(job_do(&scene, "a", write_user) == OK);
    CHECK(job_do(&scene, "", write_megabyte) == OK);
    check_users(&scene, "a");
    check_asked(&scene.place, "SELECT count(*) FROM django_session", "1");
    scene_deinit(&scene);
}

static void test_batch_holds_at_most_its_limit(void **state)
{
    static struct job jobs[BATCH_WRITES_MAX + 1];
    static struct scene scene;
    struct job gate;
    (void)state;
    scene_init(&scene);
    gate_close(&scene, &gate);
    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "u%zu", i);
        job_post(&scene, &jobs[i], name, write_user);
    }
    gate_open(&scene);
    wait_for(&scene.done, COUNT_OF(jobs));
    writer_free(&scene.writer);
    CHECK(scene.batch_count == 3);
    CHECK(scene.batch_sizes[1] == BATCH_WRITES_MAX);
    CHECK(scene.batch_sizes[2] == 1);
    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        CHECK(jobs[i].result == OK);
        CHECK(scene.finished[i + 1] == &jobs[i]);
    }
    scene_deinit(&scene);
}

/* The server stops: nothing that it took is dropped. */
static void test_end_stores_what_was_posted(void **state)
{
    struct scene scene;
    struct job jobs[20];
    (void)state;
    scene_init(&scene);
    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "u%zu", i);
        job_post(&scene, &jobs[i], name, write_user);
    }
    writer_free(&scene.writer);
    CHECK(scene.finished_count == COUNT_OF(jobs));
    check_asked(&scene.place, "SELECT count(*) FROM chat_user", "20");
    scene_deinit(&scene);
}

/* Django wrote: with the next batch it is told, and without one as well. Our own writes are no
 * news. */
static void test_writes_of_others_are_noticed(void **state)
{
    struct scene scene;
    int value = -1;
    (void)state;
    scene_init(&scene);
    CHECK(job_do(&scene, "a", write_user) == OK);
    elsewhere(&scene.place, "UPDATE chat_user SET first_name = 'x'");
    CHECK(job_do(&scene, "b", write_user) == OK);
    wait_for(&scene.others_wrote, 1);
    elsewhere(&scene.place, "UPDATE chat_user SET first_name = 'y'");
    wait_for(&scene.others_wrote, 1); /* nothing is posted */
    CHECK(job_do(&scene, "c", write_user) == OK);
    writer_free(&scene.writer);
    CHECK(sem_getvalue(&scene.others_wrote, &value) == 0);
    CHECK(value == 0);
    scene_deinit(&scene);
}

/* A checkpoint belongs into a quiet moment; then it has to happen. */
static void test_long_wal_is_copied_when_idle(void **state)
{
    enum { MEGABYTES = 5 };
    struct scene scene;
    struct stat file;
    (void)state;
    scene_init(&scene);
    sqlite3 *other = open_other(&scene.place);
    other_runs(other, "PRAGMA wal_autocheckpoint = 0"); /* or it would do our work */
    for (int i = 0; i < MEGABYTES; i++)
        CHECK(job_do(&scene, "", write_megabyte) == OK);
    other_runs(other, "UPDATE django_session SET expire_date = 'x'");
    wait_for(&scene.others_wrote, 1); /* told when idle, when the copying begins */
    do {
        CHECK(stat(scene.place.path, &file) == 0);
        (void)sched_yield();
    } while (file.st_size <= (off_t)MEGABYTES * 1024 * 1024);
    CHECK(sqlite3_close(other) == SQLITE_OK);
    scene_deinit(&scene);
}

/* A write that posts the next one from its done(), so that the writer is never idle. */
static void on_done_again(struct write *write, enum err result)
{
    struct job *job = job_of(write);
    CHECK(result == OK);
    if (--job->number > 0)
        writer_post(job->scene->writer, write);
    else
        CHECK(sem_post(&job->scene->done) == 0);
}

/* Under load that never pauses the WAL must not fill the disk. */
static void test_wal_is_bounded_under_load(void **state)
{
    enum { MEGABYTES = 80, PAGES_OF_64_MB = 16384, PAGES_OF_ONE_WRITE = 300 };
    struct scene scene;
    struct stat file;
    char wal_path[128];
    (void)state;
    scene_init(&scene);
    struct job job = {.scene = &scene, .number = MEGABYTES};
    job.write.run = write_megabyte;
    job.write.done = on_done_again;
    writer_post(scene.writer, &job.write);
    wait_for(&scene.done, 1);
    (void)snprintf(wal_path, sizeof wal_path, "%s-wal", scene.place.path);
    CHECK(stat(wal_path, &file) == 0);
    CHECK(file.st_size < (off_t)(PAGES_OF_64_MB + PAGES_OF_ONE_WRITE) * (4096 + 24));
    scene_deinit(&scene);
}

static sem_t spare_times;
static atomic_int spare_times_more; /* how often there is still more to do */

static enum err spend_spare_time(struct db *db, bool *has_more)
{
    (void)db;
    *has_more = atomic_fetch_sub(&spare_times_more, 1) > 0;
    CHECK(sem_post(&spare_times) == 0);
    return *has_more ? OK : ERR_BUSY; /* one that fails is tried again some time */
}

/* What can wait is done when nothing comes, and goes on while there is more. */
static void test_spare_time_is_used(void **state)
{
    struct scene scene;
    (void)state;
    atomic_store(&spare_times_more, 3);
    CHECK(sem_init(&spare_times, 0, 0) == 0);
    scene_init_with(&scene, spend_spare_time);
    wait_for(&spare_times, 5);
    CHECK(job_do(&scene, "a", write_user) == OK);
    scene_deinit(&scene);
    CHECK(sem_destroy(&spare_times) == 0);
}

static void on_done_until_spare_time(struct write *write, enum err result)
{
    struct job *job = job_of(write);
    CHECK(result == OK);
    if (sem_trywait(&spare_times) != 0)
        writer_post(job->scene->writer, write);
    else
        CHECK(sem_post(&job->scene->done) == 0);
}

static enum err write_nothing(struct write *write, struct db *db)
{
    (void)write;
    (void)db;
    return OK;
}

/* Under load that never pauses there is some too, or an index would never be whole. */
static void test_spare_time_is_taken_under_load(void **state)
{
    struct scene scene;
    (void)state;
    atomic_store(&spare_times_more, 0);
    CHECK(sem_init(&spare_times, 0, 0) == 0);
    scene_init_with(&scene, spend_spare_time);
    struct job job = {.scene = &scene};
    job.write.run = write_nothing;
    job.write.done = on_done_until_spare_time;
    writer_post(scene.writer, &job.write);
    wait_for(&scene.done, 1);
    scene_deinit(&scene);
    CHECK(sem_destroy(&spare_times) == 0);
}

static void test_writer_without_database_says_why(void **state)
{
    struct writer *writer = NULL;
    struct writer_hooks hooks = {0};
    char reason[256];
    (void)state;
    CHECK(writer_new("/nowhere/confab.sqlite3", &hooks, &writer, reason) == ERR_IO);
    CHECK(writer == NULL);
    CHECK(strstr(reason, "/nowhere") != NULL);
    writer_free(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_are_stored_in_order_and_together),
        cmocka_unit_test(test_writes_posted_at_once_are_one_batch),
        cmocka_unit_test(test_failing_write_takes_only_itself_back),
        cmocka_unit_test(test_neighbours_of_a_kind_run_together),
        cmocka_unit_test(test_what_was_lost_together_is_stored_one_by_one),
        cmocka_unit_test(test_broken_reference_fails_alone),
        cmocka_unit_test(test_lost_transaction_fails_the_whole_batch),
        cmocka_unit_test(test_locked_database_fails_a_batch_and_not_the_writer),
        cmocka_unit_test(test_full_disk_fails_writes_and_not_the_writer),
        cmocka_unit_test(test_batch_holds_at_most_its_limit),
        cmocka_unit_test(test_end_stores_what_was_posted),
        cmocka_unit_test(test_writes_of_others_are_noticed),
        cmocka_unit_test(test_long_wal_is_copied_when_idle),
        cmocka_unit_test(test_wal_is_bounded_under_load),
        cmocka_unit_test(test_spare_time_is_used),
        cmocka_unit_test(test_spare_time_is_taken_under_load),
        cmocka_unit_test(test_writer_without_database_says_why),
    };
    return cmocka_run_group_tests_name("store/writer", tests, NULL, NULL);
}
