#include "cli/values.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include "api/upload_type.h"
#include "base/log.h"
#include "base/time_text.h"
#include "cli/address_range.h"
#include "cli/names.h"
#include "store/notices.h"

/* Set why to the quoted value and what is to be said of it. */
static enum err bad(char why[OPTION_WHY_BYTES], struct bytes value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum err bad(char why[OPTION_WHY_BYTES], struct bytes value, const char *format, ...)
{
    char quote[LOG_QUOTE_BYTES];
    enum { QUOTED_BYTES_MAX = 60 };
    struct bytes shown =
        bytes_first(value, value.len < QUOTED_BYTES_MAX ? value.len : QUOTED_BYTES_MAX);
    int len = snprintf(why, OPTION_WHY_BYTES, "%s ", log_quote(quote, shown));
    va_list args;
    va_start(args, format);
    if (len > 0 && len < OPTION_WHY_BYTES)
        (void)vsnprintf(why + len, OPTION_WHY_BYTES - (size_t)len, format, args);
    va_end(args);
    return ERR_SYNTAX;
}

static void *place_of(const struct option *option, struct settings *settings)
{
    return (char *)settings + option->offset;
}

static enum err set_flag(bool *place, const char *text, char why[OPTION_WHY_BYTES])
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"yes", true}, {"no", false},  {"true", true}, {"false", false},
                 {"on", true},  {"off", false}, {"1", true},    {"0", false}};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(words[i].word, text) == 0) {
            *place = words[i].value;
            return OK;
        }
    }
    return bad(why, bytes_from_text(text), "is neither yes nor no");
}

static enum err read_number(const struct option *option, const char *text, uint64_t *out,
                            char why[OPTION_WHY_BYTES])
{
    struct bytes bytes = bytes_from_text(text);
    if (bytes_to_number(bytes, option->max, out) == OK && *out >= option->min)
        return OK;
    return bad(why, bytes, "is not a whole number from %llu to %llu (%s)%s",
               (unsigned long long)option->min, (unsigned long long)option->max, option->unit,
               option->type == OPTION_RATE ? ", nor off" : "");
}

static enum err set_number(const struct option *option, struct settings *settings, const char *text,
                           char why[OPTION_WHY_BYTES])
{
    uint64_t number = 0;
    bool is_off = option->type == OPTION_RATE && strcmp(text, "off") == 0;
    enum err err = is_off ? OK : read_number(option, text, &number, why);
    if (err != OK)
        return err;
    if (option->type == OPTION_SECONDS)
        *(int64_t *)place_of(option, settings) = (int64_t)number;
    else
        *(unsigned *)place_of(option, settings) = (unsigned)number;
    return OK;
}

static enum err set_choice(const struct option *option, unsigned *place, const char *text,
                           char why[OPTION_WHY_BYTES])
{
    struct buf words = {0};
    for (unsigned i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            *place = i;
            buf_free(&words);
            return OK;
        }
        buf_printf(&words, "%s%s", i > 0 ? ", " : "", option->choices[i]);
    }
    enum err err =
        bad(why, bytes_from_text(text), "is none of: %.*s", BYTES_FMT(buf_bytes(&words)));
    buf_free(&words);
    return err;
}

static enum err set_text(const struct option *option, const char **place, const char *text,
                         char why[OPTION_WHY_BYTES])
{
    enum err err = option->check != NULL ? option->check(text, why) : OK;
    if (err == OK)
        *place = text;
    return err;
}

static enum err add_item(const struct option *option, struct settings *settings, struct bytes item,
                         char why[OPTION_WHY_BYTES])
{
    if (value_list_count(option, settings) >= option->max) {
        (void)bad(why, item, "is one too many; there may be %llu", (unsigned long long)option->max);
        return ERR_LIMIT;
    }
    struct bytes copy;
    enum err err = arena_copy(&settings->arena, item, &copy);
    if (err == OK)
        err = option->take(settings, (const char *)copy.data, why);
    return err;
}

static enum err add_list(const struct option *option, struct settings *settings, const char *text,
                         char why[OPTION_WHY_BYTES])
{
    static const char separators[] = " \t,";
    for (const char *at = text + strspn(text, separators); *at != '\0';) {
        size_t len = strcspn(at, separators);
        enum err err = add_item(option, settings, bytes_of(at, len), why);
        if (err != OK)
            return err;
        at += len;
        at += strspn(at, separators);
    }
    return OK;
}

enum err value_set(const struct option *option, struct settings *settings, const char *text,
                   char why[OPTION_WHY_BYTES])
{
    (void)snprintf(why, OPTION_WHY_BYTES, "no memory");
    void *place = place_of(option, settings);
    switch (option->type) {
    case OPTION_FLAG:
        return set_flag(place, text, why);
    case OPTION_TEXT:
        return set_text(option, place, text, why);
    case OPTION_NUMBER:
    case OPTION_SECONDS:
    case OPTION_RATE:
        return set_number(option, settings, text, why);
    case OPTION_CHOICE:
        return set_choice(option, place, text, why);
    case OPTION_LIST:
        return add_list(option, settings, text, why);
    }
    return ERR_SYNTAX;
}

void value_clear_list(const struct option *option, struct settings *settings)
{
    *(size_t *)place_of(option, settings) = 0;
}

static bool text_is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool texts_are_same(const struct option *option, const struct settings *a,
                           const struct settings *b)
{
    size_t count = value_list_count(option, a);
    if (count != value_list_count(option, b))
        return false;
    for (size_t i = 0; i < count && option->is_of_texts; i++) {
        const char *texts[2];
        size_t at = option->texts + i * sizeof texts[0];
        memcpy(&texts[0], (const char *)a + at, sizeof texts[0]);
        memcpy(&texts[1], (const char *)b + at, sizeof texts[1]);
        if (!text_is_same(texts[0], texts[1]))
            return false;
    }
    return true;
}

bool value_is_same(const struct option *option, const struct settings *a, const struct settings *b)
{
    const void *at_a = (const char *)a + option->offset;
    const void *at_b = (const char *)b + option->offset;
    const char *texts[2];
    switch (option->type) {
    case OPTION_FLAG:
        return memcmp(at_a, at_b, sizeof(bool)) == 0;
    case OPTION_TEXT:
        memcpy(&texts[0], at_a, sizeof texts[0]);
        memcpy(&texts[1], at_b, sizeof texts[1]);
        return text_is_same(texts[0], texts[1]);
    case OPTION_NUMBER:
    case OPTION_RATE:
    case OPTION_CHOICE:
        return memcmp(at_a, at_b, sizeof(unsigned)) == 0;
    case OPTION_SECONDS:
        return memcmp(at_a, at_b, sizeof(int64_t)) == 0;
    case OPTION_LIST:
        return texts_are_same(option, a, b);
    }
    return false;
}

size_t value_list_count(const struct option *option, const struct settings *settings)
{
    size_t count;
    memcpy(&count, (const char *)settings + option->offset, sizeof count);
    return count;
}

enum err value_check_path(const char *text, char why[OPTION_WHY_BYTES])
{
    if (text[0] != '\0')
        return OK;
    return bad(why, bytes_from_text(text), "is no file's name");
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

/* A token (RFC 9110, section 5.6.2). */
enum err value_check_cookie_name(const char *text, char why[OPTION_WHY_BYTES])
{
    size_t len = strspn(text, LETTERS DIGITS "!#$%&'*+-.^_`|~");
    if (len > 0 && len <= COOKIE_NAME_BYTES_MAX && text[len] == '\0')
        return OK;
    return bad(why, bytes_from_text(text),
               "is no cookie's name: 1 to %d letters, digits and - _ . and the like",
               COOKIE_NAME_BYTES_MAX);
}

/* Browsers judge the rest; a dot at the beginning is an old custom that they ignore. */
enum err value_check_cookie_domain(const char *text, char why[OPTION_WHY_BYTES])
{
    size_t len = strspn(text, LETTERS DIGITS "-.");
    if (len > 0 && len <= COOKIE_DOMAIN_BYTES_MAX && text[len] == '\0')
        return OK;
    return bad(why, bytes_from_text(text), "is no domain, e.g. example.com");
}

enum err value_check_cookie_path(const char *text, char why[OPTION_WHY_BYTES])
{
    size_t len = strlen(text);
    bool is_fine = text[0] == '/' && len <= COOKIE_PATH_BYTES_MAX;
    for (size_t i = 0; i < len && is_fine; i++)
        is_fine = text[i] > ' ' && text[i] < 0x7f && text[i] != ';';
    if (is_fine)
        return OK;
    return bad(why, bytes_from_text(text), "is no path of a cookie, e.g. / or /chat/");
}

enum err value_check_email(const char *text, char why[OPTION_WHY_BYTES])
{
    static_assert((int)NAME_WHY_BYTES <= (int)OPTION_WHY_BYTES, "the words fit");
    return text[0] == '\0' ? OK : email_check(bytes_from_text(text), why); /* none is legal */
}

/* Without a zone it would be taken for UTC, whatever the operator meant. */
static bool has_zone(struct bytes text)
{
    static const char example[] = "2026-11-22T18:00";
    struct bytes rest = bytes_skip(text, text.len < strlen(example) ? text.len : strlen(example));
    return bytes_index(rest, 'Z') < rest.len || bytes_index(rest, '+') < rest.len ||
           bytes_index(rest, '-') < rest.len;
}

enum err value_check_time(const char *text, char why[OPTION_WHY_BYTES])
{
    int64_t us;
    struct bytes bytes = bytes_from_text(text);
    if (time_read_sql(bytes, &us) == OK && has_zone(bytes))
        return OK;
    return bad(why, bytes,
               "is no time with its zone, e.g. 2026-11-22T18:00:00Z or 2026-11-22T19:00+01:00");
}

enum err value_check_notice_code(const char *text, char why[OPTION_WHY_BYTES])
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz" DIGITS "_");
    if (len > 0 && len <= NOTICE_CODE_BYTES_MAX && text[len] == '\0')
        return OK;
    return bad(why, bytes_from_text(text), "is no code: 1 to %d small letters, digits and _",
               NOTICE_CODE_BYTES_MAX);
}

enum err value_check_database(const char *text, char why[OPTION_WHY_BYTES])
{
    struct bytes bytes = bytes_from_text(text);
    /* The location may hold a password: it is not repeated. */
    if (bytes_starts_with(bytes, BYTES("postgres://")) ||
        bytes_starts_with(bytes, BYTES("postgresql://"))) {
        (void)snprintf(
            why, OPTION_WHY_BYTES,
            "PostgreSQL is not supported by this version; give the path of an SQLite file");
        return ERR_SYNTAX;
    }
    return value_check_path(text, why);
}

enum err value_check_channel_layer(const char *text, char why[OPTION_WHY_BYTES])
{
    struct bytes bytes = bytes_from_text(text);
    if (bytes_is(bytes, "memory"))
        return OK;
    if (bytes_starts_with(bytes, BYTES("redis://"))) {
        (void)snprintf(
            why, OPTION_WHY_BYTES,
            "Redis is not supported by this version; \"memory\" is the only channel layer");
        return ERR_SYNTAX;
    }
    return bad(why, bytes, "is not a channel layer; \"memory\" is the only one in this version");
}

/* Only the shape is judged: whether the host can be listened on is found out by trying. */
enum err value_check_listen(const char *text, char why[OPTION_WHY_BYTES])
{
    struct bytes bytes = bytes_from_text(text);
    size_t colon = bytes_last_index(bytes, ':');
    struct bytes host = bytes_first(bytes, colon);
    uint64_t port = 0;
    bool is_bracketed = host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
    bool is_host = host.len > 0 && (is_bracketed || strcspn(text, ":[]") == host.len);
    if (colon == bytes.len || !is_host ||
        bytes_to_number(bytes_skip(bytes, colon + 1), UINT16_MAX, &port) != OK)
        return bad(why, bytes, "is not HOST:PORT, e.g. 127.0.0.1:8000, 0.0.0.0:80 or [::1]:8000");
    return OK;
}

enum err value_take_listen(struct settings *settings, const char *text, char why[OPTION_WHY_BYTES])
{
    enum err err = value_check_listen(text, why);
    if (err == OK)
        settings->server.listen[settings->server.listen_count++] = text;
    return err;
}

enum err value_take_origin(struct settings *settings, const char *text, char why[OPTION_WHY_BYTES])
{
    struct origins *origins = &settings->server.origins;
    struct bytes bytes = bytes_from_text(text);
    if (!origin_is_wellformed(bytes))
        return bad(
            why, bytes,
            "is not an origin: scheme://host or scheme://host:port and nothing behind it, e.g. "
            "https://chat.example.com");
    origins->allowed[origins->count++] = bytes;
    return OK;
}

enum err value_take_proxy(struct settings *settings, const char *text, char why[OPTION_WHY_BYTES])
{
    struct server_settings *server = &settings->server;
    struct bytes bytes = bytes_from_text(text);
    struct address_range range;
    enum err err = address_range_read(bytes, &range);
    if (err == ERR_CONFLICT)
        return bad(why, bytes,
                   "has address bits behind its prefix; name the first address of the range");
    if (err != OK)
        return bad(why, bytes,
                   "is not an address range, e.g. 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32");
    server->trusted_proxies[server->trusted_proxy_count++] = range;
    return OK;
}

enum err value_take_fallback(struct settings *settings, const char *text,
                             char why[OPTION_WHY_BYTES])
{
    struct server_settings *server = &settings->server;
    (void)why; /* whether it can be read is found out at the start */
    server->secret_key_fallback_files[server->secret_key_fallback_count++] = text;
    return OK;
}

enum err value_take_participant(struct settings *settings, const char *text,
                                char why[OPTION_WHY_BYTES])
{
    (void)why; /* whether there is such a user, the database knows */
    settings->participants[settings->participant_count++] = text;
    return OK;
}

enum err value_take_upload_type(struct settings *settings, const char *text,
                                char why[OPTION_WHY_BYTES])
{
    struct server_settings *server = &settings->server;
    struct bytes type = bytes_from_text(text);
    if (!upload_type_is_valid(type))
        return bad(why, type, "is no type of files; types are like application/pdf or image/*");
    server->upload_types[server->upload_type_count++] = text;
    return OK;
}
