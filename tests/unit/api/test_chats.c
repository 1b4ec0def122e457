#include "site.h"

#define CHAT(id, name, participants, messages)                                                     \
    "{\"id\":" id ",\"name\":\"" name "\",\"participants\":[" participants                         \
    "],\"messages\":[" messages "],\"created_at\":\"" NOW "\"}"

static void post(struct people *people, const char *session, unsigned status, const char *answer,
                 const char *content, int line)
{
    struct answer got =
        ask(&people->site,
            (struct asked) {
                .method = "POST", .path = "/api/chats/", .session = session, .content = content});
    check_answer(&got, status, answer, content, __FILE__, line);
    answer_deinit(&got);
}

#define POST(session, status, answer, content)                                                     \
    post(&people, people.session, (status), (answer), (content), __LINE__)

/* Ids and names are merged, the maker is always in, nobody is in twice. */
static void test_making_a_chat(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    POST(alice, 201, CHAT("1", "Tea", ALICE, ""), "{\"name\":\" Tea \"}");
    POST(bob, 201, CHAT("2", "c", ALICE "," BOB "," CAROL, ""),
         "{\"name\":\"c\",\"participant_ids\":[3,\"1\",2.0,\" 003 \",2],"
         "\"participant_usernames\":[\"alice\",\" carol \",\"nobody\",\"Alice\",5]}");
    POST(alice, 201, CHAT("3", "5", ALICE, ""),
         "{\"name\":5,\"participant_ids\":[],\"participant_usernames\":[]}");
    POST(alice, 201, CHAT("4", "e", ALICE "," CAROL, ""),
         "{\"name\":\"e\",\"participant_ids\":[3e0,\"3.00\",\"+3\"]}");
    ASK(&people.site, 201, CHAT("5", "form", ALICE "," BOB "," CAROL, ""), .method = "POST",
        .path = "/api/chats/", .session = people.alice, .type = "application/x-www-form-urlencoded",
        .content = "name=form&participant_ids=2&participant_usernames=carol&participant_ids=3");
    check_asked(&people.site.place,
                "SELECT group_concat(creator_id) FROM (SELECT creator_id FROM confab_chat ORDER BY "
                "chat_id)",
                "1,2,1,1,1");
    site_deinit(&people.site);
}

static void test_faulty_chats_are_not_made(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        const char *answer;
    } cells[] = {
        {"{}", "{\"name\":[\"This field is required.\"]}"},
        {"{\"name\":null}", "{\"name\":[\"This field may not be null.\"]}"},
        {"{\"name\":\"   \"}", "{\"name\":[\"This field may not be blank.\"]}"},
        {"{\"name\":[1]}", "{\"name\":[\"Not a valid string.\"]}"},
        {"{\"name\":\"a\\u0000b\"}", "{\"name\":[\"Null characters are not allowed.\"]}"},
        {"{\"name\":\"\\ud800\"}",
         "{\"name\":[\"Surrogate characters are not allowed: U+D800.\"]}"},
        {"{\"name\":\"x\",\"participant_ids\":\"abc\"}",
         "{\"participant_ids\":[\"Expected a list of items but got type \\\"str\\\".\"]}"},
        {"{\"name\":\"x\",\"participant_ids\":{\"a\":1},\"participant_usernames\":1.5}",
         "{\"participant_ids\":[\"Expected a list of items but got type \\\"dict\\\".\"],"
         "\"participant_usernames\":[\"Expected a list of items but got type \\\"float\\\".\"]}"},
        {"{\"participant_ids\":7,\"participant_usernames\":true}",
         "{\"name\":[\"This field is required.\"],"
         "\"participant_ids\":[\"Expected a list of items but got type \\\"int\\\".\"],"
         "\"participant_usernames\":[\"Expected a list of items but got type \\\"bool\\\".\"]}"},
        {"{\"name\":\"x\",\"participant_ids\":null}",
         "{\"participant_ids\":[\"This field may not be null.\"]}"},
        {"{\"name\":\"x\",\"participant_ids\":[1,\"a\",true,1.5,null,[],\"\",\"1.5\",\"1e0\"]}",
         "{\"participant_ids\":{\"1\":[\"A valid integer is required.\"],\"2\":[\"A valid integer "
         "is required.\"],"
         "\"3\":[\"A valid integer is required.\"],\"4\":[\"This field may not be null.\"],"
         "\"5\":[\"A valid integer is required.\"],\"6\":[\"A valid integer is required.\"],"
         "\"7\":[\"A valid integer is required.\"],\"8\":[\"A valid integer is required.\"]}}"},
        {"{\"name\":\"x\",\"participant_usernames\":[\"alice\",\"\",null,[1],\"a\\u0000\"]}",
         "{\"participant_usernames\":{\"1\":[\"This field may not be blank.\"],\"2\":[\"This field "
         "may not be null.\"],"
         "\"3\":[\"Not a valid string.\"],\"4\":[\"Null characters are not allowed.\"]}}"},
        {"{\"name\":\"x\",\"participant_ids\":[1,99]}",
         "{\"participant_ids\":[\"Invalid pk \\\"99\\\" - object does not exist.\"]}"},
        {"{\"name\":\"\",\"participant_ids\":[0,-4,\"99999999999999999999\"],\"participant_"
         "usernames\":[{}]}",
         "{\"name\":[\"This field may not be blank.\"],"
         "\"participant_ids\":[\"Invalid pk \\\"0\\\" - object does not exist.\","
         "\"Invalid pk \\\"-4\\\" - object does not exist.\","
         "\"Invalid pk \\\"99999999999999999999\\\" - object does not exist.\"],"
         "\"participant_usernames\":{\"0\":[\"Not a valid string.\"]}}"},
    };
    struct people people;
    people_init(&people);
    for (size_t i = 0; i < COUNT_OF(cells); i++)
        POST(alice, 400, cells[i].answer, cells[i].content);
    check_asked(&people.site.place, "SELECT count(*) FROM chat_chat", "0");
    site_deinit(&people.site);
}

/* {"name": "éé…"} with so many code points. */
static const char *name_of(size_t count)
{
    static char text[2048];
    int len = snprintf(text, sizeof text, "{\"name\":\"");
    for (size_t i = 0; i < count; i++)
        len += snprintf(text + len, sizeof text - (size_t)len, "\xc3\xa9");
    (void)snprintf(text + len, sizeof text - (size_t)len, "\"}");
    return text;
}

static const char *ids_of(size_t count)
{
    static char text[64 + 10001 * 2];
    size_t len = (size_t)snprintf(text, sizeof text, "{\"name\":\"x\",\"participant_ids\":[1");
    for (size_t i = 1; i < count; i++, len += 2)
        memcpy(text + len, ",1", 2);
    memcpy(text + len, "]}", 3);
    return text;
}

static void test_names_and_lists_have_limits(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    POST(alice, 201, NULL, name_of(255));
    POST(alice, 400, "{\"name\":[\"Ensure this field has no more than 255 characters.\"]}",
         name_of(256));
    POST(alice, 201, NULL, ids_of(10000));
    POST(alice, 400,
         "{\"participant_ids\":[\"Ensure this field has no more than 10000 elements.\"]}",
         ids_of(10001));
    /* Of many faulty elements only so many are named: the answer stays small. */
    struct buf content = {0};
    buf_append_text(&content, "{\"name\":\"x\",\"participant_ids\":[");
    for (int i = 0; i < 5000; i++)
        buf_append_text(&content, i == 0 ? "null" : ",null");
    buf_append(&content, bytes_of("]}", 3));
    struct answer answer =
        ask(&people.site, (struct asked) {.method = "POST",
                                          .path = "/api/chats/",
                                          .session = people.alice,
                                          .content = (const char *)content.data});
    CHECK(answer.status == 400);
    CHECK(answer.content.len < 8192);
    answer_deinit(&answer);
    buf_free(&content);
    site_deinit(&people.site);
}

/* Chat 1 of alice and bob, made by alice; chat 2 of bob alone; chat 3 of all, whose creator is not
 * known. */
static void make_chats(struct people *people)
{
    post(people, people->alice, 201, NULL, "{\"name\":\"one\",\"participant_ids\":[2]}", __LINE__);
    post(people, people->bob, 201, NULL, "{\"name\":\"two\"}", __LINE__);
    static const int64_t all[] = {1, 2, 3};
    int64_t id;
    CHECK(chats_insert(people->site.writer, BYTES("three"), 0, all, 3, NOW_US, &id) == OK);
    CHECK(id == 3);
}

/* The same answer for "does not exist" and "you may not see it", whatever is done to it. */
static void test_others_chats_are_not_found(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    make_chats(&people);
    static const char *const paths[] = {"/api/chats/2/", "/api/chats/77/"};
    static const char *const methods[] = {"GET", "PUT", "PATCH", "DELETE"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        for (size_t k = 0; k < COUNT_OF(methods); k++) {
            /* Not found comes before the body is looked at. */
            ASK(&people.site, 404, NOT_FOUND, .method = methods[k], .path = paths[i],
                .session = people.alice, .type = "text/plain", .content = "{");
        }
    }
    ASK(&people.site, 404, NOT_FOUND, .path = "/api/chats/2/messages/", .session = people.alice);
    ASK(&people.site, 404, NOT_FOUND, .method = "POST", .path = "/api/chats/2/send_message/",
        .session = people.alice, .content = "{\"content\":\"hi\"}");
    check_asked(&people.site.place, "SELECT count(*) FROM chat_chat", "3");
    check_asked(&people.site.place, "SELECT count(*) FROM chat_message", "0");
    site_deinit(&people.site);
}

static void test_chats_are_listed_for_their_participants(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    ASK(&people.site, 200, "[]", .path = "/api/chats/", .session = people.alice);
    make_chats(&people);
    ASK(&people.site, 201, NULL, .method = "POST", .path = "/api/chats/3/send_message/",
        .session = people.carol, .content = "{\"content\":\"hi\"}");
    struct answer answer = ask(
        &people.site, (struct asked) {.path = "/api/chats/?page=7&x=%", .session = people.alice});
    check_answer(&answer, 200,
                 "[" CHAT("1", "one", ALICE "," BOB,
                          "") "," CHAT("3", "three", ALICE "," BOB "," CAROL,
                                       "{\"id\":1,\"chat\":3,\"sender\":" CAROL
                                       ",\"content\":\"hi\",\"timestamp\":\"" STAMP "\"}") "]",
                 "list", __FILE__, __LINE__);
    CHECK(!answer.is_streamed); /* it fits: its length is known */
    answer_deinit(&answer);
    ASK(&people.site, 200, CHAT("2", "two", BOB, ""), .path = "/api/chats/2/",
        .session = people.bob);
    ASK(&people.site, 200, CHAT("2", "two", BOB, ""), .path = "/api/chats/002/",
        .session = people.bob);
    site_deinit(&people.site);
}

static void test_only_the_name_changes(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    make_chats(&people);
    ASK(&people.site, 200, CHAT("1", "new", ALICE "," BOB, ""), .method = "PUT",
        .path = "/api/chats/1/", .session = people.bob,
        .content = "{\"name\":\" new \",\"participant_ids\":[3],\"id\":9}");
    ASK(&people.site, 400, "{\"name\":[\"This field is required.\"]}", .method = "PUT",
        .path = "/api/chats/1/", .session = people.bob, .content = "{}");
    ASK(&people.site, 200, CHAT("1", "new", ALICE "," BOB, ""), .method = "PATCH",
        .path = "/api/chats/1/", .session = people.bob, .content = "{}");
    ASK(&people.site, 200, CHAT("1", "new", ALICE "," BOB, ""), .method = "PATCH",
        .path = "/api/chats/1/", .session = people.bob);
    ASK(&people.site, 400, "{\"name\":[\"This field may not be null.\"]}", .method = "PATCH",
        .path = "/api/chats/1/", .session = people.bob, .content = "{\"name\":null}");
    ASK(&people.site, 415, "{\"detail\":\"Unsupported media type \\\"text/plain\\\" in request.\"}",
        .method = "PATCH", .path = "/api/chats/1/", .session = people.bob, .type = "text/plain",
        .content = "x");
    ASK(&people.site, 200, CHAT("1", "newer", ALICE "," BOB, ""), .method = "PATCH",
        .path = "/api/chats/1/", .session = people.alice,
        .type = "application/x-www-form-urlencoded", .content = "name=newer");
    ASK(&people.site, 400, NULL, .method = "PUT", .path = "/api/chats/1/", .session = people.bob,
        .content = name_of(256));
    site_deinit(&people.site);
}

static void delete_chat(struct people *people, const char *session, const char *path,
                        unsigned status, int64_t revoked, int line)
{
    struct answer answer =
        ask(&people->site, (struct asked) {.method = "DELETE", .path = path, .session = session});
    check_answer(&answer, status, status == 204 ? "" : NULL, path, __FILE__, line);
    CHECK(answer.revocation.chat_id == revoked);
    CHECK(answer.revocation.user_id == 0 && answer.revoked_key.len == 0);
    if (status == 204)
        CHECK(!mentions(&answer, "application/json"));
    answer_deinit(&answer);
}

#define DENIED "{\"detail\":\"You do not have permission to perform this action.\"}"

/* Power comes from is_staff and is_superuser, not from the type that everybody may choose. */
static void test_chats_are_deleted_by_creator_or_staff(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    make_chats(&people);
    ASK(&people.site, 201, NULL, .method = "POST", .path = "/api/chats/1/send_message/",
        .session = people.alice, .content = "{\"content\":\"hi\"}");
    ASK(&people.site, 403, DENIED, .method = "DELETE", .path = "/api/chats/1/",
        .session = people.bob);
    check_asked(&people.site.place, "SELECT count(*) FROM chat_chat", "3");
    delete_chat(&people, people.alice, "/api/chats/1/", 204, 1, __LINE__);
    check_asked(&people.site.place, "SELECT count(*) FROM chat_message", "0");
    ASK(&people.site, 404, NOT_FOUND, .path = "/api/chats/1/", .session = people.alice);
    delete_chat(&people, people.alice, "/api/chats/1/", 404, 0, __LINE__);

    /* Nobody knows who made chat 3: any participant may. */
    delete_chat(&people, people.carol, "/api/chats/3/", 204, 3, __LINE__);

    POST(alice, 201, NULL, "{\"name\":\"four\",\"participant_ids\":[2,3]}");
    POST(alice, 201, NULL, "{\"name\":\"five\",\"participant_ids\":[2,3]}");
    elsewhere(&people.site.place, "UPDATE chat_user SET is_staff = 1 WHERE id = 2;"
                                  "UPDATE chat_user SET is_superuser = 1 WHERE id = 3");
    delete_chat(&people, people.bob, "/api/chats/4/", 204, 4, __LINE__);
    delete_chat(&people, people.carol, "/api/chats/5/", 204, 5, __LINE__);
    delete_chat(&people, people.carol, "/api/chats/2/", 404, 0, __LINE__);
    check_asked(&people.site.place, "SELECT group_concat(id) FROM chat_chat", "2");
    site_deinit(&people.site);
}

/* What could not be stored leaves nothing behind, and the answer says so. */
static void test_a_chat_is_made_whole_or_not_at_all(void **state)
{
    (void)state;
    struct people people;
    people_init(&people);
    elsewhere(&people.site.place,
              "CREATE TRIGGER refuse BEFORE INSERT ON chat_chat_participants WHEN NEW.user_id = 3 "
              "BEGIN SELECT RAISE(ABORT, 'no'); END");
    POST(alice, 503, NULL, "{\"name\":\"x\",\"participant_ids\":[2,3]}");
    check_asked(&people.site.place, "SELECT count(*) FROM chat_chat", "0");
    POST(alice, 201, NULL, "{\"name\":\"x\",\"participant_ids\":[2]}");
    site_deinit(&people.site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_making_a_chat),
        cmocka_unit_test(test_faulty_chats_are_not_made),
        cmocka_unit_test(test_names_and_lists_have_limits),
        cmocka_unit_test(test_others_chats_are_not_found),
        cmocka_unit_test(test_chats_are_listed_for_their_participants),
        cmocka_unit_test(test_only_the_name_changes),
        cmocka_unit_test(test_chats_are_deleted_by_creator_or_staff),
        cmocka_unit_test(test_a_chat_is_made_whole_or_not_at_all),
    };
    return cmocka_run_group_tests_name("api/chats", tests, NULL, NULL);
}
