#include "check.h"

#include <stdio.h>
#include "chat/command.h"

static struct consumer consumer;

static enum err read(const char *text, struct command *command, struct command_refusal *refusal)
{
    return command_read(&consumer, bytes_from_text(text), 0, command, refusal);
}

static void test_a_command_and_its_fields(void **state)
{
    (void)state;
    struct command command;
    struct command_refusal refusal;
    CHECK(read("{\"type\":\"send\",\"ref\":4,\"chat\":7,\"content\":\"Hi \\u00e9\",\"nonce\":"
               "\"5b0c-1\",\"reply_to\":8380,\"thread\":8375,\"unknown\":[1]}",
               &command, &refusal) == OK);
    CHECK(command.kind == COMMAND_SEND && command.chat == 7);
    CHECK(command.reply_to == 8380 && command.thread == 8375);
    CHECK_BYTES(command.ref, BYTES("4"));
    CHECK_BYTES(command.content, BYTES("Hi \xc3\xa9"));
    CHECK_BYTES(command.nonce, BYTES("5b0c-1"));
}

/* Every command: with all it needs it is read, without each of its needs it is refused by name. */
static void test_what_each_command_needs(void **state)
{
    static const struct {
        enum command_kind kind;
        const char *needs[4];
    } cases[] = {
        {COMMAND_PING, {NULL}},
        {COMMAND_SEND, {"\"chat\":7", "\"content\":\"x\""}},
        {COMMAND_SUBSCRIBE, {"\"chats\":\"all\""}},
        {COMMAND_UNSUBSCRIBE, {"\"chats\":[7]"}},
        {COMMAND_CHATS, {NULL}},
        {COMMAND_HISTORY, {"\"chat\":7"}},
        {COMMAND_EDIT, {"\"chat\":7", "\"id\":1", "\"content\":\"x\""}},
        {COMMAND_DELETE, {"\"chat\":7", "\"id\":1"}},
        {COMMAND_REACT, {"\"chat\":7", "\"id\":1", "\"emoji\":\"+\""}},
        {COMMAND_UNREACT, {"\"chat\":7", "\"id\":1", "\"emoji\":\"+\""}},
        {COMMAND_PIN, {"\"chat\":7", "\"id\":1"}},
        {COMMAND_UNPIN, {"\"chat\":7", "\"id\":1"}},
        {COMMAND_READ, {"\"chat\":7", "\"seq\":1"}},
        {COMMAND_TYPING, {"\"chat\":7"}},
        {COMMAND_PRESENCE, {"\"status\":\"away\""}},
        {COMMAND_WATCH, {"\"users\":[1]"}},
    };
    (void)state;
    CHECK(COUNT_OF(cases) == COMMAND_KIND_COUNT);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t missing = 0; missing <= COUNT_OF(cases[i].needs); missing++) {
            struct command command;
            struct command_refusal refusal;
            struct buf text = {0};
            bool is_complete = true;
            buf_printf(&text, "{\"type\":\"%s\"", command_name(cases[i].kind));
            for (size_t n = 0; n < COUNT_OF(cases[i].needs) && cases[i].needs[n] != NULL; n++) {
                is_complete = is_complete && n != missing;
                if (n != missing)
                    buf_printf(&text, ",%s", cases[i].needs[n]);
            }
            buf_append_byte(&text, '}');
            enum err err = command_read(&consumer, buf_bytes(&text), 0, &command, &refusal);
            CHECK(err == (is_complete ? OK : ERR_PROTOCOL));
            CHECK(command.kind == cases[i].kind);
            CHECK(is_complete || refusal.message[0] != '\0');
            buf_free(&text);
        }
    }
}

static void test_what_is_refused(void **state)
{
    static const struct {
        const char *text;
        enum v1_code code;
        const char *message;
    } cases[] = {
        {"", V1_INVALID_JSON, "Invalid JSON"},
        {"5", V1_INVALID_JSON, "A command must be a JSON object"},
        {"{\"type\":null,\"chat\":1,\"content\":\"x\"}", V1_INVALID_FRAME, "type must be a string"},
        {"{\"type\":\"Send\"}", V1_UNKNOWN_TYPE, "This type is not known"},
        {"{\"type\":\"ping\",\"ref\":true}", V1_INVALID_FRAME,
         "ref must be a number or a string, of at most 64 bytes"},
        {"{\"type\":\"typing\",\"chat\":1.5}", V1_INVALID_FRAME,
         "chat must be a whole number above 0 and below 2^53"},
        {"{\"type\":\"typing\",\"chat\":1e3}", V1_INVALID_FRAME,
         "chat must be a whole number above 0 and below 2^53"},
        {"{\"type\":\"history\",\"chat\":1,\"limit\":201}", V1_INVALID_FRAME,
         "limit must be at most 200"},
        {"{\"type\":\"history\",\"chat\":1,\"after\":-1}", V1_INVALID_FRAME,
         "after must be a whole number, 0 or above and below 2^53"},
        {"{\"type\":\"react\",\"chat\":1,\"id\":1,\"emoji\":\"123456789012345678901234567890123\"}",
         V1_INVALID_FRAME, "emoji is too long"},
        {"{\"type\":\"react\",\"chat\":1,\"id\":1,\"emoji\":\"\"}", V1_INVALID_FRAME,
         "emoji cannot be empty"},
        {"{\"type\":\"react\",\"chat\":1,\"id\":1,\"emoji\":[]}", V1_INVALID_FRAME,
         "emoji must be a string"},
        {"{\"type\":\"subscribe\",\"chats\":\"some\"}", V1_INVALID_FRAME,
         "chats must be \"all\" or a list"},
        {"{\"type\":\"subscribe\",\"chats\":[],\"after\":[]}", V1_INVALID_FRAME,
         "after must be an object"},
        {"{\"type\":\"presence\",\"status\":\"12345678901234567\"}", V1_INVALID_FRAME,
         "status is too long"},
        {"{\"type\":\"watch\",\"users\":{}}", V1_INVALID_FRAME, "users must be a list"},
        {"{\"content\":\"x\"}", V1_INVALID_FRAME, "chat is required"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct command command;
        struct command_refusal refusal;
        CHECK(read(cases[i].text, &command, &refusal) == ERR_PROTOCOL);
        CHECK(refusal.code == cases[i].code);
        CHECK_BYTES(bytes_from_text(refusal.message), bytes_from_text(cases[i].message));
    }
}

/* At the limit it is read; one past it, it is not. */
static void test_limits(void **state)
{
    (void)state;
    for (int past = 0; past <= 1; past++) {
        struct command command;
        struct command_refusal refusal;
        char text[512];
        enum err expected = past ? ERR_PROTOCOL : OK;
        (void)snprintf(text, sizeof text, "{\"chat\":1,\"content\":\"x\",\"nonce\":\"%0*d\"}",
                       64 + past, 0);
        CHECK(read(text, &command, &refusal) == expected);
        (void)snprintf(text, sizeof text, "{\"type\":\"ping\",\"ref\":\"%0*d\"}", 62 + past, 0);
        CHECK(read(text, &command, &refusal) == expected);
        (void)snprintf(text, sizeof text, "{\"type\":\"typing\",\"chat\":%s}",
                       past ? "9007199254740992" : "9007199254740991");
        CHECK(read(text, &command, &refusal) == expected);
        (void)snprintf(text, sizeof text, "{\"type\":\"history\",\"chat\":1,\"limit\":%d}",
                       COMMAND_PAGE_MAX + past);
        CHECK(read(text, &command, &refusal) == expected);
    }
}

/* A message that is refused is named by its nonce, if that can be read. */
static void test_a_refused_message_keeps_its_nonce(void **state)
{
    (void)state;
    struct command command;
    struct command_refusal refusal;
    CHECK(read("{\"chat\":1,\"content\":\"\",\"nonce\":\"n\",\"ref\":\"r\"}", &command, &refusal) ==
          ERR_PROTOCOL);
    CHECK_BYTES(command.nonce, BYTES("n"));
    CHECK_BYTES(command.ref, BYTES("\"r\""));
    CHECK(refusal.code == V1_CONTENT_EMPTY);
}

static int end(void **state)
{
    (void)state;
    consumer_deinit(&consumer);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_command_and_its_fields),
        cmocka_unit_test(test_what_each_command_needs),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_a_refused_message_keeps_its_nonce),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
