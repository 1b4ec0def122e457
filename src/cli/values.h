/* values.h - from the text of an option's value to the value: what is right, and what to say when
 * it is not.
 *
 * Does not know: where the text came from.
 */
#ifndef CONFAB_CLI_VALUES_H
#define CONFAB_CLI_VALUES_H

#include "cli/options.h"

/* Put the value into its place in settings. A list's values, separated by blanks or commas, are
 * added to it. Texts are kept where they are, pieces of lists are copied into the settings' arena.
 * ERR_SYNTAX, ERR_LIMIT: the setting is unchanged (of a list, values before the bad one may have
 * been added); *why says what was wrong and what would be right. ERR_MEMORY. */
CHECKED enum err value_set(const struct option *option, struct settings *settings, const char *text,
                           char why[OPTION_WHY_BYTES]);

/* Take everything out of a list again, before a stronger source fills it. */
void value_clear_list(const struct option *option, struct settings *settings);

/* Whether an option has the same value in both. Of lists that are not of texts only the count is
 * compared. */
bool value_is_same(const struct option *option, const struct settings *a, const struct settings *b);

size_t value_list_count(const struct option *option, const struct settings *settings);

/* The checks and list functions that the option table names. */
enum err value_check_database(const char *text, char why[OPTION_WHY_BYTES]);
enum err value_check_channel_layer(const char *text, char why[OPTION_WHY_BYTES]);
enum err value_check_path(const char *text, char why[OPTION_WHY_BYTES]);
enum err value_check_listen(const char *text, char why[OPTION_WHY_BYTES]);
enum err value_check_cookie_name(const char *text, char why[OPTION_WHY_BYTES]);
enum err value_check_cookie_domain(const char *text, char why[OPTION_WHY_BYTES]);
enum err value_check_cookie_path(const char *text, char why[OPTION_WHY_BYTES]);
enum err value_check_email(const char *text, char why[OPTION_WHY_BYTES]);
enum err value_check_time(const char *text, char why[OPTION_WHY_BYTES]);
enum err value_check_notice_code(const char *text, char why[OPTION_WHY_BYTES]);
enum err value_take_listen(struct settings *settings, const char *text, char why[OPTION_WHY_BYTES]);
enum err value_take_upload_type(struct settings *settings, const char *text,
                                char why[OPTION_WHY_BYTES]);
enum err value_take_origin(struct settings *settings, const char *text, char why[OPTION_WHY_BYTES]);
enum err value_take_proxy(struct settings *settings, const char *text, char why[OPTION_WHY_BYTES]);
enum err value_take_fallback(struct settings *settings, const char *text,
                             char why[OPTION_WHY_BYTES]);
enum err value_take_participant(struct settings *settings, const char *text,
                                char why[OPTION_WHY_BYTES]);

#endif
