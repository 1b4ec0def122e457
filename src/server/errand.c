#include "server/errand.h"

#include <stdlib.h>
#include "server/outcome.h"

static enum err copy_texts(struct errand *errand, const struct user *user)
{
    struct command *command = &errand->command;
    struct bytes *const texts[] = {
        &command->ref,   &command->content,      &command->nonce,     &command->emoji,
        &command->epoch, &errand->user.username, &errand->user.email, &errand->user.user_type,
    };
    enum err err = OK;
    errand->user = *user;
    for (size_t i = 0; i < COUNT_OF(texts) && err == OK; i++)
        err = arena_copy(&errand->arena, *texts[i], texts[i]);
    return err;
}

enum err errand_new(struct v1 *v1, const struct command *command, struct errand **out)
{
    struct errand *errand = calloc(1, sizeof *errand);
    if (errand == NULL)
        return ERR_MEMORY;
    const struct user user = socket_user(v1->socket);
    errand->client = v1->socket->client;
    errand->command = *command;
    client_hold(errand->client);
    if (copy_texts(errand, &user) != OK) {
        errand_free(&errand);
        return ERR_MEMORY;
    }
    *out = errand;
    return OK;
}

void errand_free(struct errand **errand_at)
{
    struct errand *errand = *errand_at;
    *errand_at = NULL;
    struct client *client = errand->client;
    event_release_list(&errand->change.event);
    buf_free(&errand->answer);
    arena_free(&errand->arena);
    free(errand);
    client_release(client);
}

static void on_read(struct task *task, void *db);

/* Whether somebody may have lost access since the step has looked: a notice of it that came before
 * the subscription would find nothing to end. */
static bool is_stale(const struct errand *errand)
{
    return errand->opens_chats && errand->result == OK &&
           errand->access_generation !=
               atomic_load(&errand->client->shard->site->access_generation);
}

static void post_read(struct errand *errand)
{
    errand->task.run = on_read;
    workers_post(errand->client->shard->site->readers, &errand->task);
}

static void refuse(struct errand *errand, struct v1 *v1, enum v1_code code)
{
    if (!errand->is_silent)
        v1_refuse(v1, code, errand->result == OK ? errand->change.message : NULL,
                  errand->command.ref, errand->command.nonce, 0);
    if (errand->refused != NULL)
        errand->refused(v1);
}

/* Back on the loop. */
static void on_done(struct task *task, void *loop)
{
    struct errand *errand = CONTAINER_OF(task, struct errand, task);
    struct socket *socket = errand->client->socket;
    (void)loop;
    if (socket != NULL && socket->state == SOCKET_OPEN) {
        if (is_stale(errand)) {
            buf_free(&errand->answer);
            post_read(errand);
            return;
        }
        enum v1_code code = errand->result != OK ? v1_code_of(errand->result) : errand->change.code;
        if (code == V1_OK)
            errand->done(errand, socket->v1);
        else
            refuse(errand, socket->v1, code);
    }
    socket_came_back(errand->client);
    errand_free(&errand);
}

static void on_read(struct task *task, void *db)
{
    struct errand *errand = CONTAINER_OF(task, struct errand, task);
    errand->access_generation = atomic_load(&errand->client->shard->site->access_generation);
    errand->result = errand->run(errand, db);
    errand->task.run = on_done;
    loop_post(errand->client->shard->loop, &errand->task);
}

void errand_read(struct errand *errand)
{
    socket_goes(errand->client);
    post_read(errand);
}

static enum err on_write(struct write *write, struct db *db)
{
    struct errand *errand = CONTAINER_OF(write, struct errand, write);
    event_release_list(&errand->change.event);
    errand->change = (struct change_result) {.code = V1_OK};
    return errand->run(errand, db);
}

static void on_written(struct write *write, enum err result)
{
    struct errand *errand = CONTAINER_OF(write, struct errand, write);
    struct site *site = errand->client->shard->site;
    errand->result = result;
    if (result == OK)
        outcome_publish(site, &errand->change);
    errand->task.run = on_done;
    loop_post(errand->client->shard->loop, &errand->task);
}

void errand_write(struct errand *errand)
{
    socket_goes(errand->client);
    errand->write = (struct write) {.run = on_write, .done = on_written};
    writes_add(&errand->client->shard->writes, &errand->write);
}
