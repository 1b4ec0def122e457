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
    struct task *newest = atomic_load_explicit(&mailbox->newest, memory_order_relaxed);
    do {
        task->next = newest;
    } while (!atomic_compare_exchange_weak_explicit(&mailbox->newest, &newest, task,
                                                    memory_order_release, memory_order_relaxed));
    /* From here on the task belongs to the other side; newest is only compared. */
    if (newest == NULL)
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
