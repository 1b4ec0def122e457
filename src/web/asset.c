#include "web/asset.h"

const struct web_asset *web_asset_find(const struct web_assets *assets, struct bytes name)
{
    for (size_t i = 0; i < assets->count; i++) {
        if (bytes_is(name, assets->assets[i].name))
            return &assets->assets[i];
    }
    return NULL;
}
