/* session_keys.h - reading sessions as the server does: with the site's secret key, if there is
 * one. */
#ifndef CONFAB_CLI_SESSION_KEYS_H
#define CONFAB_CLI_SESSION_KEYS_H

#include "auth/session.h"
#include "cli/settings.h"
#include "server/secret_key.h"
#include "store/rows.h"

enum { SESSION_KEY_BYTES_SHOWN = 8 }; /* of 32: enough to name one, too little to use it */

struct session_keys {
    struct buf text;                            /* the file's */
    struct buf fallbacks[SECRET_FALLBACKS_MAX]; /* earlier keys' */
    struct secrets secrets;
    bool are_known; /* false: there is no secret key file */
};

/* Read the secret key file; that there is none is OK, and none is made. After other
 * errors reason is one line. The caller ends it with session_keys_deinit(). */
CHECKED enum err session_keys_load(const struct server_settings *settings, struct session_keys *out,
                                   char reason[SECRET_KEY_REASON_BYTES]);

/* Nothing of the key stays in memory. */
void session_keys_deinit(struct session_keys *keys);

/* Whose session it is. ERR_SYNTAX: the key does not open it; ERR_NOT_FOUND: nobody's (before a
 * login, say); ERR_MEMORY. */
CHECKED enum err session_keys_open(const struct session_keys *keys, const struct session_row *row,
                                   struct arena *arena, int64_t *user_id);

/* The beginning of the session's key, for people's eyes. */
static inline struct bytes session_key_shown(const struct session_row *row)
{
    size_t len = row->key.len;
    return bytes_first(row->key, len < SESSION_KEY_BYTES_SHOWN ? len : SESSION_KEY_BYTES_SHOWN);
}

#endif
