#include "store/sql.h"

#include <assert.h>

#define USER_COLUMNS                                                                               \
    "u.id, u.username, u.email, u.user_type, u.first_name, u.last_name, u.is_active, u.is_staff, " \
    "u.is_superuser"
/* A setting that is on; false for a chat without settings, and for what is no JSON. */
#define CHAT_RECEIPTS                                                                              \
    "CASE WHEN json_valid(o.settings) THEN json_extract(o.settings, '$.receipts') IS 1 ELSE 0 END"
#define CHAT_COLUMNS "c.id, c.name, c.created_at, o.creator_id, o.kind, " CHAT_RECEIPTS
#define MESSAGE_COLUMNS                                                                            \
    "m.id, m.chat_id, m.content, m.timestamp, u.id, u.username, u.email, u.user_type"
#define WALK_COLUMNS "m.id, m.sender_id, m.timestamp, m.content"

/* What a message may have beside its row, behind MESSAGE_COLUMNS; x is its row in confab_message.
 */
#define EXTRA_COLUMNS                                                                              \
    "x.reply_to, x.thread, x.edited_at, coalesce(x.revision, 1), x.deleted_at IS NOT NULL,"        \
    " x.pinned_at IS NOT NULL, coalesce(x.mentions_all, 0), x.mentions, x.attachments,"            \
    " (SELECT json_group_array(json_object('emoji', r.emoji, 'count', r.count, 'users',"           \
    " json(r.users))) FROM (SELECT emoji, count(*) AS count, json_group_array(user_id) AS users"   \
    " FROM confab_reaction WHERE message_id = m.id GROUP BY emoji ORDER BY min(at), emoji) r)"
#define MESSAGE_TABLES                                                                             \
    "chat_message m JOIN chat_user u ON u.id = m.sender_id"                                        \
    " LEFT JOIN confab_message x ON x.message_id = m.id"

#define WHOLE_MESSAGES "SELECT " MESSAGE_COLUMNS ", " EXTRA_COLUMNS " FROM " MESSAGE_TABLES

/* The ids of one page of thread ?4: its answers, by their index, and the message that began it. */
#define THREAD_IDS(answer_side, root_side, direction)                                              \
    "SELECT message_id FROM (SELECT message_id FROM confab_message WHERE thread = ?4"              \
    " AND " answer_side " ORDER BY message_id " direction " LIMIT ?3)"                             \
    " UNION ALL SELECT ?4 WHERE ?4 " root_side

#define TOKEN_USER_IS_ACTIVE                                                                       \
    "EXISTS (SELECT 1 FROM chat_user u WHERE u.id = k.user_id AND u.is_active)"
#define TOKENS                                                                                     \
    "SELECT k.id, k.user_id, k.creator_id, k.name, k.prefix, k.may_read, k.may_write, k.chats,"    \
    " k.hook_chat_id, k.created_at, k.expires_at, k.last_used_at FROM confab_token k"
#define UPLOADS                                                                                    \
    "SELECT id, owner_id, chat_id, name, type, size, sha256, path, created_at, message_id"         \
    " FROM confab_upload"

/* The messages of a user or a chat, for what hangs on them. */
#define OF_SENDER " WHERE message_id IN (SELECT id FROM chat_message WHERE sender_id = ?1)"
#define OF_CHAT   " WHERE message_id IN (SELECT id FROM chat_message WHERE chat_id = ?1)"

/* What a participant without a row in confab_member is: who made the chat owns it. */
#define ROLE_WITHOUT_ROW                                                                           \
    "CASE WHEN EXISTS (SELECT 1 FROM confab_chat WHERE chat_id = ?1 AND creator_id = ?2)"          \
    " THEN 'owner' ELSE 'member' END"

/* A participant p of a chat with the notes o, and its row r in confab_member, if any. */
#define ROLE_COLUMN                                                                                \
    "coalesce(r.role, CASE WHEN o.creator_id = p.user_id THEN 'owner' ELSE 'member' END)"
#define MEMBER_TABLES                                                                              \
    "chat_chat_participants p LEFT JOIN confab_chat o ON o.chat_id = p.chat_id"                    \
    " LEFT JOIN confab_member r ON r.chat_id = p.chat_id AND r.user_id = p.user_id"

#define MESSAGE_INTO   " INTO chat_message (content, timestamp, chat_id, sender_id) VALUES "
#define MESSAGE_ROW    "(?, ?, ?, ?)"
#define MESSAGE_ROWS_4 MESSAGE_ROW ", " MESSAGE_ROW ", " MESSAGE_ROW ", " MESSAGE_ROW

/* The tables whose ids must never be given again: what their counters say, and what they hold.
 * Events have numbers of the same sequence as messages. */
#define COUNTER(table, top)                                                                        \
    "SELECT '" table "' AS name, (SELECT s.seq FROM sqlite_sequence s WHERE s.name = '" table "')" \
    " AS seq, " top " AS top"
#define TOP(table) "(SELECT coalesce(max(id), 0) FROM " table ")"
#define COUNTERS                                                                                   \
    COUNTER("chat_user", TOP("chat_user"))                                                         \
    " UNION ALL " COUNTER("chat_chat", TOP("chat_chat")) " UNION ALL " COUNTER(                    \
        "chat_message", "max(" TOP("chat_message") ", " TOP("confab_event") ")")

/* Rows of ours about what is not there any more, since Django deletes without knowing of them. */
#define OF_NO_MEMBER                                                                               \
    " WHERE chat_id NOT IN (SELECT id FROM chat_chat)"                                             \
    " OR user_id NOT IN (SELECT id FROM chat_user)"
#define OF_NO_MESSAGE " WHERE message_id NOT IN (SELECT id FROM chat_message)"
#define OF_NO_CHAT    " WHERE chat_id NOT IN (SELECT id FROM chat_chat)"
#define OF_NO_USER                                                                                 \
    " WHERE user_id NOT IN (SELECT id FROM chat_user)"                                             \
    " OR creator_id NOT IN (SELECT id FROM chat_user)"
#define OF_NO_HOOK_CHAT " WHERE hook_chat_id NOT IN (SELECT id FROM chat_chat)"
#define ORPHANS(table, key, what, condition)                                                       \
    "SELECT '" table " row ' || " key " || ': its " what                                           \
    " is gone; --repair deletes it' FROM " table condition

/* Columns are always named: Django's versions differ in their order. The row of a chat in
 * confab_chat may be missing. */
static const char *const statements[SQL_COUNT] = {
    /* IMMEDIATE: who reads first and then wants to write is refused at once when another wrote
       meanwhile. */
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_SNAPSHOT] = "BEGIN",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_SAVEPOINT] = "SAVEPOINT step",
    [SQL_SAVEPOINT_RELEASE] = "RELEASE step",
    [SQL_SAVEPOINT_ROLLBACK] = "ROLLBACK TO step",
    [SQL_DATA_VERSION] = "PRAGMA data_version",

    [SQL_TABLE_LIST] = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
                       " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
    [SQL_TABLE_FIND] = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1",
    [SQL_COLUMN_LIST] = "SELECT name, \"notnull\" AND dflt_value IS NULL AND pk = 0"
                        " FROM pragma_table_info(?1)",
    [SQL_META_FIND] = "SELECT value FROM confab_meta WHERE key = ?1",
    [SQL_META_SET] = "INSERT INTO confab_meta (key, value) VALUES (?1, ?2)"
                     " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    [SQL_DJANGO_APPLIED_SET] = "UPDATE django_migrations SET applied = ?1",

    [SQL_USER_FIND_ID] = "SELECT " USER_COLUMNS ", u.password FROM chat_user u WHERE u.id = ?1",
    [SQL_USER_FIND_NAME] =
        "SELECT " USER_COLUMNS ", u.password FROM chat_user u WHERE u.username = ?1",
    [SQL_USER_LIST] =
        "SELECT " USER_COLUMNS " FROM chat_user u WHERE u.id > ?1 ORDER BY u.id LIMIT ?2",
    [SQL_USER_SHARES_CHAT] =
        "SELECT 1 FROM chat_chat_participants a JOIN chat_chat_participants b"
        " ON b.chat_id = a.chat_id WHERE a.user_id = ?1 AND b.user_id = ?2 LIMIT 1",
    [SQL_USER_INSERT] =
        "INSERT INTO chat_user (password, is_superuser, username, first_name, last_name, email,"
        " is_staff, is_active, date_joined, user_type)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [SQL_USER_SET_PASSWORD] = "UPDATE chat_user SET password = ?2 WHERE id = ?1",
    [SQL_USER_SET_LAST_LOGIN] = "UPDATE chat_user SET last_login = ?2 WHERE id = ?1",
    [SQL_USER_SET_ACTIVE] = "UPDATE chat_user SET is_active = ?2 WHERE id = ?1",

    [SQL_USER_SET_POWER] = "UPDATE chat_user SET is_staff = ?2, is_superuser = ?3 WHERE id = ?1",
    [SQL_USER_RENAME] = "UPDATE chat_user SET username = ?2 WHERE id = ?1",
    [SQL_USER_DELETE] = "DELETE FROM chat_user WHERE id = ?1",
    [SQL_USER_DELETE_EXTRAS] = "DELETE FROM confab_message" OF_SENDER,
    [SQL_USER_DELETE_REACTIONS] = "DELETE FROM confab_reaction" OF_SENDER " OR user_id = ?1",
    [SQL_USER_DELETE_REVISIONS] = "DELETE FROM confab_revision" OF_SENDER,
    [SQL_USER_DELETE_MENTIONS] = "DELETE FROM confab_mention" OF_SENDER " OR user_id = ?1",
    [SQL_USER_DELETE_NONCES] = "DELETE FROM confab_nonce WHERE sender_id = ?1",
    [SQL_USER_DELETE_MEMBERS] = "DELETE FROM confab_member WHERE user_id = ?1",
    [SQL_USER_DELETE_TOKENS] = "DELETE FROM confab_token WHERE user_id = ?1 OR creator_id = ?1",
    [SQL_USER_DELETE_MESSAGES] = "DELETE FROM chat_message WHERE sender_id = ?1",
    [SQL_USER_DELETE_PARTICIPATIONS] = "DELETE FROM chat_chat_participants WHERE user_id = ?1",
    [SQL_USER_DELETE_GROUPS] = "DELETE FROM chat_user_groups WHERE user_id = ?1",
    [SQL_USER_DELETE_PERMISSIONS] = "DELETE FROM chat_user_user_permissions WHERE user_id = ?1",
    [SQL_USER_DELETE_ADMIN_LOG] = "DELETE FROM django_admin_log WHERE user_id = ?1",
    [SQL_USER_FORGET_CREATOR] = "UPDATE confab_chat SET creator_id = NULL WHERE creator_id = ?1",
    [SQL_USER_COUNT_MESSAGES] = "SELECT count(*) FROM chat_message WHERE sender_id = ?1",

    [SQL_CHAT_FIND] =
        "SELECT " CHAT_COLUMNS " FROM chat_chat c LEFT JOIN confab_chat o ON o.chat_id = c.id"
        " WHERE c.id = ?1",
    [SQL_CHAT_LIST] =
        "SELECT " CHAT_COLUMNS " FROM chat_chat c LEFT JOIN confab_chat o ON o.chat_id = c.id"
        " WHERE c.id > ?1 ORDER BY c.id LIMIT ?2",
    [SQL_CHAT_LIST_OF_USER] =
        "SELECT " CHAT_COLUMNS " FROM chat_chat_participants p JOIN chat_chat c ON c.id = p.chat_id"
        " LEFT JOIN confab_chat o ON o.chat_id = c.id"
        " WHERE p.user_id = ?3 AND p.chat_id > ?1 ORDER BY c.id LIMIT ?2",
    [SQL_CHAT_IDS_OF_USER] = "SELECT chat_id FROM chat_chat_participants WHERE user_id = ?1"
                             " ORDER BY chat_id LIMIT ?2",
    [SQL_CHAT_INSERT] = "INSERT INTO chat_chat (name, created_at) VALUES (?1, ?2)",
    /* A row may be there already, of a chat that Django deleted without knowing of confab_chat. */
    [SQL_CHAT_OURS_SET] = "INSERT INTO confab_chat (chat_id, creator_id) VALUES (?1, ?2)"
                          " ON CONFLICT (chat_id) DO UPDATE SET creator_id = excluded.creator_id,"
                          " kind = excluded.kind, settings = excluded.settings",
    [SQL_CHAT_RENAME] = "UPDATE chat_chat SET name = ?2 WHERE id = ?1",
    [SQL_CHAT_SET_KIND] = "INSERT INTO confab_chat (chat_id, kind) SELECT id, ?2 FROM chat_chat"
                          " WHERE id = ?1 ON CONFLICT (chat_id) DO UPDATE SET kind = ?2",
    [SQL_CHAT_SET_RECEIPTS] =
        "INSERT INTO confab_chat (chat_id, settings) SELECT id, json_object('receipts',"
        " json(CASE WHEN ?2 THEN 'true' ELSE 'false' END)) FROM chat_chat WHERE id = ?1"
        " ON CONFLICT (chat_id) DO UPDATE SET settings = CASE WHEN json_valid(settings) THEN"
        " json_patch(settings, excluded.settings) ELSE excluded.settings END",
    [SQL_CHAT_SHOWS_RECEIPTS] =
        "SELECT " CHAT_RECEIPTS " AND (SELECT count(*) FROM (SELECT 1 FROM chat_chat_participants"
        " WHERE chat_id = ?1 LIMIT ?2 + 1)) <= ?2 FROM confab_chat o WHERE o.chat_id = ?1",
    [SQL_CHAT_DELETE] = "DELETE FROM chat_chat WHERE id = ?1",
    [SQL_CHAT_DELETE_OURS] = "DELETE FROM confab_chat WHERE chat_id = ?1",
    [SQL_CHAT_DELETE_EXTRAS] = "DELETE FROM confab_message" OF_CHAT,
    [SQL_CHAT_DELETE_REACTIONS] = "DELETE FROM confab_reaction" OF_CHAT,
    [SQL_CHAT_DELETE_REVISIONS] = "DELETE FROM confab_revision" OF_CHAT,
    [SQL_CHAT_DELETE_MENTIONS] = "DELETE FROM confab_mention" OF_CHAT,
    [SQL_CHAT_DELETE_EVENTS] = "DELETE FROM confab_event WHERE chat_id = ?1",
    [SQL_CHAT_DELETE_MEMBERS] = "DELETE FROM confab_member WHERE chat_id = ?1",
    [SQL_CHAT_DELETE_HOOKS] = "DELETE FROM confab_token WHERE hook_chat_id = ?1",
    [SQL_CHAT_DELETE_MESSAGES] = "DELETE FROM chat_message WHERE chat_id = ?1",
    [SQL_CHAT_DELETE_PARTICIPANTS] = "DELETE FROM chat_chat_participants WHERE chat_id = ?1",
    [SQL_PARTICIPANT_FIND] =
        "SELECT u.is_active FROM chat_chat_participants p JOIN chat_user u ON u.id = p.user_id"
        " WHERE p.chat_id = ?1 AND p.user_id = ?2",
    [SQL_PARTICIPANT_LIST] =
        "SELECT " USER_COLUMNS " FROM chat_chat_participants p JOIN chat_user u ON u.id = p.user_id"
        " WHERE p.chat_id = ?3 AND p.user_id > ?1 ORDER BY p.user_id LIMIT ?2",
    /* No row if there is no such chat or user; none either if the user is in the chat already. */
    [SQL_PARTICIPANT_INSERT] =
        "INSERT INTO chat_chat_participants (chat_id, user_id)"
        " SELECT c.id, u.id FROM chat_chat c, chat_user u WHERE c.id = ?1 AND u.id = ?2"
        " ON CONFLICT DO NOTHING",
    [SQL_PARTICIPANT_DELETE] =
        "DELETE FROM chat_chat_participants WHERE chat_id = ?1 AND user_id = ?2",

    /* By id, which is the order of commit; the index on chat_id has the ids in it. */
    [SQL_MESSAGE_LIST] =
        "SELECT " MESSAGE_COLUMNS " FROM chat_message m JOIN chat_user u ON u.id = m.sender_id"
        " WHERE m.chat_id = ?1 AND m.id > ?2 AND m.id <= ?3 ORDER BY m.id LIMIT ?4",
    /* Walks ask for a sender once, not with each of his messages. */
    [SQL_MESSAGE_WALK] = "SELECT " WALK_COLUMNS " FROM chat_message m"
                         " WHERE m.chat_id = ?1 AND m.id > ?2 AND m.id <= ?3 ORDER BY m.id",
    /* The inner statement sorts ids alone, out of the index, so that no content is read in vain. */
    [SQL_MESSAGE_WALK_OF_USER] =
        "SELECT " WALK_COLUMNS
        ", m.chat_id FROM (SELECT i.id FROM chat_message i WHERE i.chat_id IN"
        " (SELECT p.chat_id FROM chat_chat_participants p WHERE p.user_id = ?1)"
        " AND i.id > ?2 AND i.id <= ?3 ORDER BY i.id LIMIT ?4) page"
        " JOIN chat_message m ON m.id = page.id ORDER BY page.id",
    [SQL_MESSAGE_WALK_ONE] = "SELECT " WALK_COLUMNS ", m.chat_id FROM chat_message m"
                             " WHERE m.id = ?2 AND EXISTS (SELECT 1 FROM chat_chat_participants p"
                             " WHERE p.chat_id = m.chat_id AND p.user_id = ?1)",
    [SQL_MESSAGE_SENDER] = "SELECT username, email, user_type FROM chat_user WHERE id = ?1",
    [SQL_MESSAGE_FIND_PLACE] = "SELECT m.chat_id, x.thread FROM chat_message m"
                               " LEFT JOIN confab_message x ON x.message_id = m.id WHERE m.id = ?1",
    [SQL_MESSAGE_LAST_ID] = "SELECT id FROM chat_message ORDER BY id DESC LIMIT 1",
    [SQL_MESSAGE_LAST_ID_OF_CHAT] =
        "SELECT id FROM chat_message WHERE chat_id = ?1 ORDER BY id DESC LIMIT 1",
    [SQL_MESSAGE_ID_FROM_END] =
        "SELECT id FROM chat_message WHERE chat_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2",
    [SQL_MESSAGE_INSERT] = "INSERT" MESSAGE_INTO MESSAGE_ROW,
    /* OR FAIL: what is there already stays, so SQLite need not note down how to take it back. */
    [SQL_MESSAGE_INSERT_4] = "INSERT OR FAIL" MESSAGE_INTO MESSAGE_ROWS_4,
    [SQL_MESSAGE_INSERT_16] = "INSERT OR FAIL" MESSAGE_INTO MESSAGE_ROWS_4 ", " MESSAGE_ROWS_4
                              ", " MESSAGE_ROWS_4 ", " MESSAGE_ROWS_4,

    /* One row for each chat and user that there are. */
    [SQL_MEMBER_FIND] =
        "SELECT o.kind, p.id IS NOT NULL, coalesce(r.role, CASE WHEN o.creator_id = u.id"
        " THEN 'owner' ELSE 'member' END), r.muted_until, coalesce(r.read_seq, 0), u.is_active,"
        " u.is_staff OR u.is_superuser"
        " FROM chat_chat c JOIN chat_user u ON u.id = ?2"
        " LEFT JOIN confab_chat o ON o.chat_id = c.id"
        " LEFT JOIN chat_chat_participants p ON p.chat_id = c.id AND p.user_id = u.id"
        " LEFT JOIN confab_member r ON r.chat_id = c.id AND r.user_id = u.id WHERE c.id = ?1",
    [SQL_MEMBER_FIND_USERNAME] =
        "SELECT u.id FROM chat_user u JOIN chat_chat_participants p ON p.user_id = u.id"
        " AND p.chat_id = ?1 WHERE u.username = ?2",
    [SQL_MEMBER_LIST] =
        "SELECT " USER_COLUMNS ", " ROLE_COLUMN ", r.muted_until, coalesce(r.read_seq, 0)"
        " FROM " MEMBER_TABLES " JOIN chat_user u ON u.id = p.user_id"
        " WHERE p.chat_id = ?1 AND p.user_id > ?2 ORDER BY p.user_id LIMIT ?3",
    [SQL_MEMBER_COUNT] = "SELECT count(*) FROM chat_chat_participants WHERE chat_id = ?1",
    [SQL_MEMBER_COUNT_OWNERS] =
        "SELECT count(*) FROM " MEMBER_TABLES " WHERE p.chat_id = ?1 AND " ROLE_COLUMN " = 'owner'",
    /* Who has been a moderator, else a participant, for longest. */
    [SQL_MEMBER_FIND_HEIR] =
        "SELECT p.user_id FROM " MEMBER_TABLES " JOIN chat_user u ON u.id = p.user_id"
        " WHERE p.chat_id = ?1 AND p.user_id <> ?2 AND u.is_active"
        " ORDER BY CASE " ROLE_COLUMN " WHEN 'moderator' THEN 0 WHEN 'member' THEN 1 ELSE 2 END,"
        " p.id LIMIT 1",
    [SQL_MEMBER_SET_ROLE] = "INSERT INTO confab_member (chat_id, user_id, role) VALUES (?1, ?2, ?3)"
                            " ON CONFLICT (chat_id, user_id) DO UPDATE SET role = excluded.role",
    [SQL_MEMBER_SET_MUTED] = "INSERT INTO confab_member (chat_id, user_id, role, muted_until)"
                             " VALUES (?1, ?2, " ROLE_WITHOUT_ROW ", ?3)"
                             " ON CONFLICT (chat_id, user_id) DO UPDATE SET"
                             " muted_until = excluded.muted_until",
    [SQL_MEMBER_SET_READ] =
        "INSERT INTO confab_member (chat_id, user_id, role, read_seq)"
        " VALUES (?1, ?2, " ROLE_WITHOUT_ROW ", ?3)"
        " ON CONFLICT (chat_id, user_id) DO UPDATE SET read_seq = excluded.read_seq",
    [SQL_MEMBER_DELETE] = "DELETE FROM confab_member WHERE chat_id = ?1 AND user_id = ?2",

    [SQL_EXTRA_INSERT] = "INSERT INTO confab_message (message_id, reply_to, thread, mentions,"
                         " mentions_all, attachments) VALUES (?1, nullif(?2, 0), nullif(?3, 0),"
                         " nullif(?4, ''), ?5, nullif(?6, ''))",
    [SQL_EXTRA_SET_MENTIONS] =
        "UPDATE confab_message SET mentions = nullif(?2, ''), mentions_all = ?3"
        " WHERE message_id = ?1",
    /* One that is there already is of a message that was deleted when a number was given twice. */
    [SQL_EDIT_INSERT_REVISION] =
        "INSERT OR REPLACE INTO confab_revision (message_id, revision, content, editor_id, at)"
        " SELECT m.id, coalesce(x.revision, 1), m.content, ?2, ?3 FROM chat_message m"
        " LEFT JOIN confab_message x ON x.message_id = m.id WHERE m.id = ?1",
    [SQL_EDIT_SET_CONTENT] = "UPDATE chat_message SET content = ?2 WHERE id = ?1",
    [SQL_EDIT_SET_EDITED] =
        "INSERT INTO confab_message (message_id, revision, edited_at) VALUES (?1, 2, ?2)"
        " ON CONFLICT (message_id) DO UPDATE SET revision = revision + 1,"
        " edited_at = excluded.edited_at",
    [SQL_EDIT_SET_DELETED] =
        "INSERT INTO confab_message (message_id, revision, deleted_at) VALUES (?1, 2, ?2)"
        " ON CONFLICT (message_id) DO UPDATE SET revision = revision + 1,"
        " deleted_at = excluded.deleted_at, pinned_at = NULL, mentions = NULL, mentions_all = 0,"
        " attachments = NULL",
    [SQL_EDIT_LIST] = "SELECT revision, content, editor_id, at FROM confab_revision"
                      " WHERE message_id = ?1 AND revision > ?2 ORDER BY revision LIMIT ?3",
    [SQL_PIN_SET] = "INSERT INTO confab_message (message_id, pinned_at) VALUES (?1, ?2)"
                    " ON CONFLICT (message_id) DO UPDATE SET pinned_at = excluded.pinned_at",
    [SQL_REACTION_INSERT] = "INSERT INTO confab_reaction (message_id, emoji, user_id, at)"
                            " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    [SQL_REACTION_DELETE] =
        "DELETE FROM confab_reaction WHERE message_id = ?1 AND emoji = ?2 AND user_id = ?3",
    [SQL_REACTION_COUNT] =
        "SELECT count(*) FROM confab_reaction WHERE message_id = ?1 AND emoji = ?2",
    [SQL_REACTION_COUNT_EMOJIS] =
        "SELECT count(DISTINCT emoji) FROM confab_reaction WHERE message_id = ?1",
    [SQL_REACTION_DELETE_ALL] = "DELETE FROM confab_reaction WHERE message_id = ?1",
    [SQL_MENTION_INSERT] = "INSERT INTO confab_mention (user_id, chat_id, message_id)"
                           " VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    [SQL_MENTION_DELETE_ALL] = "DELETE FROM confab_mention WHERE message_id = ?1",

    [SQL_WINDOW_COUNT] = "SELECT count(*) FROM chat_chat_participants WHERE user_id = ?1",
    [SQL_WINDOW_PAGE] =
        "SELECT p.chat_id, max("
        "coalesce((SELECT max(id) FROM chat_message WHERE chat_id = p.chat_id), 0),"
        " coalesce((SELECT max(id) FROM confab_event WHERE chat_id = p.chat_id), 0)) AS seq"
        " FROM chat_chat_participants p WHERE p.user_id = ?1"
        " ORDER BY seq DESC, p.chat_id DESC LIMIT ?3 OFFSET ?2",
    [SQL_WINDOW_CHAT] =
        "SELECT " CHAT_COLUMNS ", coalesce(r.read_seq, 0) FROM chat_chat_participants p"
        " JOIN chat_chat c ON c.id = p.chat_id LEFT JOIN confab_chat o ON o.chat_id = c.id"
        " LEFT JOIN confab_member r ON r.chat_id = c.id AND r.user_id = p.user_id"
        " WHERE p.user_id = ?1 AND p.chat_id = ?2",
    [SQL_WINDOW_UNREAD] =
        "SELECT count(*) FROM (SELECT sender_id FROM chat_message WHERE chat_id = ?2 AND id > ?3"
        " ORDER BY id DESC LIMIT ?4) WHERE sender_id <> ?1",
    [SQL_WINDOW_MENTIONS] =
        "SELECT count(*) FROM (SELECT DISTINCT t.message_id FROM confab_mention t"
        " JOIN chat_message m ON m.id = t.message_id AND m.sender_id <> ?1"
        " WHERE t.user_id IN (?1, 0) AND t.chat_id = ?2 AND t.message_id > ?3 LIMIT ?4)",

    [SQL_HISTORY_FIND] = WHOLE_MESSAGES " WHERE m.id = ?1",
    [SQL_HISTORY_OLDER] =
        WHOLE_MESSAGES " WHERE m.chat_id = ?1 AND m.id < ?2 ORDER BY m.id DESC LIMIT ?3",
    [SQL_HISTORY_NEWER] =
        WHOLE_MESSAGES " WHERE m.chat_id = ?1 AND m.id > ?2 ORDER BY m.id LIMIT ?3",
    [SQL_HISTORY_OLDER_OF_THREAD] = WHOLE_MESSAGES " WHERE m.id IN (" THREAD_IDS(
        "message_id < ?2", "< ?2", "DESC") ")"
                                           " AND m.chat_id = ?1 ORDER BY m.id DESC LIMIT ?3",
    [SQL_HISTORY_NEWER_OF_THREAD] = WHOLE_MESSAGES " WHERE m.id IN (" THREAD_IDS(
        "message_id > ?2", "> ?2", "ASC") ")"
                                          " AND m.chat_id = ?1 ORDER BY m.id LIMIT ?3",

    [SQL_EVENT_LIST_MESSAGES] =
        WHOLE_MESSAGES " WHERE m.chat_id = ?1 AND m.id > ?2 ORDER BY m.id LIMIT ?3",
    [SQL_EVENT_LIST_OTHERS] = "SELECT id, kind, body, message_id FROM confab_event"
                              " WHERE chat_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
    [SQL_EVENT_HEAD] =
        "SELECT max(coalesce((SELECT max(id) FROM chat_message WHERE chat_id = ?1), 0),"
        " coalesce((SELECT max(id) FROM confab_event WHERE chat_id = ?1), 0))",
    [SQL_EVENT_LAST_UNTIL] =
        "SELECT max(coalesce((SELECT max(id) FROM chat_message WHERE chat_id = ?1 AND id <= ?2), "
        "0),"
        " coalesce((SELECT max(id) FROM confab_event WHERE chat_id = ?1 AND id <= ?2), 0))",
    /* Of both tables together: as many of each are looked at, and the ids alone. */
    [SQL_EVENT_SEQ_FROM_END] =
        "SELECT id FROM (SELECT id FROM (SELECT id FROM chat_message WHERE chat_id = ?1"
        " ORDER BY id DESC LIMIT ?2 + 1) UNION ALL SELECT id FROM (SELECT id FROM confab_event"
        " WHERE chat_id = ?1 ORDER BY id DESC LIMIT ?2 + 1)) ORDER BY id DESC LIMIT 1 OFFSET ?2",
    [SQL_EVENT_NEWS] = "SELECT chat_id, max(id) FROM chat_message WHERE id > ?1 GROUP BY chat_id"
                       " LIMIT ?2",
    [SQL_EVENT_LAST_GIVEN] = "SELECT seq FROM sqlite_sequence WHERE name = 'chat_message'",
    [SQL_EVENT_TAKE_SEQ] = "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'chat_message'"
                           " RETURNING seq",
    [SQL_EVENT_FIRST_SEQ] = "INSERT INTO sqlite_sequence (name, seq) VALUES ('chat_message', 1)",
    [SQL_EVENT_INSERT] = "INSERT INTO confab_event (id, chat_id, kind, message_id, body, at)"
                         " VALUES (?1, ?2, ?3, nullif(?4, 0), ?5, ?6)",
    [SQL_NONCE_FIND] = "SELECT n.message_id, n.hash, m.timestamp FROM confab_nonce n"
                       " LEFT JOIN chat_message m ON m.id = n.message_id"
                       " WHERE n.sender_id = ?1 AND n.chat_id = ?2 AND n.nonce = ?3",
    [SQL_NONCE_INSERT] =
        "INSERT INTO confab_nonce (sender_id, chat_id, nonce, message_id, hash, at)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_NONCE_DELETE_OLD] = "DELETE FROM confab_nonce WHERE id IN"
                             " (SELECT id FROM confab_nonce ORDER BY id LIMIT ?2) AND at < ?1",

    [SQL_SEARCH_INDEXED] =
        "SELECT CAST(value AS integer) FROM confab_meta WHERE key = 'search_indexed'",
    [SQL_SEARCH_TRIGGERS] =
        "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'chat_message'"
        " AND name IN ('confab_search_edited', 'confab_search_deleted')",
    /* By the ids: events have some of them, so it may be fewer. */
    [SQL_SEARCH_PENDING] =
        "SELECT coalesce((SELECT max(id) FROM chat_message), 0) -"
        " min((SELECT CAST(value AS integer) FROM confab_meta WHERE key = 'search_indexed'),"
        " coalesce((SELECT max(id) FROM chat_message), 0))"
        " + (SELECT count(*) FROM (SELECT 1 FROM confab_search_stale LIMIT 10000))",
    [SQL_SEARCH_FORGET_ALL] = "INSERT INTO confab_search (confab_search) VALUES ('delete-all')",
    [SQL_SEARCH_FORGET] = "INSERT INTO confab_search (confab_search, rowid, content, chat_id)"
                          " VALUES ('delete', ?1, ?2, ?3)",
    [SQL_SEARCH_LEARN] = "INSERT INTO confab_search (rowid, content, chat_id) VALUES (?1, ?2, ?3)",
    [SQL_SEARCH_LEARN_AGAIN] = "INSERT INTO confab_search (rowid, content, chat_id)"
                               " SELECT id, content, chat_id FROM chat_message WHERE id = ?1",
    [SQL_SEARCH_LIST_NEW] =
        "SELECT id, content, chat_id FROM chat_message WHERE id > ?1 ORDER BY id LIMIT ?2",
    [SQL_SEARCH_STALE_FIRST] = "SELECT message_id, content, chat_id FROM confab_search_stale"
                               " ORDER BY message_id LIMIT 1",
    [SQL_SEARCH_STALE_DELETE] = "DELETE FROM confab_search_stale WHERE message_id = ?1",
    [SQL_SEARCH_STALE_CLEAR] = "DELETE FROM confab_search_stale",
    [SQL_SEARCH_CHATS] = "SELECT chat_id FROM chat_chat_participants WHERE user_id = ?1"
                         " AND (?2 = 0 OR chat_id = ?2) LIMIT ?3",
    /* CROSS: the index comes first. What has changed since it was indexed is not shown. */
    [SQL_SEARCH_LIST] =
        "SELECT s.rowid, m.sender_id, m.timestamp, EXISTS (SELECT 1 FROM chat_chat_participants p"
        " WHERE p.chat_id = m.chat_id AND p.user_id = ?3) FROM confab_search s"
        " CROSS JOIN chat_message m ON m.id = s.rowid WHERE s.confab_search MATCH ?1"
        " AND s.rowid < ?2 AND NOT EXISTS (SELECT 1 FROM confab_search_stale t"
        " WHERE t.message_id = s.rowid) ORDER BY s.rowid DESC",
    [SQL_SEARCH_SNIPPET] = "SELECT coalesce("
                           "early_snippet(confab_search, ?3, ?4, '\xe2\x80\xa6', ?5),"
                           " snippet(confab_search, 0, ?3, ?4, '\xe2\x80\xa6', ?5))"
                           " FROM confab_search WHERE confab_search MATCH ?1 AND rowid = ?2",

    [SQL_TOKEN_FIND] = TOKENS " WHERE k.hash = ?1 AND " TOKEN_USER_IS_ACTIVE,
    [SQL_TOKEN_FIND_ID] = TOKENS " WHERE k.id = ?1 AND " TOKEN_USER_IS_ACTIVE,
    [SQL_TOKEN_LIST] = TOKENS " WHERE k.creator_id = ?1 AND k.id > ?2 ORDER BY k.id LIMIT ?3",
    [SQL_TOKEN_LIST_HOOKS] =
        TOKENS " WHERE k.hook_chat_id = ?1 AND k.id > ?2 ORDER BY k.id LIMIT ?3",
    [SQL_TOKEN_COUNT] = "SELECT count(*) FROM confab_token WHERE creator_id = ?1",
    [SQL_TOKEN_INSERT] = "INSERT INTO confab_token (user_id, creator_id, name, prefix, hash,"
                         " may_read, may_write, chats, hook_chat_id, created_at, expires_at)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, nullif(?8, ''), nullif(?9, 0), ?10,"
                         " ?11)",
    [SQL_TOKEN_DELETE] = "DELETE FROM confab_token WHERE id = ?1"
                         " AND (creator_id = ?2 OR hook_chat_id = ?3)",
    [SQL_TOKEN_TOUCH] = "UPDATE confab_token SET last_used_at = ?2 WHERE id = ?1",
    [SQL_UPLOAD_INSERT] =
        "INSERT INTO confab_upload (owner_id, chat_id, name, type, size, sha256, path, created_at)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [SQL_UPLOAD_FIND] = UPLOADS " WHERE id = ?1",
    [SQL_UPLOAD_TOTAL] = "SELECT coalesce(sum(size), 0) FROM confab_upload WHERE owner_id = ?1",
    [SQL_UPLOAD_USE] = "UPDATE confab_upload SET message_id = ?4 WHERE id = ?1 AND owner_id = ?2"
                       " AND chat_id = ?3 AND message_id IS NULL",
    [SQL_UPLOAD_DROP_OF_MESSAGE] =
        "UPDATE confab_upload SET message_id = NULL WHERE message_id = ?1",
    [SQL_UPLOAD_LIST_UNUSED] =
        UPLOADS " WHERE id > ?2 AND created_at < ?1 AND (message_id IS NULL"
                " OR message_id NOT IN (SELECT id FROM chat_message)) ORDER BY id LIMIT ?3",
    [SQL_UPLOAD_DELETE] = "DELETE FROM confab_upload WHERE id = ?1",

    [SQL_NOTICE_INSERT] = "INSERT INTO confab_notice (code, message, at, created_at, ends_at)"
                          " VALUES (?1, ?2, ?3, ?4, ?5)",
    [SQL_NOTICE_COUNT] = "SELECT count(*) FROM confab_notice",
    [SQL_NOTICE_LIST] = "SELECT id, substr(code, 1, ?3), substr(message, 1, ?4), at, created_at,"
                        " ends_at FROM"
                        " (SELECT * FROM confab_notice WHERE ends_at > ?1 ORDER BY id DESC"
                        " LIMIT ?2) ORDER BY id",
    [SQL_NOTICE_DELETE] = "DELETE FROM confab_notice WHERE id = ?1",
    [SQL_NOTICE_DELETE_ENDED] = "DELETE FROM confab_notice WHERE ends_at <= ?1",

    [SQL_SESSION_FIND] = "SELECT session_key, session_data, expire_date FROM django_session"
                         " WHERE session_key = ?1",
    [SQL_SESSION_INSERT] = "INSERT INTO django_session (session_key, session_data, expire_date)"
                           " VALUES (?1, ?2, ?3)",
    [SQL_SESSION_DELETE] = "DELETE FROM django_session WHERE session_key = ?1",
    [SQL_SESSION_DELETE_EXPIRED] = "DELETE FROM django_session WHERE expire_date < ?1",
    [SQL_SESSION_LIST] = "SELECT session_key, session_data, expire_date FROM django_session"
                         " WHERE session_key > ?1 ORDER BY session_key LIMIT ?2",

    /* Each row that one of these gives is a finding, and its column the line about it. */
    [SQL_CHECK_DAMAGE] = "SELECT 'the file is damaged: ' || integrity_check || '; restore a backup'"
                         " FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    [SQL_CHECK_REFERENCES] =
        "SELECT \"table\" || ' row ' || coalesce(rowid, '?') || ': points at a row of ' || parent "
        "||"
        " ' that is not there; ' || CASE WHEN \"table\" = 'chat_chat_participants'"
        " THEN '--repair deletes it' ELSE 'delete one or restore the other' END"
        " FROM pragma_foreign_key_check",
    [SQL_CHECK_EMPTY_CHATS] =
        "SELECT 'chat_chat row ' || id || ': nobody takes part; add a participant (confab chat"
        " add-participant ' || id || ' NAME) or delete it (confab chat delete ' || id || ')'"
        " FROM chat_chat c WHERE NOT EXISTS"
        " (SELECT 1 FROM chat_chat_participants p WHERE p.chat_id = c.id)",
    [SQL_CHECK_NOTES] = "SELECT 'confab_chat row ' || chat_id || ': its chat is gone; --repair"
                        " deletes it' FROM confab_chat o"
                        " WHERE NOT EXISTS (SELECT 1 FROM chat_chat c WHERE c.id = o.chat_id)",
    [SQL_CHECK_MEMBERS] =
        ORPHANS("confab_member", "chat_id || ', ' || user_id", "chat or user", OF_NO_MEMBER),
    [SQL_CHECK_EXTRAS] = ORPHANS("confab_message", "message_id", "message", OF_NO_MESSAGE),
    [SQL_CHECK_REACTIONS] =
        ORPHANS("confab_reaction", "message_id || ', ' || user_id", "message", OF_NO_MESSAGE),
    [SQL_CHECK_REVISIONS] =
        ORPHANS("confab_revision", "message_id || ', ' || revision", "message", OF_NO_MESSAGE),
    [SQL_CHECK_MENTIONS] =
        ORPHANS("confab_mention", "user_id || ', ' || message_id", "message", OF_NO_MESSAGE),
    [SQL_CHECK_EVENTS] = ORPHANS("confab_event", "id", "chat", OF_NO_CHAT),
    [SQL_CHECK_TOKENS] = ORPHANS("confab_token", "id", "user", OF_NO_USER),
    [SQL_CHECK_HOOKS] = ORPHANS("confab_token", "id", "chat", OF_NO_HOOK_CHAT),
    [SQL_CHECK_COUNTERS] =
        "SELECT 'sqlite_sequence row ' || name || ': is ' || coalesce(seq, 'missing') ||"
        " ', below the largest id ' || top || ', so that ids could be given again; --repair sets "
        "it'"
        " FROM (" COUNTERS ") WHERE top > coalesce(seq, 0)",
    /* Row, column, value, and whether it is a text: what form it should have is judged in C. */
    [SQL_CHECK_TIME_USER_LOGIN] = "SELECT 'chat_user row ' || id, 'last_login', last_login"
                                  " FROM chat_user WHERE last_login IS NOT NULL",
    [SQL_CHECK_TIME_USER_JOINED] =
        "SELECT 'chat_user row ' || id, 'date_joined', date_joined FROM chat_user",
    [SQL_CHECK_TIME_CHAT] =
        "SELECT 'chat_chat row ' || id, 'created_at', created_at FROM chat_chat",
    [SQL_CHECK_TIME_MESSAGE] =
        "SELECT 'chat_message row ' || id, 'timestamp', timestamp FROM chat_message",
    /* A key is a secret: its beginning must do. */
    [SQL_CHECK_TIME_SESSION] = "SELECT 'django_session row ' || substr(session_key, 1, 8) || '...',"
                               " 'expire_date', expire_date FROM django_session",
    [SQL_CHECK_POINTING_TABLE] = "SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1",
    [SQL_REPAIR_PARTICIPANTS] =
        "DELETE FROM chat_chat_participants WHERE chat_id NOT IN (SELECT id FROM chat_chat)"
        " OR user_id NOT IN (SELECT id FROM chat_user)",
    [SQL_REPAIR_NOTES] = "DELETE FROM confab_chat WHERE chat_id NOT IN (SELECT id FROM chat_chat)",
    [SQL_REPAIR_MEMBERS] = "DELETE FROM confab_member" OF_NO_MEMBER,
    [SQL_REPAIR_EXTRAS] = "DELETE FROM confab_message" OF_NO_MESSAGE,
    [SQL_REPAIR_REACTIONS] = "DELETE FROM confab_reaction" OF_NO_MESSAGE,
    [SQL_REPAIR_REVISIONS] = "DELETE FROM confab_revision" OF_NO_MESSAGE,
    [SQL_REPAIR_MENTIONS] = "DELETE FROM confab_mention" OF_NO_MESSAGE,
    [SQL_REPAIR_EVENTS] = "DELETE FROM confab_event" OF_NO_CHAT,
    [SQL_REPAIR_TOKENS] =
        "DELETE FROM confab_token" OF_NO_USER " OR hook_chat_id NOT IN (SELECT id FROM chat_chat)",
    [SQL_REPAIR_COUNTERS] =
        "UPDATE sqlite_sequence SET seq = (SELECT top FROM (" COUNTERS ") n WHERE n.name ="
        " sqlite_sequence.name) WHERE name IN (SELECT name FROM (" COUNTERS ")"
        " WHERE top > coalesce(seq, 0))",
    [SQL_REPAIR_MISSING_COUNTERS] =
        "INSERT INTO sqlite_sequence (name, seq) SELECT name, top FROM (" COUNTERS ")"
        " WHERE seq IS NULL AND top > 0",
};

const char *sql_statement(enum sql_id id)
{
    assert(id < SQL_COUNT);
    return statements[id];
}
