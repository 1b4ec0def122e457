#include "chat/replay.h"

#include "chat/v1_json.h"

/* Read and write one page, whose first event comes behind prev. */
static enum err read_page(struct db *db, int64_t chat_id, int64_t after_seq, int64_t prev,
                          struct event_run *run)
{
    struct arena arena = {0};
    struct event_row rows[REPLAY_PAGE_EVENTS];
    size_t count = 0;
    enum err err = events_list(db, chat_id, after_seq, COUNT_OF(rows), &arena, rows, &count);
    for (size_t i = 0; err == OK && i < count; i++) {
        struct json json = {.out = &run->bytes, .style = JSON_COMPACT};
        size_t place = event_run_begin(run, rows[i].seq);
        v1_write_event(&json, &rows[i], prev, NO_BYTES);
        event_run_end(run, place);
        prev = rows[i].seq;
    }
    arena_free(&arena);
    return err == OK ? buf_status(&run->bytes) : err;
}

enum err replay_read(struct db *db, int64_t chat_id, int64_t after_seq, struct event_run *run)
{
    int64_t prev = 0;
    enum err err = events_last_until(db, chat_id, after_seq, &prev);
    return err == OK ? read_page(db, chat_id, after_seq, prev, run) : err;
}

enum err replay_read_tail(struct db *db, int64_t chat_id, struct event_run *run, int64_t *base,
                          int64_t *head)
{
    size_t count = 0;
    enum err err = events_seq_from_end(db, chat_id, REPLAY_TAIL_EVENTS, base);
    *head = *base;
    do {
        count = run->count;
        if (err == OK)
            err = read_page(db, chat_id, *head, *head, run);
        if (err == OK && run->count > count)
            *head = run->last_seq;
    } while (err == OK && run->count > count);
    return err;
}
