#include "cli/options.h"

#include <assert.h>
#include <ctype.h>
#include "cli/suggest.h"
#include "cli/values.h"

/* Choices land in enums as the index of their word; both kinds must have the size that values.c
 * writes. */
static_assert(sizeof(enum log_format) == sizeof(unsigned), "a choice is stored as unsigned");
static_assert(sizeof(enum log_level) == sizeof(unsigned), "a choice is stored as unsigned");
static_assert(sizeof(enum rest_broadcast) == sizeof(unsigned), "a choice is stored as unsigned");
static_assert(sizeof(enum same_site) == sizeof(unsigned), "a choice is stored as unsigned");
static_assert(COMMAND_COUNT <= 64, "a set of commands is a uint64_t");

const char *const user_type_names[USER_TYPE_COUNT + 1] = {"student", "staff", "owner", NULL};
static const char *const log_format_names[] = {[LOG_TEXT] = "text", [LOG_JSON] = "json", NULL};
static const char *const log_level_names[] = {[LOG_ERROR] = "error",
                                              [LOG_WARNING] = "warning",
                                              [LOG_INFO] = "info",
                                              [LOG_DEBUG] = "debug",
                                              NULL};
static const char *const rest_broadcast_names[] = {
    [REST_BROADCAST_V1] = "v1", [REST_BROADCAST_ALL] = "all", NULL};
static const char *const off_on_names[] = {"off", "on", NULL};
static const char *const same_site_names[] = {[SAME_SITE_LAX] = "lax",
                                              [SAME_SITE_STRICT] = "strict",
                                              [SAME_SITE_NONE] = "none",
                                              [SAME_SITE_OFF] = "off",
                                              NULL};

/* Sets of commands. `config check` and `config show` take what `serve` takes. */
/* clang-format off */
#define OF(name)       COMMAND_BIT(COMMAND_##name)
#define OF_SERVE       (OF(SERVE) | OF(CONFIG_CHECK) | OF(CONFIG_SHOW))
#define OF_LISTS       (OF(USER_LIST) | OF(CHAT_LIST) | OF_SHOWS | OF(MESSAGE_LIST) | OF(SESSION_LIST) | OF(NOTICE_LIST))
#define OF_SHOWS       (OF(USER_SHOW) | OF(CHAT_SHOW))
#define OF_USER_ADD    OF(USER_ADD)
#define OF_PASSWORD    (OF(USER_ADD) | OF(USER_PASSWD))
#define OF_USER_EDIT   (OF(USER_RENAME) | OF(USER_ACTIVATE) | OF(USER_DEACTIVATE) | OF(USER_STAFF) | OF(USER_DELETE))
#define OF_HASHING     (OF_SERVE | OF_PASSWORD | OF(DEMO))
#define OF_CHAT_ADD    OF(CHAT_ADD)
#define OF_CHAT_EDIT   (OF(CHAT_RENAME) | OF(CHAT_DELETE) | OF(CHAT_ADD_PARTICIPANT) | OF(CHAT_REMOVE_PARTICIPANT) | \
                        OF(CHAT_ROLE) | OF(CHAT_KIND) | OF(CHAT_RECEIPTS))
#define OF_NOTICE_EDIT (OF(NOTICE_SEND) | OF(NOTICE_END))
#define OF_SESSIONS    (OF(SESSION_LIST) | OF(SESSION_END))
#define OF_KEEPING     (OF(MIGRATE) | OF(CHECK) | OF(BACKUP) | OF(RESTORE) | OF(DEMO))
#define OF_DATABASE    (OF_SERVE | OF_LISTS | OF_PASSWORD | OF_USER_EDIT | OF_CHAT_ADD | OF_CHAT_EDIT | \
                        OF(MESSAGE_SEND) | OF_NOTICE_EDIT | OF_SESSIONS | OF_KEEPING)
#define OF_SECRET_KEY  (OF_SERVE | OF(MIGRATE) | OF(CHECK) | OF_SESSIONS)
#define OF_VERSION     OF(VERSION)
/* clang-format on */

#define AT(field)       .offset = offsetof(struct settings, field)
#define TEXTS_AT(field) .is_of_texts = true, .texts = offsetof(struct settings, field)

/* clang-format off */
const struct option options[] = {
    {"listen", "HOST:PORT", OPTION_LIST, OF_SERVE, .initial = "127.0.0.1:8000",
     .help = "address to listen on; port 0 picks a free one",
     TEXTS_AT(server.listen), AT(server.listen_count), .min = 1, .max = SERVER_LISTEN_MAX, .take = value_take_listen},
    {"database", "PATH", OPTION_TEXT, OF_DATABASE, .initial = "confab.sqlite3",
     .help = "the database's file",
     AT(server.database), .check = value_check_database},
    {"channel-layer", "KIND", OPTION_TEXT, OF_SERVE, .initial = "memory",
     .help = "what connects several servers; \"memory\" is for one",
     AT(channel_layer), .check = value_check_channel_layer},
    {"secret-key-file", "FILE", OPTION_TEXT, OF_SECRET_KEY,
     .help = "file with the key that signs sessions; made if missing (default: confab.secret beside the database)",
     AT(server.secret_key_file), .check = value_check_path},
    {"secret-key-fallback-file", "FILE", OPTION_LIST, OF_SECRET_KEY,
     .help = "file with an earlier key: sessions that it signed go on; repeatable",
     TEXTS_AT(server.secret_key_fallback_files), AT(server.secret_key_fallback_count), .max = SECRET_FALLBACKS_MAX, .take = value_take_fallback},
    {"threads", "N", OPTION_NUMBER, OF_SERVE, .initial = "0",
     .help = "event loops; 0 makes one for each core",
     AT(server.threads), .min = 0, .max = SERVER_THREADS_MAX, .unit = "threads"},
    {"allowed-origin", "ORIGIN", OPTION_LIST, OF_SERVE,
     .help = "other site whose pages may use this one, e.g. https://chat.example.com",
     .is_live = true, AT(server.origins.count), .max = ORIGINS_ALLOWED_MAX, .take = value_take_origin},
    {"trusted-proxy", "CIDR", OPTION_LIST, OF_SERVE,
     .help = "address range of proxies whose X-Forwarded fields are believed, e.g. 10.0.0.0/8",
     .is_live = true, AT(server.trusted_proxy_count), .max = SERVER_TRUSTED_PROXIES_MAX, .take = value_take_proxy},
    {"session-age", "SECONDS", OPTION_SECONDS, OF_SERVE, .initial = "1209600",
     .help = "how long a login lasts",
     AT(server.session_age_s), .min = SESSION_AGE_S_MIN, .max = SESSION_AGE_S_MAX, .unit = "seconds"},
    {"session-cookie-name", "NAME", OPTION_TEXT, OF_SERVE, .initial = "sessionid",
     .help = "name of the session's cookie",
     AT(server.cookies.session_name), .check = value_check_cookie_name},
    {"csrf-cookie-name", "NAME", OPTION_TEXT, OF_SERVE, .initial = "csrftoken",
     .help = "name of the cookie with the CSRF secret",
     AT(server.cookies.csrf_name), .check = value_check_cookie_name},
    {"cookie-domain", "DOMAIN", OPTION_TEXT, OF_SERVE,
     .help = "domain whose hosts share the cookies, e.g. example.com; without it only this host",
     AT(server.cookies.domain), .check = value_check_cookie_domain},
    {"cookie-path", "PATH", OPTION_TEXT, OF_SERVE, .initial = "/",
     .help = "path below which browsers send the cookies",
     AT(server.cookies.path), .check = value_check_cookie_path},
    {"cookie-samesite", "KIND", OPTION_CHOICE, OF_SERVE, .initial = "lax",
     .help = "whether other sites' pages may send the cookies; \"none\" needs TLS",
     AT(server.cookies.same_site), .choices = same_site_names},
    {"cookie-secure", NULL, OPTION_FLAG, OF_SERVE,
     .help = "mark the cookies Secure although a proxy speaks TLS for this server",
     AT(server.cookies.are_secure)},
    {"expire-at-browser-close", NULL, OPTION_FLAG, OF_SERVE,
     .help = "browsers forget the session's cookie when they end",
     AT(server.cookies.session_is_temporary)},
    {"ping-interval", "SECONDS", OPTION_NUMBER, OF_SERVE, .initial = "20",
     .help = "between two pings; a silent client is closed after 2.5 times that",
     AT(server.ping_interval_s), .min = 1, .max = PING_INTERVAL_S_MAX, .unit = "seconds"},
    {"request-timeout", "SECONDS", OPTION_NUMBER, OF_SERVE, .initial = "20",
     .help = "for a request to come whole; a client that takes nothing of its answer for so long is closed too",
     AT(server.request_timeout_s), .min = 1, .max = TIMEOUT_S_MAX, .unit = "seconds"},
    {"keep-alive-timeout", "SECONDS", OPTION_NUMBER, OF_SERVE, .initial = "75",
     .help = "how long a connection may stay silent between two requests",
     AT(server.keep_alive_timeout_s), .min = 1, .max = TIMEOUT_S_MAX, .unit = "seconds"},
    {"message-rate", "N|off", OPTION_RATE, OF_SERVE, .initial = "20",
     .help = "messages that a user may send in a second, on average",
     .is_live = true, AT(server.message_rate), .min = 1, .max = MESSAGE_RATE_MAX, .unit = "messages a second"},
    {"message-burst", "N", OPTION_NUMBER, OF_SERVE, .initial = "500",
     .help = "messages that a user may send at once",
     .is_live = true, AT(server.message_burst), .min = 1, .max = MESSAGE_BURST_MAX, .unit = "messages"},
    {"rest-broadcast", "v1|all", OPTION_CHOICE, OF_SERVE, .initial = "v1",
     .help = "which live connections see what is sent over REST: those of confab.v1, or part I's too",
     AT(server.rest_broadcast), .choices = rest_broadcast_names},
    {"upload-dir", "DIR", OPTION_TEXT, OF_SERVE,
     .help = "directory for uploaded files; without it nothing can be uploaded",
     AT(server.upload_directory), .check = value_check_path},
    {"upload-max", "BYTES", OPTION_SECONDS, OF_SERVE, .initial = "26214400",
     .help = "size of the largest file that may be uploaded",
     AT(server.upload_bytes_max), .min = 1, .max = UPLOAD_BYTES_MAX, .unit = "bytes"},
    {"upload-quota", "BYTES", OPTION_SECONDS, OF_SERVE, .initial = "1073741824",
     .help = "size of all files of one user together",
     AT(server.upload_quota_bytes), .min = 1, .max = UPLOAD_BYTES_MAX, .unit = "bytes"},
    {"upload-type", "TYPE", OPTION_LIST, OF_SERVE,
     .help = "type of files that may be uploaded, e.g. application/pdf or image/*; without it all may",
     TEXTS_AT(server.upload_types), AT(server.upload_type_count), .max = SERVER_UPLOAD_TYPES_MAX, .take = value_take_upload_type},
    {"login-rate", "N|off", OPTION_RATE, OF_SERVE, .initial = "30",
     .help = "failed logins that an account or an address may have in a minute",
     .is_live = true, AT(server.login_rate), .min = 1, .max = LOGIN_RATE_MAX, .unit = "failed logins a minute"},
    {"password-hasher", "NAME", OPTION_CHOICE, OF_HASHING, .initial = "argon2",
     .help = "how new passwords are stored, also as a Django version does; hashes of every kind go on working",
     AT(server.password_hasher), .choices = password_policy_names},
    {"upgrade-passwords", "on|off", OPTION_CHOICE, OF_SERVE, .initial = "off",
     .help = "at login, store a hash of another kind anew, as --password-hasher says",
     AT(server.upgrades_passwords), .choices = off_on_names},
    {"pbkdf2-iterations", "N", OPTION_NUMBER, OF_HASHING,
     .help = "iterations of new pbkdf2_sha256 hashes, instead of the password hasher's",
     AT(server.pbkdf2_iterations), .min = 1, .max = PASSWORD_PBKDF2_ITERATIONS_MAX, .unit = "iterations"},
    {"log-format", "FORMAT", OPTION_CHOICE, OF_SERVE, .initial = "text",
     .help = "form of the log lines on standard error",
     AT(server.log_format), .choices = log_format_names},
    {"log-level", "LEVEL", OPTION_CHOICE, OF_SERVE, .initial = "info",
     .help = "least important lines to log",
     .is_live = true, AT(server.log_level), .choices = log_level_names},
    {"tls-cert", "FILE", OPTION_TEXT, OF_SERVE,
     .help = "certificate chain (PEM): serve HTTPS; needs --tls-key",
     AT(server.tls_cert), .check = value_check_path},
    {"tls-key", "FILE", OPTION_TEXT, OF_SERVE,
     .help = "the certificate's key (PEM)",
     AT(server.tls_key), .check = value_check_path},
    {"redirect-listen", "HOST:PORT", OPTION_TEXT, OF_SERVE,
     .help = "address where HTTP only points at HTTPS; needs --tls-cert",
     AT(server.redirect_listen), .check = value_check_listen},
    {"hsts", "SECONDS", OPTION_SECONDS, OF_SERVE, .initial = "0",
     .help = "tell browsers over TLS to use nothing else for so long; 0 does not",
     AT(server.hsts_s), .min = 0, .max = 63072000, .unit = "seconds"},
    {"access-log", "FILE|-|off", OPTION_TEXT, OF_SERVE, .initial = "off",
     .help = "file with a line for each request; - is standard output",
     AT(server.access_log), .check = value_check_path},
    {"metrics-listen", "HOST:PORT", OPTION_TEXT, OF_SERVE,
     .help = "address for /metrics and /healthz alone, in the clear; for Prometheus",
     AT(server.metrics_listen), .check = value_check_listen},
    {"metrics", NULL, OPTION_FLAG, OF_SERVE,
     .help = "serve /metrics at the main addresses too, for everybody",
     AT(server.metrics)},
    {"run-as", "USER", OPTION_TEXT, OF_SERVE,
     .help = "user of the system to go on as, when started as root",
     AT(server.run_as), .check = value_check_path},
    {"sandbox", "on|off", OPTION_CHOICE, OF_SERVE, .initial = "on",
     .help = "give up every right that serving does not need; \"off\" is for debugging",
     AT(server.sandbox), .choices = off_on_names},
    {"ws-echo", NULL, OPTION_FLAG, OF_SERVE,
     .help = "add /ws/echo/, which sends every message back, for protocol tests",
     AT(server.ws_echo)},
    {"config", "FILE", OPTION_TEXT, OF_DATABASE, .is_not_in_file = true,
     .help = "file with lines \"name = value\"; environment and flags come before it",
     AT(config), .check = value_check_path},

    {"email", "ADDRESS", OPTION_TEXT, OF_USER_ADD, .is_only_a_flag = true, .initial = "",
     .help = "the user's e-mail address",
     AT(email), .check = value_check_email},
    {"type", "TYPE", OPTION_CHOICE, OF_USER_ADD, .is_only_a_flag = true, .initial = "student",
     .help = "the user's type; it gives no power",
     AT(user_type), .choices = user_type_names},
    {"superuser", NULL, OPTION_FLAG, OF_USER_ADD, .is_only_a_flag = true,
     .help = "the user may do everything",
     AT(is_superuser)},
    {"password-stdin", NULL, OPTION_FLAG, OF_PASSWORD, .is_only_a_flag = true,
     .help = "read the password from standard input (required: command lines are public)",
     AT(has_password_on_stdin)},
    {"participant", "USERNAME", OPTION_LIST, OF_CHAT_ADD, .is_only_a_flag = true,
     .help = "a user who takes part in the chat",
     TEXTS_AT(participants), AT(participant_count), .min = 1, .max = CLI_PARTICIPANTS_MAX, .take = value_take_participant},
    {"json", NULL, OPTION_FLAG, OF_LISTS, .is_only_a_flag = true,
     .help = "print one JSON object a line",
     AT(as_json)},
    {"repair", NULL, OPTION_FLAG, OF(CHECK), .is_only_a_flag = true,
     .help = "mend what can be mended without losing anything that somebody could miss",
     AT(has_repair)},
    {"with-messages", NULL, OPTION_FLAG, OF(USER_DELETE), .is_only_a_flag = true,
     .help = "delete the messages that the user has written too",
     AT(with_messages)},
    {"last", "N", OPTION_NUMBER, OF(MESSAGE_LIST), .is_only_a_flag = true, .initial = "50",
     .help = "how many messages; 0 lists all",
     AT(last_count), .min = 0, .max = CLI_LAST_MAX, .unit = "messages"},
    {"at", "TIME", OPTION_TEXT, OF(NOTICE_SEND), .is_only_a_flag = true,
     .help = "when that is of which the notice tells, e.g. 2026-11-22T18:00:00Z; it holds until then",
     AT(notice_at), .check = value_check_time},
    {"code", "CODE", OPTION_TEXT, OF(NOTICE_SEND), .is_only_a_flag = true, .initial = "maintenance",
     .help = "what kind of notice it is, for programs",
     AT(notice_code), .check = value_check_notice_code},
    {"user", "USERNAME", OPTION_TEXT, OF_SESSIONS, .is_only_a_flag = true,
     .help = "only the sessions of this user",
     AT(session_user)},
    {"all", NULL, OPTION_FLAG, OF(SESSION_END), .is_only_a_flag = true,
     .help = "every session, of everybody",
     AT(has_all)},
    {"verbose", NULL, OPTION_FLAG, OF_VERSION, .is_only_a_flag = true,
     .help = "name the libraries that the program was built with",
     AT(is_verbose)},
};
/* clang-format on */

const size_t option_count = COUNT_OF(options);

const struct option *option_find(struct bytes name)
{
    for (size_t i = 0; i < option_count; i++) {
        if (bytes_is(name, options[i].name))
            return &options[i];
    }
    return NULL;
}

const char *option_suggest(struct bytes name, enum command_id command)
{
    struct suggestion suggestion = {.typed = name};
    for (size_t i = 0; i < option_count; i++) {
        if (option_is_of(&options[i], command))
            suggest_consider(&suggestion, options[i].name);
    }
    return suggestion.best;
}

void option_variable(const struct option *option, char out[OPTION_VARIABLE_BYTES_MAX])
{
    static const char prefix[] = "CONFAB_";
    size_t len = strlen(option->name);
    assert(len <= OPTION_NAME_BYTES_MAX);
    memcpy(out, prefix, sizeof prefix - 1);
    for (size_t i = 0; i <= len; i++) {
        char c = option->name[i];
        out[sizeof prefix - 1 + i] = c == '-' ? '_' : (char)toupper((unsigned char)c);
    }
}
