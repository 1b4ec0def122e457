#include "ws/handshake.h"

#include <assert.h>
#include <stdatomic.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

enum {
    KEY_BYTES = 24, /* base64 of 16 bytes: 22 digits and "==" */
    KEY_DIGITS = 22,
    WINDOW_BITS_LOW = 8, /* smallest and largest that an offer may name (RFC 7692, section 7.1.2) */
    WINDOW_BITS_OURS = 9, /* smallest that zlib's raw deflate can keep */
    WINDOW_BITS_HIGH = 15,
};

bool ws_list_has_token(struct bytes list, const char *token)
{
    struct bytes element;
    while (bytes_split(&list, ',', &element)) {
        if (bytes_equal_nocase(bytes_trim(element, " \t"), bytes_from_text(token)))
            return true;
    }
    return false;
}

/* Base64 of 16 bytes. The last digit's unused bits may be anything: clients and people make up
 * keys. */
static bool key_is_valid(struct bytes key)
{
    if (key.len != KEY_BYTES || !bytes_is(bytes_skip(key, KEY_DIGITS), "=="))
        return false;
    for (size_t i = 0; i < KEY_DIGITS; i++) {
        uint8_t c = key.data[i];
        bool is_digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                        (c >= '0' && c <= '9') || c == '+' || c == '/';
        if (!is_digit)
            return false;
    }
    return true;
}

enum ws_handshake_verdict ws_handshake_check(const struct ws_offer *offer)
{
    if (!offer->is_get)
        return WS_HANDSHAKE_BAD_METHOD;
    if (!offer->is_http_1_1)
        return WS_HANDSHAKE_BAD_HTTP;
    if (!ws_list_has_token(offer->upgrade, "websocket") ||
        !ws_list_has_token(offer->connection, "upgrade"))
        return WS_HANDSHAKE_NOT_WEBSOCKET;
    /* Before the key: a client of another version may have none, and should learn which version to
     * use. */
    if (!bytes_is(bytes_trim(offer->version, " \t"), "13"))
        return WS_HANDSHAKE_BAD_VERSION;
    if (offer->key_count != 1 || !key_is_valid(bytes_trim(offer->key, " \t")))
        return WS_HANDSHAKE_BAD_KEY;
    return WS_HANDSHAKE_OK;
}

/* OpenSSL 3 looks an algorithm up by its name, under a lock, unless it has been fetched. */
static const EVP_MD *sha1(void)
{
    static _Atomic(EVP_MD *) known; /* kept until the process ends */
    EVP_MD *expected = NULL;
    EVP_MD *found = atomic_load(&known);
    if (found != NULL)
        return found;
    found = EVP_MD_fetch(NULL, "SHA1", NULL);
    if (found == NULL) /* without memory: looked up whenever it is used */
        return EVP_sha1();
    if (atomic_compare_exchange_strong(&known, &expected, found))
        return found;
    EVP_MD_free(found); /* another thread was first */
    return expected;
}

void ws_accept_value(struct bytes key, char out[WS_ACCEPT_BYTES + 1])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455, section 1.3 */
    key = bytes_trim(key, " \t");
    assert(key.len == KEY_BYTES);
    uint8_t text[KEY_BYTES + sizeof guid - 1];
    memcpy(text, key.data, KEY_BYTES);
    memcpy(text + KEY_BYTES, guid, sizeof guid - 1);
    uint8_t digest[SHA_DIGEST_LENGTH];
    (void)EVP_Digest(text, sizeof text, digest, NULL, sha1(), NULL);
    (void)EVP_EncodeBlock((unsigned char *)out, digest, sizeof digest);
}

/* The parameters of permessage-deflate (RFC 7692, section 7.1) and what an offer may say of them.
 */
enum parameter_value { VALUE_NONE, VALUE_BITS, VALUE_NONE_OR_BITS };
enum {
    PARAMETER_SERVER_NO_CONTEXT,
    PARAMETER_CLIENT_NO_CONTEXT,
    PARAMETER_SERVER_BITS,
    PARAMETER_CLIENT_BITS,
};
static const struct {
    const char *name;
    enum parameter_value value;
} parameters[] = {
    [PARAMETER_SERVER_NO_CONTEXT] = {"server_no_context_takeover", VALUE_NONE},
    [PARAMETER_CLIENT_NO_CONTEXT] = {"client_no_context_takeover", VALUE_NONE},
    [PARAMETER_SERVER_BITS] = {"server_max_window_bits", VALUE_BITS},
    [PARAMETER_CLIENT_BITS] = {"client_max_window_bits", VALUE_NONE_OR_BITS},
};

/* One character of a token (RFC 9110, section 5.6.2). */
static bool is_token_character(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static void skip_blanks(struct bytes *rest)
{
    while (rest->len > 0 && (rest->data[0] == ' ' || rest->data[0] == '\t'))
        *rest = bytes_skip(*rest, 1);
}

static bool take_character(struct bytes *rest, uint8_t c)
{
    skip_blanks(rest);
    if (rest->len == 0 || rest->data[0] != c)
        return false;
    *rest = bytes_skip(*rest, 1);
    return true;
}

static bool take_token(struct bytes *rest, struct bytes *token)
{
    skip_blanks(rest);
    size_t len = 0;
    while (len < rest->len && is_token_character(rest->data[len]))
        len++;
    *token = bytes_first(*rest, len);
    *rest = bytes_skip(*rest, len);
    return len > 0;
}

/* A value is a token, plain or in quotes (RFC 6455, section 9.1). An escape inside the quotes is
 * legal too, but no value that means anything here needs one; it is taken for a bad value. */
static bool take_value(struct bytes *rest, struct bytes *value)
{
    if (!take_character(rest, '"'))
        return take_token(rest, value);
    bool has_token = take_token(rest, value);
    return has_token && take_character(rest, '"');
}

/* Go to the end of the current element of the list, over commas in quotes. False: it was the last
 * one. */
static bool skip_element(struct bytes *rest)
{
    bool in_quotes = false;
    while (rest->len > 0) {
        uint8_t c = rest->data[0];
        *rest = bytes_skip(*rest, 1);
        if (c == ',' && !in_quotes)
            return true;
        if (c == '"')
            in_quotes = !in_quotes;
        if (c == '\\' && in_quotes && rest->len > 0)
            *rest = bytes_skip(*rest, 1);
    }
    return false;
}

/* A number from 8 to 15 without leading zeros (RFC 7692, section 7.1.2). */
static bool read_window_bits(struct bytes value, uint64_t *bits)
{
    return bytes_to_number(value, WINDOW_BITS_HIGH, bits) == OK && *bits >= WINDOW_BITS_LOW &&
           value.data[0] != '0';
}

/* Take one parameter of an offer into the terms. seen: bits of those that came before.
 * False: unknown, repeated, or with a value that it cannot have. */
static bool take_parameter(struct bytes *rest, unsigned *seen, struct ws_deflate_terms *terms)
{
    struct bytes name;
    struct bytes value = NO_BYTES;
    if (!take_token(rest, &name))
        return false;
    bool has_value = take_character(rest, '=');
    if (has_value && !take_value(rest, &value))
        return false;
    size_t i = 0;
    while (i < COUNT_OF(parameters) && !bytes_is(name, parameters[i].name))
        i++;
    if (i == COUNT_OF(parameters) || (*seen & BIT(i)) != 0)
        return false;
    *seen |= BIT(i);

    if (!has_value)
        return parameters[i].value != VALUE_BITS;
    uint64_t bits = 0;
    if (parameters[i].value == VALUE_NONE || !read_window_bits(value, &bits))
        return false;
    if (i == PARAMETER_SERVER_BITS) {
        if (bits < WINDOW_BITS_OURS)
            return false;
        terms->server_window_bits = (uint8_t)bits;
        terms->server_bits_were_asked = true;
    }
    return true; /* the client may limit its own window: ours reads any */
}

/* Read one element of the list. False: it is not an offer that can be accepted. */
static bool take_offer(struct bytes *rest, struct ws_deflate_terms *terms)
{
    *terms = (struct ws_deflate_terms) {.is_on = true, .server_window_bits = WINDOW_BITS_HIGH};
    struct bytes name;
    if (!take_token(rest, &name) || !bytes_is(name, "permessage-deflate"))
        return false;
    unsigned seen = 0;
    while (take_character(rest, ';')) {
        if (!take_parameter(rest, &seen, terms))
            return false;
    }
    skip_blanks(rest);
    return rest->len == 0 || rest->data[0] == ',';
}

void ws_deflate_negotiate(struct bytes extensions, struct ws_deflate_terms *terms)
{
    if (extensions.data != NULL) {
        do {
            struct bytes element =
                extensions; /* a bad offer is left anywhere, so go on from its beginning */
            if (take_offer(&element, terms))
                return;
        } while (skip_element(&extensions));
    }
    *terms = (struct ws_deflate_terms) {0};
}

void ws_deflate_append_response(const struct ws_deflate_terms *terms, struct buf *out)
{
    buf_append_text(out,
                    "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    if (terms->server_bits_were_asked)
        buf_printf(out, "; server_max_window_bits=%u", terms->server_window_bits);
}
