/* record.h - what is noted of each request when it is over: the counters, and a line of the access
 * log.
 *
 * Of the target only the path is noted: queries, fields and contents may hold secrets.
 */
#ifndef CONFAB_SERVER_RECORD_H
#define CONFAB_SERVER_RECORD_H

#include "server/exchange.h"

enum { ACCESS_LOG_REASON_BYTES = 256 };

/* The answer was given to the connection. Thread: the client's loop. */
void record_request(struct exchange *exchange);

/* The client went, or the answer failed, before it was complete. */
void record_aborted(const struct exchange *exchange);

/* Open the access log: a path, "-" (standard output), or "off". ERR_IO: *reason is one line. */
CHECKED enum err record_open(struct access_log *log, const char *where,
                             char reason[ACCESS_LOG_REASON_BYTES]);

/* Open the file of that name anew, because the old one was moved away. Errors as above: lines go on
 * into the old file. Thread: any, one at a time; the loops may write meanwhile. */
CHECKED enum err record_reopen(struct access_log *log, char reason[ACCESS_LOG_REASON_BYTES]);

void record_close(struct access_log *log);

#endif
