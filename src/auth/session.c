#include "auth/session.h"

#include <assert.h>
#include <zlib.h>
#include "base/base64.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/random.h"

#define SALT_DATA      "django.contrib.sessions.SessionStoresigner"
#define SALT_AUTH_HASH "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
#define BACKEND        "django.contrib.auth.backends.ModelBackend"

enum {
    /* What SESSION_DATA_BYTES_MAX bytes take in base64, and the time and MAC behind it. */
    SESSION_TEXT_BYTES_MAX = (SESSION_DATA_BYTES_MAX + 2) / 3 * 4 + 64,
    MAC_TEXT_BYTES = (MAC_BYTES + 2) / 3 * 4, /* in base64 */
    AUTH_HASH_BYTES = 2 * MAC_BYTES,          /* in hexadecimal */
    USER_ID_BYTES_MAX = 20,                   /* of -2^63 */
    INFLATE_STEP_BYTES = 1024,
    BASE62_DIGITS_MAX = 11, /* of 2^63 */
};

static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

void session_key_new(char out[SESSION_KEY_BYTES + 1])
{
    random_text(out, SESSION_KEY_BYTES, "abcdefghijklmnopqrstuvwxyz0123456789");
}

bool session_key_is_plausible(struct bytes key)
{
    if (key.len < SESSION_KEY_BYTES_MIN || key.len > SESSION_KEY_BYTES_MAX)
        return false;
    for (size_t i = 0; i < key.len; i++) {
        if (key.data[i] < 0x20 || key.data[i] >= 0x7f)
            return false;
    }
    return true;
}

/* Append the MAC of a value as Django writes it behind the last colon. */
static void append_mac(struct buf *out, struct bytes secret, struct bytes value)
{
    uint8_t mac[MAC_BYTES];
    mac_make(secret, SALT_DATA, value, mac);
    base64_append(out, bytes_of(mac, sizeof mac), BASE64_URL);
}

/* Compared as text: base64 that differs only in unused bits is no signature either. Without an
 * allocation: nobody is logged out because there was no memory to see that they are in. */
static bool mac_is_of(struct bytes mac, struct bytes secret, struct bytes value)
{
    uint8_t text[MAC_TEXT_BYTES];
    struct buf expected = {.data = text, .cap = sizeof text};
    append_mac(&expected, secret, value);
    assert(expected.data == text && !expected.failed);
    return bytes_equal_secret(mac, buf_bytes(&expected));
}

/* "text:last" into its halves at the last colon. */
static bool split_last(struct bytes text, struct bytes *before, struct bytes *last)
{
    size_t colon = bytes_last_index(text, ':');
    if (colon == text.len)
        return false;
    *before = bytes_first(text, colon);
    *last = bytes_skip(text, colon + 1);
    return true;
}

/* "body:time:mac" to its body, if the MAC is right under any secret. */
static bool unsign(struct bytes data, const struct secrets *secrets, struct bytes *body)
{
    struct bytes value;
    struct bytes mac;
    struct bytes time;
    if (data.len > SESSION_TEXT_BYTES_MAX || !split_last(data, &value, &mac))
        return false;
    bool is_signed = mac_is_of(mac, secrets->current, value);
    for (size_t i = 0; i < secrets->fallback_count && !is_signed; i++)
        is_signed = mac_is_of(mac, secrets->fallbacks[i], value);
    if (!is_signed || !split_last(value, body, &time))
        return false;
    /* The time itself is not used: the row's expire_date decides. */
    for (size_t i = 0; i < time.len; i++) {
        if (time.data[i] == 0 || strchr(base62, time.data[i]) == NULL)
            return false;
    }
    return time.len > 0;
}

/* Append what the zlib stream holds. ERR_SYNTAX: damaged, cut, or larger than a session may be. */
static enum err inflate_all(struct bytes packed, struct buf *out)
{
    z_stream stream = {0};
    if (inflateInit(&stream) != Z_OK)
        return ERR_MEMORY;
    stream.next_in = (Bytef *)(uintptr_t)packed.data; /* zlib only reads it */
    stream.avail_in = (uInt)packed.len;
    int status = Z_OK;
    while (status == Z_OK && out->len <= SESSION_DATA_BYTES_MAX) {
        if (!buf_reserve(out, INFLATE_STEP_BYTES)) {
            status = Z_MEM_ERROR;
            break;
        }
        stream.next_out = out->data + out->len;
        stream.avail_out = INFLATE_STEP_BYTES;
        status = inflate(&stream, Z_NO_FLUSH);
        out->len += INFLATE_STEP_BYTES - stream.avail_out;
    }
    (void)inflateEnd(&stream);
    if (status == Z_MEM_ERROR)
        return ERR_MEMORY;
    return status == Z_STREAM_END ? OK : ERR_SYNTAX;
}

/* Append the dictionary's bytes as they were before base64 and zlib. */
static enum err unpack(struct bytes body, struct buf *out)
{
    bool is_packed = bytes_starts_with(body, BYTES("."));
    if (!is_packed) {
        enum err err = base64_read(out, body, BASE64_URL);
        return err == OK && out->len > SESSION_DATA_BYTES_MAX ? ERR_SYNTAX : err;
    }
    struct buf packed = {0};
    enum err err = base64_read(&packed, bytes_skip(body, 1), BASE64_URL);
    if (err == OK)
        err = inflate_all(buf_bytes(&packed), out);
    if (err == OK && out->len > SESSION_DATA_BYTES_MAX)
        err = ERR_SYNTAX;
    buf_free(&packed);
    return err;
}

/* Append Latin-1 JSON, for as that Django reads it, as ASCII JSON. ERR_SYNTAX: a backslash stands
 * before a character that has no escape; to escape the character would turn that into something
 * valid. */
static enum err append_ascii(struct bytes json, struct buf *out)
{
    bool after_backslash = false;
    for (size_t i = 0; i < json.len; i++) {
        uint8_t c = json.data[i];
        if (c < 0x80) {
            buf_append_byte(out, c);
        } else {
            if (after_backslash)
                return ERR_SYNTAX;
            buf_append_text(out, "\\u00");
            hex_append(out, bytes_of(&c, 1));
        }
        after_backslash = c == '\\' && !after_backslash;
    }
    return buf_status(out);
}

/* A string member's text, in the arena; absent or anything but a string: data NULL. */
static enum err read_member_text(const struct json_doc *doc, const char *name, struct arena *arena,
                                 struct bytes *out)
{
    *out = NO_BYTES;
    const struct json_node *value = json_member(doc, json_root(doc), name);
    if (value == NULL || value->kind != JSON_STRING)
        return OK;
    struct buf text = {0};
    uint32_t surrogate;
    enum err err = json_read_text(doc, value, &text, &surrogate);
    if (err == OK)
        err = arena_copy(arena, buf_bytes(&text), out);
    buf_free(&text);
    return err == ERR_SYNTAX ? OK : err; /* a lone surrogate: no text of ours */
}

static enum err read_user_id(const struct json_doc *doc, struct arena *arena,
                             struct session_login *login)
{
    const struct json_node *value = json_member(doc, json_root(doc), "_auth_user_id");
    struct bytes text = NO_BYTES;
    enum err err = read_member_text(doc, "_auth_user_id", arena, &text);
    if (err != OK)
        return err;
    if (value != NULL && value->kind == JSON_NUMBER)
        text = json_raw_bytes(doc, value);
    uint64_t id = 0;
    login->has_user = bytes_to_number(text, INT64_MAX, &id) == OK;
    login->user_id = (int64_t)id;
    return OK;
}

static enum err read_login(struct bytes json, struct arena *arena, struct session_login *login)
{
    struct json_doc doc = {0};
    enum err err = json_read(&doc, json);
    if (err == ERR_LIMIT || (err == OK && json_root(&doc)->kind != JSON_OBJECT))
        err = ERR_SYNTAX;
    if (err == OK)
        err = read_user_id(&doc, arena, login);
    if (err == OK)
        err = read_member_text(&doc, "_auth_user_backend", arena, &login->backend);
    if (err == OK)
        err = read_member_text(&doc, "_auth_user_hash", arena, &login->auth_hash);
    json_doc_free(&doc);
    return err;
}

enum err session_decode(struct bytes data, const struct secrets *secrets, struct arena *arena,
                        struct bytes *json, struct session_login *login)
{
    struct buf raw = {0};
    struct buf ascii = {0};
    struct bytes body;
    *login = (struct session_login) {0};
    if (!unsign(data, secrets, &body))
        return ERR_SYNTAX;
    enum err err = unpack(body, &raw);
    if (err != OK)
        goto done;
    err = append_ascii(buf_bytes(&raw), &ascii);
    if (err != OK)
        goto done;
    err = arena_copy(arena, buf_bytes(&ascii), json);
    if (err != OK)
        goto done;
    err = read_login(*json, arena, login);

done:
    buf_free(&raw);
    buf_free(&ascii);
    return err;
}

static void append_base62(struct buf *out, uint64_t number)
{
    char digits[BASE62_DIGITS_MAX];
    size_t at = sizeof digits;
    do {
        digits[--at] = base62[number % 62];
        number /= 62;
    } while (number > 0);
    buf_append(out, bytes_of(digits + at, sizeof digits - at));
}

enum err session_encode(struct bytes json, const struct secrets *secrets, int64_t now_s,
                        struct buf *out)
{
    assert(now_s >= 0);
    struct buf value = {0};
    base64_append(&value, json, BASE64_URL);
    buf_append_byte(&value, ':');
    append_base62(&value, (uint64_t)now_s);
    enum err err = buf_status(&value);
    if (err != OK)
        goto done;
    buf_append(out, buf_bytes(&value));
    buf_append_byte(out, ':');
    append_mac(out, secrets->current, buf_bytes(&value));
    err = buf_status(out);

done:
    buf_free(&value);
    return err;
}

/* Whether a key of an earlier dictionary is one of the three that a login sets. */
static bool is_login_key(const struct json_doc *doc, const struct json_node *key)
{
    return json_key_is(doc, key, "_auth_user_id") || json_key_is(doc, key, "_auth_user_backend") ||
           json_key_is(doc, key, "_auth_user_hash");
}

/* "key":value exactly as it stands in the text. */
static struct bytes member_source(const struct json_doc *doc, const struct json_node *key)
{
    const struct json_node *value = json_value(key);
    uint32_t begin = key->begin - 1; /* the quotes are not part of a string's node */
    uint32_t end = value->end + (value->kind == JSON_STRING ? 1 : 0);
    return bytes_of(doc->text.data + begin, end - begin);
}

/* Write the members of an earlier dictionary that are not a login's. */
static enum err write_other_members(struct bytes old_json, struct json *json)
{
    struct json_doc doc = {0};
    enum err err = json_read(&doc, old_json);
    if (err == OK && json_root(&doc)->kind != JSON_OBJECT)
        err = ERR_SYNTAX;
    if (err != OK)
        goto done;
    for (const struct json_node *key = json_first(&doc, json_root(&doc)); key != NULL;
         key = json_next(&doc, json_root(&doc), json_value(key))) {
        if (!is_login_key(&doc, key))
            json_raw(json, member_source(&doc, key));
    }

done:
    json_doc_free(&doc);
    return err;
}

static void append_auth_hash(struct buf *out, struct bytes secret, struct bytes password)
{
    uint8_t mac[MAC_BYTES];
    mac_make(secret, SALT_AUTH_HASH, password, mac);
    hex_append(out, bytes_of(mac, sizeof mac));
}

enum err session_login_json(int64_t user_id, struct bytes password, const struct secrets *secrets,
                            struct bytes old_json, struct buf *out)
{
    uint8_t id_text[USER_ID_BYTES_MAX];
    uint8_t hash_text[AUTH_HASH_BYTES];
    struct buf id = {.data = id_text, .cap = sizeof id_text};
    struct buf hash = {.data = hash_text, .cap = sizeof hash_text};
    struct json json = {.out = out, .style = JSON_COMPACT};
    json_object_begin(&json);
    enum err err = old_json.len > 0 ? write_other_members(old_json, &json) : OK;
    if (err != OK)
        return err;
    buf_append_number(&id, user_id);
    json_key(&json, "_auth_user_id");
    json_text(&json, buf_bytes(&id));
    json_key(&json, "_auth_user_backend");
    json_text_z(&json, BACKEND);
    append_auth_hash(&hash, secrets->current, password);
    json_key(&json, "_auth_user_hash");
    json_text(&json, buf_bytes(&hash));
    json_object_end(&json);
    assert(id.data == id_text && hash.data == hash_text);
    return buf_status(out);
}

static bool hash_is_of(struct bytes auth_hash, struct bytes password, struct bytes secret)
{
    uint8_t text[AUTH_HASH_BYTES];
    struct buf expected = {.data = text, .cap = sizeof text}; /* as in mac_is_of() */
    append_auth_hash(&expected, secret, password);
    assert(expected.data == text && !expected.failed);
    return bytes_equal_secret(auth_hash, buf_bytes(&expected));
}

bool session_hash_matches(struct bytes auth_hash, struct bytes password,
                          const struct secrets *secrets)
{
    bool matches = hash_is_of(auth_hash, password, secrets->current);
    for (size_t i = 0; i < secrets->fallback_count && !matches; i++)
        matches = hash_is_of(auth_hash, password, secrets->fallbacks[i]);
    return matches;
}

bool session_backend_is_known(struct bytes backend)
{
    return bytes_is(backend, BACKEND);
}
