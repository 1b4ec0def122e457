#include "site.h"

#define TAKEN "{\"username\":[\"A user with that username already exists.\"]}"
#define BAD_NAME                                                                                   \
    "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ "         \
    "characters."

enum { LONG_TEXT_BYTES_MAX = 8192 };

static void register_with(struct site *site, unsigned status, const char *answer,
                          const char *content, int line)
{
    struct answer got =
        ask(site, (struct asked) {.method = "POST", .path = "/api/register/", .content = content});
    check_answer(&got, status, answer, content, __FILE__, line);
    CHECK(!mentions(&got, "Set-Cookie"));
    answer_deinit(&got);
}

#define REGISTER(site, status, answer, content)                                                    \
    register_with((site), (status), (answer), (content), __LINE__)

/* A text of count times the piece, in one of a few places at a time. */
static const char *repeated(const char *piece, size_t count)
{
    static char texts[4][LONG_TEXT_BYTES_MAX * 2];
    static unsigned turn;
    char *text = texts[turn++ % COUNT_OF(texts)];
    size_t len = strlen(piece);
    CHECK(len * count < sizeof texts[0]);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * len, piece, len);
    text[len * count] = '\0';
    return text;
}

/* What the guide's example sends. Registering logs nobody in. */
static void test_registering_makes_a_user(void **state)
{
    (void)state;
    struct site site;
    site_init(&site);
    REGISTER(
        &site, 201,
        "{\"id\":1,\"username\":\"alice\",\"email\":\"Alice@example.com\",\"user_type\":\"owner\"}",
        "{\"username\":\" alice \",\"email\":\"Alice@EXAMPLE.com\",\"password\":\" pass \","
        "\"password_confirm\":\" pass \",\"user_type\":\"owner\",\"is_staff\":true,\"id\":77}");
    REGISTER(&site, 201, "{\"id\":2,\"username\":\"5\",\"email\":\"\",\"user_type\":\"student\"}",
             "{\"username\":5,\"password\":1.50,\"password_confirm\":\"1.5\"}");
    REGISTER(&site, 201,
             "{\"id\":3,\"username\":\"\xc3\x89t\xc3\xa9@x.+-_\",\"email\":\"\",\"user_type\":"
             "\"student\"}",
             "{\"username\":\"\\u00c9t\\u00e9@x.+-_\",\"email\":\"\",\"password\":\"x\",\"password_"
             "confirm\":\"x\"}");
    /* Names differ by case. */
    REGISTER(&site, 201, NULL,
             "{\"username\":\"Alice\",\"password\":\"x\",\"password_confirm\":\"x\"}");

    check_asked(
        &site.place,
        "SELECT is_staff || is_superuser || is_active || first_name || last_name FROM chat_user "
        "WHERE id = 1",
        "001");
    check_asked(&site.place, "SELECT substr(password, 1, 16) FROM chat_user WHERE id = 1",
                "pbkdf2_sha256$1$");
    check_asked(&site.place, "SELECT count(*) FROM django_session", "0");

    /* Passwords are never trimmed. */
    ASK(&site, 401, NULL, .method = "POST", .path = "/api/login/",
        .content = "{\"username\":\"alice\",\"password\":\"pass\"}");
    ASK(&site, 200, NULL, .method = "POST", .path = "/api/login/",
        .content = "{\"username\":\"alice\",\"password\":\" pass \"}");
    site_deinit(&site);
}

static void test_forms_register_too(void **state)
{
    (void)state;
    struct site site;
    site_init(&site);
    /* The last of two values counts; a form cannot leave out what it shows, so empty is missing. */
    ASK(&site, 201,
        "{\"id\":1,\"username\":\"bob\",\"email\":\"b@x.yz\",\"user_type\":\"student\"}",
        .method = "POST", .path = "/api/register/",
        .type = "application/x-www-form-urlencoded; charset=utf-8",
        .content = "username=al&username=bob&email=b%40X.yz&password=a+b%25&password_confirm=a%20b%"
                   "25&user_type=");
    ASK(&site, 201, "{\"id\":2,\"username\":\"carol\",\"email\":\"\",\"user_type\":\"staff\"}",
        .method = "POST", .path = "/api/register/", .type = "multipart/form-data; boundary=BB",
        .content = "--BB\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\ncarol\r\n"
                   "--BB\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\np\r\n"
                   "--BB\r\nContent-Disposition: form-data; name=\"password_confirm\"\r\n\r\np\r\n"
                   "--BB\r\nContent-Disposition: form-data; "
                   "name=\"user_type\"\r\n\r\nstaff\r\n--BB--\r\n");
    /* Bytes that are no UTF-8 are no letters. */
    ASK(&site, 400, "{\"username\":[\"" BAD_NAME "\"]}", .method = "POST", .path = "/api/register/",
        .type = "application/x-www-form-urlencoded",
        .content = "username=a%ffb&password=x&password_confirm=x");
    site_deinit(&site);
}

/* All faulty fields at once, in the serializer's order, in the existing system's words. */
static void test_faulty_fields_are_all_named(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        const char *answer;
    } cells[] = {
        {"{}",
         "{\"username\":[\"This field is required.\"],\"password\":[\"This field is required.\"],"
         "\"password_confirm\":[\"This field is required.\"]}"},
        {"",
         "{\"username\":[\"This field is required.\"],\"password\":[\"This field is required.\"],"
         "\"password_confirm\":[\"This field is required.\"]}"},
        {"{\"username\":null,\"email\":null,\"password\":null,\"password_confirm\":null,\"user_"
         "type\":null}",
         "{\"username\":[\"This field may not be null.\"],\"email\":[\"This field may not be "
         "null.\"],"
         "\"password\":[\"This field may not be null.\"],\"password_confirm\":[\"This field may "
         "not be null.\"],"
         "\"user_type\":[\"This field may not be null.\"]}"},
        {"{\"username\":\" \\u2003\",\"email\":\" "
         "\",\"password\":\"\",\"password_confirm\":\"\",\"user_type\":\"\"}",
         "{\"username\":[\"This field may not be blank.\"],\"password\":[\"This field may not be "
         "blank.\"],"
         "\"password_confirm\":[\"This field may not be blank.\"],\"user_type\":[\"\\\"\\\" is not "
         "a valid choice.\"]}"},
        {"{\"username\":true,\"email\":[],\"password\":{},\"password_confirm\":false,\"user_type\":"
         "true}",
         "{\"username\":[\"Not a valid string.\"],\"email\":[\"Not a valid string.\"],"
         "\"password\":[\"Not a valid string.\"],\"password_confirm\":[\"Not a valid string.\"],"
         "\"user_type\":[\"\\\"True\\\" is not a valid choice.\"]}"},
        {"{\"username\":\"a\\u0000b\",\"email\":\"a\\u0000@x.yz\",\"password\":\"a\\u0000b\","
         "\"password_confirm\":\"x\","
         "\"user_type\":5}",
         "{\"username\":[\"" BAD_NAME "\",\"Null characters are not allowed.\"],"
         "\"email\":[\"Null characters are not allowed.\",\"Enter a valid email address.\"],"
         "\"password\":[\"Null characters are not allowed.\"],"
         "\"user_type\":[\"\\\"5\\\" is not a valid choice.\"]}"},
        {"{\"username\":\"a\\ud83d\",\"password\":\"\\udc00\",\"password_confirm\":\"x\",\"user_"
         "type\":\"admin\"}",
         "{\"username\":[\"" BAD_NAME "\",\"Surrogate characters are not allowed: U+D83D.\"],"
         "\"password\":[\"Surrogate characters are not allowed: U+DC00.\"],"
         "\"user_type\":[\"\\\"admin\\\" is not a valid choice.\"]}"},
        {"{\"username\":\"bad "
         "name\",\"email\":\"nope\",\"password\":\"x\",\"password_confirm\":\"y\"}",
         "{\"username\":[\"" BAD_NAME "\"],\"email\":[\"Enter a valid email address.\"]}"},
        {"{\"username\":\"new\",\"password\":\"x\",\"password_confirm\":\"X\"}",
         "{\"password\":[\"Passwords don't match.\"]}"},
        {"{\"username\":\"new\",\"password\":\"x\",\"password_confirm\":\"x\",\"user_type\":[1]}",
         "{\"user_type\":[\"\\\"[1]\\\" is not a valid choice.\"]}"},
        {"{\"username\":\"taken\",\"password\":\"x\",\"password_confirm\":\"y\"}", TAKEN},
    };
    struct site site;
    site_init(&site);
    (void)make_user(&site, "taken", "student");
    for (size_t i = 0; i < COUNT_OF(cells); i++)
        REGISTER(&site, 400, cells[i].answer, cells[i].content);
    check_asked(&site.place, "SELECT count(*) FROM chat_user", "1");
    site_deinit(&site);
}

/* Each limit, at it and one past it. Code points are counted, except for passwords. */
static void test_lengths_are_limited(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        const char *piece;
        size_t count;
        const char *tail;
        const char *fault; /* NULL: none */
    } cells[] = {
        {"username", "\xc3\xa9", 150, "", NULL},
        {"username", "\xc3\xa9", 151, "", "Ensure this field has no more than 150 characters."},
        {"email", "a", 254 - 5, "@b.cd", NULL},
        {"email", "a", 255 - 5, "@b.cd", "Ensure this field has no more than 254 characters."},
        {"password", "p", 4096, "", NULL},
        {"password", "p", 4097, "", "Ensure this field has no more than 4096 bytes."},
        {"password", "\xc3\xa9", 2048, "", NULL},
        {"password", "\xc3\xa9", 2049, "", "Ensure this field has no more than 4096 bytes."},
    };
    struct site site;
    site_init(&site);
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        struct buf content = {0};
        struct buf fault = {0};
        const char *text = repeated(cells[i].piece, cells[i].count);
        bool is_password = strcmp(cells[i].field, "password") == 0;
        buf_printf(&content, "{\"username\":\"user%zu\",\"%s\":\"%s%s\"", i, cells[i].field, text,
                   cells[i].tail);
        buf_printf(&content, ",\"password_confirm\":\"%s\"%s}", is_password ? text : "x",
                   is_password ? "" : ",\"password\":\"x\"");
        buf_append_byte(&content, 0);
        if (cells[i].fault != NULL && is_password)
            buf_printf(&fault, "{\"password\":[\"%s\"],\"password_confirm\":[\"%s\"]}",
                       cells[i].fault, cells[i].fault);
        else if (cells[i].fault != NULL)
            buf_printf(&fault, "{\"%s\":[\"%s\"]}", cells[i].field, cells[i].fault);
        buf_append_byte(&fault, 0);
        REGISTER(&site, cells[i].fault != NULL ? 400 : 201,
                 cells[i].fault != NULL ? (const char *)fault.data : NULL,
                 (const char *)content.data);
        buf_free(&content);
        buf_free(&fault);
    }
    site_deinit(&site);
}

/* Each account costs a hash and a row. */
static void test_an_address_registers_only_so_often(void **state)
{
    (void)state;
    struct site site;
    site_init(&site);
    CHECK(throttle_new(2, &site.settings.throttle) == OK);
    REGISTER(&site, 400, NULL, "{}"); /* not counted: it cost nothing */
    REGISTER(&site, 201, NULL,
             "{\"username\":\"a\",\"password\":\"x\",\"password_confirm\":\"x\"}");
    REGISTER(&site, 201, NULL,
             "{\"username\":\"b\",\"password\":\"x\",\"password_confirm\":\"x\"}");
    struct answer answer =
        ask(&site,
            (struct asked) {
                .method = "POST",
                .path = "/api/register/",
                .content = "{\"username\":\"c\",\"password\":\"x\",\"password_confirm\":\"x\"}"});
    check_answer(&answer, 429,
                 "{\"detail\":\"Request was throttled. Expected available in 30 seconds.\"}",
                 "third", __FILE__, __LINE__);
    CHECK(has_field(&answer, "Retry-After: 30"));
    answer_deinit(&answer);
    site.now_us += 30 * INT64_C(1000000);
    REGISTER(&site, 201, NULL,
             "{\"username\":\"c\",\"password\":\"x\",\"password_confirm\":\"x\"}");
    site_deinit(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registering_makes_a_user),
        cmocka_unit_test(test_forms_register_too),
        cmocka_unit_test(test_faulty_fields_are_all_named),
        cmocka_unit_test(test_lengths_are_limited),
        cmocka_unit_test(test_an_address_registers_only_so_often),
    };
    return cmocka_run_group_tests_name("api/register", tests, NULL, NULL);
}
