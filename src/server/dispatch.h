/* dispatch.h - carries a call from thread to thread, as its steps say. */
#ifndef CONFAB_SERVER_DISPATCH_H
#define CONFAB_SERVER_DISPATCH_H

#include "server/exchange.h"

/* Go where the step says; whoever calls this gives the exchange away. Thread: whichever has the
 * exchange. */
void dispatch_go(struct exchange *exchange, struct step step);

/* The same on the client's own loop: what goes to a reader waits for dispatch_flush(), so that the
 * requests of one turn go together. */
void dispatch_begin(struct exchange *exchange, struct step step);

/* The turn is over: let them go, and what it has for the writer (shard->writes). Thread: the
 * shard's. */
void dispatch_flush(struct shard *shard);

/* Around the tasks that a reader has taken at once: they look at one moment of the database, and
 * what they have finished goes back to the loops together. Thread: the reader's. */
void dispatch_before_reads(void *db);
void dispatch_after_reads(void *db);

#endif
