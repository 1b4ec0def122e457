/* schema_sql.h - the statements of src/store/sql, embedded when the program is built; each array
 * ends with NULL. */
#ifndef CONFAB_STORE_SCHEMA_SQL_H
#define CONFAB_STORE_SCHEMA_SQL_H

#include <stddef.h>

extern const char *const schema_django_tables[];
extern const char *const schema_django_rows[];
extern const char *const schema_confab_tables[];
extern const char *const schema_confab_v1[];
extern const char *const schema_confab_search[];
extern const char *const schema_confab_search_triggers[];
extern const char *const schema_confab_tokens[];
extern const char *const schema_confab_uploads[];
extern const char *const schema_confab_notices[];

#endif
