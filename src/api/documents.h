/* documents.h - the documents that describe this server to programs, as parts of the program:
 * openapi.json (REST) and asyncapi.json (WebSockets).
 *
 * document_forms.py makes "NAME.json" (without blanks) and "NAME.yaml" of each at build time.
 */
#ifndef CONFAB_API_DOCUMENTS_H
#define CONFAB_API_DOCUMENTS_H

#include "web/asset.h"

extern const struct web_assets api_documents;

#endif
