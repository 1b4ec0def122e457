/* suggest.h - the name that somebody who mistyped it may have meant. */
#ifndef CONFAB_CLI_SUGGEST_H
#define CONFAB_CLI_SUGGEST_H

#include "base/bytes.h"

enum { SUGGEST_NAME_BYTES_MAX = 40 }; /* longer texts are like nothing */

/* How many characters must be put in, taken out, replaced, or swapped with a neighbour to make one
 * text of the other. Texts longer than SUGGEST_NAME_BYTES_MAX: their difference counts as infinite
 * (UINT_MAX). */
unsigned suggest_distance(struct bytes a, struct bytes b);

/* Remembers the best of the candidates that it is shown. Begin with {.typed = text}. */
struct suggestion {
    struct bytes typed;
    const char *best; /* NULL: nothing is near enough */
    unsigned distance;
};

/* Near enough is: at most a third of the characters differ, and never more than 3. */
void suggest_consider(struct suggestion *suggestion, const char *candidate);

#endif
