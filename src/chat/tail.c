#include "chat/tail.h"

void tail_deinit(struct tail *tail)
{
    event_run_deinit(&tail->run);
}

void tail_start(struct tail *tail, int64_t seq)
{
    event_run_deinit(&tail->run);
    tail->base = seq;
}

static size_t bytes_max(size_t reader_count)
{
    size_t bytes = TAIL_BYTES_MIN + reader_count * TAIL_BYTES_PER_READER;
    return bytes < TAIL_BYTES_MAX ? bytes : TAIL_BYTES_MAX;
}

void tail_append(struct tail *tail, int64_t seq, struct bytes json, size_t reader_count)
{
    struct event_run *run = &tail->run;
    size_t max = bytes_max(reader_count);
    event_run_append(run, seq, json);
    if (run->bytes.failed) {
        tail_start(tail, seq);
        return;
    }
    while (run->count > 0 && run->bytes.len - run->begin > max)
        tail->base = event_run_drop(run);
    if (run->count == 0)
        tail_start(tail, seq); /* one that is larger than the whole tail gives its memory back */
}
