#include "store/reactions.h"

#include "store/row_read.h"

static struct sql *take(struct db *db, enum sql_id id, int64_t message_id, struct bytes emoji)
{
    struct sql *sql = sql_take(db, id);
    sql_bind_number(sql, 1, message_id);
    sql_bind_text(sql, 2, emoji);
    return sql;
}

static enum err run(struct sql *sql, bool *changed)
{
    int64_t changes = 0;
    enum err err = sql_run(sql, &changes);
    *changed = err == OK && changes > 0;
    return err;
}

enum err reactions_add(struct db *db, const struct reaction_key *key, int64_t now_us, bool *changed)
{
    struct sql *sql = take(db, SQL_REACTION_INSERT, key->message_id, key->emoji);
    sql_bind_number(sql, 3, key->user_id);
    sql_bind_time(sql, 4, now_us);
    return run(sql, changed);
}

enum err reactions_remove(struct db *db, const struct reaction_key *key, bool *changed)
{
    struct sql *sql = take(db, SQL_REACTION_DELETE, key->message_id, key->emoji);
    sql_bind_number(sql, 3, key->user_id);
    return run(sql, changed);
}

enum err reactions_count(struct db *db, int64_t message_id, struct bytes emoji, int64_t *count)
{
    return read_one_number(take(db, SQL_REACTION_COUNT, message_id, emoji), count);
}

enum err reactions_count_emojis(struct db *db, int64_t message_id, int64_t *count)
{
    struct sql *sql = sql_take(db, SQL_REACTION_COUNT_EMOJIS);
    sql_bind_number(sql, 1, message_id);
    return read_one_number(sql, count);
}
