#include "store/sql.h"

#include <assert.h>

#define USER_COLUMNS                                                                               \
    "u.id, u.username, u.email, u.user_type, u.first_name, u.last_name, u.is_active, u.is_staff, " \
    "u.is_superuser"
#define CHAT_COLUMNS "c.id, c.name, c.created_at, o.creator_id"
#define MESSAGE_COLUMNS                                                                            \
    "m.id, m.chat_id, m.content, m.timestamp, u.id, u.username, u.email, u.user_type"

/* Columns are always named: Django's versions differ in their order. The row of a chat in
 * confab_chat may be missing. */
static const char *const statements[SQL_COUNT] = {
    /* IMMEDIATE: who reads first and then wants to write is refused at once when another wrote
       meanwhile. */
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_SAVEPOINT] = "SAVEPOINT step",
    [SQL_SAVEPOINT_RELEASE] = "RELEASE step",
    [SQL_SAVEPOINT_ROLLBACK] = "ROLLBACK TO step",
    [SQL_DATA_VERSION] = "PRAGMA data_version",

    [SQL_TABLE_LIST] = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
                       " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
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
    [SQL_USER_INSERT] =
        "INSERT INTO chat_user (password, is_superuser, username, first_name, last_name, email,"
        " is_staff, is_active, date_joined, user_type)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [SQL_USER_SET_PASSWORD] = "UPDATE chat_user SET password = ?2 WHERE id = ?1",
    [SQL_USER_SET_LAST_LOGIN] = "UPDATE chat_user SET last_login = ?2 WHERE id = ?1",
    [SQL_USER_SET_ACTIVE] = "UPDATE chat_user SET is_active = ?2 WHERE id = ?1",

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
    [SQL_CHAT_INSERT] = "INSERT INTO chat_chat (name, created_at) VALUES (?1, ?2)",
    /* A row may be there already, of a chat that Django deleted without knowing of confab_chat. */
    [SQL_CHAT_OURS_SET] = "INSERT INTO confab_chat (chat_id, creator_id) VALUES (?1, ?2)"
                          " ON CONFLICT (chat_id) DO UPDATE SET creator_id = excluded.creator_id,"
                          " kind = excluded.kind, settings = excluded.settings",
    [SQL_CHAT_RENAME] = "UPDATE chat_chat SET name = ?2 WHERE id = ?1",
    [SQL_CHAT_DELETE] = "DELETE FROM chat_chat WHERE id = ?1",
    [SQL_CHAT_DELETE_OURS] = "DELETE FROM confab_chat WHERE chat_id = ?1",
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
    /* The inner statement sorts ids alone, out of the index, so that no content is read in vain. */
    [SQL_MESSAGE_LIST_OF_USER] =
        "SELECT " MESSAGE_COLUMNS " FROM (SELECT i.id FROM chat_message i WHERE i.chat_id IN"
        " (SELECT p.chat_id FROM chat_chat_participants p WHERE p.user_id = ?1)"
        " AND i.id > ?2 AND i.id <= ?3 ORDER BY i.id LIMIT ?4) page"
        " JOIN chat_message m ON m.id = page.id JOIN chat_user u ON u.id = m.sender_id"
        " ORDER BY page.id",
    [SQL_MESSAGE_FIND_OF_USER] =
        "SELECT " MESSAGE_COLUMNS " FROM chat_message m JOIN chat_user u ON u.id = m.sender_id"
        " WHERE m.id = ?2 AND EXISTS (SELECT 1 FROM chat_chat_participants p"
        " WHERE p.chat_id = m.chat_id AND p.user_id = ?1)",
    [SQL_MESSAGE_LAST_ID] = "SELECT id FROM chat_message ORDER BY id DESC LIMIT 1",
    [SQL_MESSAGE_LAST_ID_OF_CHAT] =
        "SELECT id FROM chat_message WHERE chat_id = ?1 ORDER BY id DESC LIMIT 1",
    [SQL_MESSAGE_INSERT] = "INSERT INTO chat_message (content, timestamp, chat_id, sender_id)"
                           " VALUES (?1, ?2, ?3, ?4)",

    [SQL_SESSION_FIND] = "SELECT session_key, session_data, expire_date FROM django_session"
                         " WHERE session_key = ?1",
    [SQL_SESSION_INSERT] = "INSERT INTO django_session (session_key, session_data, expire_date)"
                           " VALUES (?1, ?2, ?3)",
    [SQL_SESSION_DELETE] = "DELETE FROM django_session WHERE session_key = ?1",
    [SQL_SESSION_DELETE_EXPIRED] = "DELETE FROM django_session WHERE expire_date < ?1",
    [SQL_SESSION_LIST] = "SELECT session_key, session_data, expire_date FROM django_session"
                         " WHERE session_key > ?1 ORDER BY session_key LIMIT ?2",
};

const char *sql_statement(enum sql_id id)
{
    assert(id < SQL_COUNT);
    return statements[id];
}
