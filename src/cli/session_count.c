#include "cli/session_count.h"

#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "cli/session_keys.h"
#include "store/sessions.h"

enum { SESSIONS_PAGE = 64 }; /* sessions read at once */

/* ERR_SYNTAX: no key vouches for it. */
static enum err check_one(const struct session_keys *keys, const struct session_row *row)
{
    struct arena arena = {0};
    int64_t user_id;
    if (!keys->are_known)
        return ERR_SYNTAX;
    enum err err = session_keys_open(keys, row, &arena, &user_id);
    arena_free(&arena);
    return err == ERR_NOT_FOUND ? OK : err; /* nobody's yet, but it is one of ours */
}

static enum err count_page(const struct session_keys *keys, const struct session_row *rows,
                           size_t count, int64_t now_us, struct session_count *out)
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

static enum err count_all(struct db *db, const struct session_keys *keys, struct session_count *out)
{
    struct arena arenas[2] = {{0},
                              {0}}; /* of this page and the one before, whose last key is used */
    struct session_row rows[SESSIONS_PAGE];
    struct bytes after_key = BYTES("");
    size_t count = 0;
    unsigned page = 0;
    enum err err = OK;
    do {
        arena_free(&arenas[page % 2]);
        err = sessions_list(db, after_key, SESSIONS_PAGE, &arenas[page % 2], rows, &count);
        if (err == OK)
            err = count_page(keys, rows, count, time_now_us(), out);
        if (count > 0)
            after_key = rows[count - 1].key;
        page++;
    } while (err == OK && count == SESSIONS_PAGE);
    arena_free(&arenas[0]);
    arena_free(&arenas[1]);
    return err;
}

enum err session_count(struct db *db, const struct server_settings *settings,
                       struct session_count *out)
{
    struct session_keys keys;
    char reason[SECRET_KEY_REASON_BYTES];
    *out = (struct session_count) {0};
    enum err err = session_keys_load(settings, &keys, reason);
    if (err != OK) {
        (void)report_error(STATUS_FAILED, "%s", reason);
    } else {
        err = count_all(db, &keys, out);
        if (err != OK)
            (void)report_failure("the sessions cannot be counted", err);
    }
    session_keys_deinit(&keys);
    return err;
}
