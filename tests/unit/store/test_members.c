#include "store/members.h"

#include "fixture.h"

/* A chat that alice made, with bob in it. */
struct scene {
    struct place place;
    struct db *db;
    int64_t alice;
    int64_t bob;
    int64_t carol;
    int64_t chat;
};

static void scene_init(struct scene *scene)
{
    *scene = (struct scene) {0};
    scene->db = open_new(&scene->place);
    scene->alice = add_user(scene->db, "alice");
    scene->bob = add_user(scene->db, "bob");
    scene->carol = add_user(scene->db, "carol");
    const int64_t both[] = {scene->alice, scene->bob};
    CHECK(chats_insert(scene->db, BYTES("chat"), scene->alice, both, 2, NOW_US, &scene->chat) ==
          OK);
}

static struct membership find(struct scene *scene, int64_t user_id)
{
    struct membership out;
    CHECK(members_find(scene->db, scene->chat, user_id, &out) == OK);
    return out;
}

static void test_participants_without_rows_have_roles(void **state)
{
    struct scene scene;
    struct membership none;
    (void)state;
    scene_init(&scene);
    CHECK(find(&scene, scene.alice).role == ROLE_OWNER);
    CHECK(find(&scene, scene.bob).role == ROLE_MEMBER);
    CHECK(find(&scene, scene.carol).role == ROLE_NONE);
    CHECK(find(&scene, scene.bob).is_active && !find(&scene, scene.bob).is_staff);
    CHECK(find(&scene, scene.bob).kind == CHAT_GROUP);
    CHECK(members_find(scene.db, 99, scene.bob, &none) == ERR_NOT_FOUND);
    CHECK(members_find(scene.db, scene.chat, 99, &none) == ERR_NOT_FOUND);
    close_all(&scene.place, &scene.db);
}

/* A chat that Django made has no owner until somebody is made one. */
static void test_chat_of_django_has_members_only(void **state)
{
    struct scene scene;
    int64_t owners = 9;
    (void)state;
    scene_init(&scene);
    elsewhere(&scene.place, "DELETE FROM confab_chat");
    CHECK(find(&scene, scene.alice).role == ROLE_MEMBER);
    CHECK(find(&scene, scene.alice).kind == CHAT_GROUP);
    CHECK(members_count_owners(scene.db, scene.chat, &owners) == OK);
    CHECK(owners == 0);
    close_all(&scene.place, &scene.db);
}

/* What others have stored is never read as more than it is. */
static void test_odd_rows_give_no_power(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    elsewhere(&scene.place,
              "INSERT INTO confab_member (chat_id, user_id, role) VALUES (1, 2, 'emperor'),"
              " (1, 1, 'banned'), (1, 3, 'owner'); UPDATE confab_chat SET kind = 'circle'");
    CHECK(find(&scene, scene.bob).role == ROLE_MEMBER);
    CHECK(find(&scene, scene.alice).role == ROLE_READ_ONLY); /* Django added who is banned */
    CHECK(find(&scene, scene.carol).role == ROLE_NONE);
    CHECK(find(&scene, scene.carol).kind == CHAT_GROUP);
    close_all(&scene.place, &scene.db);
}

static void test_names_are_read_back(void **state)
{
    enum member_role role = ROLE_NONE;
    enum chat_kind kind = CHAT_GROUP;
    (void)state;
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        const char *name = member_role_name((enum member_role)i);
        CHECK(member_role_of(bytes_from_text(name), &role) ==
              (i == ROLE_NONE ? ERR_NOT_FOUND : OK));
        CHECK(i == ROLE_NONE || role == i);
    }
    for (size_t i = 0; i < CHAT_KIND_COUNT; i++) {
        CHECK(chat_kind_of(bytes_from_text(chat_kind_name((enum chat_kind)i)), &kind) == OK);
        CHECK(kind == i);
    }
    CHECK(member_role_of(BYTES("Owner"), &role) == ERR_NOT_FOUND);
    CHECK(chat_kind_of(BYTES(""), &kind) == ERR_NOT_FOUND);
}

static void test_members_come_in_pages(void **state)
{
    struct scene scene;
    struct arena arena = {0};
    struct member_row rows[2];
    size_t count = 0;
    int64_t total = 0;
    (void)state;
    scene_init(&scene);
    CHECK(members_add(scene.db, scene.chat, scene.carol) == OK);
    CHECK(members_set_role(scene.db, scene.chat, scene.bob, ROLE_MODERATOR) == OK);
    CHECK(members_set_muted(scene.db, scene.chat, scene.bob, NOW_US) == OK);
    CHECK(members_set_read(scene.db, scene.chat, scene.bob, 7) == OK);
    CHECK(members_list(scene.db, scene.chat, 0, 2, &arena, rows, &count) == OK);
    CHECK(count == 2);
    CHECK_BYTES(rows[0].user.username, BYTES("alice"));
    CHECK(rows[0].role == ROLE_OWNER && rows[0].muted_until_us == 0 && rows[0].read_seq == 0);
    CHECK(rows[1].role == ROLE_MODERATOR && rows[1].muted_until_us == NOW_US);
    CHECK(rows[1].read_seq == 7);
    CHECK(members_list(scene.db, scene.chat, rows[1].user.id, 2, &arena, rows, &count) == OK);
    CHECK(count == 1);
    CHECK_BYTES(rows[0].user.username, BYTES("carol"));
    CHECK(members_count(scene.db, scene.chat, &total) == OK);
    CHECK(total == 3);
    arena_free(&arena);
    close_all(&scene.place, &scene.db);
}

static void test_username_is_found_among_participants(void **state)
{
    static const struct {
        const char *name;
        bool is_there;
    } cases[] = {{"bob", true}, {"Bob", false}, {"carol", false}, {"", false}};
    struct scene scene;
    (void)state;
    scene_init(&scene);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t id = 9;
        CHECK(members_find_username(scene.db, scene.chat, bytes_from_text(cases[i].name), &id) ==
              OK);
        CHECK(id == (cases[i].is_there ? scene.bob : 0));
    }
    close_all(&scene.place, &scene.db);
}

/* Nothing of who left may come back with them. */
static void test_removed_member_leaves_no_row(void **state)
{
    struct scene scene;
    (void)state;
    scene_init(&scene);
    CHECK(members_set_role(scene.db, scene.chat, scene.bob, ROLE_OWNER) == OK);
    CHECK(members_remove(scene.db, scene.chat, scene.bob) == OK);
    CHECK(members_remove(scene.db, scene.chat, scene.bob) == ERR_NOT_FOUND);
    check_asked(&scene.place, "SELECT count(*) FROM confab_member", "0");
    CHECK(members_add(scene.db, scene.chat, scene.bob) == OK);
    CHECK(find(&scene, scene.bob).role == ROLE_MEMBER);
    CHECK(members_add(scene.db, scene.chat, 99) == ERR_NOT_FOUND);
    close_all(&scene.place, &scene.db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_participants_without_rows_have_roles),
        cmocka_unit_test(test_chat_of_django_has_members_only),
        cmocka_unit_test(test_odd_rows_give_no_power),
        cmocka_unit_test(test_names_are_read_back),
        cmocka_unit_test(test_members_come_in_pages),
        cmocka_unit_test(test_username_is_found_among_participants),
        cmocka_unit_test(test_removed_member_leaves_no_row),
    };
    return cmocka_run_group_tests_name("store/members", tests, NULL, NULL);
}
