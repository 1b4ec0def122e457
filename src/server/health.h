/* health.h - GET /healthz: 200 while the server can read its database, 503 when it cannot. */
#ifndef CONFAB_SERVER_HEALTH_H
#define CONFAB_SERVER_HEALTH_H

#include "api/call.h"

bool health_is_wanted(const struct http_request *request);
struct step health_begin(struct call *call);

#endif
