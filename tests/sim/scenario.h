/* scenario.h - an hour of a small site: everything that the server can be asked, once, in one
 * order.
 *
 * Every answer is judged. Without trouble each is the one that the table in scenario.c names. With
 * trouble, a request may also be answered by 503 or by the end of its connection, and what builds
 * on it by any refusal; but nothing may be answered wrongly, hang, or be shown and not stored.
 */
#ifndef CONFAB_TESTS_SIM_SCENARIO_H
#define CONFAB_TESTS_SIM_SCENARIO_H

#include <stdbool.h>

enum scenario_trouble {
    TROUBLE_NONE,
    TROUBLE_OF_DATABASE, /* whoever is connected is told of it */
    TROUBLE_OF_MEMORY,   /* a connection may also end without a word */
};

/* What the trouble is by now. */
typedef enum scenario_trouble trouble_now(void);

/* Go through it once, on the server that runs. serial: how often that was done before with this
 * database. */
void scenario_run(unsigned serial, trouble_now *trouble);

/* Free what the module keeps. */
void scenario_deinit(void);

#endif
