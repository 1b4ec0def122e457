#include "server/live.h"

#include <stdlib.h>

enum err live_new(const struct server_settings *settings, const struct settings_source *source,
                  const struct api_settings *api, struct live **out)
{
    struct live *live = calloc(1, sizeof *live);
    if (live == NULL)
        return ERR_MEMORY;
    atomic_init(&live->holders, 1);
    live->settings = settings;
    live->source = source;
    live->api = *api;
    live->api.origins = settings->origins;
    *out = live;
    return OK;
}

struct live *live_ref(struct live *live)
{
    atomic_fetch_add_explicit(&live->holders, 1, memory_order_relaxed);
    return live;
}

void live_unref(struct live **live_at)
{
    struct live *live = *live_at;
    *live_at = NULL;
    if (live == NULL || atomic_fetch_sub(&live->holders, 1) > 1)
        return;
    if (live->source != NULL)
        live->source->release(live->source->context, live->settings);
    free(live);
}
