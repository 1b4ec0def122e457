/* revoke.h - live connections whose session, membership or chat has ended are closed within two
 * seconds.
 *
 * Two ways: what this server itself changed is posted to all loops the moment it is durable; what
 * another process may have changed in the database is found by checking all live sockets against it
 * (a sweep), at most every SWEEP_MS_MIN.
 */
#ifndef CONFAB_SERVER_REVOKE_H
#define CONFAB_SERVER_REVOKE_H

#include "server/shard.h"

/* Tell all loops; does nothing for an empty revocation. Thread: the writer's. */
void revoke_post(struct site *site, const struct revocation *revocation);

/* At each tick: close sockets whose session has expired; begin a sweep if another process has
 * written. Thread: the shard's. */
void revoke_on_tick(struct shard *shard);

#endif
