/* asset.h - files that are part of the program: pages, scripts, documents. embed.py turns them into
 * C at build time. */
#ifndef CONFAB_WEB_ASSET_H
#define CONFAB_WEB_ASSET_H

#include "base/bytes.h"

struct web_asset {
    const char *name; /* the file's, without folder */
    const char *type; /* its media type */
    struct bytes content;
};

/* A table that is filled at build time. */
struct web_assets {
    const struct web_asset *assets;
    size_t count;
};

/* The page of the API documentation: Swagger UI and our own beginning of it. */
extern const struct web_assets web_docs;

/* The asset of that name. NULL: there is none. */
const struct web_asset *web_asset_find(const struct web_assets *assets, struct bytes name);

#endif
