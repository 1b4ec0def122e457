#include "store/schema.h"

#include <stdio.h>
#include "base/random.h"
#include "store/schema_sql.h"
#include "store/sql.h"

enum { REASON_BYTES = 256 };

/* What brings a database from the version before to this one. Numbers are never given again, and
 * what has been released is never changed: a new migration is a new line. */
static const struct migration {
    unsigned version;
    const char *const *statements;
} migrations[] = {
    {1, schema_django_tables}, {2, schema_django_rows},    {3, schema_confab_tables},
    {4, schema_confab_v1},     {5, schema_confab_search},  {6, schema_confab_search_triggers},
    {7, schema_confab_tokens}, {8, schema_confab_uploads}, {9, schema_confab_notices},
};

enum {
    SCHEMA_VERSION_DJANGO = 2, /* where a database stands that the Django system has made */
    /* What this program works on. */
    SCHEMA_VERSION = SCHEMA_VERSION_DJANGO + SCHEMA_MIGRATIONS_OF_OURS,
};

/* The tables and columns that our statements name. Other columns are Django's business, as long as
 * a row can be inserted without them. */
static const struct needed_table {
    const char *name;
    const char *columns;
} needed_tables[] = {
    {"chat_user", "id password last_login is_superuser username first_name last_name email"
                  " is_staff is_active date_joined user_type"},
    {"chat_chat", "id name created_at"},
    {"chat_chat_participants", "id chat_id user_id"},
    {"chat_message", "id content timestamp chat_id sender_id"},
    {"django_session", "session_key session_data expire_date"},
};

/* Which tables there are, as far as it matters. */
struct tables {
    char first[64]; /* the name of one of them */
    bool are_none;
    bool have_meta;
    bool have_django;
};

static enum err list_tables(struct db *db, struct tables *out)
{
    bool has_migrations = false;
    bool has_users = false;
    *out = (struct tables) {.are_none = true};
    struct sql *sql = sql_take(db, SQL_TABLE_LIST);
    enum err err;
    while ((err = sql_next(sql)) == OK) {
        struct bytes name = sql_text(sql, 0);
        if (out->are_none)
            (void)snprintf(out->first, sizeof out->first, "%.*s", BYTES_FMT(name));
        out->are_none = false;
        out->have_meta |= bytes_is(name, "confab_meta");
        has_migrations |= bytes_is(name, "django_migrations");
        has_users |= bytes_is(name, "chat_user");
    }
    out->have_django = has_migrations && has_users;
    sql_done(sql);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The index of a word among words divided by blanks; the count of the words if it is none of them.
 */
static unsigned word_index(struct bytes words, struct bytes word)
{
    unsigned index = 0;
    struct bytes piece;
    while (bytes_split(&words, ' ', &piece) && !bytes_equal(piece, word))
        index++;
    return index;
}

/* ERR_DENIED: the table is not as our statements need it; *reason says which column. */
static enum err check_table(struct db *db, const struct needed_table *table, char reason[256])
{
    struct bytes columns = bytes_from_text(table->columns);
    unsigned count = word_index(columns, NO_BYTES);
    unsigned found = 0; /* a bit for each column */
    struct sql *sql = sql_take(db, SQL_COLUMN_LIST);
    sql_bind_text(sql, 1, bytes_from_text(table->name));
    enum err err;
    while ((err = sql_next(sql)) == OK) {
        struct bytes name = sql_text(sql, 0);
        bool must_be_given = sql_number(sql, 1) != 0;
        unsigned index = word_index(columns, name);
        if (index < count) {
            found |= BIT(index);
        } else if (must_be_given) {
            (void)snprintf(reason, REASON_BYTES,
                           "column %s.%.60s is not known here and has neither a default nor NULL",
                           table->name, (const char *)name.data);
            err = ERR_DENIED;
            break;
        }
    }
    sql_done(sql);
    if (err != ERR_NOT_FOUND)
        return err;
    struct bytes piece;
    for (unsigned i = 0; bytes_split(&columns, ' ', &piece); i++) {
        if ((found & BIT(i)) != 0)
            continue;
        if (found == 0)
            (void)snprintf(reason, REASON_BYTES, "table %s is missing", table->name);
        else
            (void)snprintf(reason, REASON_BYTES, "column %s.%.*s is missing", table->name,
                           BYTES_FMT(piece));
        return ERR_DENIED;
    }
    return OK;
}

/* The version that confab_meta tells. ERR_DENIED: none that could be ours. */
static enum err read_version(struct db *db, unsigned *version, char reason[256])
{
    uint64_t number = 0;
    struct sql *sql = sql_take(db, SQL_META_FIND);
    sql_bind_text(sql, 1, BYTES("schema_version"));
    enum err err = sql_next(sql);
    if (err == OK)
        err = bytes_to_number(sql_text(sql, 0), UINT32_MAX, &number);
    sql_done(sql);
    if (err == ERR_NOT_FOUND || err == ERR_SYNTAX ||
        (err == OK && number <= SCHEMA_VERSION_DJANGO)) {
        (void)snprintf(reason, REASON_BYTES, "table confab_meta names no schema_version");
        return ERR_DENIED;
    }
    *version = (unsigned)number;
    return err;
}

/* What is there, and at which version. ERR_DENIED: nothing we know; *reason says why. */
static enum err find_version(struct db *db, enum schema_state *state, unsigned *version,
                             char reason[256])
{
    struct tables tables;
    *version = 0;
    *state = SCHEMA_EMPTY;
    enum err err = list_tables(db, &tables);
    if (err != OK || tables.are_none)
        return err;
    *state = SCHEMA_FOREIGN;
    if (!tables.have_meta && !tables.have_django) {
        (void)snprintf(reason, REASON_BYTES,
                       "the database belongs to another program (it has a table %s)", tables.first);
        return ERR_DENIED;
    }
    *version = SCHEMA_VERSION_DJANGO;
    if (tables.have_meta)
        err = read_version(db, version, reason);
    if (err == OK && *version > SCHEMA_VERSION) {
        *state = SCHEMA_NEWER;
        (void)snprintf(reason, REASON_BYTES,
                       "the database has schema version %u; this program knows %d: use a newer one",
                       *version, SCHEMA_VERSION);
        return ERR_DENIED;
    }
    for (size_t i = 0; i < COUNT_OF(needed_tables) && err == OK; i++)
        err = check_table(db, &needed_tables[i], reason);
    if (err == OK)
        *state = !tables.have_meta            ? SCHEMA_DJANGO
                 : *version == SCHEMA_VERSION ? SCHEMA_CURRENT
                                              : SCHEMA_OLD;
    return err;
}

enum err schema_inspect(struct db *db, enum schema_state *state, char reason[256])
{
    unsigned version;
    reason[0] = '\0';
    enum err err = find_version(db, state, &version, reason);
    return err == ERR_DENIED ? OK : err;
}

static enum err set_meta(struct db *db, struct bytes key, struct bytes value)
{
    struct sql *sql = sql_take(db, SQL_META_SET);
    sql_bind_text(sql, 1, key);
    sql_bind_text(sql, 2, value);
    return sql_run(sql, NULL);
}

static enum err apply(struct db *db, const struct migration *migration)
{
    enum err err = OK;
    for (const char *const *text = migration->statements; *text != NULL && err == OK; text++)
        err = sql_run_text(db, *text);
    return err;
}

static enum err set_epoch(struct db *db)
{
    enum { EPOCH_CHARACTERS = 8 };
    char epoch[EPOCH_CHARACTERS + 1];
    random_text(epoch, EPOCH_CHARACTERS, "abcdefghijklmnopqrstuvwxyz0123456789");
    return set_meta(db, BYTES("epoch"), bytes_from_text(epoch));
}

enum err schema_renew_epoch(struct db *db)
{
    enum err err = db_begin(db);
    if (err != OK)
        return err;
    err = set_epoch(db);
    if (err == OK)
        return db_commit(db);
    db_rollback(db);
    return err;
}

/* What the migrations cannot say in SQL: when it was, and chance. */
static enum err fill_in(struct db *db, unsigned from_version, int64_t now_us)
{
    enum err err = OK;
    if (from_version < SCHEMA_VERSION_DJANGO) {
        struct sql *sql = sql_take(db, SQL_DJANGO_APPLIED_SET);
        sql_bind_time(sql, 1, now_us);
        err = sql_run(sql, NULL);
    }
    if (err == OK && from_version <= SCHEMA_VERSION_DJANGO)
        err = set_epoch(db);
    if (err == OK) {
        char version[16];
        (void)snprintf(version, sizeof version, "%d", SCHEMA_VERSION);
        err = set_meta(db, BYTES("schema_version"), bytes_from_text(version));
    }
    return err;
}

/* Inside the transaction: nobody else can change the tables between looking and doing. */
static enum err migrate(struct db *db, int64_t now_us, unsigned *steps, char reason[256])
{
    enum schema_state state;
    unsigned version;
    enum err err = find_version(db, &state, &version, reason);
    if (err != OK || state == SCHEMA_CURRENT)
        return err;
    for (size_t i = 0; i < COUNT_OF(migrations) && err == OK; i++) {
        if (migrations[i].version <= version)
            continue;
        err = apply(db, &migrations[i]);
        (*steps)++;
    }
    return err == OK ? fill_in(db, version, now_us) : err;
}

enum err schema_migrate(struct db *db, int64_t now_us, unsigned *steps, char reason[256])
{
    enum schema_state state;
    unsigned version;
    *steps = 0;
    reason[0] = '\0';
    /* First without the write lock: a server that starts on a current database waits for nobody. */
    enum err err = find_version(db, &state, &version, reason);
    if (err != OK || state == SCHEMA_CURRENT)
        goto done;
    err = db_begin(db);
    if (err != OK)
        goto done;
    err = migrate(db, now_us, steps, reason);
    if (err == OK)
        err = db_commit(db);
    else
        db_rollback(db);
    /* The file of an adopted database is in the journal mode that Django left it in. */
    if (err == OK)
        err = sql_use_wal(db);

done:
    if (err != OK) {
        *steps = 0;
        if (reason[0] == '\0')
            (void)snprintf(reason, REASON_BYTES, "the tables could not be made: %s", err_name(err));
    }
    return err;
}
