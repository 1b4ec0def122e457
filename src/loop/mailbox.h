/* mailbox.h - tasks posted by any thread, taken all at once by one, in the order of posting.
 *
 * Knows: a lock-free stack that the taker turns around.
 * Does not know: what wakes its thread; that is the owner's function.
 */
#ifndef CONFAB_LOOP_MAILBOX_H
#define CONFAB_LOOP_MAILBOX_H

#include <stdatomic.h>
#include "loop/task.h"

struct mailbox {
    _Atomic(struct task *) newest;
    void (*wake)(void *context); /* called by the poster, only when the mailbox was empty */
    void *context;
};

void mailbox_init(struct mailbox *mailbox, void (*wake)(void *context), void *context);

/* Hand the task over. Thread: any. */
void mailbox_post(struct mailbox *mailbox, struct task *task);

/* The same for several, linked by next from the newest to the oldest. */
void mailbox_post_all(struct mailbox *mailbox, struct task *newest, struct task *oldest);

/* Everything posted so far, oldest first, linked by next; NULL: nothing. Thread: the owner. */
struct task *mailbox_take_all(struct mailbox *mailbox);

#endif
