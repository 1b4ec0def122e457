/* Thousands of changes by chance: what must hold whatever people do. The sequence is fixed. */
#include "scene.h"

#include "store/check.h"
#include "store/history.h"

enum { STEPS = 1000 };

struct walk {
    struct scene scene;
    uint32_t chance;
    int64_t head;     /* of the chat */
    int64_t messages; /* sent so far */
    unsigned done;    /* changes that were no refusal */
};

static uint32_t pick(struct walk *walk, uint32_t count)
{
    walk->chance = walk->chance * 1664525 + 1013904223;
    return (walk->chance >> 8) % count;
}

static struct change make_change(struct walk *walk)
{
    static const char *const roles[] = {"owner", "moderator", "member", "read_only", "king"};
    static const char *const emojis[] = {"a", "b", "c"};
    static const char *const contents[] = {"one", "@alice two", "@all", "", "three"};
    static const char *const kinds[] = {"", "group", "public", "announcement", "direct"};
    struct change change = {
        .kind = (enum change_kind)pick(walk, CHANGE_KIND_COUNT),
        .chat_id = walk->scene.chat,
        .message_id = pick(walk, 40) + 1,
        .user_id = walk->scene.users[pick(walk, WHO_COUNT)].id,
        .content = bytes_from_text(contents[pick(walk, COUNT_OF(contents))]),
        .revision = pick(walk, 3),
        .seq = pick(walk, 500),
        .until_us = NOW_US + (int64_t)pick(walk, 3) - 1,
    };
    if (change.kind == CHANGE_SET_ROLE)
        change.text = bytes_from_text(roles[pick(walk, COUNT_OF(roles))]);
    else if (change.kind == CHANGE_REACT || change.kind == CHANGE_UNREACT)
        change.text = bytes_from_text(emojis[pick(walk, COUNT_OF(emojis))]);
    else if (change.kind == CHANGE_UPDATE_CHAT)
        change.text = bytes_from_text(pick(walk, 2) == 0 ? "Maths" : "Physics");
    if (change.kind == CHANGE_UPDATE_CHAT)
        change.chat_kind = bytes_from_text(kinds[pick(walk, COUNT_OF(kinds) - 1)]);
    return change;
}

/* What a change has told: each event names the one before it, and the result the last one. */
static void follow(struct walk *walk)
{
    const struct change_result *result = &walk->scene.result;
    for (const struct event *event = result->event; event != NULL; event = event->next) {
        CHECK(event->prev == walk->head);
        CHECK(event->seq > walk->head);
        walk->head = event->seq;
    }
    CHECK(result->code == V1_OK || result->event == NULL);
    CHECK(result->code != V1_OK || result->seq == walk->head);
    CHECK(result->lost_user_id == 0 || result->gained_user_id == 0);
}

/* Who makes a change a second time changes nothing. */
static void repeat(struct walk *walk, enum who who, struct change change)
{
    bool may_have_lost_the_right =
        walk->scene.result.lost_user_id != 0 || change.kind == CHANGE_SET_ROLE ||
        change.kind == CHANGE_MUTE_MEMBER || change.kind == CHANGE_DELETE ||
        change.kind == CHANGE_UPDATE_CHAT;
    enum v1_code code = apply(&walk->scene, who, change);
    CHECK(walk->scene.result.event == NULL);
    CHECK(code == V1_OK || may_have_lost_the_right);
    follow(walk);
}

/* Who runs the site brings somebody back, so that the chat does not run empty. */
static void bring_back(struct walk *walk)
{
    struct change change = {.chat_id = walk->scene.chat};
    int64_t owners = 0;
    change.user_id = walk->scene.users[pick(walk, WHO_COUNT)].id;
    change.kind = CHANGE_UNBAN_MEMBER;
    CHECK(apply(&walk->scene, SITE, change) == V1_OK);
    change.kind = CHANGE_ADD_MEMBER;
    CHECK(apply(&walk->scene, SITE, change) == V1_OK);
    follow(walk);
    CHECK(members_count_owners(walk->scene.db, walk->scene.chat, &owners) == OK);
    if (owners > 0 && pick(walk, 4) != 0)
        return;
    change.kind = CHANGE_SET_ROLE;
    change.text = BYTES("owner");
    CHECK(apply(&walk->scene, SITE, change) == V1_OK);
    follow(walk);
}

static void step(struct walk *walk)
{
    if (pick(walk, 16) == 0) {
        bring_back(walk);
        return;
    }
    enum who who = (enum who)pick(walk, WHO_COUNT);
    if (pick(walk, 4) == 0) {
        int64_t id = send(&walk->scene, who, pick(walk, 3) == 0 ? "hi @bob" : "hi");
        if (id != 0) {
            CHECK(walk->scene.message->prev == walk->head);
            walk->head = id;
            walk->messages++;
        }
        return;
    }
    struct change change = make_change(walk);
    enum v1_code code = apply(&walk->scene, who, change);
    follow(walk);
    if (code != V1_OK)
        return;
    walk->done++;
    repeat(walk, who, change);
}

static void count_finding(void *context, struct bytes finding)
{
    size_t *count = context;
    print_error("%.*s\n", BYTES_FMT(finding));
    (*count)++;
}

/* What the tables say is sound, and somebody governs the chat as long as anybody is in it. */
static void check_tables(struct walk *walk)
{
    struct db *db = walk->scene.db;
    size_t findings = 0;
    const struct check_sink sink = {count_finding, &findings};
    bool is_damaged = true;
    int64_t members = 0;
    int64_t owners = 0;
    CHECK(members_count(db, walk->scene.chat, &members) == OK);
    CHECK(members_count_owners(db, walk->scene.chat, &owners) == OK);
    CHECK(members == 0 || owners > 0);
    if (members > 0) { /* an empty chat is a finding of its own */
        CHECK(check_rows(db, &sink, &is_damaged) == OK);
        CHECK(findings == 0 && !is_damaged);
    }
    check_asked(&walk->scene.place,
                "SELECT count(*) FROM confab_member m JOIN chat_chat_participants p"
                " ON p.chat_id = m.chat_id AND p.user_id = m.user_id WHERE m.role = 'banned'",
                "0");
    check_asked(&walk->scene.place,
                "SELECT count(*) FROM confab_message x JOIN chat_message m ON m.id = x.message_id"
                " WHERE x.deleted_at IS NOT NULL AND (m.content <> '' OR x.pinned_at IS NOT NULL"
                " OR EXISTS (SELECT 1 FROM confab_reaction r WHERE r.message_id = m.id)"
                " OR EXISTS (SELECT 1 FROM confab_mention t WHERE t.message_id = m.id))",
                "0");
}

/* The stream, read afterwards, is what was told: no seq twice, none out of order. */
static void check_stream(struct walk *walk)
{
    int64_t after = 0;
    int64_t count = 0;
    size_t n = 0;
    do {
        struct event_row rows[64];
        struct arena arena = {0};
        CHECK(events_list(walk->scene.db, walk->scene.chat, after, COUNT_OF(rows), &arena, rows,
                          &n) == OK);
        for (size_t i = 0; i < n; i++) {
            CHECK(rows[i].seq > after);
            after = rows[i].seq;
            count += rows[i].kind == EVENT_MESSAGE;
        }
        arena_free(&arena);
    } while (n > 0);
    CHECK(after == walk->head);
    CHECK(count == walk->messages);
}

static void walk_from(uint32_t seed)
{
    struct walk walk = {.chance = seed};
    scene_init(&walk.scene);
    for (int i = 0; i < STEPS; i++) {
        step(&walk);
        if (i % 250 == 0)
            check_tables(&walk);
    }
    check_tables(&walk);
    check_stream(&walk);
    CHECK(walk.done > STEPS / 10);
    scene_deinit(&walk.scene);
}

static void test_whatever_people_do(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 3; seed++)
        walk_from(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whatever_people_do),
    };
    return cmocka_run_group_tests_name("chat/change_random", tests, NULL, NULL);
}
