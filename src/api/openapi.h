/* openapi.h - the OpenAPI document of this API, openapi.json, as a part of the program.
 *
 * openapi.py makes "openapi.json" (without blanks) and "openapi.yaml" of it at build time.
 */
#ifndef CONFAB_API_OPENAPI_H
#define CONFAB_API_OPENAPI_H

#include "web/asset.h"

extern const struct web_assets openapi_documents;

#endif
