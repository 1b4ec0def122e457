#include "loop/mailbox.h"

#include <stddef.h>

void mailbox_init(struct mailbox *mailbox, void (*wake)(void *context), void *context)
{
    atomic_init(&mailbox->newest, NULL);
    mailbox->wake = wake;
    mailbox->context = context;
}

void mailbox_post(struct mailbox *mailbox, struct task *task)
{
    mailbox_post_all(mailbox, task, task);
}

void mailbox_post_all(struct mailbox *mailbox, struct task *newest, struct task *oldest)
{
    struct task *before = atomic_load_explicit(&mailbox->newest, memory_order_relaxed);
    do {
        oldest->next = before;
    } while (!atomic_compare_exchange_weak_explicit(&mailbox->newest, &before, newest,
                                                    memory_order_release, memory_order_relaxed));
    /* From here on the tasks belong to the other side; before is only compared. */
    if (before == NULL)
        mailbox->wake(mailbox->context);
}

struct task *mailbox_take_all(struct mailbox *mailbox)
{
    struct task *task = atomic_exchange_explicit(&mailbox->newest, NULL, memory_order_acquire);
    struct task *oldest = NULL;
    while (task != NULL) {
        struct task *next = task->next;
        task->next = oldest;
        oldest = task;
        task = next;
    }
    return oldest;
}
