/* fuzz_session.c - any bytes as a session's text: as they are, and signed, since no fuzzer finds a
 * MAC. What is read must be rewritten by a login and then be that login. */
#include <stdlib.h>
#include "auth/session.h"
#include "base/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct secrets secrets = {.current = {(const uint8_t *)"secret", 6}};

static void require(bool fact)
{
    if (!fact)
        abort();
}

static void sign(struct bytes value, struct buf *out)
{
    uint8_t mac[MAC_BYTES];
    mac_make(secrets.current, "django.contrib.sessions.SessionStoresigner", value, mac);
    buf_append(out, value);
    buf_append_byte(out, ':');
    base64_append(out, bytes_of(mac, sizeof mac), BASE64_URL);
}

static void decode(struct bytes data)
{
    struct arena arena = {0};
    struct buf json = {0};
    struct buf again = {0};
    struct bytes read;
    struct session_login login;
    if (session_decode(data, &secrets, &arena, &read, &login) == OK &&
        read.len < SESSION_DATA_BYTES_MAX - 1024) {
        require(session_login_json(7, BYTES("hash"), &secrets, read, &json) == OK);
        require(session_encode(buf_bytes(&json), &secrets, 1, &again) == OK);
        require(session_decode(buf_bytes(&again), &secrets, &arena, &read, &login) == OK);
        require(bytes_equal(read, buf_bytes(&json)));
        require(login.has_user && login.user_id == 7 && session_backend_is_known(login.backend));
        require(session_hash_matches(login.auth_hash, BYTES("hash"), &secrets));
    }
    buf_free(&json);
    buf_free(&again);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct buf text = {0};
    decode(bytes_of(data, len));
    sign(bytes_of(data, len), &text); /* as body and time */
    decode(buf_bytes(&text));
    buf_clear(&text);
    require(session_encode(bytes_of(data, len), &secrets, 1, &text) == OK); /* as the dictionary */
    decode(buf_bytes(&text));
    buf_free(&text);
    return 0;
}
