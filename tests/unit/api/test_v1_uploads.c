#include "site.h"

#include <dirent.h>
#include "api/stream.h"

#define UPLOADS "/api/v1/uploads/"

struct scene {
    struct people people;
    char directory[64];
};

/* Chat 1 of alice and bob. */
static void scene_init(struct scene *scene)
{
    static const int64_t both[] = {1, 2};
    people_init(&scene->people);
    CHECK(add_chat(scene->people.site.writer, both, 2) == 1);
    (void)snprintf(scene->directory, sizeof scene->directory, "/tmp/confab-api-XXXXXX");
    CHECK(mkdtemp(scene->directory) != NULL);
    scene->people.site.settings.uploads = (struct upload_settings) {
        .directory = scene->directory,
        .quota_bytes = 1000,
    };
}

static size_t count_files(const struct scene *scene)
{
    size_t count = 0;
    DIR *directory = opendir(scene->directory);
    CHECK(directory != NULL);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += entry->d_name[0] != '.';
    (void)closedir(directory);
    return count;
}

static void scene_deinit(struct scene *scene)
{
    char command[100];
    (void)snprintf(command, sizeof command, "rm -r %s", scene->directory);
    CHECK(system(command) == 0);
    site_deinit(&scene->people.site);
}

static struct answer upload(struct scene *scene, const char *query, const char *type,
                            const char *content)
{
    char path[200];
    (void)snprintf(path, sizeof path, UPLOADS "?%s", query);
    return ask(&scene->people.site, (struct asked) {.method = "POST",
                                                    .path = path,
                                                    .session = scene->people.alice,
                                                    .type = type,
                                                    .content = content});
}

static void check_upload(struct scene *scene, const char *query, const char *type,
                         const char *content, unsigned status, const char *expected, int line)
{
    struct answer answer = upload(scene, query, type, content);
    check_answer(&answer, status, expected, query, __FILE__, line);
    answer_deinit(&answer);
}

#define CHECK_UPLOAD(query, type, content, status, expected)                                       \
    check_upload(&scene, (query), (type), (content), (status), (expected), __LINE__)

#define PNG_1                                                                                      \
    "{\"id\":1,\"name\":\"a b.png\",\"type\":\"image/png\",\"size\":5,"                            \
    "\"url\":\"/api/v1/uploads/1/a%20b.png\"}"

/* However it comes. */
static void test_what_was_uploaded_is_served_to_those_who_may_have_it(void **state)
{
    (void)state;
    for (size_t piece = 0; piece <= 5; piece++) {
        struct scene scene;
        scene_init(&scene);
        struct people *people = &scene.people;
        people->site.piece_bytes = piece;
        CHECK_UPLOAD("chat=1&name=a+b.png", "image/png", "hello", 201, PNG_1);
        check_asked(&people->site.place, "SELECT sha256 FROM confab_upload",
                    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
#define FILE_1 UPLOADS "1/a%20b.png"
        ASK(&people->site, 200, "hello", .path = FILE_1, .session = people->alice);
        ASK(&people->site, 404, NULL, .path = FILE_1, .session = people->bob);
        ASK(&people->site, 201, NULL, .method = "POST", .path = "/api/v1/chats/1/messages/",
            .session = people->alice, .content = "{\"content\":\"look\",\"attachments\":[1]}");
        ASK(&people->site, 200, "hello", .path = FILE_1, .session = people->bob);
        ASK(&people->site, 404, NULL, .path = FILE_1, .session = people->carol);
        ASK(&people->site, 404, NULL, .path = UPLOADS "1/other", .session = people->bob);
        ASK(&people->site, 404, NULL, .path = UPLOADS "2/a%20b.png", .session = people->bob);
        ASK(&people->site, 404, NULL, .path = UPLOADS "1/..%2Fa", .session = people->bob);
        ASK(&people->site, 403, NULL, .path = FILE_1);
        scene_deinit(&scene);
    }
}

static void test_a_message_shows_its_files(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    struct people *people = &scene.people;
    CHECK_UPLOAD("chat=1&name=a+b.png", "image/png", "hello", 201, PNG_1);
    static const struct {
        const char *content;
        unsigned status;
        const char *part;
    } rows[] = {
        {"{\"content\":\"x\",\"attachments\":[2]}", 404, "not_found"},
        {"{\"content\":\"x\",\"attachments\":[\"x\"]}", 400, "A valid integer is required."},
        {"{\"content\":\"x\",\"attachments\":1}", 400, "Expected a list of items"},
        {"{\"content\":\"x\",\"attachments\":[1,2,3,4,5,6,7,8,9,10,11]}", 400,
         "no more than 10 elements"},
        {"{\"content\":\"x\",\"attachments\":[1]}", 201, "\"attachments\":[" PNG_1 "]"},
        {"{\"content\":\"x\",\"attachments\":[1]}", 404, "not_found"}, /* another shows it */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct answer answer =
            ask(&people->site, (struct asked) {.method = "POST",
                                               .path = "/api/v1/chats/1/messages/",
                                               .session = people->alice,
                                               .content = rows[i].content});
        check_answer(&answer, rows[i].status, NULL, rows[i].content, __FILE__, __LINE__);
        CHECK(strstr((char *)answer.content.data, rows[i].part) != NULL);
        answer_deinit(&answer);
    }
    scene_deinit(&scene);
}

/* Nothing in a file may run in the page that shows it, whatever its owner says it is. */
static void test_files_are_served_so_that_nothing_in_them_runs(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        const char *served_as;
        const char *disposition;
    } rows[] = {
        {"image/png", "image/png", "inline"},
        {"text/html", "application/octet-stream", "attachment"},
        {"image/svg+xml", "application/octet-stream", "attachment"},
        {"application/pdf", "application/octet-stream", "attachment"},
    };
    struct scene scene;
    scene_init(&scene);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char path[100];
        char line[200];
        CHECK_UPLOAD("chat=1&name=%22%C3%A9%0Ax.html", rows[i].type, "<script>", 400, NULL);
        CHECK_UPLOAD("chat=1&name=%22%C3%A9.html", rows[i].type, "<script>", 201, NULL);
        (void)snprintf(path, sizeof path, UPLOADS "%zu/%%22%%C3%%A9.html", i + 1);
        struct answer answer =
            ask(&scene.people.site, (struct asked) {.path = path, .session = scene.people.alice});
        CHECK(answer.status == 200);
        (void)snprintf(line, sizeof line, "Content-Type: %s", rows[i].served_as);
        CHECK(has_field(&answer, line));
        (void)snprintf(line, sizeof line,
                       "Content-Disposition: %s; filename*=UTF-8''%%22%%C3%%A9.html",
                       rows[i].disposition);
        CHECK(has_field(&answer, line));
        CHECK(has_field(&answer, "X-Content-Type-Options: nosniff"));
        CHECK(has_field(&answer, "Content-Security-Policy: default-src 'none'; sandbox"));
        CHECK(has_field(&answer, "Cross-Origin-Resource-Policy: same-origin"));
        CHECK(has_field(&answer, "Cache-Control: private, no-cache"));
        answer_deinit(&answer);
    }
    scene_deinit(&scene);
}

static void test_what_is_refused_leaves_no_file(void **state)
{
    (void)state;
    static const char *const types[] = {"image/*", "application/pdf"};
    char too_much[1002];
    memset(too_much, 'x', 1001);
    too_much[1001] = '\0';
    struct scene scene;
    scene_init(&scene);
    scene.people.site.settings.uploads.types = types;
    scene.people.site.settings.uploads.type_count = COUNT_OF(types);
    const struct {
        const char *query;
        const char *type;
        const char *content;
        unsigned status;
        const char *answer;
    } rows[] = {
        {"chat=1", "image/png", "x", 400,
         "{\"name\":[\"This field is required.\"],\"code\":\"invalid_frame\"}"},
        {"name=a", "image/png", "x", 400,
         "{\"chat\":[\"This field is required.\"],\"code\":\"invalid_frame\"}"},
        {"chat=1&name=a/b", "image/png", "x", 400,
         "{\"name\":[\"Slashes and control characters are not allowed, nor dots alone.\"],\"code\":"
         "\"invalid_frame\"}"},
        {"chat=2&name=a", "image/png", "x", 404,
         "{\"detail\":\"Not found.\",\"code\":\"not_found\"}"},
        {"chat=1&name=a", "text/html", "x", 415,
         "{\"detail\":\"Files of this type are not taken.\",\"code\":\"unsupported_media_type\"}"},
        {"chat=1&name=a", "multipart/form-data; boundary=x", "x", 415, NULL},
        {"chat=1&name=a", "image/png", "", 400,
         "{\"detail\":\"The submitted file is empty.\",\"code\":\"invalid_frame\"}"},
        {"chat=1&name=a", "image/png", too_much, 413,
         "{\"detail\":\"Your files would take more room than you have.\",\"code\":\"too_large\"}"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_UPLOAD(rows[i].query, rows[i].type, rows[i].content, rows[i].status, rows[i].answer);
        CHECK(count_files(&scene) == 0);
    }
    check_asked(&scene.people.site.place, "SELECT count(*) FROM confab_upload", "0");
    scene.people.site.settings.uploads.directory = NULL;
    CHECK_UPLOAD(
        "chat=1&name=a", "image/png", "x", 403,
        "{\"detail\":\"Files cannot be uploaded to this server.\",\"code\":\"forbidden\"}");
    scene.people.site.settings.uploads.directory = scene.directory;
    scene_deinit(&scene);
}

static void test_a_users_files_have_so_much_room_together(void **state)
{
    (void)state;
    char half[501];
    memset(half, 'x', 500);
    half[500] = '\0';
    struct scene scene;
    scene_init(&scene);
    CHECK_UPLOAD("chat=1&name=a", "a/b", half, 201, NULL);
    CHECK_UPLOAD("chat=1&name=a", "a/b", half, 201, NULL);
    CHECK_UPLOAD("chat=1&name=a", "a/b", "x", 413, NULL);
    CHECK(count_files(&scene) == 2);
    scene_deinit(&scene);
}

/* A day is long enough to send the message that the file was meant for. */
static void test_what_nobody_has_used_is_taken_away(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    CHECK_UPLOAD("chat=1&name=a", "a/b", "x", 201, NULL);
    CHECK_UPLOAD("chat=1&name=b", "a/b", "x", 201, NULL);
    ASK(&scene.people.site, 201, NULL, .method = "POST", .path = "/api/v1/chats/1/messages/",
        .session = scene.people.alice, .content = "{\"content\":\"x\",\"attachments\":[2]}");
    scene.people.site.now_us += INT64_C(86400) * 1000000 - 1;
    CHECK_UPLOAD("chat=1&name=c", "a/b", "x", 201, NULL);
    CHECK(count_files(&scene) == 3);
    scene.people.site.now_us += 2;
    CHECK_UPLOAD("chat=1&name=d", "a/b", "x", 201, NULL);
    check_asked(&scene.people.site.place, "SELECT group_concat(name) FROM confab_upload", "b,c,d");
    CHECK(count_files(&scene) == 3);
    scene_deinit(&scene);
}

/* In constant memory, and cut rather than wrong. */
static void test_long_files_come_in_pieces(void **state)
{
    (void)state;
    enum { LEN = 5 * STREAM_PIECE_BYTES + 1 };
    struct scene scene;
    scene_init(&scene);
    scene.people.site.settings.uploads.quota_bytes = INT64_MAX;
    char *content = malloc(LEN + 1);
    CHECK(content != NULL);
    for (int i = 0; i < LEN; i++)
        content[i] = (char)('a' + i % 26);
    content[LEN] = '\0';
    CHECK_UPLOAD("chat=1&name=a", "a/b", content, 201, NULL);
    struct answer answer = ask(
        &scene.people.site, (struct asked) {.path = UPLOADS "1/a", .session = scene.people.alice});
    check_answer(&answer, 200, content, "a", __FILE__, __LINE__);
    CHECK(answer.is_streamed && answer.piece_count == 5);
    CHECK(answer.piece_bytes_max == STREAM_PIECE_BYTES);
    answer_deinit(&answer);
    elsewhere(&scene.people.site.place, "UPDATE confab_upload SET size = size + 1");
    answer = ask(&scene.people.site,
                 (struct asked) {.path = UPLOADS "1/a", .session = scene.people.alice});
    CHECK(answer.is_aborted);
    answer_deinit(&answer);
    free(content);
    scene_deinit(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_uploaded_is_served_to_those_who_may_have_it),
        cmocka_unit_test(test_a_message_shows_its_files),
        cmocka_unit_test(test_files_are_served_so_that_nothing_in_them_runs),
        cmocka_unit_test(test_what_is_refused_leaves_no_file),
        cmocka_unit_test(test_a_users_files_have_so_much_room_together),
        cmocka_unit_test(test_what_nobody_has_used_is_taken_away),
        cmocka_unit_test(test_long_files_come_in_pieces),
    };
    return cmocka_run_group_tests_name("api/v1_uploads", tests, NULL, NULL);
}
