#include "store/search.h"

#include <assert.h>
#include <stdio.h>
#include "base/buf.h"
#include "store/chats.h"
#include "store/history.h"
#include "store/row_read.h"
#include "store/schema_sql.h"
#include "store/search_match.h"

/* --- The index --- */

static enum err find_indexed(struct db *db, int64_t *id)
{
    return read_one_number(sql_take(db, SQL_SEARCH_INDEXED), id);
}

static enum err set_indexed(struct db *db, int64_t id)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)id);
    struct sql *sql = sql_take(db, SQL_META_SET);
    sql_bind_text(sql, 1, BYTES("search_indexed"));
    sql_bind_text(sql, 2, bytes_from_text(text));
    return sql_run(sql, NULL);
}

/* Whether changes of messages are noticed. */
static enum err have_triggers(struct db *db, bool *out)
{
    enum { TRIGGERS = 2 };
    int64_t count = 0;
    enum err err = read_one_number(sql_take(db, SQL_SEARCH_TRIGGERS), &count);
    *out = count == TRIGGERS;
    return err;
}

enum err search_pending(struct db *db, int64_t *count)
{
    bool is_watched = false;
    int64_t pending = 0;
    enum err err = read_one_number(sql_take(db, SQL_SEARCH_PENDING), &pending);
    if (err == OK)
        err = have_triggers(db, &is_watched);
    if (err == OK)
        *count = is_watched ? pending : INT64_MAX;
    return err;
}

/* Nobody knows what was changed while the triggers were missing: begin anew. */
static enum err start_again(struct db *db)
{
    enum err err = sql_run(sql_take(db, SQL_SEARCH_FORGET_ALL), NULL);
    if (err == OK)
        err = sql_run(sql_take(db, SQL_SEARCH_STALE_CLEAR), NULL);
    if (err == OK)
        err = set_indexed(db, 0);
    for (const char *const *text = schema_confab_search_triggers; *text != NULL && err == OK;
         text++)
        err = sql_run_text(db, *text);
    return err;
}

/* What one search_index() may still take. */
struct allowance {
    int64_t messages;
    int64_t bytes;
};

static bool take_from(struct allowance *allowance, size_t bytes)
{
    allowance->messages--;
    allowance->bytes -= (int64_t)bytes;
    return allowance->messages > 0 && allowance->bytes > 0;
}

/* Run a statement on the index for one message. */
static enum err run_on(struct db *db, enum sql_id id, int64_t message_id, struct bytes content,
                       int64_t chat_id)
{
    struct sql *sql = sql_take(db, id);
    sql_bind_number(sql, 1, message_id);
    sql_bind_text(sql, 2, content);
    sql_bind_number(sql, 3, chat_id);
    return sql_run(sql, NULL);
}

/* One that has changed: the index forgets what it knows, and learns what stands there now, if
 * anything does. */
static enum err renew_one(struct db *db, struct sql *stale, struct allowance *allowance,
                          bool *has_room)
{
    int64_t id = sql_number(stale, 0);
    struct bytes content = sql_text(stale, 1);
    *has_room = take_from(allowance, content.len);
    enum err err = run_on(db, SQL_SEARCH_FORGET, id, content, sql_number(stale, 2));
    if (err != OK)
        return err;
    struct sql *sql = sql_take(db, SQL_SEARCH_LEARN_AGAIN);
    sql_bind_number(sql, 1, id);
    err = sql_run(sql, NULL);
    if (err != OK)
        return err;
    sql = sql_take(db, SQL_SEARCH_STALE_DELETE);
    sql_bind_number(sql, 1, id);
    return sql_run(sql, NULL);
}

/* Each is read anew: the row that was read is deleted meanwhile. */
static enum err renew(struct db *db, struct allowance *allowance)
{
    bool has_room = allowance->messages > 0;
    enum err err = OK;
    while (err == OK && has_room) {
        struct sql *sql = sql_take(db, SQL_SEARCH_STALE_FIRST);
        err = sql_next(sql);
        if (err == OK)
            err = renew_one(db, sql, allowance, &has_room);
        sql_done(sql);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* New ones, from the last that is known on. */
static enum err learn(struct db *db, struct allowance *allowance)
{
    int64_t last = 0;
    bool has_room = allowance->messages > 0 && allowance->bytes > 0;
    enum err err = find_indexed(db, &last);
    int64_t first = last;
    if (err != OK)
        return err;
    struct sql *sql = sql_take(db, SQL_SEARCH_LIST_NEW);
    sql_bind_number(sql, 1, last);
    sql_bind_number(sql, 2, allowance->messages);
    while (has_room && (err = sql_next(sql)) == OK) {
        struct bytes content = sql_text(sql, 1);
        has_room = take_from(allowance, content.len);
        err = run_on(db, SQL_SEARCH_LEARN, sql_number(sql, 0), content, sql_number(sql, 2));
        if (err != OK)
            break;
        last = sql_number(sql, 0);
    }
    if (err == ERR_NOT_FOUND)
        err = OK;
    if (err == OK)
        err = sql_status(sql);
    sql_done(sql);
    return err == OK && last != first ? set_indexed(db, last) : err;
}

enum err search_index(struct db *db)
{
    struct allowance allowance = {.messages = SEARCH_INDEX_MESSAGES, .bytes = SEARCH_INDEX_BYTES};
    bool is_watched = false;
    enum err err = have_triggers(db, &is_watched);
    if (err == OK && !is_watched)
        err = start_again(db);
    if (err == OK)
        err = renew(db, &allowance);
    return err == OK ? learn(db, &allowance) : err;
}

enum err search_index_lazily(struct db *db, bool *has_more)
{
    int64_t pending = 0;
    *has_more = false;
    enum err err = search_pending(db, &pending);
    if (err != OK || pending < SEARCH_INDEX_LAZY_MESSAGES)
        return err;
    err = db_begin_unless_locked(db);
    if (err != OK)
        return err;
    err = search_index(db);
    if (err == OK)
        err = db_commit(db);
    else
        db_rollback(db);
    if (err == OK)
        err = search_pending(db, &pending);
    *has_more = err == OK && pending >= SEARCH_INDEX_LAZY_MESSAGES;
    return err;
}

/* --- Searching --- */

/* A search that is under way. */
struct search {
    struct db *db;
    const struct search_query *query;
    struct arena *arena;
    struct buf match;
    int64_t chats[SEARCH_CHATS_MAX]; /* of the user, if they are not too many */
    size_t chat_count;
    int64_t steps; /* that looking for candidates may still take */
};

/* The chats that the words are looked for in; none: in all, and each message is asked for its own.
 */
static enum err find_chats(struct search *search)
{
    size_t n = 0;
    enum err err = OK;
    struct sql *sql = sql_take(search->db, SQL_SEARCH_CHATS);
    sql_bind_number(sql, 1, search->query->user_id);
    sql_bind_number(sql, 2, search->query->chat_id);
    sql_bind_number(sql, 3, SEARCH_CHATS_MAX + 1);
    while (n < SEARCH_CHATS_MAX && (err = sql_next(sql)) == OK)
        search->chats[n++] = sql_number(sql, 0);
    bool are_all = n < SEARCH_CHATS_MAX || (err = sql_next(sql)) != OK;
    sql_done(sql);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    search->chat_count = are_all ? n : 0;
    return n > 0 ? OK : ERR_NOT_FOUND;
}

static enum err write_match(struct search *search)
{
    if (search->query->text.len > SEARCH_TEXT_BYTES_MAX)
        return ERR_LIMIT;
    if (!search_match_words(&search->match, search->query->text))
        return ERR_SYNTAX;
    if (search->chat_count > 0)
        search_match_chats(&search->match, search->chats, search->chat_count);
    return buf_status(&search->match);
}

/* Whether the candidate in the row is what was asked for. */
static bool is_wanted(const struct search_query *query, struct sql *sql)
{
    bool may_see = sql_bool(sql, 3);
    if (!may_see || (query->sender_id != 0 && sql_number(sql, 1) != query->sender_id))
        return false;
    if (query->since_us == 0 && query->until_us == 0)
        return true;
    int64_t at_us = sql_time(sql, 2);
    return at_us >= query->since_us && (query->until_us == 0 || at_us < query->until_us);
}

static enum err fill_row(struct search *search, int64_t id, struct search_row *row)
{
    enum err err = history_find(search->db, id, search->arena, &row->message);
    if (err != OK)
        return err;
    struct sql *sql = sql_take(search->db, SQL_SEARCH_SNIPPET);
    sql_bind_text(sql, 1, buf_bytes(&search->match));
    sql_bind_number(sql, 2, id);
    sql_bind_text(sql, 3, BYTES(SEARCH_HIT_BEGIN));
    sql_bind_text(sql, 4, BYTES(SEARCH_HIT_END));
    sql_bind_number(sql, 5, SEARCH_SNIPPET_WORDS);
    err = sql_next(sql);
    if (err == OK) {
        row->snippet = sql_copy(sql, 0, search->arena);
        err = sql_status(sql);
    }
    sql_done(sql);
    return err;
}

/* The index goes through all that one word is in until the others are in it too, and hands out
 * nothing meanwhile: words that are frequent each and rare together cost as much as there are
 * messages. */
static enum err next_candidate(struct search *search, struct sql *sql)
{
    sql_limit_steps(search->db, &search->steps);
    enum err err = sql_next(sql);
    sql_limit_steps(search->db, NULL);
    search->steps += SEARCH_STEPS_PER_MESSAGE;
    return err;
}

/* Go through the candidates, newest first, until the page is full or enough were looked at. */
static enum err fill_page(struct search *search, struct search_page *page)
{
    const struct search_query *query = search->query;
    enum err err = OK;
    int64_t scanned = 0;
    int64_t last = 0;
    size_t bytes = 0;
    struct sql *sql = sql_take(search->db, SQL_SEARCH_LIST);
    sql_bind_text(sql, 1, buf_bytes(&search->match));
    sql_bind_number(sql, 2, query->before != 0 ? query->before : INT64_MAX);
    sql_bind_number(sql, 3, query->user_id);
    while (page->count < query->limit && scanned < SEARCH_SCANNED_MAX &&
           bytes <= SEARCH_PAGE_BYTES && (err = next_candidate(search, sql)) == OK) {
        last = sql_number(sql, 0);
        scanned++;
        if (!is_wanted(query, sql))
            continue;
        err = fill_row(search, last, &page->rows[page->count]);
        if (err != OK)
            break;
        bytes += page->rows[page->count].message.content.len;
        page->count++;
    }
    sql_done(sql);
    if (err == ERR_LIMIT)
        err = last != 0 ? OK : ERR_DENIED;
    page->next_before = err == OK ? last : 0;
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err search_list(struct db *db, const struct search_query *query, struct arena *arena,
                     struct search_page *page)
{
    struct search search = {.db = db, .query = query, .arena = arena, .steps = query->steps_max};
    assert(query->limit >= 1 && query->limit <= SEARCH_PAGE_MAX);
    page->count = 0;
    page->next_before = 0;
    enum err err = find_chats(&search);
    if (err == ERR_NOT_FOUND && query->chat_id == 0)
        return OK; /* who is in no chat finds nothing */
    if (err == OK)
        err = write_match(&search);
    if (err == OK)
        err = fill_page(&search, page);
    buf_free(&search.match);
    return err;
}
