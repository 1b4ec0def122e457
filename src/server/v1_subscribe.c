/* v1_subscribe.c - the commands subscribe and unsubscribe, on a connection to all chats. */
#include <stdio.h>
#include "server/errand.h"
#include "server/v1_commands.h"
#include "server/v1_membership.h"
#include "store/chats.h"

enum { REFUSAL_BYTES_MAX = 64 }; /* of the words in which a chat's id stands */

static void refuse(struct v1 *v1, const struct command *command, enum v1_code code,
                   const char *message)
{
    v1_refuse(v1, code, message, command->ref, command->nonce, 0);
}

/* The refusal names the first chat that is not there: a client that asked for many cannot tell by
 * the ref. */
static enum err refuse_chat(struct errand *errand, int64_t chat_id)
{
    char *message = arena_alloc(&errand->arena, REFUSAL_BYTES_MAX);
    if (message == NULL)
        return ERR_MEMORY;
    (void)snprintf(message, REFUSAL_BYTES_MAX, "%s: chat %lld", v1_code_message(V1_NOT_FOUND),
                   (long long)chat_id);
    errand->change = (struct change_result) {.code = V1_NOT_FOUND, .message = message};
    return OK;
}

/* Which of the chats may the user read? If there is another, all of them together are refused. */
static enum err check_chats(struct errand *errand, struct db *db)
{
    errand->change.code = V1_OK; /* this may be the second time */
    for (size_t i = 0; i < errand->named.count; i++) {
        bool is_participant = false;
        enum err err =
            chats_has_participant(db, errand->named.chats[i], errand->user.id, &is_participant);
        if (err != OK)
            return err;
        if (!is_participant)
            return refuse_chat(errand, errand->named.chats[i]);
    }
    return OK;
}

/* The position that the client has named for a chat; -1: none. */
static int64_t position_of(const struct errand *errand, int64_t chat_id)
{
    for (size_t i = 0; i < errand->named.count; i++) {
        if (errand->named.chats[i] == chat_id)
            return errand->named.after[i];
    }
    return -1;
}

static bool make_places(struct errand *errand, struct places *places)
{
    places->chats = arena_alloc(&errand->arena, COMMAND_CHATS_MAX * sizeof *places->chats);
    places->after = arena_alloc(&errand->arena, COMMAND_CHATS_MAX * sizeof *places->after);
    return places->chats != NULL && places->after != NULL;
}

/* All chats of the user, with the positions that were named. They may have become others since the
 * last time, so what was named stays as it was. */
static enum err find_all_chats(struct errand *errand, struct db *db)
{
    struct places *all = &errand->all;
    if (all->chats == NULL && !make_places(errand, all))
        return ERR_MEMORY;
    enum err err =
        chats_ids_of_user(db, errand->user.id, COMMAND_CHATS_MAX, all->chats, &all->count);
    for (size_t i = 0; i < all->count && err == OK; i++)
        all->after[i] = position_of(errand, all->chats[i]);
    return err;
}

static enum err read_subscribe(struct errand *errand, struct db *db)
{
    return errand->is_all ? find_all_chats(errand, db) : check_chats(errand, db);
}

static void done_subscribe(struct errand *errand, struct v1 *v1)
{
    if (errand->is_all)
        v1->follows_all = true;
    const struct places *places = errand->is_all ? &errand->all : &errand->named;
    const struct subscribing_to to = {
        .chats = places->chats,
        .after = places->after,
        .count = places->count,
        .ref = errand->command.ref,
        .is_of_other_epoch = errand->is_of_other_epoch,
    };
    if (subscription_begin_all(v1, &to) != OK)
        socket_close(v1->socket, WS_CLOSE_OVERLOADED);
}

/* One element of the list: {"chat":7,"after":8412}, or the number alone. */
static bool read_chat(const struct json_doc *doc, const struct json_node *node, int64_t *chat,
                      int64_t *after)
{
    *after = -1;
    if (node->kind != JSON_OBJECT)
        return command_read_id(doc, node, chat);
    const struct json_node *id = json_member(doc, node, "chat");
    const struct json_node *position = json_member(doc, node, "after");
    if (id == NULL || !command_read_id(doc, id, chat))
        return false;
    return position == NULL || command_read_number(doc, position, after);
}

/* The list of chats, into the errand. False: one of them is wrong, or there are too many. */
static bool read_chats(struct errand *errand, const struct json_doc *doc,
                       const struct json_node *list)
{
    const struct json_node *node = json_first(doc, list);
    for (; node != NULL; node = json_next(doc, list, node)) {
        if (errand->named.count == COMMAND_CHATS_MAX ||
            !read_chat(doc, node, &errand->named.chats[errand->named.count],
                       &errand->named.after[errand->named.count]))
            return false;
        errand->named.count++;
    }
    return true;
}

/* The object of positions: {"7":8412}. */
static bool read_positions(struct errand *errand, const struct json_doc *doc,
                           const struct json_node *object)
{
    const struct json_node *key = object != NULL ? json_first(doc, object) : NULL;
    while (key != NULL) {
        const struct json_node *value = json_value(key);
        uint64_t chat;
        if (errand->named.count == COMMAND_CHATS_MAX ||
            bytes_to_number(json_raw_bytes(doc, key), INT64_MAX, &chat) != OK ||
            !command_read_number(doc, value, &errand->named.after[errand->named.count]))
            return false;
        errand->named.chats[errand->named.count++] = (int64_t)chat;
        key = json_next(doc, object, value);
    }
    return true;
}

/* Which fleeting frames the client wants, if it says so. Durable events are sent in any case: the
 * chain has no holes. False: one of the list is no text. */
static bool read_events(struct v1 *v1, const struct json_doc *doc, const struct json_node *list)
{
    bool typing = false;
    bool read = false;
    bool presence = false;
    if (list == NULL)
        return true;
    const struct json_node *node = json_first(doc, list);
    for (; node != NULL; node = json_next(doc, list, node)) {
        if (node->kind != JSON_STRING)
            return false;
        struct bytes name = json_raw_bytes(doc, node);
        typing |= bytes_is(name, "typing");
        read |= bytes_is(name, "read");
        presence |= bytes_is(name, "presence");
    }
    v1->wants_typing = typing;
    v1->wants_read = read;
    v1->wants_presence = presence;
    return true;
}

void v1_run_subscribe(struct v1 *v1, const struct command *command)
{
    const struct json_doc *doc = &v1->socket->client->shard->consumer.doc;
    struct errand *errand = NULL;
    if (!v1->is_multi) {
        refuse(v1, command, V1_INVALID_FRAME, "subscribe belongs on /ws/");
        return;
    }
    if (!read_events(v1, doc, command->events)) {
        refuse(v1, command, V1_INVALID_FRAME, "events must be names of groups of events");
        return;
    }
    enum err err = errand_new(v1, command, &errand);
    if (err != OK) {
        refuse(v1, command, V1_UNAVAILABLE, NULL);
        return;
    }
    const char *epoch = v1->socket->client->shard->site->epoch;
    errand->is_all = command->chats->kind == JSON_STRING;
    errand->is_of_other_epoch = command->epoch.len > 0 && !bytes_is(command->epoch, epoch);
    if (!make_places(errand, &errand->named)) {
        refuse(v1, command, V1_UNAVAILABLE, NULL);
        errand_free(&errand);
        return;
    }
    bool is_right = errand->is_all ? read_positions(errand, doc, command->positions)
                                   : read_chats(errand, doc, command->chats);
    if (!is_right) {
        refuse(v1, command, V1_INVALID_FRAME,
               "chats and after must name chats by their ids, at most 5000 of them");
        errand_free(&errand);
        return;
    }
    errand->run = read_subscribe;
    errand->done = done_subscribe;
    errand->refused = v1_end_answer;
    errand->opens_chats = true;
    v1_begin_answer(v1);
    errand_read(errand);
}

static void tell_unsubscribed(struct v1 *v1, const struct command *command, const int64_t *chats,
                              size_t count)
{
    struct buf text = {0};
    struct json json = {.out = &text, .style = JSON_COMPACT};
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "unsubscribed");
    v1_write_ref(&json, command->ref);
    json_key(&json, "chats");
    json_array_begin(&json);
    for (size_t i = 0; i < count; i++)
        json_number(&json, chats[i]);
    json_array_end(&json);
    json_object_end(&json);
    v1_send(v1, &text);
}

/* Those that are not subscribed to are passed over. */
void v1_run_unsubscribe(struct v1 *v1, const struct command *command)
{
    const struct json_doc *doc = &v1->socket->client->shard->consumer.doc;
    struct errand *errand = NULL; /* for its memory */
    if (!v1->is_multi || command->chats->kind == JSON_STRING) {
        refuse(v1, command, V1_INVALID_FRAME,
               v1->is_multi ? "chats must be a list" : "unsubscribe belongs on /ws/");
        return;
    }
    if (errand_new(v1, command, &errand) != OK) {
        refuse(v1, command, V1_UNAVAILABLE, NULL);
        return;
    }
    if (!make_places(errand, &errand->named)) {
        refuse(v1, command, V1_UNAVAILABLE, NULL);
    } else if (!read_chats(errand, doc, command->chats)) {
        refuse(v1, command, V1_INVALID_FRAME, "chats must name chats by their ids, at most 5000");
    } else {
        for (size_t i = 0; i < errand->named.count; i++) {
            struct subscription *subscription = subscription_find(v1, errand->named.chats[i]);
            if (subscription != NULL)
                subscription_end(subscription);
        }
        tell_unsubscribed(v1, command, errand->named.chats, errand->named.count);
    }
    errand_free(&errand);
}
