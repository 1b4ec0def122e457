/* live.h - the settings that may change while serving.
 *
 * A configuration that was read anew is a new value; the old one stays as it is for the requests
 * that began with it. Each loop has its own reference, which a task on that loop changes; each
 * request holds the value that it began with. Which options are meant is said in the option table
 * (cli/options.c). Does not know: where settings come from (settings.h, struct settings_source).
 */
#ifndef CONFAB_SERVER_LIVE_H
#define CONFAB_SERVER_LIVE_H

#include <stdatomic.h>
#include "api/call.h"
#include "server/settings.h"

struct live {
    _Atomic unsigned holders;
    const struct settings_source *source; /* NULL: the settings are not given back */
    const struct server_settings *settings;
    struct api_settings api;
};

/* Make a value of settings, which belong to it from now on: they go back to the source with the
 * last holder. The caller is the first holder. api: what does not change. ERR_MEMORY: the settings
 * stay the caller's. */
CHECKED enum err live_new(const struct server_settings *settings,
                          const struct settings_source *source, const struct api_settings *api,
                          struct live **out);

/* One holder more, one less. Thread: any. */
struct live *live_ref(struct live *live);
void live_unref(struct live **live);

#endif
