/* deadline.h - many things that must happen within the same time each.
 *
 * All deadlines of one queue have the same duration, so they fall due in the order in which they
 * were armed: arming, disarming and finding the next one take the same time however many there are.
 */
#ifndef CONFAB_LOOP_DEADLINE_H
#define CONFAB_LOOP_DEADLINE_H

#include <stdint.h>
#include "base/list.h"

struct deadline {
    struct list link;
    int64_t due_ms;
};

struct deadline_queue {
    struct list armed; /* soonest first */
    int64_t duration_ms;
};

void deadline_queue_init(struct deadline_queue *queue, int64_t duration_ms);

void deadline_init(struct deadline *deadline);

/* Start the time afresh, whichever queue the deadline was in before. */
void deadline_arm(struct deadline_queue *queue, struct deadline *deadline, int64_t now_ms);
void deadline_disarm(struct deadline *deadline);

/* Take out one that is due at now_ms. NULL: none is. */
struct deadline *deadline_take_due(struct deadline_queue *queue, int64_t now_ms);

#endif
