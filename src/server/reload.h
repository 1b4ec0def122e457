/* reload.h - what SIGHUP does: the access log's file, the configuration, the certificates, all
 * anew.
 *
 * What cannot be read leaves that part as it was, and a log line says why. Thread: the main one.
 */
#ifndef CONFAB_SERVER_RELOAD_H
#define CONFAB_SERVER_RELOAD_H

#include "server/site.h"

/* source NULL: there is no configuration that could be read again. */
void reload_all(struct site *site, const struct settings_source *source);

#endif
