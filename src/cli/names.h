/* names.h - the names that an administrator types, judged by the same rules as those that come over
 * REST (api/account.h), with words that say what would be right.
 */
#ifndef CONFAB_CLI_NAMES_H
#define CONFAB_CLI_NAMES_H

#include "base/bytes.h"

enum { NAME_WHY_BYTES = 256 };

/* ERR_SYNTAX: *why is one line that says what is wrong. */
CHECKED enum err username_check(struct bytes name, char why[NAME_WHY_BYTES]);

/* The same for a name that somebody is to get: it must be as it is stored
 * (username_append_stored()), so that nobody gets another name than the one that was typed.
 * ERR_MEMORY. */
CHECKED enum err username_check_new(struct bytes name, char why[NAME_WHY_BYTES]);

CHECKED enum err email_check(struct bytes email, char why[NAME_WHY_BYTES]);

/* White space at the ends is not part of a chat's name: *name loses it. */
CHECKED enum err chat_name_check(struct bytes *name, char why[NAME_WHY_BYTES]);

/* What an operator says to everybody: one line of at most NOTICE_MESSAGE_COUNT_MAX code points.
 * White space at the ends is not part of it: *message loses it. */
CHECKED enum err notice_message_check(struct bytes *message, char why[NAME_WHY_BYTES]);

#endif
