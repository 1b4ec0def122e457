/* client.h - one connection of the load generator: connecting, reading and checking, publishing.
 *
 * A connection that fails is counted in load.faults and closed; the others go on.
 */
#ifndef CONFAB_BENCH_CLIENT_H
#define CONFAB_BENCH_CLIENT_H

#include "bench/load.h"

/* Begin to connect an idle client. */
void client_open(struct load *load, struct client *client);

/* Publish one message in the name of the moment sent_ns. It is only gathered: client_flush() sends
 * it. ERR_MEMORY, and ERR_CLOSED when the publisher's connection is gone. */
CHECKED enum err client_publish(struct load *load, struct publisher *publisher, uint64_t sent_ns);

/* Send what is gathered, as far as the socket takes it. */
void client_flush(struct load *load, struct client *client);

/* Publish and send as much as the window and load.publish_left allow. */
void client_fill_window(struct load *load, struct publisher *publisher);

/* Wait for events, at most timeout_ns, and deal with them. */
void client_poll(struct load *load, uint64_t timeout_ns);

/* Hear nothing of an open client until it is let go again; what comes meanwhile is read then. */
void client_hold(const struct load *load, struct client *client, bool is_held);

void client_free(struct client *client);

#endif
