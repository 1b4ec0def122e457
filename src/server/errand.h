/* errand.h - a command of confab.v1 on its way through a reader or the writer and back.
 *
 * Owned by one thread at a time: the loop, then the worker, then the loop again. The connection may
 * end meanwhile; then nobody hears the answer. A step on the writer may make events, which are
 * delivered once they are durable.
 */
#ifndef CONFAB_SERVER_ERRAND_H
#define CONFAB_SERVER_ERRAND_H

#include "base/arena.h"
#include "chat/change.h"
#include "chat/command.h"
#include "server/v1.h"
#include "store/writer.h"

/* Chats, and where the client stands in each. */
struct places {
    int64_t *chats;
    int64_t *after; /* -1: it has not said */
    size_t count;
};

struct errand {
    struct task task;
    struct write write;
    struct client *client; /* held */
    struct arena arena;
    struct command command; /* its texts lie in the arena; its nodes are gone */
    struct user user;
    struct places named; /* by subscribe, in the arena; by watch: users */
    struct places all;   /* is_all: of the user, as the step has found them */
    bool is_all;
    bool is_of_other_epoch;
    bool is_silent;             /* nobody asked: a refusal is not told */
    bool opens_chats;           /* done() subscribes: whoever may read must be known for certain */
    uint64_t access_generation; /* the site's, before the step on a reader */

    /* The step: on a reader, or on the writer inside its transaction (it may run twice). */
    enum err (*run)(struct errand *errand, struct db *db);
    /* On the loop, if the connection is still there and the step went well: answer. */
    void (*done)(struct errand *errand, struct v1 *v1);
    /* The same if it did not, behind the refusal. NULL: there is nothing to be done. */
    void (*refused)(struct v1 *v1);
    enum err result;
    struct change_result change; /* what a step on the writer leaves; its code may refuse */
    struct buf answer;           /* what a step on a reader leaves: a whole frame's JSON */
};

/* ERR_MEMORY. */
CHECKED enum err errand_new(struct v1 *v1, const struct command *command, struct errand **out);

/* Give it away. */
void errand_read(struct errand *errand);
void errand_write(struct errand *errand);

/* One that was not given away. */
void errand_free(struct errand **errand);

#endif
