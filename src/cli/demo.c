#include "auth/password.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/database.h"
#include "cli/report.h"
#include "store/chats.h"
#include "store/messages.h"
#include "store/users.h"

/* Everybody may know it: the demo is for a machine of one's own, and what the README shows can be
 * pasted. */
static const char demo_password[] = "confab-demo";
static const char demo_chat[] = "Demo";

static const struct {
    const char *username;
    const char *email;
    const char *user_type;
} demo_users[] = {
    {"alice", "alice@example.com", "student"},
    {"bob", "bob@example.com", "staff"},
    {"carol", "carol@example.com", "owner"},
};
enum { DEMO_USERS = COUNT_OF(demo_users) };

static const struct {
    size_t sender; /* index into demo_users */
    const char *content;
} demo_messages[] = {
    {0, "Hello! Is anybody here?"},
    {1, "Hi Alice. Welcome to the demo."},
    {2, "Open two terminals and log in as two of us: what one sends, the other sees at once."},
};

/* The three hashes are made before the transaction begins: they take a while, and a lock should not
 * wait for them. */
static enum err make_hashes(const struct settings *settings, struct buf hashes[DEMO_USERS])
{
    enum err err = OK;
    for (size_t i = 0; i < DEMO_USERS && err == OK; i++)
        err = password_encode(&settings->server.password_policy, bytes_from_text(demo_password),
                              &hashes[i]);
    return err;
}

static enum err insert_users(struct db *db, const struct buf hashes[DEMO_USERS], int64_t now_us,
                             int64_t ids[DEMO_USERS])
{
    enum err err = OK;
    for (size_t i = 0; i < DEMO_USERS && err == OK; i++) {
        struct user user = {
            .username = bytes_from_text(demo_users[i].username),
            .email = bytes_from_text(demo_users[i].email),
            .user_type = bytes_from_text(demo_users[i].user_type),
            .first_name = BYTES(""),
            .last_name = BYTES(""),
            .password = buf_bytes(&hashes[i]),
            .is_active = true,
        };
        err = users_insert(db, &user, now_us, &ids[i]);
    }
    return err;
}

static enum err insert_messages(struct db *db, int64_t chat_id, const int64_t ids[DEMO_USERS],
                                int64_t now_us)
{
    enum err err = OK;
    for (size_t i = 0; i < COUNT_OF(demo_messages) && err == OK; i++) {
        int64_t id = 0;
        int64_t prev = 0;
        err = messages_insert(db, chat_id, ids[demo_messages[i].sender],
                              bytes_from_text(demo_messages[i].content), now_us + (int64_t)i, &id,
                              &prev);
    }
    return err;
}

/* Fill the database, all or nothing. ERR_CONFLICT: it has users already. */
static enum err fill(struct db *db, const struct buf hashes[DEMO_USERS], int64_t *chat_id)
{
    struct arena arena = {0};
    struct user first;
    size_t user_count = 0;
    int64_t ids[DEMO_USERS];
    int64_t now_us = time_now_us();
    enum err err = db_begin(db);
    if (err != OK)
        return err;
    err = users_list(db, 0, 1, &arena, &first, &user_count);
    if (err == OK && user_count > 0)
        err = ERR_CONFLICT;
    if (err == OK)
        err = insert_users(db, hashes, now_us, ids);
    if (err == OK)
        err =
            chats_insert(db, bytes_from_text(demo_chat), ids[0], ids, DEMO_USERS, now_us, chat_id);
    if (err == OK)
        err = insert_messages(db, *chat_id, ids, now_us);
    if (err == OK)
        err = db_commit(db);
    else
        db_rollback(db);
    arena_free(&arena);
    return err;
}

static int print_what_next(const char *database, int64_t chat_id)
{
    struct buf out = {0};
    buf_printf(&out, "filled %s with the users", database);
    for (size_t i = 0; i < DEMO_USERS; i++)
        buf_printf(&out, "%s %s", i > 0 ? "," : "", demo_users[i].username);
    buf_printf(
        &out,
        "\nand the chat \"%s\" with id %lld; everybody's password is: %s\n\n"
        "What to try next:\n"
        "  confab serve --database %s\n"
        "  curl -c alice.txt -d username=alice -d password=%s http://127.0.0.1:8000/api/login/\n"
        "  curl -b alice.txt http://127.0.0.1:8000/api/chats/%lld/messages/\n\n"
        "The password is public: keep these users away from a public server.\n",
        demo_chat, (long long)chat_id, demo_password, database, demo_password, (long long)chat_id);
    int status = report_finish(&out);
    buf_free(&out);
    return status;
}

/* `confab demo` */
int command_demo(struct settings *settings)
{
    struct db *db = NULL;
    struct buf hashes[DEMO_USERS] = {0};
    unsigned steps = 0;
    int64_t chat_id = 0;
    int status = STATUS_FAILED;
    const char *database = settings->server.database;
    if (database_open_migrated(settings, &db, &steps) != OK)
        return STATUS_FAILED;
    enum err err = make_hashes(settings, hashes);
    if (err == OK)
        err = fill(db, hashes, &chat_id);
    if (err == ERR_CONFLICT)
        status =
            report_error(STATUS_FAILED,
                         "%s has users already; give the demo a database of its own: confab demo "
                         "--database demo.sqlite3",
                         database);
    else if (err != OK)
        status = report_failure("the database could not be filled", err);
    else
        status = print_what_next(database, chat_id);
    for (size_t i = 0; i < DEMO_USERS; i++)
        buf_free(&hashes[i]);
    db_close(&db);
    return status;
}
