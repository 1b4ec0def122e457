#include "server/v1_membership.h"

#include <assert.h>
#include <stdlib.h>
#include "chat/v1_json.h"
#include "server/errand.h"
#include "store/chats.h"
#include "store/events.h"

/* On a reader: the chat as chat_joined shows it. */
static enum err read_chat(struct errand *errand, struct db *db)
{
    struct chat chat;
    bool is_participant = false;
    struct json json = {.out = &errand->answer, .style = JSON_COMPACT};
    int64_t chat_id = errand->command.chat;
    enum err err = chats_has_participant(db, chat_id, errand->user.id, &is_participant);
    if (err == OK && !is_participant)
        err = ERR_NOT_FOUND; /* it was for a moment only */
    if (err == OK)
        err = chats_find(db, chat_id, &errand->arena, &chat);
    if (err == OK)
        err = events_head(db, chat_id, &errand->command.seq);
    if (err != OK)
        return err;
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "chat_joined");
    json_key(&json, "chat");
    v1_write_chat(&json, &chat, errand->command.seq);
    json_object_end(&json);
    return buf_status(&errand->answer);
}

/* A chat that is told when a subscribe has been answered. */
struct later_follow {
    struct later_follow *next;
    int64_t chat_id;
};

static void follow_later(struct v1 *v1, int64_t chat_id)
{
    struct later_follow *later = malloc(sizeof *later);
    if (later == NULL) {
        socket_close(v1->socket, WS_CLOSE_OVERLOADED); /* it comes again, and finds the chat */
        return;
    }
    *later = (struct later_follow) {v1->later_follows, chat_id};
    v1->later_follows = later;
}

static void done_follow(struct errand *errand, struct v1 *v1)
{
    int64_t chat_id = errand->command.chat;
    if (v1->answers_due > 0) { /* the answer may be newer than this */
        follow_later(v1, chat_id);
        return;
    }
    v1_send(v1, &errand->answer);
    if (subscription_find(v1, chat_id) != NULL || !v1->follows_all)
        return;
    const struct subscribing_to to = {
        .chats = &errand->command.chat,
        .after = &errand->command.seq,
        .count = 1,
        .is_silent = true,
    };
    if (subscription_begin_all(v1, &to) != OK)
        socket_close(v1->socket, WS_CLOSE_OVERLOADED);
}

void v1_follow(struct v1 *v1, int64_t chat_id)
{
    const struct command command = {.kind = COMMAND_SUBSCRIBE, .chat = chat_id};
    struct errand *errand = NULL;
    if (v1->answers_due > 0) {
        follow_later(v1, chat_id);
        return;
    }
    if (errand_new(v1, &command, &errand) != OK) {
        socket_close(v1->socket, WS_CLOSE_OVERLOADED);
        return;
    }
    errand->run = read_chat;
    errand->done = done_follow;
    errand->is_silent = true;
    errand->opens_chats = true;
    errand_read(errand);
}

void v1_begin_answer(struct v1 *v1)
{
    v1->answers_due++;
}

void v1_end_answer(struct v1 *v1)
{
    assert(v1->answers_due > 0);
    if (--v1->answers_due > 0)
        return;
    struct later_follow *later = v1->later_follows;
    v1->later_follows = NULL;
    while (later != NULL) {
        struct later_follow *next = later->next;
        v1_follow(v1, later->chat_id);
        free(later);
        later = next;
    }
}

void v1_follow_none(struct v1 *v1)
{
    while (v1->later_follows != NULL) {
        struct later_follow *later = v1->later_follows;
        v1->later_follows = later->next;
        free(later);
    }
}

void v1_unfollow(struct v1 *v1, int64_t chat_id, const char *reason)
{
    struct subscription *subscription = subscription_find(v1, chat_id);
    struct buf text = {0};
    struct json json = {.out = &text, .style = JSON_COMPACT};
    if (subscription != NULL)
        subscription_end(subscription);
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "chat_left");
    json_key(&json, "chat");
    json_number(&json, chat_id);
    json_key(&json, "reason");
    json_text_z(&json, reason);
    json_object_end(&json);
    v1_send(v1, &text);
    v1_mark_dirty(v1);
}
