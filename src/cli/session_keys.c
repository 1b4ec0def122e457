#include "cli/session_keys.h"

#include <errno.h>
#include <unistd.h>

enum err session_keys_load(const struct server_settings *settings, struct session_keys *out,
                           char reason[SECRET_KEY_REASON_BYTES])
{
    const char *path = settings->secret_key_file;
    *out = (struct session_keys) {0};
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return OK;
    enum err err = secret_key_load(path, &out->text, reason);
    out->secrets.current = buf_bytes(&out->text);
    for (size_t i = 0; i < settings->secret_key_fallback_count && err == OK; i++) {
        err = secret_key_read(settings->secret_key_fallback_files[i], &out->fallbacks[i], reason);
        out->secrets.fallbacks[out->secrets.fallback_count++] = buf_bytes(&out->fallbacks[i]);
    }
    out->are_known = err == OK;
    return err;
}

static void wipe(struct buf *key)
{
    if (key->data != NULL)
        explicit_bzero(key->data, key->cap);
    buf_free(key);
}

void session_keys_deinit(struct session_keys *keys)
{
    wipe(&keys->text);
    for (size_t i = 0; i < SECRET_FALLBACKS_MAX; i++)
        wipe(&keys->fallbacks[i]);
    *keys = (struct session_keys) {0};
}

enum err session_keys_open(const struct session_keys *keys, const struct session_row *row,
                           struct arena *arena, int64_t *user_id)
{
    struct session_login login = {0};
    struct bytes json;
    enum err err = session_decode(row->data, &keys->secrets, arena, &json, &login);
    if (err == OK && !login.has_user)
        err = ERR_NOT_FOUND;
    if (err == OK)
        *user_id = login.user_id;
    return err;
}
