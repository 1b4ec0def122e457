#include "chat/event_run.h"

#include <assert.h>

/* What stands before each text. */
struct entry {
    int64_t seq;
    uint64_t len;
};

/* Dropped bytes are moved over when there are so many, and more than half. */
enum { EVENT_RUN_DEAD_BYTES = 1024 };

void event_run_deinit(struct event_run *run)
{
    buf_free(&run->bytes);
    *run = (struct event_run) {0};
}

size_t event_run_begin(struct event_run *run, int64_t seq)
{
    const struct entry entry = {.seq = seq};
    size_t place = run->bytes.len;
    buf_append(&run->bytes, bytes_of(&entry, sizeof entry));
    run->count++;
    run->last_seq = seq;
    return place;
}

void event_run_end(struct event_run *run, size_t place)
{
    struct entry entry;
    if (run->bytes.failed)
        return;
    memcpy(&entry, run->bytes.data + place, sizeof entry);
    entry.len = run->bytes.len - place - sizeof entry;
    memcpy(run->bytes.data + place, &entry, sizeof entry);
}

void event_run_append(struct event_run *run, int64_t seq, struct bytes json)
{
    size_t place = event_run_begin(run, seq);
    buf_append(&run->bytes, json);
    event_run_end(run, place);
}

bool event_run_next(const struct event_run *run, size_t *at, int64_t *seq, struct bytes *json)
{
    struct entry entry;
    if (*at >= run->bytes.len)
        return false;
    memcpy(&entry, run->bytes.data + *at, sizeof entry);
    *seq = entry.seq;
    *json = bytes_of(run->bytes.data + *at + sizeof entry, (size_t)entry.len);
    *at += sizeof entry + (size_t)entry.len;
    return true;
}

int64_t event_run_drop(struct event_run *run)
{
    int64_t seq = 0;
    struct bytes json;
    bool was_there = event_run_next(run, &run->begin, &seq, &json);
    assert(was_there);
    (void)was_there;
    run->count--;
    if (run->begin >= EVENT_RUN_DEAD_BYTES && run->begin > run->bytes.len / 2) {
        buf_consume(&run->bytes, run->begin);
        run->begin = 0;
    }
    return seq;
}
