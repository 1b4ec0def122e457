/* v1_features.h - what this server has of confab.v1: "features" of hello and of GET
 * /api/v1/version/. */
#ifndef CONFAB_CHAT_V1_FEATURES_H
#define CONFAB_CHAT_V1_FEATURES_H

#include "base/json_write.h"

/* The names as a JSON array. takes_uploads: a directory for them is set (--upload-dir). */
void v1_write_features(struct json *json, bool takes_uploads);

#endif
