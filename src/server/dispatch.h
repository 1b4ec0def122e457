/* dispatch.h - carries a call from thread to thread, as its steps say. */
#ifndef CONFAB_SERVER_DISPATCH_H
#define CONFAB_SERVER_DISPATCH_H

#include "server/exchange.h"

/* Go where the step says; whoever calls this gives the exchange away. Thread: whichever has the
 * exchange. */
void dispatch_go(struct exchange *exchange, struct step step);

#endif
