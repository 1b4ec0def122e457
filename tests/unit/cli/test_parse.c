#include "cli/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "check.h"

enum { WORDS_MAX = 8, PATH_BYTES = 64 };

/* One run of the parser, and what it is given. */
struct run {
    struct settings settings;
    char reason[PARSE_REASON_BYTES];
    char config[PATH_BYTES]; /* a configuration file that run_end() removes; empty: none */
};

static char *no_environment[] = {NULL};

static void run_end(struct run *run)
{
    settings_deinit(&run->settings);
    if (run->config[0] != '\0')
        CHECK(unlink(run->config) == 0);
    run->config[0] = '\0';
}

static enum err run_words(struct run *run, enum command_id command, const char *const *words,
                          char *const *environment)
{
    size_t count = 0;
    while (words[count] != NULL)
        count++;
    struct sources sources = {count, (char *const *)(uintptr_t)words, environment};
    settings_deinit(&run->settings);
    return settings_parse(&run->settings, command, &sources, run->reason);
}

#define WORDS(...) ((const char *const[]) {__VA_ARGS__ __VA_OPT__(, ) NULL})

static void write_config(struct run *run, const char *text)
{
    (void)snprintf(run->config, sizeof run->config, "/tmp/confab-parse-XXXXXX");
    int fd = mkstemp(run->config);
    CHECK(fd >= 0);
    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    CHECK(close(fd) == 0);
}

static const void *place(const struct option *option, const struct settings *settings)
{
    return (const char *)settings + option->offset;
}

/* The option's value as text, however it is stored; a list by its count. */
static void show(const struct option *option, const struct settings *settings, char out[128])
{
    const void *at = place(option, settings);
    const char *text = NULL;
    switch (option->type) {
    case OPTION_FLAG:
        (void)snprintf(out, 128, "%s", *(const bool *)at ? "yes" : "no");
        return;
    case OPTION_TEXT:
        memcpy(&text, at, sizeof text);
        (void)snprintf(out, 128, "%s", text != NULL ? text : "(none)");
        return;
    case OPTION_NUMBER:
    case OPTION_RATE:
        (void)snprintf(out, 128, "%u", *(const unsigned *)at);
        return;
    case OPTION_SECONDS:
        (void)snprintf(out, 128, "%lld", (long long)*(const int64_t *)at);
        return;
    case OPTION_CHOICE:
        (void)snprintf(out, 128, "%s", option->choices[*(const unsigned *)at]);
        return;
    case OPTION_LIST:
        (void)snprintf(out, 128, "%zu", *(const size_t *)at);
        return;
    }
}

/* What each option is without a word, what it becomes, and what is said of a value that will not
 * do. */
static const struct option_case {
    const char *name;
    enum command_id command;
    const char *initial; /* as show() gives it */
    const char *given;
    const char *stored;
    const char *bad;  /* NULL: every text will do */
    const char *said; /* a piece of what is said of it */
} cases[] = {
    {"listen", COMMAND_SERVE, "1", "[::1]:80, 0.0.0.0:0", "2", "8000", "is not HOST:PORT"},
    {"database", COMMAND_SERVE, "confab.sqlite3", "/a/b", "/a/b", "postgres://x", "SQLite"},
    {"channel-layer", COMMAND_SERVE, "memory", "memory", "memory", "redis://x", "Redis is not"},
    {"secret-key-file", COMMAND_SERVE, "confab.secret", "/k", "/k", NULL, NULL},
    {"secret-key-fallback-file", COMMAND_SERVE, "0", "/a, /b", "2", NULL, NULL},
    {"threads", COMMAND_SERVE, "0", "3", "3", "three", "from 0 to 64 (threads)"},
    {"allowed-origin", COMMAND_SERVE, "0", "https://a.example", "1", "a.example", "not an origin"},
    {"trusted-proxy", COMMAND_SERVE, "0", "10.0.0.0/8,::1", "2", "10.0.0.1/8", "behind its prefix"},
    {"session-age", COMMAND_SERVE, "1209600", "3600", "3600", "1h", "(seconds)"},
    {"session-cookie-name", COMMAND_SERVE, "sessionid", "__Host-s", "__Host-s", "a=b",
     "no cookie's name"},
    {"csrf-cookie-name", COMMAND_SERVE, "csrftoken", "c", "c", "c d", "no cookie's name"},
    {"cookie-domain", COMMAND_SERVE, "(none)", ".example.com", ".example.com", "a;b",
     "is no domain"},
    {"cookie-path", COMMAND_SERVE, "/", "/chat/", "/chat/", "chat", "no path of a cookie"},
    {"cookie-samesite", COMMAND_SERVE, "lax", "none", "none", "loose", "lax, strict, none, off"},
    {"cookie-secure", COMMAND_SERVE, "no", "yes", "yes", "maybe", "neither yes nor no"},
    {"expire-at-browser-close", COMMAND_SERVE, "no", "yes", "yes", "maybe", "neither yes nor no"},
    {"ping-interval", COMMAND_SERVE, "20", "7", "7", "-1", "from 1 to 3600"},
    {"request-timeout", COMMAND_SERVE, "20", "7", "7", "0", "from 1 to 3600"},
    {"keep-alive-timeout", COMMAND_SERVE, "75", "3600", "3600", "3601", "from 1 to 3600"},
    {"message-rate", COMMAND_SERVE, "20", "off", "0", "none", "nor off"},
    {"message-burst", COMMAND_SERVE, "500", "1", "1", "off", "(messages)"},
    {"rest-broadcast", COMMAND_SERVE, "v1", "all", "all", "on", "is none of: v1, all"},
    {"upload-dir", COMMAND_SERVE, "(none)", "/u", "/u", NULL, NULL},
    {"upload-max", COMMAND_SERVE, "26214400", "1", "1", "0", "(bytes)"},
    {"upload-quota", COMMAND_SERVE, "1073741824", "5", "5", "1099511627777", "(bytes)"},
    {"upload-type", COMMAND_SERVE, "0", "image/*, application/pdf", "2", "pictures",
     "is no type of files"},
    {"login-rate", COMMAND_SERVE, "30", "5", "5", "5/m", "nor off"},
    {"password-hasher", COMMAND_SERVE, "argon2", "scrypt", "scrypt", "md5",
     "argon2, pbkdf2_sha256"},
    {"upgrade-passwords", COMMAND_SERVE, "off", "on", "on", "always", "is none of: off, on"},
    {"pbkdf2-iterations", COMMAND_SERVE, "0", "1000", "1000", "1e6", "(iterations)"},
    {"log-format", COMMAND_SERVE, "text", "json", "json", "xml", "is none of: text, json"},
    {"log-level", COMMAND_SERVE, "info", "debug", "debug", "loud", "error, warning, info, debug"},
    {"tls-cert", COMMAND_SERVE, "(none)", "/c", "/c", NULL, NULL},
    {"tls-key", COMMAND_SERVE, "(none)", "/k", "/k", NULL, NULL},
    {"redirect-listen", COMMAND_SERVE, "(none)", "[::]:80", "[::]:80", "80", "is not HOST:PORT"},
    {"hsts", COMMAND_SERVE, "0", "3600", "3600", "1y", "(seconds)"},
    {"access-log", COMMAND_SERVE, "off", "/l", "/l", NULL, NULL},
    {"metrics-listen", COMMAND_SERVE, "(none)", "[::]:80", "[::]:80", "80", "is not HOST:PORT"},
    {"metrics", COMMAND_SERVE, "no", "yes", "yes", "maybe", "neither yes nor no"},
    {"run-as", COMMAND_SERVE, "(none)", "confab", "confab", NULL, NULL},
    {"sandbox", COMMAND_SERVE, "on", "off", "off", "maybe", "is none of: off, on"},
    {"ws-echo", COMMAND_SERVE, "no", "on", "yes", "maybe", "neither yes nor no"},
    {"config", COMMAND_MIGRATE, "(none)", "/dev/null", "/dev/null", "/dev/null/x", "cannot read"},
    {"email", COMMAND_USER_ADD, "", "a@example.com", "a@example.com", "a", "not an e-mail address"},
    {"type", COMMAND_USER_ADD, "student", "owner", "owner", "admin", "student, staff, owner"},
    {"superuser", COMMAND_USER_ADD, "no", "yes", "yes", "2", "neither yes nor no"},
    {"password-stdin", COMMAND_USER_ADD, "no", "true", "yes", "", "neither yes nor no"},
    {"participant", COMMAND_CHAT_ADD, "0", "alice", "1", NULL, NULL},
    {"json", COMMAND_USER_LIST, "no", "1", "yes", "0x1", "neither yes nor no"},
    {"repair", COMMAND_CHECK, "no", "yes", "yes", "maybe", "neither yes nor no"},
    {"with-messages", COMMAND_USER_DELETE, "no", "yes", "yes", "2", "neither yes nor no"},
    {"last", COMMAND_MESSAGE_LIST, "50", "0", "0", "1000001", "from 0 to 1000000"},
    {"at", COMMAND_NOTICE_SEND, "(none)", "2026-11-22T18:00Z", "2026-11-22T18:00Z", "18:00",
     "no time with its zone"},
    {"code", COMMAND_NOTICE_SEND, "maintenance", "news", "news", "News", "is no code"},
    {"user", COMMAND_SESSION_LIST, "(none)", "alice", "alice", NULL, NULL},
    {"all", COMMAND_SESSION_END, "no", "on", "yes", "x", "neither yes nor no"},
    {"verbose", COMMAND_VERSION, "no", "yes", "yes", "?", "neither yes nor no"},
};

/* The word a command cannot do without. */
static const char *argument_of(enum command_id command)
{
    return commands[command].arguments != NULL ? "name" : "--";
}

static void test_every_option_has_a_case_here(void **state)
{
    (void)state;
    CHECK(COUNT_OF(cases) == option_count);
    for (size_t i = 0; i < option_count; i++)
        CHECK(option_find(bytes_from_text(cases[i].name)) == &options[i]);
}

static void test_every_option_has_its_default(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run run = {0};
        char value[128];
        enum err err =
            run_words(&run, cases[i].command, WORDS(argument_of(cases[i].command)), no_environment);
        /* `chat add` without a participant is refused after everything was read. */
        CHECK((err == OK) == (cases[i].command != COMMAND_CHAT_ADD));
        show(&options[i], &run.settings, value);
        CHECK_BYTES(bytes_from_text(value), bytes_from_text(cases[i].initial));
        run_end(&run);
    }
}

/* Give the option as "--name=value". word must live as long as the run: the settings borrow it. */
static enum err run_flag(struct run *run, const struct option_case *at, const char *value,
                         char word[256])
{
    (void)snprintf(word, 256, "--%s=%s", at->name, value);
    return run_words(run, at->command, WORDS(word, argument_of(at->command)), no_environment);
}

static void test_every_option_is_set_by_its_flag(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run run = {0};
        char value[128];
        char word[256];
        CHECK(run_flag(&run, &cases[i], cases[i].given, word) == OK);
        show(&options[i], &run.settings, value);
        CHECK_BYTES(bytes_from_text(value), bytes_from_text(cases[i].stored));
        run_end(&run);
    }
}

/* Whoever reads the message must find the option, the value, and what would be right. */
static void test_every_bad_value_is_named_with_what_would_be_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run run = {0};
        char word[256];
        if (cases[i].bad == NULL)
            continue;
        enum err err = run_flag(&run, &cases[i], cases[i].bad, word);
        CHECK(err == ERR_SYNTAX || err == ERR_IO);
        CHECK(strstr(run.reason, cases[i].said) != NULL);
        if (err == ERR_SYNTAX)
            CHECK(strstr(run.reason, cases[i].name) == run.reason + 2);
        CHECK(strchr(run.reason, '\n') == NULL);
        run_end(&run);
    }
}

static void test_options_of_the_site_come_from_the_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run run = {0};
        char value[128];
        char variable[OPTION_VARIABLE_BYTES_MAX];
        char assignment[256];
        option_variable(&options[i], variable);
        (void)snprintf(assignment, sizeof assignment, "%s=%s", variable, cases[i].given);
        char *environment[] = {(char[]) {"CONFAB=x"}, assignment, NULL};
        enum err err =
            run_words(&run, cases[i].command, WORDS(argument_of(cases[i].command)), environment);
        CHECK(err == OK || cases[i].command == COMMAND_CHAT_ADD);
        show(&options[i], &run.settings, value);
        /* What belongs to one call must not be inherited: CONFAB_SUPERUSER would be a trap. */
        const char *expected = options[i].is_only_a_flag ? cases[i].initial : cases[i].stored;
        CHECK_BYTES(bytes_from_text(value), bytes_from_text(expected));
        run_end(&run);
    }
}

static void test_bad_values_in_the_environment_name_the_variable(void **state)
{
    (void)state;
    struct run run = {0};
    char *environment[] = {(char[]) {"CONFAB_PING_INTERVAL=often"}, NULL};
    CHECK(run_words(&run, COMMAND_SERVE, WORDS(), environment) == ERR_SYNTAX);
    CHECK(strstr(run.reason, "CONFAB_PING_INTERVAL: \"often\" is not") == run.reason);
    run_end(&run);
}

static void test_empty_variables_are_not_set(void **state)
{
    (void)state;
    struct run run = {0};
    char *environment[] = {(char[]) {"CONFAB_THREADS="}, (char[]) {"CONFAB_LISTEN="}, NULL};
    CHECK(run_words(&run, COMMAND_SERVE, WORDS(), environment) == OK);
    CHECK(run.settings.server.listen_count == 1);
    run_end(&run);
}

static void test_options_of_the_site_come_from_the_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run run = {0};
        char value[128];
        char line[256];
        bool has_place = !options[i].is_only_a_flag && !options[i].is_not_in_file;
        (void)snprintf(line, sizeof line, "# test\n%s = %s\n", cases[i].name, cases[i].given);
        write_config(&run, line);
        enum err err =
            run_words(&run, COMMAND_SERVE, WORDS("--config", run.config), no_environment);
        CHECK((err == OK) == has_place);
        if (has_place) {
            show(&options[i], &run.settings, value);
            CHECK_BYTES(bytes_from_text(value), bytes_from_text(cases[i].stored));
        } else {
            CHECK(strstr(run.reason, ":2: ") != NULL);
            CHECK(strstr(run.reason, "has no place in a configuration file") != NULL);
        }
        run_end(&run);
    }
}

static void test_faults_in_the_file_name_file_and_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *said;
    } faults[] = {
        {"threads = 2\n\nthreads = many\n", ":3: threads: \"many\" is not a whole number"},
        {"datbase = x\n", ":1: unknown option datbase; did you mean database?"},
        {"quux = x\n", ":1: unknown option quux; \"confab help serve\" lists"},
        {"\nthreads\n", ":2: a line says \"name = value\""},
        {"email = x@example.com\n", ":1: \"email\" has no place"},
    };
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct run run = {0};
        write_config(&run, faults[i].text);
        CHECK(run_words(&run, COMMAND_SERVE, WORDS("--config", run.config), no_environment) ==
              ERR_SYNTAX);
        CHECK(strncmp(run.reason, run.config, strlen(run.config)) == 0);
        CHECK(strncmp(run.reason + strlen(run.config), faults[i].said, strlen(faults[i].said)) ==
              0);
        run_end(&run);
    }
}

/* One file serves the whole site: `migrate` must not stumble over what only `serve` takes. */
static void test_lines_for_other_commands_are_passed_over(void **state)
{
    (void)state;
    struct run run = {0};
    write_config(&run, "threads = many\ndatabase = site.sqlite3\n");
    CHECK(run_words(&run, COMMAND_MIGRATE, WORDS("--config", run.config), no_environment) == OK);
    CHECK(strcmp(run.settings.server.database, "site.sqlite3") == 0);
    run_end(&run);
}

static void test_missing_configuration_file_is_said(void **state)
{
    (void)state;
    struct run run = {0};
    CHECK(run_words(&run, COMMAND_SERVE, WORDS("--config", "/nowhere/confab.conf"),
                    no_environment) == ERR_IO);
    CHECK(strstr(run.reason, "/nowhere/confab.conf: No such file") != NULL);
    run_end(&run);
}

static void test_flag_beats_environment_beats_file_beats_default(void **state)
{
    (void)state;
    struct run run = {0};
    write_config(&run, "threads = 2\nping-interval = 2\nmessage-burst = 2\n");
    char *environment[] = {(char[]) {"CONFAB_THREADS=3"}, (char[]) {"CONFAB_PING_INTERVAL=3"},
                           NULL};
    CHECK(run_words(&run, COMMAND_SERVE, WORDS("--threads=4", "--config", run.config),
                    environment) == OK);
    CHECK(run.settings.server.threads == 4);
    CHECK(run.settings.server.ping_interval_s == 3);
    CHECK(run.settings.server.message_burst == 2);
    CHECK(run.settings.server.session_age_s == 1209600);
    run_end(&run);
}

static void
test_configuration_file_of_the_environment_is_read_unless_a_flag_names_another(void **state)
{
    (void)state;
    struct run run = {0};
    char variable[2 * PATH_BYTES];
    write_config(&run, "threads = 2\n");
    (void)snprintf(variable, sizeof variable, "CONFAB_CONFIG=%s", run.config);
    char *environment[] = {variable, NULL};
    CHECK(run_words(&run, COMMAND_SERVE, WORDS(), environment) == OK);
    CHECK(run.settings.server.threads == 2);
    CHECK(run_words(&run, COMMAND_SERVE, WORDS("--config=/dev/null"), environment) == OK);
    CHECK(run.settings.server.threads == 0);
    run_end(&run);
}

/* A list is not mixed from several places: nobody could take an address away again. */
static void test_list_comes_whole_from_the_strongest_place(void **state)
{
    (void)state;
    struct run run = {0};
    write_config(&run, "listen = a:1\nlisten = b:2 c:3\n");
    CHECK(run_words(&run, COMMAND_SERVE, WORDS("--config", run.config), no_environment) == OK);
    CHECK(run.settings.server.listen_count == 3);
    CHECK(strcmp(run.settings.server.listen[2], "c:3") == 0);

    char *environment[] = {(char[]) {"CONFAB_LISTEN=d:4 e:5,f:6,  g:7"}, NULL};
    CHECK(run_words(&run, COMMAND_SERVE, WORDS("--config", run.config), environment) == OK);
    CHECK(run.settings.server.listen_count == 4);
    CHECK(strcmp(run.settings.server.listen[0], "d:4") == 0);

    CHECK(run_words(&run, COMMAND_SERVE,
                    WORDS("--config", run.config, "--listen", "h:8", "--listen=i:9"),
                    environment) == OK);
    CHECK(run.settings.server.listen_count == 2);
    CHECK(strcmp(run.settings.server.listen[0], "h:8") == 0);
    run_end(&run);
}

static void test_value_may_stand_behind_equals_or_as_the_next_word(void **state)
{
    (void)state;
    struct run run = {0};
    CHECK(run_words(&run, COMMAND_SERVE, WORDS("--database", "a", "--database=b=c"),
                    no_environment) == OK);
    CHECK(strcmp(run.settings.server.database, "b=c") == 0); /* the last one counts */
    CHECK(run_words(&run, COMMAND_SERVE, WORDS("--ws-echo"), no_environment) == OK);
    CHECK(run.settings.server.ws_echo);
    CHECK(run_words(&run, COMMAND_SERVE, WORDS("--ws-echo=no"), no_environment) == OK);
    CHECK(!run.settings.server.ws_echo);
    run_end(&run);
}

static void test_forgotten_value_does_not_swallow_the_next_option(void **state)
{
    (void)state;
    struct run run = {0};
    CHECK(run_words(&run, COMMAND_SERVE, WORDS("--database", "--ws-echo"), no_environment) ==
          ERR_SYNTAX);
    CHECK(strcmp(run.reason, "--database needs a value: --database PATH") == 0);
    CHECK(run_words(&run, COMMAND_SERVE, WORDS("--database"), no_environment) == ERR_SYNTAX);
    run_end(&run);
}

static void test_unknown_options_are_answered_with_the_nearest_name(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        const char *said;
    } faults[] = {
        {"--datbase", "unknown option --datbase; did you mean --database?"},
        {"--datbase=x", "unknown option --datbase; did you mean --database?"},
        {"--email", "confab serve does not take --email"},
        {"--quux", "unknown option --quux; \"confab help serve\" lists those that there are"},
        {"-d", "unknown option -d; \"confab help serve\" lists those that there are"},
        {"-database", "unknown option -database; did you mean --database?"},
        {"extra", "confab serve: unexpected \"extra\""},
    };
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct run run = {0};
        CHECK(run_words(&run, COMMAND_SERVE, WORDS(faults[i].word), no_environment) == ERR_SYNTAX);
        CHECK_BYTES(bytes_from_text(run.reason), bytes_from_text(faults[i].said));
        run_end(&run);
    }
}

static void test_argument_is_needed_once_and_may_begin_with_a_dash(void **state)
{
    (void)state;
    struct run run = {0};
    CHECK(run_words(&run, COMMAND_USER_ADD, WORDS(), no_environment) == ERR_SYNTAX);
    CHECK(strstr(run.reason, "confab user add needs a NAME") == run.reason);
    CHECK(run_words(&run, COMMAND_USER_ADD, WORDS("a", "b"), no_environment) == ERR_SYNTAX);
    CHECK(run_words(&run, COMMAND_USER_ADD, WORDS("--superuser", "--", "--json"), no_environment) ==
          OK);
    CHECK(strcmp(run.settings.arguments[0], "--json") == 0);
    run_end(&run);
}

static void test_lists_that_must_not_be_empty_are_asked_for(void **state)
{
    (void)state;
    struct run run = {0};
    CHECK(run_words(&run, COMMAND_CHAT_ADD, WORDS("Maths"), no_environment) == ERR_SYNTAX);
    CHECK(strcmp(run.reason, "--participant is needed at least once: --participant USERNAME") == 0);
    CHECK(run_words(&run, COMMAND_SERVE, WORDS("--listen", ""), no_environment) == ERR_SYNTAX);
    run_end(&run);
}

static void test_secret_key_file_lies_beside_the_database(void **state)
{
    (void)state;
    static const struct {
        const char *database;
        const char *secret_key_file;
    } places[] = {
        {"db.sqlite3", "confab.secret"},
        {"/var/lib/confab/db", "/var/lib/confab/confab.secret"},
        {"/db", "/confab.secret"},
        {"a/b", "a/confab.secret"},
    };
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct run run = {0};
        CHECK(run_words(&run, COMMAND_SERVE, WORDS("--database", places[i].database),
                        no_environment) == OK);
        CHECK(strcmp(run.settings.server.secret_key_file, places[i].secret_key_file) == 0);
        run_end(&run);
    }
}

static void test_too_many_flags_are_refused(void **state)
{
    (void)state;
    struct run run = {0};
    static const char *words[FLAGS_MAX + 2];
    for (size_t i = 0; i < FLAGS_MAX; i++)
        words[i] = "--ws-echo";
    CHECK(run_words(&run, COMMAND_SERVE, words, no_environment) == OK);
    words[FLAGS_MAX] = "--ws-echo";
    CHECK(run_words(&run, COMMAND_SERVE, words, no_environment) == ERR_LIMIT);
    run_end(&run);
}

static void test_help_is_wanted_before_two_dashes_only(void **state)
{
    (void)state;
    char *words[] = {(char[]) {"name"}, (char[]) {"--"}, (char[]) {"--help"}};
    CHECK(!parse_wants_help(COUNT_OF(words), words));
    CHECK(parse_wants_help(1, words + 2));
    char *brief[] = {(char[]) {"-h"}};
    CHECK(parse_wants_help(1, brief));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_option_has_a_case_here),
        cmocka_unit_test(test_every_option_has_its_default),
        cmocka_unit_test(test_every_option_is_set_by_its_flag),
        cmocka_unit_test(test_every_bad_value_is_named_with_what_would_be_right),
        cmocka_unit_test(test_options_of_the_site_come_from_the_environment),
        cmocka_unit_test(test_bad_values_in_the_environment_name_the_variable),
        cmocka_unit_test(test_empty_variables_are_not_set),
        cmocka_unit_test(test_options_of_the_site_come_from_the_file),
        cmocka_unit_test(test_faults_in_the_file_name_file_and_line),
        cmocka_unit_test(test_lines_for_other_commands_are_passed_over),
        cmocka_unit_test(test_missing_configuration_file_is_said),
        cmocka_unit_test(test_flag_beats_environment_beats_file_beats_default),
        cmocka_unit_test(
            test_configuration_file_of_the_environment_is_read_unless_a_flag_names_another),
        cmocka_unit_test(test_list_comes_whole_from_the_strongest_place),
        cmocka_unit_test(test_value_may_stand_behind_equals_or_as_the_next_word),
        cmocka_unit_test(test_forgotten_value_does_not_swallow_the_next_option),
        cmocka_unit_test(test_unknown_options_are_answered_with_the_nearest_name),
        cmocka_unit_test(test_argument_is_needed_once_and_may_begin_with_a_dash),
        cmocka_unit_test(test_lists_that_must_not_be_empty_are_asked_for),
        cmocka_unit_test(test_secret_key_file_lies_beside_the_database),
        cmocka_unit_test(test_too_many_flags_are_refused),
        cmocka_unit_test(test_help_is_wanted_before_two_dashes_only),
    };
    return cmocka_run_group_tests_name("cli/parse", tests, NULL, NULL);
}
