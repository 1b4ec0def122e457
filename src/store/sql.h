/* sql.h - what the operations on rows need of a database: statements, values, columns.
 *
 * The store's own: only files of this folder (and their tests) include it. sqlite.c implements it;
 * another kind of database will implement the same functions, and users.c, chats.c, messages.c and
 * sessions.c stay as they are. Thread: the connection's.
 */
#ifndef CONFAB_STORE_SQL_H
#define CONFAB_STORE_SQL_H

#include "store/db.h"
#include "store/heads.h"

/* Every statement that this program ever sends, but for those that make tables. The texts are in
 * statements.c. */
enum sql_id {
    SQL_BEGIN,
    SQL_SNAPSHOT,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_SAVEPOINT,
    SQL_SAVEPOINT_RELEASE,
    SQL_SAVEPOINT_ROLLBACK,
    SQL_DATA_VERSION,

    SQL_TABLE_LIST,
    SQL_TABLE_FIND,
    SQL_COLUMN_LIST,
    SQL_META_FIND,
    SQL_META_SET,
    SQL_DJANGO_APPLIED_SET,

    SQL_USER_FIND_ID,
    SQL_USER_FIND_NAME,
    SQL_USER_LIST,
    SQL_USER_SHARES_CHAT,
    SQL_USER_INSERT,
    SQL_USER_SET_PASSWORD,
    SQL_USER_SET_LAST_LOGIN,
    SQL_USER_SET_ACTIVE,
    SQL_USER_SET_POWER,
    SQL_USER_RENAME,
    SQL_USER_DELETE,
    SQL_USER_DELETE_EXTRAS,
    SQL_USER_DELETE_REACTIONS,
    SQL_USER_DELETE_REVISIONS,
    SQL_USER_DELETE_MENTIONS,
    SQL_USER_DELETE_NONCES,
    SQL_USER_DELETE_MEMBERS,
    SQL_USER_DELETE_TOKENS,
    SQL_USER_DELETE_MESSAGES,
    SQL_USER_DELETE_PARTICIPATIONS,
    SQL_USER_DELETE_GROUPS,
    SQL_USER_DELETE_PERMISSIONS,
    SQL_USER_DELETE_ADMIN_LOG,
    SQL_USER_FORGET_CREATOR,
    SQL_USER_COUNT_MESSAGES,

    SQL_CHAT_FIND,
    SQL_CHAT_LIST,
    SQL_CHAT_LIST_OF_USER,
    SQL_CHAT_IDS_OF_USER,
    SQL_CHAT_INSERT,
    SQL_CHAT_OURS_SET,
    SQL_CHAT_RENAME,
    SQL_CHAT_SET_KIND,
    SQL_CHAT_SET_RECEIPTS,
    SQL_CHAT_SHOWS_RECEIPTS,
    SQL_CHAT_DELETE,
    SQL_CHAT_DELETE_OURS,
    SQL_CHAT_DELETE_EXTRAS,
    SQL_CHAT_DELETE_REACTIONS,
    SQL_CHAT_DELETE_REVISIONS,
    SQL_CHAT_DELETE_MENTIONS,
    SQL_CHAT_DELETE_EVENTS,
    SQL_CHAT_DELETE_MEMBERS,
    SQL_CHAT_DELETE_HOOKS,
    SQL_CHAT_DELETE_MESSAGES,
    SQL_CHAT_DELETE_PARTICIPANTS,
    SQL_PARTICIPANT_FIND,
    SQL_PARTICIPANT_LIST,
    SQL_PARTICIPANT_INSERT,
    SQL_PARTICIPANT_DELETE,

    SQL_MESSAGE_LIST,
    SQL_MESSAGE_WALK,
    SQL_MESSAGE_WALK_OF_USER,
    SQL_MESSAGE_WALK_ONE,
    SQL_MESSAGE_SENDER,
    SQL_MESSAGE_FIND_PLACE,
    SQL_MESSAGE_LAST_ID,
    SQL_MESSAGE_LAST_ID_OF_CHAT,
    SQL_MESSAGE_ID_FROM_END,
    SQL_MESSAGE_INSERT,
    SQL_MESSAGE_INSERT_4,
    SQL_MESSAGE_INSERT_16,

    SQL_MEMBER_FIND,
    SQL_MEMBER_FIND_USERNAME,
    SQL_MEMBER_LIST,
    SQL_MEMBER_COUNT,
    SQL_MEMBER_COUNT_OWNERS,
    SQL_MEMBER_FIND_HEIR,
    SQL_MEMBER_SET_ROLE,
    SQL_MEMBER_SET_MUTED,
    SQL_MEMBER_SET_READ,
    SQL_MEMBER_DELETE,

    SQL_EXTRA_INSERT,
    SQL_EXTRA_SET_MENTIONS,
    SQL_EDIT_INSERT_REVISION,
    SQL_EDIT_SET_CONTENT,
    SQL_EDIT_SET_EDITED,
    SQL_EDIT_SET_DELETED,
    SQL_EDIT_LIST,
    SQL_PIN_SET,
    SQL_REACTION_INSERT,
    SQL_REACTION_DELETE,
    SQL_REACTION_COUNT,
    SQL_REACTION_COUNT_EMOJIS,
    SQL_REACTION_DELETE_ALL,
    SQL_MENTION_INSERT,
    SQL_MENTION_DELETE_ALL,

    SQL_WINDOW_COUNT,
    SQL_WINDOW_PAGE,
    SQL_WINDOW_CHAT,
    SQL_WINDOW_UNREAD,
    SQL_WINDOW_MENTIONS,

    SQL_HISTORY_FIND,
    SQL_HISTORY_OLDER,
    SQL_HISTORY_NEWER,
    SQL_HISTORY_OLDER_OF_THREAD,
    SQL_HISTORY_NEWER_OF_THREAD,

    SQL_EVENT_LIST_MESSAGES,
    SQL_EVENT_LIST_OTHERS,
    SQL_EVENT_HEAD,
    SQL_EVENT_LAST_UNTIL,
    SQL_EVENT_SEQ_FROM_END,
    SQL_EVENT_NEWS,
    SQL_EVENT_LAST_GIVEN,
    SQL_EVENT_TAKE_SEQ,
    SQL_EVENT_FIRST_SEQ,
    SQL_EVENT_INSERT,
    SQL_NONCE_FIND,
    SQL_NONCE_INSERT,
    SQL_NONCE_DELETE_OLD,

    SQL_SEARCH_INDEXED,
    SQL_SEARCH_TRIGGERS,
    SQL_SEARCH_PENDING,
    SQL_SEARCH_FORGET_ALL,
    SQL_SEARCH_FORGET,
    SQL_SEARCH_LEARN,
    SQL_SEARCH_LEARN_AGAIN,
    SQL_SEARCH_LIST_NEW,
    SQL_SEARCH_STALE_FIRST,
    SQL_SEARCH_STALE_DELETE,
    SQL_SEARCH_STALE_CLEAR,
    SQL_SEARCH_CHATS,
    SQL_SEARCH_LIST,
    SQL_SEARCH_SNIPPET,

    SQL_TOKEN_FIND,
    SQL_TOKEN_FIND_ID,
    SQL_TOKEN_LIST,
    SQL_TOKEN_LIST_HOOKS,
    SQL_TOKEN_COUNT,
    SQL_TOKEN_INSERT,
    SQL_TOKEN_DELETE,
    SQL_TOKEN_TOUCH,
    SQL_UPLOAD_INSERT,
    SQL_UPLOAD_FIND,
    SQL_UPLOAD_TOTAL,
    SQL_UPLOAD_USE,
    SQL_UPLOAD_DROP_OF_MESSAGE,
    SQL_UPLOAD_LIST_UNUSED,
    SQL_UPLOAD_DELETE,

    SQL_NOTICE_INSERT,
    SQL_NOTICE_COUNT,
    SQL_NOTICE_LIST,
    SQL_NOTICE_DELETE,
    SQL_NOTICE_DELETE_ENDED,

    SQL_SESSION_FIND,
    SQL_SESSION_INSERT,
    SQL_SESSION_DELETE,
    SQL_SESSION_DELETE_EXPIRED,
    SQL_SESSION_LIST,

    SQL_CHECK_DAMAGE,
    SQL_CHECK_REFERENCES,
    SQL_CHECK_EMPTY_CHATS,
    SQL_CHECK_NOTES,
    SQL_CHECK_MEMBERS,
    SQL_CHECK_EXTRAS,
    SQL_CHECK_REACTIONS,
    SQL_CHECK_REVISIONS,
    SQL_CHECK_MENTIONS,
    SQL_CHECK_EVENTS,
    SQL_CHECK_TOKENS,
    SQL_CHECK_HOOKS,
    SQL_CHECK_COUNTERS,
    SQL_CHECK_TIME_USER_LOGIN,
    SQL_CHECK_TIME_USER_JOINED,
    SQL_CHECK_TIME_CHAT,
    SQL_CHECK_TIME_MESSAGE,
    SQL_CHECK_TIME_SESSION,
    SQL_CHECK_POINTING_TABLE,
    SQL_REPAIR_PARTICIPANTS,
    SQL_REPAIR_NOTES,
    SQL_REPAIR_MEMBERS,
    SQL_REPAIR_EXTRAS,
    SQL_REPAIR_REACTIONS,
    SQL_REPAIR_REVISIONS,
    SQL_REPAIR_MENTIONS,
    SQL_REPAIR_EVENTS,
    SQL_REPAIR_TOKENS,
    SQL_REPAIR_COUNTERS,
    SQL_REPAIR_MISSING_COUNTERS,

    SQL_COUNT,
};

/* The statement's text. Values stand in it as ?1, ?2, ..., or as ? in their order. */
const char *sql_statement(enum sql_id id);

struct sql; /* one prepared statement of one connection */

/* The connection's own copy of the statement, prepared at its first use and kept. Never NULL: what
 * goes wrong is remembered, as is what goes wrong with a value, and sql_next(), sql_run(), ...
 * return it. So a caller says everything and asks once. Whoever takes a statement gives it back
 * with sql_done(), sql_run(), sql_change_one() or sql_insert(). */
struct sql *sql_take(struct db *db, enum sql_id id);

/* Set value number index, counted from 1. Texts must stay where they are until the statement is
 * given back. */
void sql_bind_number(struct sql *sql, int index, int64_t number);
void sql_bind_bool(struct sql *sql, int index, bool value);
void sql_bind_text(struct sql *sql, int index, struct bytes text);
void sql_bind_time(struct sql *sql, int index, int64_t us);

/* Go to the next row. ERR_NOT_FOUND: there is none. */
CHECKED enum err sql_next(struct sql *sql);

/* The first error since the statement was taken; for what sql_copy() met in the last row. */
CHECKED enum err sql_status(const struct sql *sql);

/* Values of the row, columns counted from 0. sql_bool: Django's reading, only 1 is true. sql_time:
 * 0 if it cannot be read. */
int64_t sql_number(struct sql *sql, int column);
bool sql_bool(struct sql *sql, int column);
int64_t sql_time(struct sql *sql, int column);

/* The text, borrowed until the next step. */
struct bytes sql_text(struct sql *sql, int column);

/* A copy of the text that is always valid UTF-8: whatever other programs stored, U+FFFD stands for
 * bytes that are not. */
struct bytes sql_copy(struct sql *sql, int column, struct arena *arena);

/* The text as sql_text() gives it, if it is valid UTF-8; else as sql_copy() does. */
struct bytes sql_valid_text(struct sql *sql, int column, struct arena *arena);

/* Give the statement back: it holds no lock and no value any more. */
void sql_done(struct sql *sql);

/* Run a statement that gives no rows, and give it back. *changes: the rows it changed; NULL: nobody
 * asks. */
CHECKED enum err sql_run(struct sql *sql, int64_t *changes);

/* The same. ERR_NOT_FOUND: it changed no row. */
CHECKED enum err sql_change_one(struct sql *sql);

/* Run an INSERT of one row, and give it back. *id: the number that the row got. */
CHECKED enum err sql_insert(struct sql *sql, int64_t *id);

/* Run a text that is in no table: DDL. */
CHECKED enum err sql_run_text(struct db *db, const char *text);

/* ERR_CONFLICT if a foreign key is broken at this moment, which a deferred one tells only at
 * commit. */
CHECKED enum err sql_check_references(struct db *db);

/* Whether a transaction was begun and the database has rolled it back by itself (full disk, I/O
 * error). */
bool sql_transaction_is_lost(const struct db *db);

/* A statement of several rows has failed, and may have left some of them: the transaction must not
 * be stored. It counts as lost from now on. */
void sql_spoil_transaction(struct db *db);

/* What the writer knows of chats; see heads.h. */
struct heads *sql_heads(struct db *db);

/* SQLite: make the file a WAL database, for good. Not inside a transaction. */
CHECKED enum err sql_use_wal(struct db *db);

/* Pages in the WAL that are not yet in the database file, as of the last commit. */
int64_t sql_wal_pages(const struct db *db);

/* Copy what can be copied from the WAL into the database file without waiting for anyone. */
CHECKED enum err sql_checkpoint(struct db *db);

enum { SQL_STEPS_AT_ONCE = 100 }; /* so exactly are steps counted */

/* Let every statement of the connection end with ERR_LIMIT as soon as *steps are used up. A step is
 * an instruction of SQLite's virtual machine; reading a page of the search index takes about four.
 * Borrowed until the next call. NULL: no limit. */
void sql_limit_steps(struct db *db, int64_t *steps);

/* For tests of a full disk and of a lock that stays: the largest number of pages, and the waiting
 * time. */
void sql_set_page_count_max(struct db *db, unsigned page_count);
void sql_set_busy_ms_max(struct db *db, int busy_ms);

#endif
