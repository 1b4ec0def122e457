#include "loop/deadline.h"

void deadline_queue_init(struct deadline_queue *queue, int64_t duration_ms)
{
    list_init(&queue->armed);
    queue->duration_ms = duration_ms;
}

void deadline_init(struct deadline *deadline)
{
    list_init(&deadline->link);
    deadline->due_ms = 0;
}

void deadline_arm(struct deadline_queue *queue, struct deadline *deadline, int64_t now_ms)
{
    list_remove(&deadline->link);
    deadline->due_ms = now_ms + queue->duration_ms;
    list_push(&queue->armed, &deadline->link);
}

void deadline_disarm(struct deadline *deadline)
{
    list_remove(&deadline->link);
}

struct deadline *deadline_take_due(struct deadline_queue *queue, int64_t now_ms)
{
    if (list_is_empty(&queue->armed))
        return NULL;
    struct deadline *first = CONTAINER_OF(queue->armed.next, struct deadline, link);
    if (first->due_ms > now_ms)
        return NULL;
    list_remove(&first->link);
    return first;
}
