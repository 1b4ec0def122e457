#include "cli/options.h"

#include <stdio.h>
#include "check.h"
#include "cli/help.h"
#include "cli/values.h"
#include "store/notices.h"

static const struct option *find(const char *name)
{
    return option_find(bytes_from_text(name));
}

/* The table is data: what a reader of it takes for granted must hold. */
static void test_table_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &options[i];
        CHECK(strlen(option->name) <= OPTION_NAME_BYTES_MAX);
        CHECK(strspn(option->name, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
              strlen(option->name));
        CHECK(option_find(bytes_from_text(option->name)) == option); /* no name twice */
        CHECK(option->help[0] != '\0');
        CHECK(option->commands != 0);
        CHECK((option->argument == NULL) == (option->type == OPTION_FLAG));
        CHECK((option->choices != NULL) == (option->type == OPTION_CHOICE));
        CHECK((option->take != NULL) == (option->type == OPTION_LIST));
        CHECK(option->offset < sizeof(struct settings));
    }
}

/* Whoever administers a site says where its database lies, whatever the command. */
static void test_every_command_of_a_group_takes_the_database(void **state)
{
    (void)state;
    size_t count = 0;
    for (unsigned id = 0; id < COMMAND_COUNT; id++) {
        if (command_group(&commands[id]).len == 0)
            continue;
        CHECK(option_is_of(find("database"), (enum command_id)id));
        CHECK(option_is_of(find("config"), (enum command_id)id));
        count++;
    }
    CHECK(count >= 20); /* the loop has seen what it is for */
}

static bool has_number(const struct option *option)
{
    return option->type == OPTION_NUMBER || option->type == OPTION_SECONDS ||
           option->type == OPTION_RATE;
}

static enum err set_number(const struct option *option, uint64_t number)
{
    struct settings settings = {0};
    char why[OPTION_WHY_BYTES];
    char text[32];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    return value_set(option, &settings, text, why);
}

static void test_every_number_is_taken_at_its_limits_and_refused_one_past(void **state)
{
    (void)state;
    size_t count = 0;
    for (size_t i = 0; i < option_count; i++) {
        if (!has_number(&options[i]))
            continue;
        CHECK(set_number(&options[i], options[i].min) == OK);
        CHECK(set_number(&options[i], options[i].max) == OK);
        CHECK(set_number(&options[i], options[i].max + 1) == ERR_SYNTAX);
        if (options[i].min > 0)
            CHECK(set_number(&options[i], options[i].min - 1) == ERR_SYNTAX);
        CHECK(options[i].unit != NULL);
        CHECK(options[i].type == OPTION_SECONDS || options[i].max <= UINT32_MAX);
        count++;
    }
    CHECK(count >= 8); /* the loop has seen what it is for */
}

static void test_text_that_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", " 1", "1 ", "+1", "-1", "1.0", "0x10", "1k", "1e3", "off", "99999999999999999999999"};
    struct settings settings = {0};
    char why[OPTION_WHY_BYTES];
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        CHECK(value_set(find("threads"), &settings, texts[i], why) == ERR_SYNTAX);
}

static void test_every_list_is_filled_to_its_limit_and_no_further(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *item;
        size_t max;
    } lists[] = {
        {"listen", "a:1", SERVER_LISTEN_MAX},
        {"allowed-origin", "https://a.example", ORIGINS_ALLOWED_MAX},
        {"trusted-proxy", "10.0.0.0/8", SERVER_TRUSTED_PROXIES_MAX},
        {"participant", "alice", CLI_PARTICIPANTS_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        struct settings settings = {0};
        char why[OPTION_WHY_BYTES];
        const struct option *option = find(lists[i].name);
        for (size_t j = 0; j < lists[i].max; j++)
            CHECK(value_set(option, &settings, lists[i].item, why) == OK);
        CHECK(value_list_count(option, &settings) == lists[i].max);
        CHECK(value_set(option, &settings, lists[i].item, why) == ERR_LIMIT);
        CHECK(strstr(why, "one too many") != NULL);
        CHECK(value_list_count(option, &settings) == lists[i].max);
        arena_free(&settings.arena);
    }
}

static void test_addresses_to_listen_on_have_host_and_port(void **state)
{
    (void)state;
    static const char *const good[] = {"127.0.0.1:0", "localhost:65535", "[::1]:8000",
                                       "0.0.0.0:80"};
    static const char *const bad[] = {
        "8000",    ":8000",      "127.0.0.1", "127.0.0.1:65536", "::1:8000",     "[::1]8000",
        "[]:8000", "127.0.0.1:", "[::1:8000", "a]:8000",         "localhost:+1", "http://a:80"};
    struct settings settings = {0};
    char why[OPTION_WHY_BYTES];
    for (size_t i = 0; i < COUNT_OF(good); i++)
        CHECK(value_set(find("listen"), &settings, good[i], why) == OK);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK(value_set(find("listen"), &settings, bad[i], why) == ERR_SYNTAX);
    CHECK(settings.server.listen_count == COUNT_OF(good));
    arena_free(&settings.arena);
}

/* Every one of them tells a moment that needs no guessing. */
static void test_times_have_a_zone(void **state)
{
    (void)state;
    static const char *const good[] = {"2026-11-22T18:00:00Z", "2026-11-22 18:00Z",
                                       "2026-11-22T18:00:00.5+01:00", "2026-11-22T18:00-0330"};
    static const char *const bad[] = {"",
                                      "18:00",
                                      "tomorrow",
                                      "2026-11-22",
                                      "2026-11-22T18:00",
                                      "2026-11-22T18:00:00",
                                      "2026-02-30T18:00:00Z",
                                      "2026-11-22T24:00:00Z",
                                      "2026-11-22T18:00:00Z.",
                                      "1795372415"};
    struct settings settings = {0};
    char why[OPTION_WHY_BYTES];
    for (size_t i = 0; i < COUNT_OF(good); i++)
        CHECK(value_set(find("at"), &settings, good[i], why) == OK);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        CHECK(value_set(find("at"), &settings, bad[i], why) == ERR_SYNTAX);
        CHECK(strstr(why, "e.g. 2026-11-22T18:00:00Z") != NULL);
    }
}

static void test_codes_of_notices_are_words(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "Maintenance", "a b", "a-b", "\u00e9"};
    char text[NOTICE_CODE_BYTES_MAX + 2] = "";
    struct settings settings = {0};
    char why[OPTION_WHY_BYTES];
    memset(text, 'x', NOTICE_CODE_BYTES_MAX);
    CHECK(value_set(find("code"), &settings, "a_1", why) == OK);
    CHECK(value_set(find("code"), &settings, text, why) == OK);
    text[NOTICE_CODE_BYTES_MAX] = 'x';
    CHECK(value_set(find("code"), &settings, text, why) == ERR_SYNTAX);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK(value_set(find("code"), &settings, bad[i], why) == ERR_SYNTAX);
}

/* A database address may hold a password, and errors end in logs. */
static void test_password_in_a_database_address_is_not_repeated(void **state)
{
    (void)state;
    struct settings settings = {0};
    char why[OPTION_WHY_BYTES];
    CHECK(value_set(find("database"), &settings, "postgresql://u:hunter2@h/d", why) == ERR_SYNTAX);
    CHECK(strstr(why, "hunter2") == NULL);
}

/* A value that somebody pasted must not break the line that complains about it. */
static void test_bad_values_are_shown_cut_and_escaped(void **state)
{
    (void)state;
    struct settings settings = {0};
    char why[OPTION_WHY_BYTES];
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    text[1] = '\n';
    text[2] = '\x1b';
    CHECK(value_set(find("threads"), &settings, text, why) == ERR_SYNTAX);
    CHECK(strstr(why, "\"x??x") == why);
    CHECK(strstr(why, "from 0 to 64") != NULL);
    CHECK(value_set(find("log-level"), &settings, text, why) == ERR_SYNTAX);
    CHECK(strstr(why, "is none of: error") != NULL);
}

static void test_variable_is_the_name_in_capitals(void **state)
{
    (void)state;
    char variable[OPTION_VARIABLE_BYTES_MAX];
    option_variable(find("secret-key-file"), variable);
    CHECK(strcmp(variable, "CONFAB_SECRET_KEY_FILE") == 0);
    option_variable(find("pbkdf2-iterations"), variable);
    CHECK(strcmp(variable, "CONFAB_PBKDF2_ITERATIONS") == 0);
}

/* Suggesting what the command would refuse helps nobody. */
static void test_only_options_of_the_command_are_suggested(void **state)
{
    (void)state;
    CHECK(strcmp(option_suggest(BYTES("thread"), COMMAND_SERVE), "threads") == 0);
    CHECK(option_suggest(BYTES("thread"), COMMAND_MIGRATE) == NULL);
}

static void test_help_of_each_command_names_exactly_its_options(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        struct buf help = {0};
        help_append_command(&help, (enum command_id)i);
        buf_append_byte(&help, 0);
        CHECK(buf_status(&help) == OK);
        const char *text = (const char *)help.data;
        CHECK(strstr(text, commands[i].name) != NULL);
        for (size_t j = 0; j < option_count; j++) {
            char flag[OPTION_NAME_BYTES_MAX + 8];
            (void)snprintf(flag, sizeof flag, "\n  --%s ", options[j].name);
            CHECK((strstr(text, flag) != NULL) == option_is_of(&options[j], (enum command_id)i));
        }
        buf_free(&help);
    }
}

static void test_help_fits_into_its_columns(void **state)
{
    (void)state;
    enum { HELP_COLUMNS_MAX = 100 };
    struct buf help = {0};
    help_append_all(&help);
    help_append_group(&help, BYTES("user"));
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        help_append_command(&help, (enum command_id)i);
    struct bytes rest = buf_bytes(&help);
    struct bytes line;
    while (bytes_split(&rest, '\n', &line)) {
        CHECK(line.len <= HELP_COLUMNS_MAX);
        CHECK(line.len == 0 || line.data[line.len - 1] != ' ');
    }
    buf_free(&help);
}

static void test_commands_are_found_by_one_word_or_two(void **state)
{
    (void)state;
    char *words[] = {(char[]) {"user"}, (char[]) {"add"}, (char[]) {"bob"}};
    char *serve[] = {(char[]) {"serve"}, (char[]) {"add"}};
    char *wrong[] = {(char[]) {"add"}, (char[]) {"user"}};
    enum command_id id = COMMAND_COUNT;
    size_t used = 0;
    CHECK(command_find(3, words, &id, &used) == OK);
    CHECK(id == COMMAND_USER_ADD);
    CHECK(used == 2);
    CHECK(command_find(2, serve, &id, &used) == OK);
    CHECK(id == COMMAND_SERVE);
    CHECK(used == 1);
    CHECK(command_find(1, words, &id, &used) == ERR_PARTIAL);
    words[1] = words[2];
    CHECK(command_find(2, words, &id, &used) == ERR_PARTIAL);
    CHECK(command_find(2, wrong, &id, &used) == ERR_NOT_FOUND);
    CHECK(command_find(0, words, &id, &used) == ERR_NOT_FOUND);
}

/* What a reload cannot change it must be able to name, so it has to see the difference. */
static void test_every_option_of_the_server_can_be_compared(void **state)
{
    (void)state;
    static const char *const words[OPTION_LIST][2] = {
        [OPTION_FLAG] = {"yes", "no"},
        [OPTION_TEXT] = {"first", "second"},
        [OPTION_RATE] = {"off", "7"},
    };
    for (size_t i = 0; i < option_count; i++) {
        struct option option = options[i];
        char why[OPTION_WHY_BYTES];
        char number[24];
        struct settings settings[2] = {0};
        if (!option_is_of(&option, COMMAND_SERVE))
            continue;
        CHECK(option.type != OPTION_LIST || option.is_of_texts || option.is_live);
        option.check = NULL; /* whether a text will do is not the question */
        for (size_t s = 0; s < 2 && option.type != OPTION_LIST; s++) {
            const char *text = words[option.type][s];
            (void)snprintf(number, sizeof number, "%llu", (unsigned long long)(option.min + s));
            if (option.type == OPTION_CHOICE)
                text = option.choices[s];
            CHECK(value_set(&option, &settings[s], text != NULL ? text : number, why) == OK);
        }
        CHECK(value_is_same(&option, &settings[0], &settings[0]));
        CHECK(value_is_same(&option, &settings[0], &settings[1]) == (option.type == OPTION_LIST));
        arena_free(&settings[0].arena);
        arena_free(&settings[1].arena);
    }
}

/* A list has changed when any of its texts has. */
static void test_lists_of_texts_are_compared_text_by_text(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        bool is_same;
    } cases[] = {
        {"127.0.0.1:1 127.0.0.1:2", "127.0.0.1:1 127.0.0.1:2", true},
        {"127.0.0.1:1 127.0.0.1:2", "127.0.0.1:1 127.0.0.1:3", false},
        {"127.0.0.1:1", "127.0.0.1:1 127.0.0.1:2", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char why[OPTION_WHY_BYTES];
        struct settings a = {0};
        struct settings b = {0};
        CHECK(value_set(find("listen"), &a, cases[i].a, why) == OK);
        CHECK(value_set(find("listen"), &b, cases[i].b, why) == OK);
        CHECK(value_is_same(find("listen"), &a, &b) == cases[i].is_same);
        arena_free(&a.arena);
        arena_free(&b.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_sound),
        cmocka_unit_test(test_every_command_of_a_group_takes_the_database),
        cmocka_unit_test(test_every_number_is_taken_at_its_limits_and_refused_one_past),
        cmocka_unit_test(test_text_that_is_no_number_is_refused),
        cmocka_unit_test(test_every_list_is_filled_to_its_limit_and_no_further),
        cmocka_unit_test(test_addresses_to_listen_on_have_host_and_port),
        cmocka_unit_test(test_times_have_a_zone),
        cmocka_unit_test(test_codes_of_notices_are_words),
        cmocka_unit_test(test_password_in_a_database_address_is_not_repeated),
        cmocka_unit_test(test_bad_values_are_shown_cut_and_escaped),
        cmocka_unit_test(test_variable_is_the_name_in_capitals),
        cmocka_unit_test(test_only_options_of_the_command_are_suggested),
        cmocka_unit_test(test_help_of_each_command_names_exactly_its_options),
        cmocka_unit_test(test_help_fits_into_its_columns),
        cmocka_unit_test(test_commands_are_found_by_one_word_or_two),
        cmocka_unit_test(test_every_option_of_the_server_can_be_compared),
        cmocka_unit_test(test_lists_of_texts_are_compared_text_by_text),
    };
    return cmocka_run_group_tests_name("cli/options", tests, NULL, NULL);
}
