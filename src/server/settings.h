/* settings.h - what `confab serve` is told. The command line's option table fills it; nothing
 * changes it while serving. */
#ifndef CONFAB_SERVER_SETTINGS_H
#define CONFAB_SERVER_SETTINGS_H

#include "api/call.h"
#include "auth/password.h"
#include "base/log.h"

enum {
    SERVER_LISTEN_MAX = 16, /* addresses to listen on */
    SERVER_TRUSTED_PROXIES_MAX = 64,
    SERVER_THREADS_MAX = 64,      /* event loops */
    SERVER_UPLOAD_TYPES_MAX = 64, /* types of files that may be uploaded */
};

enum switch_state { SWITCH_OFF, SWITCH_ON };

/* An address range "10.0.0.0/8" or "::1/128"; IPv4 as ::ffff:a.b.c.d. */
struct address_range {
    uint8_t address[16];
    unsigned prefix_bits;
};

struct server_settings {
    const char *listen[SERVER_LISTEN_MAX]; /* "HOST:PORT", "[::1]:8000"; port 0 picks a free one */
    size_t listen_count;
    const char *database;                                        /* path */
    const char *secret_key_file;                                 /* made if missing, mode 0600 */
    const char *secret_key_fallback_files[SECRET_FALLBACKS_MAX]; /* earlier keys, newest first */
    size_t secret_key_fallback_count;
    unsigned threads; /* event loops; 0: one per core */
    struct origins origins;
    struct address_range trusted_proxies[SERVER_TRUSTED_PROXIES_MAX];
    size_t trusted_proxy_count;
    int64_t session_age_s; /* 1209600 */
    struct cookie_settings cookies;
    unsigned ping_interval_s;   /* 20; a peer without a sign of life for 2.5 times that is closed */
    unsigned request_timeout_s; /* 20; for a whole request to come, and for a byte of its answer to
                                   be taken */
    unsigned keep_alive_timeout_s; /* 75; between an answer and the next request */
    unsigned message_rate;         /* messages a second and user; 0: off */
    unsigned message_burst;
    enum rest_broadcast rest_broadcast;
    const char *upload_directory; /* NULL: nothing can be uploaded */
    int64_t upload_bytes_max;     /* of one file */
    int64_t upload_quota_bytes;   /* of all files of one user */
    const char *upload_types[SERVER_UPLOAD_TYPES_MAX];
    size_t upload_type_count;   /* 0: all */
    unsigned login_rate;        /* failed logins a minute, per account and address; 0: off */
    unsigned password_hasher;   /* index into password_policy_names */
    unsigned pbkdf2_iterations; /* instead of the hasher's; 0: the hasher's */
    struct password_policy password_policy; /* what comes of both */
    unsigned
        upgrades_passwords; /* 1: at login, a hash that is not as the policy makes them; 0: never */
    enum log_format log_format;
    enum log_level log_level;
    bool ws_echo;                /* serve /ws/echo/ */
    bool metrics;                /* serve /metrics on the main listeners too */
    const char *metrics_listen;  /* "HOST:PORT" of a listener for /metrics alone; NULL: none */
    const char *access_log;      /* a path, "-" (standard output), or "off" */
    const char *tls_cert;        /* certificate chain, PEM; NULL: in the clear */
    const char *tls_key;         /* its key, PEM */
    const char *redirect_listen; /* "HOST:PORT": HTTP that only points at HTTPS; NULL: none */
    int64_t hsts_s;              /* max-age of Strict-Transport-Security; 0: not sent */
    const char *config_file;     /* read again on SIGHUP; NULL: none */
    const char *run_as;        /* user to go on as when started as root; NULL: whoever started us */
    enum switch_state sandbox; /* SWITCH_OFF: for debugging */
};

enum {
    SETTINGS_REASON_BYTES = 512,   /* of the words for an error */
    SETTINGS_UNHEEDED_BYTES = 512, /* of names of options */
};

/* Where the settings come from once more, when SIGHUP asks for them. Called by the main thread, but
 * release(), which any may call. */
struct settings_source {
    /* Read everything anew; release() gives it back. unheeded: the names of the options that have
     * another value now and do not change while serving; empty: none. An error: *reason is one
     * line. */
    enum err (*load)(void *context, const struct server_settings **out,
                     char unheeded[SETTINGS_UNHEEDED_BYTES], char reason[SETTINGS_REASON_BYTES]);
    void (*release)(void *context, const struct server_settings *settings);
    void *context;
};

/* Serve until SIGTERM or SIGINT. Returns the process's exit status: 0 after an orderly stop, 1 if
 * it could not start or go on (the reason is logged). */
int server_run(const struct server_settings *settings, const struct settings_source *source);

#endif
