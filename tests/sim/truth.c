#include "truth.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "auth/session.h"
#include "base/arena.h"
#include "disk.h"
#include "store/chats.h"
#include "store/schema.h"
#include "store/sessions.h"
#include "store/users.h"
#include "world.h"

enum {
    ROWS_MAX = 4096,     /* of a chat in one run */
    MESSAGES_MAX = 8192, /* sent in one run */
};

/* A stored event. */
struct row {
    int64_t id;
    uint64_t hash;   /* of its content */
    bool is_shown;   /* to WebSockets of part I */
    bool is_message; /* false: another event of confab.v1 */
    bool was_seen;
    bool was_changed; /* it may be shown as it was, or as it is */
};

struct sent {
    unsigned sender;
    unsigned chat;
    bool is_shown;
    bool is_stored;
    bool was_sent_again; /* so it may be stored in a later place than it was first sent in */
};

static struct {
    sqlite3 *db;
    sqlite3_stmt *rows_after;
    char keys[TRUTH_USERS][TRUTH_SESSIONS][SESSION_KEY_BYTES + 1];
    struct row rows[TRUTH_CHATS][ROWS_MAX];
    size_t row_count[TRUTH_CHATS];
    bool may_be_gone[TRUTH_CHATS];
    int64_t last_id;
    unsigned join_count;
    int64_t last_id_allowed[TRUTH_CHATS][TRUTH_USERS]; /* of a removed participant; 0: is none */
    struct sent sent[MESSAGES_MAX];
    unsigned sent_count;
    bool is_locked;
} truth;

void truth_fail_at(const char *file, int line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fprintf(stderr, "%s:%d: ", file, line);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
    abort();
}

/* ---- the database that a run begins with ---- */

static const char *const names[TRUTH_USERS] = {"alice", "bob", "carol", "d\xc3\xb6rte \"<&>\""};

static void need(enum err err, const char *what)
{
    if (err != OK)
        truth_fail("the first database cannot be made: %s: %s", what, err_name(err));
}

static void make_session(struct db *db, unsigned user, unsigned session)
{
    struct arena arena = {0};
    struct buf json = {0};
    struct buf data = {0};
    struct user row;
    const struct secrets secrets = {.current = BYTES("a secret of the simulator")};
    char *key = truth.keys[user][session];
    session_key_new(key);
    need(users_find_id(db, user + 1, &arena, &row), "user");
    need(session_login_json(row.id, row.password, &secrets, NO_BYTES, &json), "login");
    need(session_encode(buf_bytes(&json), &secrets, world_now_us() / 1000000, &data), "session");
    const struct session_row session_row = {
        .key = bytes_from_text(key),
        .data = buf_bytes(&data),
        .expire_us = world_now_us() + INT64_C(1209600) * 1000000,
    };
    need(sessions_insert(db, &session_row), "session row");
    buf_free(&json);
    buf_free(&data);
    arena_free(&arena);
}

static void fill(struct db *db)
{
    int64_t ids[TRUTH_USERS];
    int64_t chat_id;
    for (unsigned i = 0; i < TRUTH_USERS; i++) {
        const struct user user = {
            .username = bytes_from_text(names[i]),
            .email = BYTES("someone@example.com"),
            .user_type = BYTES("student"),
            .password = BYTES("!"),
            .is_active = true,
        };
        need(users_insert(db, &user, world_now_us(), &ids[i]), "user");
        for (unsigned session = 0; session < TRUTH_SESSIONS; session++)
            make_session(db, i, session);
    }
    /* Everybody is in the first chat, one fewer in each that follows. */
    for (unsigned i = 0; i < TRUTH_CHATS; i++) {
        need(
            chats_insert(db, BYTES("chat"), ids[0], ids, TRUTH_USERS - i, world_now_us(), &chat_id),
            "chat");
        need(chats_set_receipts(db, chat_id, true), "receipts");
    }
}

void truth_make_database(void)
{
    char reason[256] = "";
    unsigned steps;
    struct db *db = NULL;
    disk_format(world_settings()->database);
    need(db_open(world_settings()->database, DB_WRITER, &db, reason), reason);
    need(schema_migrate(db, world_now_us(), &steps, reason), reason);
    need(db_begin(db), "begin");
    fill(db);
    need(db_commit(db), "commit");
    db_close(&db);
    disk_keep();
}

const char *truth_session(unsigned user, unsigned session)
{
    return truth.keys[user][session];
}

/* ---- a connection of our own ---- */

static sqlite3 *connection(void)
{
    if (truth.db == NULL) {
        if (sqlite3_open(world_settings()->database, &truth.db) != SQLITE_OK)
            truth_fail("the database cannot be opened: %s", sqlite3_errmsg(truth.db));
        (void)sqlite3_exec(truth.db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL);
    }
    return truth.db;
}

void truth_forget_connection(void)
{
    (void)sqlite3_finalize(truth.rows_after);
    (void)sqlite3_close(truth.db);
    truth.rows_after = NULL;
    truth.db = NULL;
    truth.is_locked = false;
}

void truth_begin(void)
{
    memset(truth.row_count, 0, sizeof truth.row_count);
    memset(truth.may_be_gone, 0, sizeof truth.may_be_gone);
    memset(truth.last_id_allowed, 0, sizeof truth.last_id_allowed);
    truth.last_id = 0;
    truth.sent_count = 0;
}

void truth_end(void)
{
    truth_forget_connection();
}

bool truth_run_elsewhere(const char *text)
{
    if (truth.is_locked)
        return false;
    return sqlite3_exec(connection(), text, NULL, NULL, NULL) == SQLITE_OK;
}

uint64_t truth_count(const char *text)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(connection(), text, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code != SQLITE_ROW)
        truth_fail("%s: %s", text, sqlite3_errmsg(truth.db));
    uint64_t count = (uint64_t)sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return count;
}

void truth_lock(void)
{
    truth.is_locked = truth_run_elsewhere("BEGIN IMMEDIATE");
}

void truth_unlock(void)
{
    if (truth.is_locked)
        (void)sqlite3_exec(truth.db, "ROLLBACK", NULL, NULL, NULL);
    truth.is_locked = false;
}

bool truth_is_locked(void)
{
    return truth.is_locked;
}

/* ---- messages ---- */

unsigned truth_new_message(unsigned sender, unsigned chat, bool is_shown)
{
    if (truth.sent_count == MESSAGES_MAX)
        truth_fail("a run sends more than %d messages", MESSAGES_MAX);
    truth.sent[truth.sent_count] =
        (struct sent) {.sender = sender, .chat = chat, .is_shown = is_shown};
    return truth.sent_count++;
}

void truth_sent_again(unsigned number)
{
    if (number >= truth.sent_count)
        truth_fail("message %u was never sent", number);
    truth.sent[number].was_sent_again = true;
}

unsigned truth_chat_of(unsigned number)
{
    if (number >= truth.sent_count)
        truth_fail("message %u was never sent", number);
    return truth.sent[number].chat;
}

bool truth_is_stored(unsigned number)
{
    return truth.sent[number].is_stored;
}

static uint64_t hash_of(struct bytes bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ bytes.data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* A stored message is one that was sent, to that chat, and stored only once. */
static struct sent *sent_of(unsigned chat, struct bytes content)
{
    uint64_t number;
    if (bytes_to_number(bytes_first(content, bytes_index(content, ':')), truth.sent_count - 1,
                        &number) != OK)
        truth_fail("a message is stored that nobody sent");
    struct sent *sent = &truth.sent[number];
    if (sent->chat != chat)
        truth_fail("message %llu is stored in chat %u, and was sent to %u",
                   (unsigned long long)number, chat, sent->chat);
    return sent;
}

/* Messages of one connection are numbered as it sent them. */
static void check_order(const struct sent *sent)
{
    for (const struct sent *later = sent + 1; later < truth.sent + truth.sent_count; later++) {
        if (later->sender == sent->sender && later->is_stored && !sent->was_sent_again)
            truth_fail("message %zu is stored after one that its sender sent later",
                       (size_t)(sent - truth.sent));
    }
}

static void add_row(unsigned chat, const struct row *row)
{
    if (truth.row_count[chat] == ROWS_MAX)
        truth_fail("more than %d rows", ROWS_MAX);
    truth.rows[chat][truth.row_count[chat]++] = *row;
}

static void learn_message(int64_t id, unsigned chat, struct bytes content)
{
    struct sent *sent = sent_of(chat, content);
    if (sent->is_stored)
        truth_fail("message %zu is stored twice", (size_t)(sent - truth.sent));
    check_order(sent);
    sent->is_stored = true;
    add_row(chat, &(struct row) {.id = id,
                                 .hash = hash_of(content),
                                 .is_shown = sent->is_shown,
                                 .is_message = true});
}

/* Who is not in the chat any more has no more to say there, whatever was under way. */
static void check_sender(int64_t id, unsigned chat, unsigned user)
{
    int64_t allowed = truth.last_id_allowed[chat][user];
    if (allowed != 0 && id > allowed)
        truth_fail("message %lld is of user %u, who was not in chat %u any more", (long long)id,
                   user, chat);
}

/* An event that is no message. */
static void learn_event(int64_t id, unsigned chat, struct bytes kind, sqlite3_stmt *row)
{
    int64_t message_id = sqlite3_column_int64(row, 5);
    unsigned user = (unsigned)sqlite3_column_int(row, 6) - 1;
    add_row(chat, &(struct row) {.id = id});
    for (size_t i = 0; i < truth.row_count[chat]; i++) {
        if (truth.rows[chat][i].id == message_id)
            truth.rows[chat][i].was_changed = true;
    }
    if (bytes_is(kind, "member_left") && user < TRUTH_USERS)
        truth.last_id_allowed[chat][user] = id;
    if (bytes_is(kind, "member_joined") && user < TRUTH_USERS) {
        truth.last_id_allowed[chat][user] = 0;
        truth.join_count++;
    }
}

static struct bytes text_of(sqlite3_stmt *row, int column)
{
    return bytes_of(sqlite3_column_text(row, column), (size_t)sqlite3_column_bytes(row, column));
}

static void learn_row(sqlite3_stmt *row)
{
    int64_t id = sqlite3_column_int64(row, 0);
    unsigned chat = (unsigned)sqlite3_column_int(row, 1) - 1;
    struct bytes content = text_of(row, 2);
    struct bytes kind = text_of(row, 4);
    if (world_is_verbose)
        (void)fprintf(stderr, "%.*s %lld of chat %u is stored: %.*s\n", BYTES_FMT(kind),
                      (long long)id, chat, BYTES_FMT(content));
    if (chat >= TRUTH_CHATS)
        return; /* one that was made on the way: nobody listens there */
    if (!bytes_is(kind, "message")) {
        learn_event(id, chat, kind, row);
        return;
    }
    check_sender(id, chat, (unsigned)sqlite3_column_int(row, 3) - 1);
    learn_message(id, chat, content);
}

void truth_learn(void)
{
    static const char text[] =
        "SELECT id, chat_id, content, sender_id, 'message', 0, 0 FROM chat_message WHERE id > ?1 "
        "UNION ALL SELECT id, chat_id, body, 0, kind, message_id, json_extract(body, '$.user.id') "
        "FROM confab_event WHERE id > ?1 ORDER BY 1";
    int code = SQLITE_OK;
    if (truth.rows_after == NULL)
        code = sqlite3_prepare_v2(connection(), text, -1, &truth.rows_after, NULL);
    if (code != SQLITE_OK)
        truth_fail("the history cannot be read: %s", sqlite3_errmsg(truth.db));
    (void)sqlite3_bind_int64(truth.rows_after, 1, truth.last_id);
    while ((code = sqlite3_step(truth.rows_after)) == SQLITE_ROW) {
        truth.last_id = sqlite3_column_int64(truth.rows_after, 0);
        learn_row(truth.rows_after);
    }
    if (code != SQLITE_DONE)
        truth_fail("the history cannot be read: %s", sqlite3_errmsg(truth.db));
    (void)sqlite3_reset(truth.rows_after);
}

/* Whether such a row is there. */
static bool is_there(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool is_there(const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return truth_count(text) > 0;
}

bool truth_may_connect(unsigned user, unsigned session, unsigned chat)
{
    if (!is_there("SELECT count(*) FROM django_session WHERE session_key = '%s'",
                  truth_session(user, session)))
        return false;
    return chat == TRUTH_CHATS ||
           is_there("SELECT count(*) FROM chat_chat_participants WHERE chat_id = %u AND "
                    "user_id = %u",
                    chat + 1, user + 1);
}

unsigned truth_join_count(void)
{
    truth_learn();
    return truth.join_count;
}

bool truth_has_left(unsigned user, unsigned chat)
{
    return truth.last_id_allowed[chat][user] != 0;
}

void truth_note_removed(unsigned user, unsigned chat)
{
    int64_t last_id = (int64_t)truth_count("SELECT coalesce(max(id), 0) FROM chat_message");
    if (truth.last_id_allowed[chat][user] == 0)
        truth.last_id_allowed[chat][user] = last_id > 0 ? last_id : -1;
}

void truth_note_restored(unsigned user, unsigned chat)
{
    truth_learn();
    truth.last_id_allowed[chat][user] = 0;
}

size_t truth_stored(unsigned chat)
{
    return truth.row_count[chat];
}

unsigned truth_stored_of(unsigned sender)
{
    unsigned count = 0;
    for (unsigned i = 0; i < truth.sent_count; i++)
        count += truth.sent[i].sender == sender && truth.sent[i].is_stored ? 1 : 0;
    return count;
}

/* The place of an event that somebody was shown. */
static size_t place_of(unsigned chat, int64_t id)
{
    for (size_t i = truth.row_count[chat]; i-- > 0;) {
        if (truth.rows[chat][i].id == id)
            return i;
    }
    if (!truth.may_be_gone[chat])
        truth_fail("event %lld of chat %u is shown and not stored", (long long)id, chat);
    return TRUTH_NONE;
}

size_t truth_saw_event(unsigned chat, int64_t id, struct bytes content)
{
    size_t at = place_of(chat, id);
    if (at == TRUTH_NONE)
        return at;
    struct row *row = &truth.rows[chat][at];
    if (row->hash != hash_of(content) && !row->was_changed)
        truth_fail("event %lld is shown otherwise than it is stored", (long long)id);
    row->was_seen = true;
    return at;
}

size_t truth_saw(unsigned chat, int64_t id, struct bytes content)
{
    size_t at = truth_saw_event(chat, id, content);
    if (at != TRUTH_NONE && !truth.rows[chat][at].is_shown)
        truth_fail("message %lld, sent by REST, is shown", (long long)id);
    return at;
}

void truth_saw_head(unsigned chat, int64_t seq)
{
    size_t at = seq > 0 ? place_of(chat, seq) : TRUTH_NONE;
    if (at != TRUTH_NONE)
        truth.rows[chat][at].was_seen = true;
}

void truth_follow(unsigned chat, int64_t last, int64_t seq, int64_t prev)
{
    size_t at = place_of(chat, seq);
    if (at == TRUTH_NONE)
        return;
    int64_t before = at > 0 ? truth.rows[chat][at - 1].id : 0;
    if (seq <= last)
        truth_fail("event %lld of chat %u is shown to who has everything to %lld", (long long)seq,
                   chat, (long long)last);
    if (before > last)
        truth_fail("event %lld of chat %u is shown to who has everything to %lld, before %lld",
                   (long long)seq, chat, (long long)last, (long long)before);
    if (prev != before)
        truth_fail("event %lld of chat %u says that %lld is before it, which is %lld",
                   (long long)seq, chat, (long long)prev, (long long)before);
    truth.rows[chat][at].was_seen = true;
}

size_t truth_count_events(unsigned chat, int64_t after, int64_t until)
{
    size_t count = 0;
    for (size_t i = 0; i < truth.row_count[chat]; i++)
        count += truth.rows[chat][i].id > after && truth.rows[chat][i].id <= until;
    return count;
}

int64_t truth_head(unsigned chat)
{
    size_t count = truth.row_count[chat];
    return count > 0 ? truth.rows[chat][count - 1].id : 0;
}

size_t truth_next_shown(unsigned chat, size_t from)
{
    for (size_t i = from; i < truth.row_count[chat]; i++) {
        if (truth.rows[chat][i].is_shown)
            return i;
    }
    return TRUTH_NONE;
}

void truth_chat_may_vanish(unsigned chat)
{
    truth.may_be_gone[chat] = true;
}

bool truth_chat_may_be_gone(unsigned chat)
{
    return truth.may_be_gone[chat];
}

/* ---- after a crash ---- */

static void check_seen(unsigned chat, const struct row *before, size_t before_count)
{
    size_t at = 0;
    for (size_t i = 0; i < before_count; i++) {
        if (!before[i].was_seen)
            continue;
        while (at < truth.row_count[chat] && truth.rows[chat][at].id != before[i].id)
            at++;
        if (at == truth.row_count[chat] ||
            (truth.rows[chat][at].hash != before[i].hash && !truth.rows[chat][at].was_changed))
            truth_fail("message %lld was seen and is not stored after the crash",
                       (long long)before[i].id);
        truth.rows[chat][at].was_seen = true;
    }
}

void truth_check_after_crash(void)
{
    static struct row before[TRUTH_CHATS][ROWS_MAX];
    size_t before_count[TRUTH_CHATS];
    memcpy(before, truth.rows, sizeof before);
    memcpy(before_count, truth.row_count, sizeof before_count);
    memset(truth.row_count, 0, sizeof truth.row_count);
    for (unsigned i = 0; i < truth.sent_count; i++)
        truth.sent[i].is_stored = false;
    truth.last_id = 0;
    truth_learn();
    for (unsigned chat = 0; chat < TRUTH_CHATS; chat++) {
        if (!truth.may_be_gone[chat])
            check_seen(chat, before[chat], before_count[chat]);
    }
}
