/* Each change, in each kind of chat, by each kind of member. */
#include "scene.h"

#include "chat/rights.h"

enum about { OF_NOTHING, OF_OWN, OF_GINAS };

/* What comes of it for owner, moderator, member, read-only member, stranger and banned, in this
 * order: . it is done, F forbidden, R read_only, N not_found. One text for each kind of chat. */
static const struct {
    const char *name;
    enum change_kind kind;
    enum about about; /* the message */
    int target;       /* -1: the actor; WHO_COUNT: nobody */
    const char *text;
    const char *chat_kind;
    const char *expected[CHAT_KIND_COUNT]; /* group, direct, public, announcement */
} cases[] = {
    {"edit one's own",
     CHANGE_EDIT,
     OF_OWN,
     WHO_COUNT,
     NULL,
     NULL,
     {"...RNN", "...RNN", "...RNN", "..RRNN"}},
    {"edit another's",
     CHANGE_EDIT,
     OF_GINAS,
     WHO_COUNT,
     NULL,
     NULL,
     {"FFFFNN", "FFFFNN", "FFFFNN", "FFFFNN"}},
    {"delete one's own",
     CHANGE_DELETE,
     OF_OWN,
     WHO_COUNT,
     NULL,
     NULL,
     {"....NN", "....NN", "....NN", "....NN"}},
    {"delete another's",
     CHANGE_DELETE,
     OF_GINAS,
     WHO_COUNT,
     NULL,
     NULL,
     {"..FFNN", "FFFFNN", "..FFNN", "..FFNN"}},
    {"react",
     CHANGE_REACT,
     OF_GINAS,
     WHO_COUNT,
     "\xf0\x9f\x91\x8d",
     NULL,
     {"...RNN", "...RNN", "...RNN", "...RNN"}},
    {"unreact",
     CHANGE_UNREACT,
     OF_GINAS,
     WHO_COUNT,
     "\xf0\x9f\x91\x8d",
     NULL,
     {"....NN", "....NN", "....NN", "....NN"}},
    {"pin", CHANGE_PIN, OF_GINAS, WHO_COUNT, NULL, NULL, {"..FFNN", "...FNN", "..FFNN", "..FFNN"}},
    {"unpin",
     CHANGE_UNPIN,
     OF_GINAS,
     WHO_COUNT,
     NULL,
     NULL,
     {"..FFNN", "...FNN", "..FFNN", "..FFNN"}},
    {"read",
     CHANGE_READ,
     OF_NOTHING,
     WHO_COUNT,
     NULL,
     NULL,
     {"....NN", "....NN", "....NN", "....NN"}},
    {"join",
     CHANGE_ADD_MEMBER,
     OF_NOTHING,
     -1,
     NULL,
     NULL,
     {"....NN", "....NN", ".....F", "....NN"}},
    {"add",
     CHANGE_ADD_MEMBER,
     OF_NOTHING,
     WHO_COUNT + 1,
     NULL,
     NULL,
     {"..FFNN", "FFFFNN", "..FFNN", "..FFNN"}},
    {"leave",
     CHANGE_REMOVE_MEMBER,
     OF_NOTHING,
     -1,
     NULL,
     NULL,
     {"....NN", "FFFFNN", "....NN", "....NN"}},
    {"remove",
     CHANGE_REMOVE_MEMBER,
     OF_NOTHING,
     GINA,
     NULL,
     NULL,
     {"..FFNN", "FFFFNN", "..FFNN", "..FFNN"}},
    {"ban",
     CHANGE_BAN_MEMBER,
     OF_NOTHING,
     GINA,
     NULL,
     NULL,
     {"..FFNN", "FFFFNN", "..FFNN", "..FFNN"}},
    {"unban",
     CHANGE_UNBAN_MEMBER,
     OF_NOTHING,
     FRANK,
     NULL,
     NULL,
     {"..FFNN", "FFFFNN", "..FFNN", "..FFNN"}},
    {"set role",
     CHANGE_SET_ROLE,
     OF_NOTHING,
     GINA,
     "moderator",
     NULL,
     {".FFFNN", "FFFFNN", ".FFFNN", ".FFFNN"}},
    {"mute",
     CHANGE_MUTE_MEMBER,
     OF_NOTHING,
     GINA,
     NULL,
     NULL,
     {"..FFNN", "FFFFNN", "..FFNN", "..FFNN"}},
    {"rename",
     CHANGE_UPDATE_CHAT,
     OF_NOTHING,
     WHO_COUNT,
     "Physics",
     NULL,
     {"...FNN", "...FNN", "..FFNN", "..FFNN"}},
    {"make it public",
     CHANGE_UPDATE_CHAT,
     OF_NOTHING,
     WHO_COUNT,
     NULL,
     "public",
     {".FFFNN", "FFFFNN", "....NN", ".FFFNN"}},
};

static char letter_of(enum v1_code code)
{
    static const char letters[V1_CODE_COUNT] = {
        [V1_OK] = '.',        [V1_FORBIDDEN] = 'F', [V1_READ_ONLY] = 'R',
        [V1_NOT_FOUND] = 'N', [V1_MUTED] = 'M',
    };
    return letters[code] != 0 ? letters[code] : '?';
}

/* A message of each of them, and a user who is nothing to the chat. */
struct setting {
    struct scene scene;
    int64_t messages[WHO_COUNT];
    int64_t newcomer;
};

static void setting_init(struct setting *setting)
{
    struct scene *scene = &setting->scene;
    scene_init(scene);
    setting->newcomer = add_user(scene->db, "henry");
    for (size_t i = 0; i < WHO_COUNT; i++) {
        char text[200];
        (void)snprintf(text, sizeof text,
                       "INSERT INTO chat_message (content, timestamp, chat_id, sender_id)"
                       " VALUES ('old', '2026-01-01 00:00:00', %lld, %lld)",
                       (long long)scene->chat, (long long)scene->users[i].id);
        CHECK(sql_run_text(scene->db, text) == OK);
        int64_t id = 0;
        CHECK(messages_last_id(scene->db, scene->chat, &id) == OK);
        setting->messages[i] = id;
    }
}

static struct change change_of(const struct setting *setting, size_t index, enum who who)
{
    int target = cases[index].target == -1 ? (int)who : cases[index].target;
    struct change change = {
        .kind = cases[index].kind,
        .content = BYTES("new"),
        .seq = 1,
        .until_us = NOW_US + 1000000,
    };
    if (cases[index].about != OF_NOTHING)
        change.message_id = setting->messages[cases[index].about == OF_OWN ? who : GINA];
    if (target < WHO_COUNT)
        change.user_id = setting->scene.users[target].id;
    else if (target > WHO_COUNT)
        change.user_id = setting->newcomer;
    if (cases[index].text != NULL)
        change.text = bytes_from_text(cases[index].text);
    if (cases[index].chat_kind != NULL)
        change.chat_kind = bytes_from_text(cases[index].chat_kind);
    return change;
}

/* One case by one member, undone again. */
static void check_case(struct setting *setting, size_t index, enum chat_kind kind, enum who who)
{
    struct scene *scene = &setting->scene;
    int64_t before = 0;
    int64_t after = 0;
    CHECK(db_savepoint(scene->db) == OK);
    CHECK(chats_set_kind(scene->db, scene->chat, kind) == OK);
    CHECK(events_head(scene->db, scene->chat, &before) == OK);
    char actual = letter_of(apply_here(scene, who, change_of(setting, index, who)));
    char expected = cases[index].expected[kind][who];
    if (actual != expected)
        print_error("%s in %s by %s: %c instead of %c\n", cases[index].name, chat_kind_name(kind),
                    who_names[who], actual, expected);
    CHECK(actual == expected);
    CHECK(events_head(scene->db, scene->chat, &after) == OK);
    CHECK(expected == '.' || (after == before && scene->result.event == NULL));
    CHECK(expected != '.' || scene->result.seq == after);
    db_savepoint_rollback(scene->db);
}

static void test_each_change_by_each_member_in_each_kind(void **state)
{
    struct setting setting;
    (void)state;
    setting_init(&setting);
    CHECK(db_begin(setting.scene.db) == OK);
    for (size_t index = 0; index < COUNT_OF(cases); index++) {
        for (size_t kind = 0; kind < CHAT_KIND_COUNT; kind++) {
            for (size_t who = ALICE; who <= FRANK; who++)
                check_case(&setting, index, (enum chat_kind)kind, (enum who)who);
        }
    }
    db_rollback(setting.scene.db);
    scene_deinit(&setting.scene);
}

/* The table has each change that there is. */
static void test_no_change_is_missing(void **state)
{
    unsigned found = 0;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        found |= BIT(cases[i].kind);
    CHECK(found == BIT(CHANGE_KIND_COUNT) - 1);
}

/* Nobody touches those above, and only owners touch their like. */
static void test_rank_protects(void **state)
{
    static const struct {
        enum who who;
        enum who target;
        enum v1_code expected;
    } ranks[] = {
        {ALICE, BOB, V1_OK},        {BOB, ALICE, V1_FORBIDDEN}, {BOB, BOB, V1_FORBIDDEN},
        {BOB, CAROL, V1_OK},        {BOB, DAVE, V1_OK},         {CAROL, DAVE, V1_FORBIDDEN},
        {CAROL, BOB, V1_FORBIDDEN},
    };
    struct scene scene;
    (void)state;
    scene_init(&scene);
    for (size_t i = 0; i < COUNT_OF(ranks); i++) {
        const struct change change = {
            .kind = CHANGE_MUTE_MEMBER,
            .user_id = id_of(&scene, ranks[i].target),
            .until_us = NOW_US + 1000,
        };
        CHECK(apply(&scene, ranks[i].who, change) == ranks[i].expected);
    }
    scene_deinit(&scene);
}

/* is_staff and is_superuser rule wherever they take part, and nowhere else. */
static void test_staff_owns_the_chats_that_it_is_in(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    const struct change change = {
        .kind = CHANGE_SET_ROLE,
        .user_id = id_of(&scene, GINA),
        .text = BYTES("moderator"),
    };
    CHECK(users_set_power(scene.db, id_of(&scene, CAROL), true, false) == OK);
    CHECK(users_set_power(scene.db, id_of(&scene, ERIN), false, true) == OK);
    CHECK(apply(&scene, ERIN, change) == V1_NOT_FOUND);
    CHECK(apply(&scene, CAROL, change) == V1_OK);
    scene_deinit(&scene);
}

/* Whoever is not active is nobody. */
static void test_inactive_member_may_nothing(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    CHECK(users_set_active(scene.db, id_of(&scene, ALICE), false) == OK);
    CHECK(apply(&scene, ALICE, (struct change) {.kind = CHANGE_READ, .seq = 1}) == V1_NOT_FOUND);
    scene_deinit(&scene);
}

/* Who may write a message: the roles, and being muted until a moment that may be over. */
static void test_writing_is_for_who_may(void **state)
{
    static const struct {
        enum member_role role;
        enum chat_kind kind;
        int64_t muted_until_us;
        bool is_staff;
        enum v1_code expected;
    } writers[] = {
        {ROLE_OWNER, CHAT_ANNOUNCEMENT, 0, false, V1_OK},
        {ROLE_MODERATOR, CHAT_ANNOUNCEMENT, 0, false, V1_OK},
        {ROLE_MEMBER, CHAT_ANNOUNCEMENT, 0, false, V1_READ_ONLY},
        {ROLE_MEMBER, CHAT_ANNOUNCEMENT, 0, true, V1_OK},
        {ROLE_MEMBER, CHAT_GROUP, 0, false, V1_OK},
        {ROLE_MEMBER, CHAT_DIRECT, 0, false, V1_OK},
        {ROLE_MEMBER, CHAT_PUBLIC, 0, false, V1_OK},
        {ROLE_MEMBER, CHAT_GROUP, NOW_US + 1, false, V1_MUTED},
        {ROLE_MEMBER, CHAT_GROUP, NOW_US, false, V1_OK},
        {ROLE_OWNER, CHAT_GROUP, NOW_US + 1, false, V1_MUTED},
        {ROLE_READ_ONLY, CHAT_GROUP, 0, false, V1_READ_ONLY},
        {ROLE_READ_ONLY, CHAT_GROUP, NOW_US + 1, false, V1_READ_ONLY},
        {ROLE_NONE, CHAT_PUBLIC, 0, false, V1_NOT_FOUND},
        {ROLE_NONE, CHAT_GROUP, 0, true, V1_NOT_FOUND},
        {ROLE_BANNED, CHAT_GROUP, 0, true, V1_NOT_FOUND},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(writers); i++) {
        const struct membership who = {
            .kind = writers[i].kind,
            .role = writers[i].role,
            .muted_until_us = writers[i].muted_until_us,
            .is_active = true,
            .is_staff = writers[i].is_staff,
        };
        CHECK(rights_check(RIGHT_SEND, &who, NOW_US) == writers[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_change_by_each_member_in_each_kind),
        cmocka_unit_test(test_no_change_is_missing),
        cmocka_unit_test(test_rank_protects),
        cmocka_unit_test(test_staff_owns_the_chats_that_it_is_in),
        cmocka_unit_test(test_inactive_member_may_nothing),
        cmocka_unit_test(test_writing_is_for_who_may),
    };
    return cmocka_run_group_tests_name("chat/change_rights", tests, NULL, NULL);
}
