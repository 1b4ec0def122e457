#include "chat/change.h"

#include "scene.h"

#include "store/history.h"

#define THUMB "\xf0\x9f\x91\x8d"

static struct message_row message_now(struct scene *scene, int64_t id)
{
    struct message_row row;
    CHECK(history_find(scene->db, id, &scene->arena, &row) == OK);
    return row;
}

/* The members that were told, without what stands before the part. */
static void check_told(const struct scene *scene, size_t index, const char *expected)
{
    CHECK_BYTES(told(scene, index), bytes_from_text(expected));
}

/* --- Messages --- */

static struct change edit(int64_t id, const char *content, int64_t revision)
{
    return (struct change) {.kind = CHANGE_EDIT,
                            .message_id = id,
                            .content = bytes_from_text(content),
                            .revision = revision};
}

/* What everybody gets is the whole message as it is now; what it said before is kept. */
static void test_edit_is_told_whole_and_kept(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    int64_t id = send(&scene, CAROL, "Helo");
    CHECK(apply(&scene, CAROL, edit(id, "Hello", 1)) == V1_OK);
    CHECK(scene.result.seq == id + 1);
    CHECK(scene.result.event->prev == id);
    CHECK(scene.result.event->kind == EVENT_MESSAGE_UPDATED);
    check_told(&scene, 0,
               "{\"chat\":1,\"message\":{\"id\":1,\"chat\":1,\"sender\":{\"id\":3,\"username\":"
               "\"carol\",\"email\":\"someone@example.com\",\"user_type\":\"student\"},"
               "\"content\":\"Hello\",\"timestamp\":\"2026-11-22T18:33:35.571503Z\",\"edited_at\":"
               "\"2026-11-22T18:33:35.571503Z\",\"revision\":2}}");
    check_asked(&scene.place, "SELECT content FROM chat_message", "Hello");
    check_asked(&scene.place,
                "SELECT message_id || content || revision || editor_id FROM confab_revision",
                "1Helo13");
    scene_deinit(&scene);
}

/* An answer may be lost: who repeats the edit has made it. Who edits what another has edited
 * meanwhile has not. */
static void test_edit_repeated_is_nothing_and_late_is_a_conflict(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    int64_t id = send(&scene, CAROL, "one");
    CHECK(apply(&scene, CAROL, edit(id, "two", 1)) == V1_OK);
    int64_t seq = scene.result.seq;
    CHECK(apply(&scene, CAROL, edit(id, "two", 1)) == V1_OK);
    CHECK(scene.result.event == NULL && scene.result.seq == seq);
    CHECK(apply(&scene, CAROL, edit(id, "three", 1)) == V1_CONFLICT);
    CHECK(apply(&scene, CAROL, edit(id, "three", 2)) == V1_OK);
    CHECK(apply(&scene, CAROL, edit(id, "four", 0)) == V1_OK);
    CHECK(message_now(&scene, id).extra.revision == 4);
    scene_deinit(&scene);
}

static void test_edit_that_is_no_message_is_refused(void **state)
{
    struct scene scene;
    struct buf large = {0};
    (void)state;
    scene_init(&scene);
    int64_t id = send(&scene, CAROL, "one");
    for (size_t i = 0; i < 262144; i++)
        buf_append_byte(&large, 'x');
    struct change change = edit(id, "", 0);
    CHECK(apply(&scene, CAROL, change) == V1_CONTENT_EMPTY);
    change.content = BYTES(" \xc2\xa0\n");
    CHECK(apply(&scene, CAROL, change) == V1_CONTENT_EMPTY);
    change.content = buf_bytes(&large);
    CHECK(apply(&scene, CAROL, change) == V1_OK);
    buf_append_byte(&large, 'x');
    change.content = buf_bytes(&large);
    CHECK(apply(&scene, CAROL, change) == V1_TOO_LARGE);
    CHECK(apply(&scene, CAROL, edit(99, "new", 0)) == V1_NOT_FOUND);
    buf_free(&large);
    scene_deinit(&scene);
}

/* Silence would be easy to get round by editing. */
static void test_muted_member_cannot_edit_but_delete(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    int64_t id = send(&scene, CAROL, "one");
    const struct change mute = {
        .kind = CHANGE_MUTE_MEMBER, .user_id = id_of(&scene, CAROL), .until_us = NOW_US + 1};
    CHECK(apply(&scene, BOB, mute) == V1_OK);
    CHECK(apply(&scene, CAROL, edit(id, "two", 0)) == V1_MUTED);
    CHECK(apply(&scene, CAROL,
                (struct change) {.kind = CHANGE_REACT, .message_id = id, .text = BYTES(THUMB)}) ==
          V1_MUTED);
    CHECK(apply(&scene, CAROL, (struct change) {.kind = CHANGE_DELETE, .message_id = id}) == V1_OK);
    scene_deinit(&scene);
}

static void test_message_of_another_chat_is_not_found(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    int64_t id = send(&scene, CAROL, "one");
    struct change change = edit(id, "two", 0);
    change.chat_id = scene.other_chat;
    CHECK(apply(&scene, CAROL, change) == V1_NOT_FOUND);
    scene_deinit(&scene);
}

/* Nothing of a deleted message is left to be read, but by moderators in its revisions. */
static void test_deleted_message_is_empty(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    int64_t id = send(&scene, CAROL, "@bob secret");
    CHECK(apply(&scene, BOB,
                (struct change) {.kind = CHANGE_REACT, .message_id = id, .text = BYTES(THUMB)}) ==
          V1_OK);
    CHECK(apply(&scene, BOB, (struct change) {.kind = CHANGE_PIN, .message_id = id}) == V1_OK);
    CHECK(apply(&scene, CAROL, edit(id, "@bob more secret", 0)) == V1_OK);
    CHECK(apply(&scene, BOB, (struct change) {.kind = CHANGE_DELETE, .message_id = id}) == V1_OK);
    check_told(&scene, 0, "{\"chat\":1,\"id\":1,\"user\":{\"id\":2,\"username\":\"bob\"}}");
    struct message_row row = message_now(&scene, id);
    CHECK(row.content.len == 0);
    CHECK(row.extra.is_deleted && !row.extra.is_pinned);
    CHECK(row.extra.mentions.len == 0 && row.extra.reactions.len == 0);
    check_asked(&scene.place, "SELECT count(*) FROM confab_mention", "0");
    check_asked(&scene.place, "SELECT count(*) FROM confab_event WHERE body LIKE '%secret%'", "0");
    check_asked(&scene.place, "SELECT group_concat(content) FROM confab_revision",
                "@bob secret,@bob more secret");
    scene_deinit(&scene);
}

static void test_deleted_message_stays_as_it_is(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    int64_t id = send(&scene, CAROL, "one");
    const struct change delete = {.kind = CHANGE_DELETE, .message_id = id};
    CHECK(apply(&scene, CAROL, delete) == V1_OK);
    int64_t seq = scene.result.seq;
    CHECK(apply(&scene, CAROL, delete) == V1_OK);
    CHECK(scene.result.event == NULL && scene.result.seq == seq);
    CHECK(apply(&scene, CAROL, edit(id, "two", 0)) == V1_NOT_FOUND);
    CHECK(apply(&scene, BOB,
                (struct change) {.kind = CHANGE_REACT, .message_id = id, .text = BYTES(THUMB)}) ==
          V1_NOT_FOUND);
    CHECK(apply(&scene, BOB, (struct change) {.kind = CHANGE_PIN, .message_id = id}) ==
          V1_NOT_FOUND);
    scene_deinit(&scene);
}

/* Who comes later and reads the stream is told of the edit, and what the message says by now. */
static void test_stream_tells_edits_as_the_message_is_now(void **state)
{
    struct scene scene;
    struct event_row rows[5];
    size_t count = 0;
    (void)state;
    scene_init(&scene);
    int64_t id = send(&scene, CAROL, "one");
    CHECK(apply(&scene, CAROL, edit(id, "two", 0)) == V1_OK);
    CHECK(apply(&scene, CAROL, edit(id, "three", 0)) == V1_OK);
    CHECK(events_list(scene.db, scene.chat, 0, 5, &scene.arena, rows, &count) == OK);
    CHECK(count == 3);
    CHECK(rows[1].kind == EVENT_MESSAGE_UPDATED && rows[1].members.len == 0);
    CHECK_BYTES(rows[1].message.content, BYTES("three"));
    /* Django deletes the row: nobody may wait for it. */
    elsewhere(&scene.place, "DELETE FROM chat_message");
    CHECK(events_list(scene.db, scene.chat, 0, 5, &scene.arena, rows, &count) == OK);
    CHECK(count == 2);
    CHECK(rows[0].kind == EVENT_MESSAGE_DELETED);
    CHECK_BYTES(rows[0].members, BYTES("{\"chat\":1,\"id\":1}"));
    scene_deinit(&scene);
}

/* --- Reactions, pins, read marks --- */

static struct change react(enum change_kind kind, int64_t id, const char *emoji)
{
    return (struct change) {.kind = kind, .message_id = id, .text = bytes_from_text(emoji)};
}

static void test_reactions_are_counted_and_told_once(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    int64_t id = send(&scene, CAROL, "one");
    CHECK(apply(&scene, BOB, react(CHANGE_REACT, id, THUMB)) == V1_OK);
    check_told(&scene, 0,
               "{\"chat\":1,\"id\":1,\"emoji\":\"" THUMB
               "\",\"user\":{\"id\":2,\"username\":\"bob\"},\"count\":1}");
    CHECK(apply(&scene, ALICE, react(CHANGE_REACT, id, THUMB)) == V1_OK);
    CHECK(scene.result.event->kind == EVENT_REACTION_ADDED);
    CHECK(apply(&scene, ALICE, react(CHANGE_REACT, id, THUMB)) == V1_OK);
    CHECK(scene.result.event == NULL && scene.result.seq == id + 2);
    CHECK_BYTES(message_now(&scene, id).extra.reactions,
                BYTES("[{\"emoji\":\"" THUMB "\",\"count\":2,\"users\":[1,2]}]"));
    CHECK(apply(&scene, BOB, react(CHANGE_UNREACT, id, THUMB)) == V1_OK);
    check_told(&scene, 0,
               "{\"chat\":1,\"id\":1,\"emoji\":\"" THUMB
               "\",\"user\":{\"id\":2,\"username\":\"bob\"},\"count\":1}");
    CHECK(scene.result.event->kind == EVENT_REACTION_REMOVED);
    CHECK(apply(&scene, BOB, react(CHANGE_UNREACT, id, THUMB)) == V1_OK);
    CHECK(scene.result.event == NULL);
    scene_deinit(&scene);
}

static void test_reaction_is_a_short_text_without_blanks(void **state)
{
    static const struct {
        const char *emoji;
        enum v1_code expected;
    } cases[] = {
        {"", V1_INVALID_FRAME},
        {" ", V1_INVALID_FRAME},
        {"a b", V1_INVALID_FRAME},
        {"a\nb", V1_INVALID_FRAME},
        {"\xc2\xa0", V1_INVALID_FRAME}, /* no-break space */
        {"\x7f", V1_INVALID_FRAME},
        {"\xc2\x85", V1_INVALID_FRAME}, /* a control character */
        {":+1:", V1_OK},
        {"0123456789012345678901234567890a", V1_OK}, /* 32 bytes */
        {"0123456789012345678901234567890ab", V1_INVALID_FRAME},
    };
    struct scene scene;
    (void)state;
    scene_init(&scene);
    int64_t id = send(&scene, CAROL, "one");
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CHECK(apply(&scene, BOB, react(CHANGE_REACT, id, cases[i].emoji)) == cases[i].expected);
    scene_deinit(&scene);
}

static void test_different_reactions_have_a_limit(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    int64_t id = send(&scene, CAROL, "one");
    for (int i = 0; i < CHANGE_REACTIONS_PER_MESSAGE_MAX; i++) {
        char emoji[8];
        (void)snprintf(emoji, sizeof emoji, "e%d", i);
        CHECK(apply(&scene, BOB, react(CHANGE_REACT, id, emoji)) == V1_OK);
    }
    CHECK(apply(&scene, BOB, react(CHANGE_REACT, id, "more")) == V1_FORBIDDEN);
    CHECK(scene.result.message != NULL);
    CHECK(apply(&scene, ALICE, react(CHANGE_REACT, id, "e7")) == V1_OK);
    CHECK(scene.result.event != NULL);
    scene_deinit(&scene);
}

static void test_pin_is_told_once(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    int64_t id = send(&scene, CAROL, "one");
    const struct change pin = {.kind = CHANGE_PIN, .message_id = id};
    const struct change unpin = {.kind = CHANGE_UNPIN, .message_id = id};
    CHECK(apply(&scene, BOB, unpin) == V1_OK);
    CHECK(scene.result.event == NULL);
    CHECK(apply(&scene, BOB, pin) == V1_OK);
    CHECK(scene.result.event->kind == EVENT_PIN_ADDED);
    check_told(&scene, 0, "{\"chat\":1,\"id\":1,\"user\":{\"id\":2,\"username\":\"bob\"}}");
    CHECK(message_now(&scene, id).extra.is_pinned);
    CHECK(apply(&scene, ALICE, pin) == V1_OK);
    CHECK(scene.result.event == NULL);
    CHECK(apply(&scene, ALICE, unpin) == V1_OK);
    CHECK(scene.result.event->kind == EVENT_PIN_REMOVED);
    CHECK(!message_now(&scene, id).extra.is_pinned);
    scene_deinit(&scene);
}

/* A mark that went back would bring back what was read. */
static void test_read_mark_moves_forward_up_to_the_head(void **state)
{
    static const struct {
        int64_t seq;
        int64_t expected;
    } steps[] = {{2, 2}, {1, 2}, {-5, 2}, {3, 3}, {INT64_MAX, 3}};
    struct scene scene;
    (void)state;
    scene_init(&scene);
    for (int i = 0; i < 3; i++)
        CHECK(send(&scene, CAROL, "one") == i + 1);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        CHECK(apply(&scene, ALICE, (struct change) {.kind = CHANGE_READ, .seq = steps[i].seq}) ==
              V1_OK);
        CHECK(scene.result.read_seq == steps[i].expected);
        CHECK(scene.result.event == NULL && scene.result.seq == 3);
    }
    /* A row for the mark must not make the owner a plain member. */
    struct membership alice;
    CHECK(members_find(scene.db, scene.chat, id_of(&scene, ALICE), &alice) == OK);
    CHECK(alice.role == ROLE_OWNER && alice.read_seq == 3);
    scene_deinit(&scene);
}

/* Others learn of a mark that has moved, where the chat has receipts. */
static void test_receipts_are_for_chats_that_have_them(void **state)
{
    static const bool yes = true;
    static const bool no = false;
    struct scene scene;
    (void)state;
    scene_init(&scene);
    for (int i = 0; i < 4; i++)
        CHECK(send(&scene, CAROL, "one") == i + 1);
    CHECK(apply(&scene, ALICE, (struct change) {.kind = CHANGE_READ, .seq = 1}) == V1_OK);
    CHECK(!scene.result.is_receipt);
    CHECK(apply(&scene, CAROL, (struct change) {.kind = CHANGE_UPDATE_CHAT, .receipts = &yes}) ==
          V1_FORBIDDEN);
    CHECK(apply(&scene, BOB, (struct change) {.kind = CHANGE_UPDATE_CHAT, .receipts = &yes}) ==
          V1_OK);
    CHECK(scene.result.event != NULL);
    CHECK(apply(&scene, BOB, (struct change) {.kind = CHANGE_UPDATE_CHAT, .receipts = &yes}) ==
          V1_OK);
    CHECK(scene.result.event == NULL);
    CHECK(apply(&scene, ALICE, (struct change) {.kind = CHANGE_READ, .seq = 2}) == V1_OK);
    CHECK(scene.result.is_receipt && scene.result.read_seq == 2);
    CHECK(apply(&scene, ALICE, (struct change) {.kind = CHANGE_READ, .seq = 1}) == V1_OK);
    CHECK(!scene.result.is_receipt);
    CHECK(apply(&scene, BOB, (struct change) {.kind = CHANGE_UPDATE_CHAT, .receipts = &no}) ==
          V1_OK);
    CHECK(apply(&scene, ALICE, (struct change) {.kind = CHANGE_READ, .seq = 3}) == V1_OK);
    CHECK(!scene.result.is_receipt);
    scene_deinit(&scene);
}

/* --- Members --- */

static struct change of_user(const struct scene *scene, enum change_kind kind, enum who who)
{
    return (struct change) {.kind = kind, .user_id = id_of(scene, who)};
}

static struct membership membership_of(struct scene *scene, enum who who)
{
    struct membership out;
    CHECK(members_find(scene->db, scene->chat, id_of(scene, who), &out) == OK);
    return out;
}

static void test_member_comes_and_goes(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    CHECK(apply(&scene, BOB, of_user(&scene, CHANGE_ADD_MEMBER, ERIN)) == V1_OK);
    CHECK(scene.result.gained_user_id == id_of(&scene, ERIN));
    check_told(&scene, 0,
               "{\"chat\":1,\"user\":{\"id\":5,\"username\":\"erin\",\"email\":"
               "\"someone@example.com\",\"user_type\":\"student\"},\"by\":2}");
    CHECK(membership_of(&scene, ERIN).role == ROLE_MEMBER);
    CHECK(apply(&scene, BOB, of_user(&scene, CHANGE_ADD_MEMBER, ERIN)) == V1_OK);
    CHECK(scene.result.event == NULL && scene.result.gained_user_id == 0);
    CHECK(send(&scene, ERIN, "hello") != 0);
    CHECK(apply(&scene, BOB, of_user(&scene, CHANGE_REMOVE_MEMBER, ERIN)) == V1_OK);
    CHECK(scene.result.lost_user_id == id_of(&scene, ERIN));
    check_told(&scene, 0,
               "{\"chat\":1,\"user\":{\"id\":5,\"username\":\"erin\"},\"by\":2,\"reason\":"
               "\"removed\"}");
    CHECK(send(&scene, ERIN, "hello") == 0); /* the writer knew that erin might */
    CHECK(scene.message->code == V1_NOT_PARTICIPANT);
    CHECK(apply(&scene, BOB, of_user(&scene, CHANGE_REMOVE_MEMBER, ERIN)) == V1_OK);
    CHECK(scene.result.event == NULL && scene.result.lost_user_id == 0);
    CHECK(apply(&scene, CAROL, of_user(&scene, CHANGE_REMOVE_MEMBER, CAROL)) == V1_OK);
    check_told(&scene, 0,
               "{\"chat\":1,\"user\":{\"id\":3,\"username\":\"carol\"},\"by\":3,\"reason\":"
               "\"left\"}");
    check_asked(&scene.place, "SELECT count(*) FROM chat_chat_participants WHERE chat_id = 1", "4");
    scene_deinit(&scene);
}

static void test_user_that_is_not_there_is_not_found(void **state)
{
    static const enum change_kind kinds[] = {CHANGE_ADD_MEMBER, CHANGE_REMOVE_MEMBER,
                                             CHANGE_BAN_MEMBER, CHANGE_UNBAN_MEMBER,
                                             CHANGE_SET_ROLE,   CHANGE_MUTE_MEMBER};
    struct scene scene;
    (void)state;
    scene_init(&scene);
    CHECK(users_set_active(scene.db, id_of(&scene, ERIN), false) == OK);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        const struct change change = {.kind = kinds[i], .user_id = 99, .text = BYTES("member")};
        CHECK(apply(&scene, ALICE, change) == V1_NOT_FOUND);
        CHECK(apply(&scene, CAROL, change) == V1_FORBIDDEN); /* who may not, learns nothing */
    }
    CHECK(apply(&scene, ALICE, of_user(&scene, CHANGE_ADD_MEMBER, ERIN)) == V1_NOT_FOUND);
    scene_deinit(&scene);
}

/* Who is banned is out, and stays out until the ban is lifted. */
static void test_ban_lasts_until_it_is_lifted(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    CHECK(apply(&scene, BOB, of_user(&scene, CHANGE_BAN_MEMBER, CAROL)) == V1_OK);
    CHECK(scene.result.lost_user_id == id_of(&scene, CAROL));
    check_told(&scene, 0,
               "{\"chat\":1,\"user\":{\"id\":3,\"username\":\"carol\"},\"by\":2,\"reason\":"
               "\"banned\"}");
    CHECK(membership_of(&scene, CAROL).role == ROLE_BANNED);
    CHECK(apply(&scene, BOB, of_user(&scene, CHANGE_BAN_MEMBER, CAROL)) == V1_OK);
    CHECK(scene.result.event == NULL);
    CHECK(apply(&scene, ALICE, of_user(&scene, CHANGE_ADD_MEMBER, CAROL)) == V1_FORBIDDEN);
    CHECK(apply(&scene, BOB, of_user(&scene, CHANGE_UNBAN_MEMBER, CAROL)) == V1_OK);
    CHECK(scene.result.event == NULL && scene.result.gained_user_id == 0);
    CHECK(membership_of(&scene, CAROL).role == ROLE_NONE);
    CHECK(apply(&scene, ALICE, of_user(&scene, CHANGE_ADD_MEMBER, CAROL)) == V1_OK);
    CHECK(apply(&scene, ALICE, of_user(&scene, CHANGE_BAN_MEMBER, ALICE)) == V1_FORBIDDEN);
    CHECK(apply(&scene, ALICE, of_user(&scene, CHANGE_BAN_MEMBER, ERIN)) == V1_OK);
    CHECK(scene.result.event == NULL && scene.result.lost_user_id == 0);
    scene_deinit(&scene);
}

/* A chat that somebody is in can always be governed. */
static void test_last_owner_has_an_heir(void **state)
{
    static const struct {
        enum who heir;
        enum who leaves;
    } steps[] = {{BOB, ALICE}, {CAROL, BOB}, {GINA, CAROL}, {DAVE, GINA}};
    struct scene scene;
    (void)state;
    scene_init(&scene);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        CHECK(apply(&scene, steps[i].leaves,
                    of_user(&scene, CHANGE_REMOVE_MEMBER, steps[i].leaves)) == V1_OK);
        CHECK(told_count(&scene) == 2);
        CHECK(scene.result.event->kind == EVENT_MEMBER_UPDATED);
        CHECK(scene.result.event->next->kind == EVENT_MEMBER_LEFT);
        CHECK(scene.result.event->next->prev == scene.result.event->seq);
        CHECK(scene.result.seq == scene.result.event->next->seq);
        CHECK(membership_of(&scene, steps[i].heir).role == ROLE_OWNER);
        if (i == 0)
            check_told(&scene, 0,
                       "{\"chat\":1,\"user\":{\"id\":2},\"role\":\"owner\",\"muted_until\":null}");
    }
    /* The last one closes the door. */
    CHECK(apply(&scene, DAVE, of_user(&scene, CHANGE_REMOVE_MEMBER, DAVE)) == V1_OK);
    CHECK(told_count(&scene) == 1);
    scene_deinit(&scene);
}

/* Who made a chat and left it comes back as anybody. */
static void test_creator_comes_back_as_a_member(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    CHECK(apply(&scene, ALICE, of_user(&scene, CHANGE_REMOVE_MEMBER, ALICE)) == V1_OK);
    CHECK(apply(&scene, BOB, of_user(&scene, CHANGE_ADD_MEMBER, ALICE)) == V1_OK);
    CHECK(membership_of(&scene, ALICE).role == ROLE_MEMBER);
    scene_deinit(&scene);
}

static struct change role(const struct scene *scene, enum who who, const char *name)
{
    return (struct change) {
        .kind = CHANGE_SET_ROLE, .user_id = id_of(scene, who), .text = bytes_from_text(name)};
}

static void test_roles_are_set_and_told(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    CHECK(send(&scene, CAROL, "one") != 0);
    CHECK(apply(&scene, ALICE, role(&scene, CAROL, "read_only")) == V1_OK);
    check_told(&scene, 0,
               "{\"chat\":1,\"user\":{\"id\":3},\"role\":\"read_only\",\"muted_until\":null}");
    CHECK(send(&scene, CAROL, "two") == 0); /* the writer knew that carol might */
    CHECK(scene.message->code == V1_READ_ONLY);
    CHECK(apply(&scene, ALICE, role(&scene, CAROL, "read_only")) == V1_OK);
    CHECK(scene.result.event == NULL);
    CHECK(apply(&scene, ALICE, role(&scene, CAROL, "king")) == V1_INVALID_FRAME);
    CHECK(apply(&scene, ALICE, role(&scene, CAROL, "banned")) == V1_INVALID_FRAME);
    CHECK(apply(&scene, ALICE, role(&scene, CAROL, "none")) == V1_INVALID_FRAME);
    CHECK(apply(&scene, ALICE, role(&scene, ERIN, "member")) == V1_NOT_FOUND);
    CHECK(apply(&scene, ALICE, role(&scene, ALICE, "member")) == V1_FORBIDDEN); /* the last owner */
    CHECK(apply(&scene, ALICE, role(&scene, BOB, "owner")) == V1_OK);
    CHECK(apply(&scene, ALICE, role(&scene, ALICE, "member")) == V1_OK);
    scene_deinit(&scene);
}

static void test_mute_ends_by_itself_and_by_hand(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    CHECK(send(&scene, CAROL, "one") != 0);
    struct change mute = of_user(&scene, CHANGE_MUTE_MEMBER, CAROL);
    mute.until_us = NOW_US + 1;
    CHECK(apply(&scene, BOB, mute) == V1_OK);
    check_told(&scene, 0,
               "{\"chat\":1,\"user\":{\"id\":3},\"role\":\"member\",\"muted_until\":"
               "\"2026-11-22T18:33:35.571504Z\"}");
    CHECK(send(&scene, CAROL, "two") == 0); /* the writer knew that carol might */
    CHECK(scene.message->code == V1_MUTED);
    CHECK(apply(&scene, BOB, mute) == V1_OK);
    CHECK(scene.result.event == NULL);
    mute.until_us = NOW_US; /* it is over: as none */
    CHECK(apply(&scene, BOB, mute) == V1_OK);
    check_told(&scene, 0,
               "{\"chat\":1,\"user\":{\"id\":3},\"role\":\"member\",\"muted_until\":null}");
    CHECK(send(&scene, CAROL, "three") != 0);
    scene_deinit(&scene);
}

/* --- The chat --- */

static struct change chat_change(const char *name, const char *kind)
{
    return (struct change) {.kind = CHANGE_UPDATE_CHAT,
                            .text = bytes_from_text(name),
                            .chat_kind = bytes_from_text(kind)};
}

static void test_chat_is_named_and_made_another_kind(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    CHECK(send(&scene, CAROL, "one") != 0);
    CHECK(apply(&scene, CAROL, chat_change(" Physics\t", "")) == V1_OK);
    check_told(&scene, 0,
               "{\"chat\":1,\"name\":\"Physics\",\"kind\":\"group\",\"receipts\":false}");
    CHECK(apply(&scene, CAROL, chat_change("Physics", "group")) == V1_OK);
    CHECK(scene.result.event == NULL);
    CHECK(apply(&scene, CAROL, chat_change("", "")) == V1_OK);
    CHECK(apply(&scene, ALICE, chat_change("", "announcement")) == V1_OK);
    check_told(&scene, 0,
               "{\"chat\":1,\"name\":\"Physics\",\"kind\":\"announcement\",\"receipts\":false}");
    CHECK(send(&scene, CAROL, "two") == 0); /* the writer knew that carol might */
    CHECK(scene.message->code == V1_READ_ONLY);
    CHECK(send(&scene, BOB, "three") != 0);
    CHECK(apply(&scene, ALICE, chat_change("", "party")) == V1_INVALID_FRAME);
    CHECK(apply(&scene, ALICE, chat_change("", "direct")) == V1_FORBIDDEN); /* there are five */
    scene_deinit(&scene);
}

static void test_name_has_a_limit(void **state)
{
    struct scene scene;
    char name[2 * CHAT_NAME_COUNT_MAX + 3] = "";
    (void)state;
    scene_init(&scene);
    for (size_t i = 0; i < CHAT_NAME_COUNT_MAX; i++)
        (void)memcpy(name + 2 * i, "\xc3\xa9", 3);
    CHECK(apply(&scene, ALICE, chat_change(name, "")) == V1_OK);
    (void)memcpy(name + 2 * CHAT_NAME_COUNT_MAX, "x", 2);
    CHECK(apply(&scene, ALICE, chat_change(name, "")) == V1_INVALID_FRAME);
    scene_deinit(&scene);
}

/* Two may make their chat a direct one; then it is theirs for good. */
static void test_direct_chat_is_of_two(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    CHECK(apply(&scene, ALICE, of_user(&scene, CHANGE_REMOVE_MEMBER, CAROL)) == V1_OK);
    CHECK(apply(&scene, ALICE, of_user(&scene, CHANGE_REMOVE_MEMBER, DAVE)) == V1_OK);
    CHECK(apply(&scene, ALICE, of_user(&scene, CHANGE_REMOVE_MEMBER, GINA)) == V1_OK);
    CHECK(apply(&scene, ALICE, chat_change("", "direct")) == V1_OK);
    CHECK(apply(&scene, ALICE, of_user(&scene, CHANGE_ADD_MEMBER, CAROL)) == V1_FORBIDDEN);
    CHECK(apply(&scene, ALICE, chat_change("", "group")) == V1_FORBIDDEN);
    CHECK(apply(&scene, ALICE, of_user(&scene, CHANGE_REMOVE_MEMBER, ALICE)) == V1_FORBIDDEN);
    CHECK(send(&scene, BOB, "hello") != 0);
    scene_deinit(&scene);
}

/* The command line acts for nobody in the chat. */
static void test_site_itself_may_change_members_and_chats(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    CHECK(db_begin(scene.db) == OK);
    struct change change = of_user(&scene, CHANGE_ADD_MEMBER, ERIN);
    change.chat_id = scene.chat;
    CHECK(change_apply(scene.db, &change, NOW_US, &scene.result) == OK);
    CHECK(scene.result.code == V1_OK);
    check_told(&scene, 0,
               "{\"chat\":1,\"user\":{\"id\":5,\"username\":\"erin\",\"email\":"
               "\"someone@example.com\",\"user_type\":\"student\"},\"by\":null}");
    event_release_list(&scene.result.event);
    change = of_user(&scene, CHANGE_REMOVE_MEMBER, ALICE);
    change.chat_id = scene.chat;
    CHECK(change_apply(scene.db, &change, NOW_US, &scene.result) == OK);
    CHECK(scene.result.code == V1_OK && told_count(&scene) == 2);
    event_release_list(&scene.result.event);
    change = chat_change("Art", "");
    change.chat_id = 99;
    CHECK(change_apply(scene.db, &change, NOW_US, &scene.result) == OK);
    CHECK(scene.result.code == V1_NOT_FOUND);
    CHECK(db_commit(scene.db) == OK);
    scene_deinit(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_receipts_are_for_chats_that_have_them),
        cmocka_unit_test(test_edit_is_told_whole_and_kept),
        cmocka_unit_test(test_edit_repeated_is_nothing_and_late_is_a_conflict),
        cmocka_unit_test(test_edit_that_is_no_message_is_refused),
        cmocka_unit_test(test_muted_member_cannot_edit_but_delete),
        cmocka_unit_test(test_message_of_another_chat_is_not_found),
        cmocka_unit_test(test_deleted_message_is_empty),
        cmocka_unit_test(test_deleted_message_stays_as_it_is),
        cmocka_unit_test(test_stream_tells_edits_as_the_message_is_now),
        cmocka_unit_test(test_reactions_are_counted_and_told_once),
        cmocka_unit_test(test_reaction_is_a_short_text_without_blanks),
        cmocka_unit_test(test_different_reactions_have_a_limit),
        cmocka_unit_test(test_pin_is_told_once),
        cmocka_unit_test(test_read_mark_moves_forward_up_to_the_head),
        cmocka_unit_test(test_member_comes_and_goes),
        cmocka_unit_test(test_user_that_is_not_there_is_not_found),
        cmocka_unit_test(test_ban_lasts_until_it_is_lifted),
        cmocka_unit_test(test_last_owner_has_an_heir),
        cmocka_unit_test(test_creator_comes_back_as_a_member),
        cmocka_unit_test(test_roles_are_set_and_told),
        cmocka_unit_test(test_mute_ends_by_itself_and_by_hand),
        cmocka_unit_test(test_chat_is_named_and_made_another_kind),
        cmocka_unit_test(test_name_has_a_limit),
        cmocka_unit_test(test_direct_chat_is_of_two),
        cmocka_unit_test(test_site_itself_may_change_members_and_chats),
    };
    return cmocka_run_group_tests_name("chat/change", tests, NULL, NULL);
}
