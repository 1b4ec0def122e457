/* redirect.h - the answer of the listener that speaks HTTP only to point at HTTPS. */
#ifndef CONFAB_SERVER_REDIRECT_H
#define CONFAB_SERVER_REDIRECT_H

#include "api/call.h"

/* 308 to the same host and target on the HTTPS port (which is left out if it is 443). */
struct step redirect_begin(struct call *call, uint16_t https_port);

#endif
