/* v1_events.c - the durable events of a chat behind a number: resuming by polling. */
#include "store/events.h"

#include "api/answer.h"
#include "api/fields.h"
#include "api/routes.h"
#include "api/stream.h"
#include "api/v1_page.h"
#include "chat/replay.h"
#include "chat/v1_json.h"

enum { AFTER_HEAD = -1 }; /* the client has no position: it begins where the chat is now */

struct events_state {
    int64_t after;
    int64_t limit;
    int64_t wait_s;     /* when there is nothing yet */
    struct bytes epoch; /* that the client's numbers are of; empty: it does not say */
};

static void take_query(struct fields *fields, struct call *call)
{
    static const struct number_rule after = {"after", FIELD_OPTIONAL, 0, INT64_MAX};
    static const struct number_rule limit = {"limit", FIELD_OPTIONAL, 1, INT64_MAX};
    static const struct number_rule wait = {"wait", FIELD_OPTIONAL, 0, INT64_MAX};
    static const struct text_rule epoch = {.name = "epoch", .options = FIELD_OPTIONAL};
    struct events_state *state = call->state;
    *state = (struct events_state) {.after = AFTER_HEAD, .limit = V1_PAGE_LIMIT};
    (void)fields_number(fields, &after, &state->after);
    (void)fields_number(fields, &limit, &state->limit);
    (void)fields_number(fields, &wait, &state->wait_s);
    (void)fields_text(fields, &epoch, &state->epoch);
}

/* *reason: why the events behind the client's number cannot be given; NULL: they can. */
static enum err find_gap(struct call *call, struct db *db, int64_t head, struct bytes epoch,
                         const char **reason)
{
    const struct events_state *state = call->state;
    int64_t oldest = 0;
    *reason = NULL;
    if (state->after > head || (state->epoch.len > 0 && !bytes_equal(state->epoch, epoch))) {
        *reason = "epoch";
        return OK;
    }
    enum err err = events_seq_from_end(db, call->id, REPLAY_EVENTS_MAX, &oldest);
    if (err == OK && state->after < oldest)
        *reason = "too_far";
    return err;
}

static void write_gap(struct json *json, int64_t after, int64_t head, const char *reason)
{
    json_key(json, "gap");
    json_object_begin(json);
    json_key(json, "after");
    json_number(json, after);
    json_key(json, "seq");
    json_number(json, head);
    json_key(json, "reason");
    json_text_z(json, reason);
    json_object_end(json);
}

/* Write a few of the events behind *after. *left: how many there may still be; 0: that was all. */
static enum err write_some(struct call *call, struct db *db, struct json *json, int64_t *after,
                           int64_t *prev, int64_t *left)
{
    struct event_row rows[STREAM_ROWS_MAX];
    struct arena arena = {0};
    size_t max = *left < STREAM_ROWS_MAX ? (size_t)*left : STREAM_ROWS_MAX;
    size_t count = 0;
    enum err err = events_list(db, call->id, *after, max, &arena, rows, &count);
    for (size_t i = 0; i < count; i++) {
        v1_write_event(json, &rows[i], *prev, NO_BYTES);
        *prev = *after = rows[i].seq;
    }
    *left = count > 0 ? *left - (int64_t)count : 0;
    arena_free(&arena);
    return err;
}

static enum err write_events(struct call *call, struct db *db, struct json *json)
{
    const struct events_state *state = call->state;
    int64_t left = state->limit < V1_PAGE_LIMIT_MAX ? state->limit : V1_PAGE_LIMIT_MAX;
    int64_t after = state->after;
    int64_t prev = 0;
    enum err err = events_last_until(db, call->id, after, &prev);
    while (err == OK && left > 0 && call->response.content.len < V1_PAGE_BYTES)
        err = write_some(call, db, json, &after, &prev, &left);
    return err;
}

/* Whether the client would rather wait than hear that nothing has happened. */
static bool has_to_wait(struct call *call, int64_t head, const char *gap)
{
    struct events_state *state = call->state;
    if (state->after != head || gap != NULL || state->wait_s == 0 || call->wait_is_over ||
        call->request->method == HTTP_HEAD)
        return false;
    call->wait_s =
        state->wait_s < CALL_WAIT_S_MAX ? (unsigned)state->wait_s : (unsigned)CALL_WAIT_S_MAX;
    return true;
}

static struct step answer_events(struct call *call, struct db *db)
{
    const struct events_state *state = call->state;
    struct bytes epoch = NO_BYTES;
    const char *gap = NULL;
    int64_t head = 0;
    enum err err = events_head(db, call->id, &head);
    if (err == OK)
        err = events_epoch(db, &call->arena, &epoch);
    if (err == OK && state->after != AFTER_HEAD)
        err = find_gap(call, db, head, epoch, &gap);
    if (err != OK)
        return answer_failed(call, err);
    if (has_to_wait(call, head, gap))
        return step_to(CALL_TO_WAIT, NULL);
    answer_begin(call, 200);
    struct json json = answer_json(call);
    json_object_begin(&json);
    json_key(&json, "seq");
    json_number(&json, head);
    json_key(&json, "epoch");
    json_text(&json, epoch);
    if (gap != NULL)
        write_gap(&json, state->after, head, gap);
    json_key(&json, "events");
    json_array_begin(&json);
    if (gap == NULL && state->after != AFTER_HEAD)
        err = write_events(call, db, &json);
    json_array_end(&json);
    json_object_end(&json);
    return err == OK ? answer_send_tagged(call) : answer_failed(call, err);
}

struct step v1_events_get(struct call *call, struct db *db)
{
    return fields_then(call, db, FIELDS_OF_QUERY, take_query, sizeof(struct events_state),
                       step_to(CALL_ON_READER, answer_events));
}
