#include "store/events.h"

#include <assert.h>
#include "base/buf.h"
#include "store/history.h"
#include "store/messages.h"
#include "store/row_read.h"
#include "store/sql.h"

static const char *const kind_names[EVENT_KIND_COUNT] = {
    [EVENT_MESSAGE] = "message",
    [EVENT_MESSAGE_UPDATED] = "message_updated",
    [EVENT_MESSAGE_DELETED] = "message_deleted",
    [EVENT_REACTION_ADDED] = "reaction_added",
    [EVENT_REACTION_REMOVED] = "reaction_removed",
    [EVENT_PIN_ADDED] = "pin_added",
    [EVENT_PIN_REMOVED] = "pin_removed",
    [EVENT_MEMBER_JOINED] = "member_joined",
    [EVENT_MEMBER_LEFT] = "member_left",
    [EVENT_MEMBER_UPDATED] = "member_updated",
    [EVENT_CHAT_UPDATED] = "chat_updated",
};

const char *event_kind_name(enum event_kind kind)
{
    assert(kind < EVENT_KIND_COUNT);
    return kind_names[kind];
}

/* A kind that a later version has stored is shown as a change of the chat: nobody may miss a seq.
 */
static enum event_kind kind_of(struct bytes name)
{
    for (size_t kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        if (bytes_is(name, kind_names[kind]))
            return (enum event_kind)kind;
    }
    return EVENT_CHAT_UPDATED;
}

/* --- Reading --- */

/* One of the two tables, read row by row. */
struct source {
    struct sql *sql;
    enum err err; /* OK: a row is there; ERR_NOT_FOUND: there are no more */
    int64_t seq;  /* of that row */
};

static void step(struct source *source)
{
    source->err = sql_next(source->sql);
    if (source->err == OK)
        source->seq = sql_number(source->sql, 0);
}

static struct source open_source(struct db *db, enum sql_id id, int64_t chat_id, int64_t after_seq,
                                 size_t max)
{
    struct source source = {.sql = sql_take(db, id)};
    sql_bind_number(source.sql, 1, chat_id);
    sql_bind_number(source.sql, 2, after_seq);
    sql_bind_number(source.sql, 3, (int64_t)max);
    step(&source);
    return source;
}

/* The result of reading, and the statement back. */
static enum err close_source(struct source *source)
{
    enum err err = source->err == ERR_NOT_FOUND ? OK : source->err;
    if (err == OK)
        err = sql_status(source->sql);
    sql_done(source->sql);
    return err;
}

static struct event_row take_message(struct source *source, struct arena *arena)
{
    return (struct event_row) {
        .seq = source->seq,
        .kind = EVENT_MESSAGE,
        .message = read_whole_message(source->sql, arena),
    };
}

/* What a message says now stands for what it said after an older edit: who follows the stream comes
 * to the same, and nobody is shown what was taken back. One that is gone from its table was deleted
 * without our knowing. */
static enum err fill_message(struct db *db, int64_t chat_id, int64_t message_id,
                             struct arena *arena, struct event_row *row)
{
    enum err err = history_find(db, message_id, arena, &row->message);
    if (err != ERR_NOT_FOUND)
        return err;
    struct buf members = {0};
    buf_printf(&members, "{\"chat\":%lld,\"id\":%lld}", (long long)chat_id, (long long)message_id);
    row->kind = EVENT_MESSAGE_DELETED;
    err = buf_status(&members);
    if (err == OK)
        err = arena_copy(arena, buf_bytes(&members), &row->members);
    buf_free(&members);
    return err;
}

/* The row and, in *message_id, the message that it needs; 0: none. */
static struct event_row take_other(struct source *source, struct arena *arena, int64_t *message_id)
{
    enum event_kind kind = kind_of(sql_text(source->sql, 1));
    *message_id = kind == EVENT_MESSAGE_UPDATED ? sql_number(source->sql, 3) : 0;
    return (struct event_row) {
        .seq = source->seq,
        .kind = kind,
        .members = *message_id == 0 ? sql_copy(source->sql, 2, arena) : NO_BYTES,
    };
}

enum err events_list(struct db *db, int64_t chat_id, int64_t after_seq, size_t max,
                     struct arena *arena, struct event_row *out, size_t *count)
{
    struct source messages = open_source(db, SQL_EVENT_LIST_MESSAGES, chat_id, after_seq, max);
    struct source others = open_source(db, SQL_EVENT_LIST_OTHERS, chat_id, after_seq, max);
    size_t n = 0;
    size_t bytes = 0;
    enum err err = OK;
    while (n < max && bytes < MESSAGES_PIECE_BYTES && err == OK &&
           (messages.err == OK || others.err == OK)) {
        bool is_message = messages.err == OK && (others.err != OK || messages.seq < others.seq);
        struct source *source = is_message ? &messages : &others;
        int64_t message_id = 0;
        out[n] = is_message ? take_message(source, arena) : take_other(source, arena, &message_id);
        if (message_id != 0)
            err = fill_message(db, chat_id, message_id, arena, &out[n]);
        bytes += out[n].message.content.len + out[n].members.len;
        n++;
        step(source);
    }
    enum err err_of_messages = close_source(&messages);
    enum err err_of_others = close_source(&others);
    if (err == OK)
        err = err_of_messages != OK ? err_of_messages : err_of_others;
    *count = err == OK ? n : 0;
    return err;
}

enum err events_head(struct db *db, int64_t chat_id, int64_t *seq)
{
    struct sql *sql = sql_take(db, SQL_EVENT_HEAD);
    sql_bind_number(sql, 1, chat_id);
    return read_one_number(sql, seq);
}

enum err events_last_until(struct db *db, int64_t chat_id, int64_t until_seq, int64_t *seq)
{
    struct sql *sql = sql_take(db, SQL_EVENT_LAST_UNTIL);
    sql_bind_number(sql, 1, chat_id);
    sql_bind_number(sql, 2, until_seq);
    return read_one_number(sql, seq);
}

enum err events_seq_from_end(struct db *db, int64_t chat_id, int64_t max, int64_t *seq)
{
    struct sql *sql = sql_take(db, SQL_EVENT_SEQ_FROM_END);
    sql_bind_number(sql, 1, chat_id);
    sql_bind_number(sql, 2, max);
    return read_one_number(sql, seq);
}

enum err events_last_given(struct db *db, int64_t *seq)
{
    return read_one_number(sql_take(db, SQL_EVENT_LAST_GIVEN), seq);
}

enum err events_news(struct db *db, int64_t after_seq, size_t max, struct chat_news *out,
                     size_t *count)
{
    size_t n = 0;
    enum err err = OK;
    struct sql *sql = sql_take(db, SQL_EVENT_NEWS);
    sql_bind_number(sql, 1, after_seq);
    sql_bind_number(sql, 2, (int64_t)max);
    while (n < max && (err = sql_next(sql)) == OK)
        out[n++] = (struct chat_news) {sql_number(sql, 0), sql_number(sql, 1)};
    return end_rows(sql, err, n, count);
}

enum err events_epoch(struct db *db, struct arena *arena, struct bytes *epoch)
{
    struct sql *sql = sql_take(db, SQL_META_FIND);
    sql_bind_text(sql, 1, BYTES("epoch"));
    enum err err = sql_next(sql);
    struct bytes text = err == OK ? sql_copy(sql, 0, arena) : NO_BYTES;
    if (err == OK)
        err = sql_status(sql);
    sql_done(sql);
    if (err == OK)
        *epoch = text;
    return err;
}

/* --- Writing --- */

/* Take the next number of the sequence that messages have too. */
static enum err take_seq(struct db *db, int64_t *seq)
{
    int64_t taken = 0;
    enum err err = read_one_number(sql_take(db, SQL_EVENT_TAKE_SEQ), &taken);
    if (err == OK && taken == 0) { /* no message was ever stored */
        taken = 1;
        err = sql_run(sql_take(db, SQL_EVENT_FIRST_SEQ), NULL);
    }
    *seq = taken;
    return err;
}

enum err events_insert(struct db *db, enum event_kind kind, int64_t chat_id, int64_t message_id,
                       struct bytes members, int64_t now_us, int64_t *seq, int64_t *prev)
{
    struct head *head = heads_find_chat(sql_heads(db), chat_id);
    int64_t last = head != NULL ? head->seq : 0;
    int64_t taken = 0;
    assert(kind != EVENT_MESSAGE);
    enum err err = head != NULL ? OK : events_head(db, chat_id, &last);
    if (err == OK)
        err = take_seq(db, &taken);
    if (err != OK)
        return err;
    struct sql *sql = sql_take(db, SQL_EVENT_INSERT);
    sql_bind_number(sql, 1, taken);
    sql_bind_number(sql, 2, chat_id);
    sql_bind_text(sql, 3, bytes_from_text(event_kind_name(kind)));
    sql_bind_number(sql, 4, message_id);
    sql_bind_text(sql, 5, members);
    sql_bind_time(sql, 6, now_us);
    err = sql_run(sql, NULL);
    if (err != OK)
        return err;
    head = heads_find_chat(sql_heads(db), chat_id); /* a failure may have dropped it */
    if (head != NULL)
        head->seq = taken;
    *seq = taken;
    *prev = last;
    return OK;
}
