/* scene.h - a chat with one of each kind of member, and changes made to it.
 *
 * alice made it and owns it, bob moderates, carol is a member, dave may only read, erin is a
 * stranger, frank is banned, and gina is a member to whom things are done. SITE is nobody: the
 * command line.
 */
#ifndef CONFAB_TESTS_CHAT_SCENE_H
#define CONFAB_TESTS_CHAT_SCENE_H

#include "../store/fixture.h"

#include "chat/change.h"
#include "chat/commit.h"
#include "store/members.h"

enum who { ALICE, BOB, CAROL, DAVE, ERIN, FRANK, GINA, WHO_COUNT, SITE = WHO_COUNT };

static const char *const who_names[WHO_COUNT] = {"alice", "bob",   "carol", "dave",
                                                 "erin",  "frank", "gina"};

struct scene {
    struct place place;
    struct db *db;
    struct commit commit;
    struct arena arena;
    struct user users[WHO_COUNT];
    int64_t chat;
    int64_t other_chat; /* of erin alone */
    struct change_result result;
    struct event *message; /* the one sent last */
};

static inline void scene_init(struct scene *scene)
{
    int64_t ids[WHO_COUNT];
    *scene = (struct scene) {0};
    scene->db = open_new(&scene->place);
    for (size_t i = 0; i < WHO_COUNT; i++) {
        ids[i] = add_user(scene->db, who_names[i]);
        CHECK(users_find_id(scene->db, ids[i], &scene->arena, &scene->users[i]) == OK);
    }
    const int64_t participants[] = {ids[ALICE], ids[BOB], ids[CAROL], ids[DAVE], ids[GINA]};
    CHECK(db_begin(scene->db) == OK);
    CHECK(chats_insert(scene->db, BYTES("Maths"), ids[ALICE], participants, COUNT_OF(participants),
                       NOW_US, &scene->chat) == OK);
    CHECK(chats_insert(scene->db, BYTES("Other"), ids[ERIN], &ids[ERIN], 1, NOW_US,
                       &scene->other_chat) == OK);
    CHECK(members_set_role(scene->db, scene->chat, ids[BOB], ROLE_MODERATOR) == OK);
    CHECK(members_set_role(scene->db, scene->chat, ids[DAVE], ROLE_READ_ONLY) == OK);
    CHECK(members_ban(scene->db, scene->chat, ids[FRANK]) == OK);
    CHECK(db_commit(scene->db) == OK);
}

static inline void scene_deinit(struct scene *scene)
{
    event_release_list(&scene->result.event);
    event_release_list(&scene->message);
    arena_free(&scene->arena);
    close_all(&scene->place, &scene->db);
}

static inline int64_t id_of(const struct scene *scene, enum who who)
{
    return scene->users[who].id;
}

/* Make the change inside the transaction that is open, in the chat if it names none. */
static inline enum v1_code apply_here(struct scene *scene, enum who who, struct change change)
{
    event_release_list(&scene->result.event);
    change.actor = who != SITE ? &scene->users[who] : NULL;
    if (change.chat_id == 0)
        change.chat_id = scene->chat;
    CHECK(change_apply(scene->db, &change, NOW_US, &scene->result) == OK);
    return scene->result.code;
}

/* Make the change in a transaction of its own. */
static inline enum v1_code apply(struct scene *scene, enum who who, struct change change)
{
    CHECK(db_begin(scene->db) == OK);
    enum v1_code code = apply_here(scene, who, change);
    CHECK(db_commit(scene->db) == OK);
    return code;
}

/* Send a message; its id, 0 if it was refused. scene->message is what became of it. */
static inline int64_t send_with(struct scene *scene, enum who who, const char *content,
                                struct message_extra extra)
{
    event_release_list(&scene->message);
    const struct event_texts texts = {.content = bytes_from_text(content)};
    CHECK(event_new_message(scene->chat, &scene->users[who], &texts, &scene->message) == OK);
    scene->message->extra = extra;
    CHECK(db_begin(scene->db) == OK);
    enum err err = commit_message(&scene->commit, scene->message, scene->db, NOW_US);
    CHECK(err == OK || err == ERR_DENIED);
    if (err == OK)
        CHECK(db_commit(scene->db) == OK);
    else
        db_rollback(scene->db);
    return err == OK ? scene->message->seq : 0;
}

static inline int64_t send(struct scene *scene, enum who who, const char *content)
{
    return send_with(scene, who, content, (struct message_extra) {0});
}

/* The members of the result's event number index. */
static inline struct bytes told(const struct scene *scene, size_t index)
{
    const struct event *event = scene->result.event;
    for (; index > 0 && event != NULL; index--)
        event = event->next;
    return event != NULL ? buf_bytes(&event->made) : NO_BYTES;
}

static inline size_t told_count(const struct scene *scene)
{
    size_t count = 0;
    for (const struct event *event = scene->result.event; event != NULL; event = event->next)
        count++;
    return count;
}

#endif
