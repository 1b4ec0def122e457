/* refusal.h - why a request is not taken: a status code and a reason for people. Private to http/.
 */
#ifndef CONFAB_HTTP_REFUSAL_H
#define CONFAB_HTTP_REFUSAL_H

#include <stdbool.h>

/* All zero: nothing was refused. */
struct refusal {
    unsigned status;
    const char *reason; /* static text */
};

/* Note a refusal. Always false, so that a check can return it. */
static inline bool refuse(struct refusal *refusal, unsigned status, const char *reason)
{
    *refusal = (struct refusal) {status, reason};
    return false;
}

#endif
