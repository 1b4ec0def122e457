/* fixture.h - a directory of its own with a database in it, and another program that writes to it
 * behind our back. */
#ifndef CONFAB_TESTS_STORE_FIXTURE_H
#define CONFAB_TESTS_STORE_FIXTURE_H

#include "check.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "store/chats.h"
#include "store/db.h"
#include "store/messages.h"
#include "store/schema.h"
#include "store/sql.h"
#include "store/users.h"

/* 2026-11-22 18:33:35.571503 UTC */
#define NOW_US INT64_C(1795372415571503)

struct place {
    char directory[64];
    char path[96];
};

static inline void place_init(struct place *place)
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || strlen(parent) > 30)
        parent = "/tmp";
    (void)snprintf(place->directory, sizeof place->directory, "%s/confab-store-XXXXXX", parent);
    CHECK(mkdtemp(place->directory) != NULL);
    (void)snprintf(place->path, sizeof place->path, "%s/confab.sqlite3", place->directory);
}

static inline void place_deinit(struct place *place)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s%s", place->path, endings[i]);
        (void)unlink(path);
    }
    CHECK(rmdir(place->directory) == 0);
}

static inline struct db *open_db(const struct place *place, enum db_role role)
{
    struct db *db = NULL;
    char reason[256] = "";
    enum err err = db_open(place->path, role, &db, reason);
    if (err != OK)
        print_error("%s\n", reason);
    CHECK(err == OK);
    return db;
}

/* A writer on a new database with all tables. */
static inline struct db *open_new(struct place *place)
{
    unsigned steps;
    char reason[256];
    place_init(place);
    struct db *db = open_db(place, DB_WRITER);
    CHECK(schema_migrate(db, NOW_US, &steps, reason) == OK);
    CHECK(steps > 0);
    return db;
}

static inline void close_all(struct place *place, struct db **db)
{
    db_close(db);
    CHECK(*db == NULL);
    place_deinit(place);
}

static inline int64_t add_user(struct db *db, const char *name)
{
    struct user user = {
        .username = bytes_from_text(name),
        .email = BYTES("someone@example.com"),
        .user_type = BYTES("student"),
        .password = BYTES("!"),
        .is_active = true,
    };
    int64_t id = 0;
    CHECK(users_insert(db, &user, NOW_US, &id) == OK);
    return id;
}

static inline int64_t add_chat(struct db *db, const int64_t *participants, size_t count)
{
    int64_t id = 0;
    CHECK(chats_insert(db, BYTES("chat"), 0, participants, count, NOW_US, &id) == OK);
    return id;
}

static inline void other_runs(sqlite3 *other, const char *text)
{
    char *message = NULL;
    int code = sqlite3_exec(other, text, NULL, NULL, &message);
    if (code != SQLITE_OK)
        print_error("%s: %s\n", text, message);
    sqlite3_free(message);
    CHECK(code == SQLITE_OK);
}

/* Another program on the same file; the caller closes it. It does not wait for the disk: only its
 * locks and rows matter. */
static inline sqlite3 *open_other(const struct place *place)
{
    sqlite3 *other = NULL;
    CHECK(sqlite3_open(place->path, &other) == SQLITE_OK);
    other_runs(other, "PRAGMA synchronous = OFF");
    return other;
}

/* Run statements as another program that comes and goes, as Django does. */
static inline void elsewhere(const struct place *place, const char *text)
{
    sqlite3 *other = open_other(place);
    other_runs(other, text);
    CHECK(sqlite3_close(other) == SQLITE_OK);
}

/* The first column of the first row as text, "" for none. */
static inline struct bytes other_asks(const struct place *place, const char *text,
                                      struct arena *arena)
{
    sqlite3_stmt *statement = NULL;
    struct bytes out = NO_BYTES;
    sqlite3 *other = open_other(place);
    CHECK(sqlite3_prepare_v2(other, text, -1, &statement, NULL) == SQLITE_OK);
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0) != NULL)
        CHECK(arena_copy(arena,
                         bytes_of(sqlite3_column_text(statement, 0),
                                  (size_t)sqlite3_column_bytes(statement, 0)),
                         &out) == OK);
    CHECK(sqlite3_finalize(statement) == SQLITE_OK);
    CHECK(sqlite3_close(other) == SQLITE_OK);
    return out;
}

static inline void check_asked(const struct place *place, const char *text, const char *expected)
{
    struct arena arena = {0};
    CHECK_BYTES(other_asks(place, text, &arena), bytes_from_text(expected));
    arena_free(&arena);
}

/* The whole file; the caller frees it. */
static inline struct buf file_content(const char *path)
{
    struct buf content = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    for (;;) {
        CHECK(buf_reserve(&content, 65536));
        ssize_t got = read(fd, content.data + content.len, 65536);
        CHECK(got >= 0);
        if (got == 0)
            break;
        content.len += (size_t)got;
    }
    CHECK(close(fd) == 0);
    return content;
}

static inline void make_file(const char *path, struct bytes content)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    CHECK(write(fd, content.data, content.len) == (ssize_t)content.len);
    CHECK(close(fd) == 0);
}

#endif
