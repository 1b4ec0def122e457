#include "cli/session_count.h"

#include <string.h>
#include <unistd.h>
#include "auth/session.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "server/secret_key.h"
#include "store/sessions.h"

enum { SESSIONS_PAGE = 64 }; /* sessions read at once */

/* The site's keys, newest first. */
struct keys {
    struct buf texts[SECRET_FALLBACKS_MAX + 1];
    size_t count;
};

static void keys_wipe(struct keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->texts[i].data != NULL)
            explicit_bzero(keys->texts[i].data, keys->texts[i].cap);
        buf_free(&keys->texts[i]);
    }
}

static enum err read_one(struct keys *keys, const char *path)
{
    char reason[SECRET_KEY_REASON_BYTES];
    enum err err = secret_key_read(path, &keys->texts[keys->count++], reason);
    if (err != OK)
        (void)report_error(STATUS_FAILED, "%s", reason);
    return err;
}

static enum err keys_read(struct keys *keys, const struct server_settings *settings)
{
    enum err err = OK;
    if (access(settings->secret_key_file, F_OK) == 0)
        err = read_one(keys, settings->secret_key_file);
    for (size_t i = 0; i < settings->secret_key_fallback_count && err == OK; i++)
        err = read_one(keys, settings->secret_key_fallback_files[i]);
    return err;
}

/* ERR_SYNTAX: no key vouches for it. */
static enum err check_one(const struct keys *keys, const struct session_row *row)
{
    struct arena arena = {0};
    struct secrets secrets = {0};
    struct session_login login;
    struct bytes json;
    if (keys->count == 0)
        return ERR_SYNTAX;
    secrets.current = buf_bytes(&keys->texts[0]);
    for (size_t i = 1; i < keys->count; i++)
        secrets.fallbacks[secrets.fallback_count++] = buf_bytes(&keys->texts[i]);
    enum err err = session_decode(row->data, &secrets, &arena, &json, &login);
    arena_free(&arena);
    return err;
}

static enum err count_page(const struct keys *keys, const struct session_row *rows, size_t count,
                           int64_t now_us, struct session_count *out)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].expire_us <= now_us)
            continue;
        enum err err = check_one(keys, &rows[i]);
        if (err != OK && err != ERR_SYNTAX)
            return err;
        out->live++;
        if (err == OK)
            out->known++;
    }
    return OK;
}

enum err session_count(struct db *db, const struct server_settings *settings,
                       struct session_count *out)
{
    struct keys keys = {0};
    struct arena arenas[2] = {{0},
                              {0}}; /* of this page and the one before, whose last key is used */
    struct session_row rows[SESSIONS_PAGE];
    struct bytes after_key = BYTES("");
    size_t count = 0;
    unsigned page = 0;
    *out = (struct session_count) {0};
    enum err err = keys_read(&keys, settings);
    if (err != OK)
        goto done;
    do {
        arena_free(&arenas[page % 2]);
        err = sessions_list(db, after_key, SESSIONS_PAGE, &arenas[page % 2], rows, &count);
        if (err == OK)
            err = count_page(&keys, rows, count, time_now_us(), out);
        if (count > 0)
            after_key = rows[count - 1].key;
        page++;
    } while (err == OK && count == SESSIONS_PAGE);
    if (err != OK)
        (void)report_failure("the sessions cannot be counted", err);

done:
    arena_free(&arenas[0]);
    arena_free(&arenas[1]);
    keys_wipe(&keys);
    return err;
}
