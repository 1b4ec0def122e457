#include "store/nonces.h"

#include "store/sql.h"

static struct sql *take_with_key(struct db *db, enum sql_id id, const struct nonce_key *key)
{
    struct sql *sql = sql_take(db, id);
    sql_bind_number(sql, 1, key->sender_id);
    sql_bind_number(sql, 2, key->chat_id);
    sql_bind_text(sql, 3, key->nonce);
    return sql;
}

enum err nonces_find(struct db *db, const struct nonce_key *key, int64_t *message_id, int64_t *hash,
                     int64_t *timestamp_us)
{
    struct sql *sql = take_with_key(db, SQL_NONCE_FIND, key);
    enum err err = sql_next(sql);
    if (err == OK) {
        *message_id = sql_number(sql, 0);
        *hash = sql_number(sql, 1);
        *timestamp_us = sql_time(sql, 2);
        err = sql_status(sql);
    }
    sql_done(sql);
    return err;
}

enum err nonces_insert(struct db *db, const struct nonce_key *key, int64_t message_id, int64_t hash,
                       int64_t now_us)
{
    struct sql *sql = take_with_key(db, SQL_NONCE_INSERT, key);
    sql_bind_number(sql, 4, message_id);
    sql_bind_number(sql, 5, hash);
    sql_bind_time(sql, 6, now_us);
    return sql_run(sql, NULL);
}

enum err nonces_delete_old(struct db *db, int64_t before_us)
{
    struct sql *sql = sql_take(db, SQL_NONCE_DELETE_OLD);
    sql_bind_time(sql, 1, before_us);
    sql_bind_number(sql, 2, NONCE_DELETED_AT_ONCE);
    return sql_run(sql, NULL);
}
