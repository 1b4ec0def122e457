/* confine.h - what serving needs of the machine, and that it gets no more (sandbox.h).
 *
 * Knows: the settings, and which files they make the server touch.
 * Does not know: how the kernel takes rights away.
 * Thread: the main one, before any other exists.
 */
#ifndef CONFAB_SERVER_CONFINE_H
#define CONFAB_SERVER_CONFINE_H

#include "server/settings.h"

/* The first thing: the process's limits, its user, its place for temporary files. Whatever is made
 * after this has the right owner and mode. On an error *reason is one line. */
CHECKED enum err confine_begin(const struct server_settings *settings, char reason[256]);

/* The last thing before the first thread: everything that is opened only once is open. Logs what is
 * in force. On an error *reason is one line, and the process must not go on. */
CHECKED enum err confine(const struct server_settings *settings, char reason[256]);

#endif
