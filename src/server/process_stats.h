/* process_stats.h - what the system knows of this process, under the names that all Prometheus
 * clients use.
 *
 * What cannot be read (a sandbox may hide /proc) is left out.
 */
#ifndef CONFAB_SERVER_PROCESS_STATS_H
#define CONFAB_SERVER_PROCESS_STATS_H

#include "base/buf.h"

/* Note the moment of the start, and open what a sandbox may hide later. Before the threads start.
 */
void process_stats_begin(void);

void process_stats_write(struct buf *out);

#endif
