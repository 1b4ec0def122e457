#include "store/members.h"

#include <assert.h>
#include "store/chats.h"
#include "store/row_read.h"

static const char *const role_names[ROLE_COUNT] = {
    [ROLE_BANNED] = "banned", [ROLE_NONE] = "none",           [ROLE_READ_ONLY] = "read_only",
    [ROLE_MEMBER] = "member", [ROLE_MODERATOR] = "moderator", [ROLE_OWNER] = "owner",
};

const char *member_role_name(enum member_role role)
{
    assert(role < ROLE_COUNT);
    return role_names[role];
}

enum err member_role_of(struct bytes name, enum member_role *out)
{
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        if (role != ROLE_NONE && bytes_is(name, role_names[role])) {
            *out = (enum member_role)role;
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}

enum member_role membership_role(const struct membership *membership)
{
    return membership->role > ROLE_NONE && membership->is_staff ? ROLE_OWNER : membership->role;
}

enum member_writing membership_writing(const struct membership *membership, int64_t now_us)
{
    enum member_role role = membership_role(membership);
    if (role <= ROLE_NONE || !membership->is_active)
        return WRITING_NOT_PARTICIPANT;
    if (role < (membership->kind == CHAT_ANNOUNCEMENT ? ROLE_MODERATOR : ROLE_MEMBER))
        return WRITING_READ_ONLY;
    return membership->muted_until_us > now_us ? WRITING_MUTED : WRITING_ALLOWED;
}

/* --- Reading --- */

/* A role that a later version has stored is a plain member's; a banned participant (Django added
 * it) is one too, who may only read. */
static enum member_role read_role(struct sql *sql, int column)
{
    enum member_role role = ROLE_MEMBER;
    return member_role_of(sql_text(sql, column), &role) == OK ? role : ROLE_MEMBER;
}

static enum member_role role_in(bool takes_part, enum member_role noted)
{
    if (!takes_part)
        return noted == ROLE_BANNED ? ROLE_BANNED : ROLE_NONE;
    return noted == ROLE_BANNED ? ROLE_READ_ONLY : noted;
}

static struct sql *take(struct db *db, enum sql_id id, int64_t chat_id, int64_t user_id)
{
    struct sql *sql = sql_take(db, id);
    sql_bind_number(sql, 1, chat_id);
    sql_bind_number(sql, 2, user_id);
    return sql;
}

enum err members_find(struct db *db, int64_t chat_id, int64_t user_id, struct membership *out)
{
    struct membership membership = {.user_id = user_id};
    struct sql *sql = take(db, SQL_MEMBER_FIND, chat_id, user_id);
    enum err err = sql_next(sql);
    if (err == OK) {
        membership.kind = read_chat_kind(sql, 0);
        membership.role = role_in(sql_bool(sql, 1), read_role(sql, 2));
        membership.muted_until_us = sql_time(sql, 3);
        membership.read_seq = sql_number(sql, 4);
        membership.is_active = sql_bool(sql, 5);
        membership.is_staff = sql_bool(sql, 6);
        err = sql_status(sql);
    }
    sql_done(sql);
    if (err == OK)
        *out = membership;
    return err;
}

enum err members_find_username(struct db *db, int64_t chat_id, struct bytes username,
                               int64_t *user_id)
{
    struct sql *sql = sql_take(db, SQL_MEMBER_FIND_USERNAME);
    sql_bind_number(sql, 1, chat_id);
    sql_bind_text(sql, 2, username);
    return read_one_number(sql, user_id);
}

enum err members_list(struct db *db, int64_t chat_id, int64_t after_id, size_t max,
                      struct arena *arena, struct member_row *out, size_t *count)
{
    size_t n = 0;
    enum err err = OK;
    struct sql *sql = take(db, SQL_MEMBER_LIST, chat_id, after_id);
    sql_bind_number(sql, 3, (int64_t)max);
    while (n < max && (err = sql_next(sql)) == OK) {
        out[n++] = (struct member_row) {
            .user = read_user(sql, arena),
            .role = role_in(true, read_role(sql, USER_COLUMN_COUNT)),
            .muted_until_us = sql_time(sql, USER_COLUMN_COUNT + 1),
            .read_seq = sql_number(sql, USER_COLUMN_COUNT + 2),
        };
    }
    return end_rows(sql, err, n, count);
}

static enum err count(struct db *db, enum sql_id id, int64_t chat_id, int64_t *out)
{
    struct sql *sql = sql_take(db, id);
    sql_bind_number(sql, 1, chat_id);
    return read_one_number(sql, out);
}

enum err members_count(struct db *db, int64_t chat_id, int64_t *out)
{
    return count(db, SQL_MEMBER_COUNT, chat_id, out);
}

enum err members_count_owners(struct db *db, int64_t chat_id, int64_t *out)
{
    return count(db, SQL_MEMBER_COUNT_OWNERS, chat_id, out);
}

enum err members_find_heir(struct db *db, int64_t chat_id, int64_t user_id, int64_t *heir_id)
{
    return read_one_number(take(db, SQL_MEMBER_FIND_HEIR, chat_id, user_id), heir_id);
}

/* --- Writing --- */

static enum err set_role(struct db *db, int64_t chat_id, int64_t user_id, enum member_role role)
{
    struct sql *sql = take(db, SQL_MEMBER_SET_ROLE, chat_id, user_id);
    sql_bind_text(sql, 3, bytes_from_text(member_role_name(role)));
    heads_forget_senders(sql_heads(db), chat_id);
    return sql_run(sql, NULL);
}

enum err members_add(struct db *db, int64_t chat_id, int64_t user_id)
{
    enum err err = chats_add_participant(db, chat_id, user_id);
    /* Who made the chat and left it does not own it again. */
    return err == OK ? set_role(db, chat_id, user_id, ROLE_MEMBER) : err;
}

enum err members_remove(struct db *db, int64_t chat_id, int64_t user_id)
{
    enum err err = chats_remove_participant(db, chat_id, user_id);
    return err == OK ? sql_run(take(db, SQL_MEMBER_DELETE, chat_id, user_id), NULL) : err;
}

enum err members_ban(struct db *db, int64_t chat_id, int64_t user_id)
{
    return set_role(db, chat_id, user_id, ROLE_BANNED);
}

enum err members_unban(struct db *db, int64_t chat_id, int64_t user_id)
{
    return sql_run(take(db, SQL_MEMBER_DELETE, chat_id, user_id), NULL);
}

enum err members_set_role(struct db *db, int64_t chat_id, int64_t user_id, enum member_role role)
{
    assert(role >= ROLE_READ_ONLY);
    return set_role(db, chat_id, user_id, role);
}

enum err members_set_muted(struct db *db, int64_t chat_id, int64_t user_id, int64_t until_us)
{
    struct sql *sql = take(db, SQL_MEMBER_SET_MUTED, chat_id, user_id);
    if (until_us != 0)
        sql_bind_time(sql, 3, until_us); /* else NULL */
    heads_forget_senders(sql_heads(db), chat_id);
    return sql_run(sql, NULL);
}

enum err members_set_read(struct db *db, int64_t chat_id, int64_t user_id, int64_t seq)
{
    struct sql *sql = take(db, SQL_MEMBER_SET_READ, chat_id, user_id);
    sql_bind_number(sql, 3, seq);
    return sql_run(sql, NULL);
}
