#include "ws/handshake.h"

#include <stdio.h>
#include "ws_client.h"

/* RFC 6455, section 1.3. */
static void test_accept_value_is_the_rfcs(void **state)
{
    (void)state;
    char value[WS_ACCEPT_BYTES + 1];
    ws_accept_value(BYTES("dGhlIHNhbXBsZSBub25jZQ=="), value);
    assert_string_equal(value, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    ws_accept_value(BYTES(" dGhlIHNhbXBsZSBub25jZQ==\t"), value);
    assert_string_equal(value, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static const struct ws_offer good = {
    .is_get = true,
    .is_http_1_1 = true,
    .key_count = 1,
    .upgrade = CASE_BYTES("websocket"),
    .connection = CASE_BYTES("Upgrade"),
    .key = CASE_BYTES("dGhlIHNhbXBsZSBub25jZQ=="),
    .version = CASE_BYTES("13"),
};

/* Browsers, proxies and libraries write these fields in many ways that all mean the same. */
static void test_all_spellings_of_a_good_handshake_are_accepted(void **state)
{
    (void)state;
    CHECK(ws_handshake_check(&good) == WS_HANDSHAKE_OK);
    static const struct bytes upgrades[] = {
        CASE_BYTES("WebSocket"),      CASE_BYTES("WEBSOCKET"),   CASE_BYTES(" websocket\t"),
        CASE_BYTES("h2c, websocket"), CASE_BYTES(",websocket,"),
    };
    for (size_t i = 0; i < COUNT_OF(upgrades); i++) {
        struct ws_offer offer = good;
        offer.upgrade = upgrades[i];
        CHECK(ws_handshake_check(&offer) == WS_HANDSHAKE_OK);
    }
    static const struct bytes connections[] = {
        CASE_BYTES("upgrade"),
        CASE_BYTES("keep-alive, Upgrade"),
        CASE_BYTES("keep-alive,UPGRADE"),
        CASE_BYTES("Upgrade,keep-alive"),
        CASE_BYTES("a ,\tupgrade , b"),
    };
    for (size_t i = 0; i < COUNT_OF(connections); i++) {
        struct ws_offer offer = good;
        offer.connection = connections[i];
        CHECK(ws_handshake_check(&offer) == WS_HANDSHAKE_OK);
    }
    static const struct bytes keys[] = {
        CASE_BYTES("  dGhlIHNhbXBsZSBub25jZQ==\t"), CASE_BYTES("++++++++++//////////AA=="),
        CASE_BYTES("AAAAAAAAAAAAAAAAAAAAAB=="), /* the last digit's unused bits are not zero */
    };
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct ws_offer offer = good;
        offer.key = keys[i];
        CHECK(ws_handshake_check(&offer) == WS_HANDSHAKE_OK);
    }
}

/* Each mistake has its own answer: a client of another version must learn which one to use. */
static void test_each_mistake_has_its_verdict(void **state)
{
    (void)state;
    struct ws_offer offer = good;
    offer.is_get = false;
    CHECK(ws_handshake_check(&offer) == WS_HANDSHAKE_BAD_METHOD);
    offer = good;
    offer.is_http_1_1 = false;
    CHECK(ws_handshake_check(&offer) == WS_HANDSHAKE_BAD_HTTP);

    static const struct bytes not_websocket[] = {
        {NULL, 0},
        CASE_BYTES(""),
        CASE_BYTES("websockets"),
        CASE_BYTES("web socket"),
        CASE_BYTES("h2c"),
        CASE_BYTES("web,socket"),
    };
    for (size_t i = 0; i < COUNT_OF(not_websocket); i++) {
        offer = good;
        offer.upgrade = not_websocket[i];
        CHECK(ws_handshake_check(&offer) == WS_HANDSHAKE_NOT_WEBSOCKET);
        offer = good;
        offer.connection = not_websocket[i];
        CHECK(ws_handshake_check(&offer) == WS_HANDSHAKE_NOT_WEBSOCKET);
    }
    static const struct bytes versions[] = {
        {NULL, 0},         CASE_BYTES(""),      CASE_BYTES("8"),     CASE_BYTES("14"),
        CASE_BYTES("013"), CASE_BYTES("13, 8"), CASE_BYTES("13,13"), CASE_BYTES("130"),
    };
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        offer = good;
        offer.version = versions[i];
        offer.key_count = 0;
        CHECK(ws_handshake_check(&offer) == WS_HANDSHAKE_BAD_VERSION);
    }
    static const struct bytes keys[] = {
        {NULL, 0},
        CASE_BYTES(""),
        CASE_BYTES("dGhlIHNhbXBsZSBub25jZ==="),  /* 15 bytes and one digit too few */
        CASE_BYTES("dGhlIHNhbXBsZSBub25jZSE="),  /* 17 bytes */
        CASE_BYTES("dGhlIHNhbXBsZSBub25jZQ="),   /* 23 characters */
        CASE_BYTES("dGhlIHNhbXBsZSBub25jZQ==="), /* 25 */
        CASE_BYTES("dGhlIHNhbXBsZSBub25j-Q=="),  /* not of the standard alphabet */
        CASE_BYTES("dGhlIHNhbXBsZSBub25j{Q=="),
        CASE_BYTES("dGhlIHNhbXBs ZSBub25j=="), /* a blank inside */
        CASE_BYTES("dGhlIHNhbXBsZQ=="),        /* 10 bytes */
        CASE_BYTES("dGhlIHNhbXBsZSBub25jZSBhZ2Fpbg=="),
    };
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        offer = good;
        offer.key = keys[i];
        CHECK(ws_handshake_check(&offer) == WS_HANDSHAKE_BAD_KEY);
    }
    offer = good;
    offer.key_count = 2;
    CHECK(ws_handshake_check(&offer) == WS_HANDSHAKE_BAD_KEY);
}

static void test_list_has_token_only_as_a_whole_element(void **state)
{
    (void)state;
    CHECK(ws_list_has_token(BYTES("a, b ,\tC"), "c"));
    CHECK(ws_list_has_token(BYTES("A"), "a"));
    CHECK(ws_list_has_token(BYTES(",,a"), "a"));
    CHECK(!ws_list_has_token(BYTES("ab, bc"), "b"));
    CHECK(!ws_list_has_token(BYTES("a b"), "a"));
    CHECK(!ws_list_has_token(BYTES(""), "a"));
    CHECK(!ws_list_has_token(NO_BYTES, "a"));
}

#define PLAIN    "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
#define DECLINED ""

struct offer_case {
    struct bytes extensions;
    const char *response;
    unsigned server_window_bits;
};

static const struct offer_case offers[] = {
    /* What browsers, Python, Node and the conformance suite offer. */
    {CASE_BYTES("permessage-deflate"), PLAIN, 15},
    {CASE_BYTES("permessage-deflate; client_max_window_bits"), PLAIN, 15},
    {CASE_BYTES("permessage-deflate; client_max_window_bits, x-other"), PLAIN, 15},
    {CASE_BYTES("permessage-deflate; client_no_context_takeover; client_max_window_bits"), PLAIN,
     15},
    {CASE_BYTES("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
     PLAIN, 15},
    {CASE_BYTES("permessage-deflate; server_max_window_bits=9; client_max_window_bits"),
     PLAIN "; server_max_window_bits=9", 9},
    {CASE_BYTES("permessage-deflate; server_max_window_bits=15"),
     PLAIN "; server_max_window_bits=15", 15},
    {CASE_BYTES("permessage-deflate; server_no_context_takeover; server_max_window_bits=9, "
                "permessage-deflate; "
                "server_no_context_takeover, permessage-deflate"),
     PLAIN "; server_max_window_bits=9", 9},
    /* A client may limit its own window; the largest reads all. */
    {CASE_BYTES("permessage-deflate; client_max_window_bits=8"), PLAIN, 15},
    {CASE_BYTES("permessage-deflate; client_max_window_bits=15"), PLAIN, 15},
    /* Blanks, quotes and empty elements are grammar. */
    {CASE_BYTES(" permessage-deflate\t;  server_max_window_bits = 10 "),
     PLAIN "; server_max_window_bits=10", 10},
    {CASE_BYTES("permessage-deflate;server_max_window_bits=\"12\""),
     PLAIN "; server_max_window_bits=12", 12},
    {CASE_BYTES(",,permessage-deflate,"), PLAIN, 15},
    /* Others' extensions are passed over, whatever their parameters hold. */
    {CASE_BYTES("x-webkit-deflate-frame, permessage-deflate"), PLAIN, 15},
    {CASE_BYTES("foo; bar=\"a, b; c\"; baz, permessage-deflate"), PLAIN, 15},
    {CASE_BYTES("foo; bar=\"a \\\", permessage-deflate, \\\" b\""), DECLINED, 0},
    {CASE_BYTES("foo=1; x, permessage-deflate"), PLAIN, 15},
    {CASE_BYTES("foo; BAR=Z, permessage-deflate"), PLAIN, 15},
    /* A backslash escapes only within quotes. */
    {CASE_BYTES("foo; bar=\\, permessage-deflate"), PLAIN, 15},
    {CASE_BYTES("foo; bar=\"a\\"), DECLINED, 0},
    /* zlib has no window of 8; the next offer may do. */
    {CASE_BYTES("permessage-deflate; server_max_window_bits=8"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; server_max_window_bits=8, permessage-deflate; "
                "server_max_window_bits=11"),
     PLAIN "; server_max_window_bits=11", 11},
    /* Illegal offers (RFC 7692, section 7.1) are declined, and the connection goes on without. */
    {CASE_BYTES("permessage-deflate; server_max_window_bits"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; server_max_window_bits="), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; server_max_window_bits=\"\""), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; server_max_window_bits=7"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; server_max_window_bits=16"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; server_max_window_bits=010"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; server_max_window_bits=+10"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; server_max_window_bits=-10"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; server_max_window_bits=1e1"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; server_max_window_bits=99999999999999999999"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; client_max_window_bits=7"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; client_max_window_bits=16"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; client_max_window_bits=x"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; client_max_window_bits="), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; server_no_context_takeover=true"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; client_no_context_takeover=1"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; server_no_context_takeover; server_no_context_takeover"),
     DECLINED, 0},
    {CASE_BYTES("permessage-deflate; client_max_window_bits; client_max_window_bits=10"), DECLINED,
     0},
    {CASE_BYTES("permessage-deflate; server_max_window_bits=10; server_max_window_bits=10"),
     DECLINED, 0},
    {CASE_BYTES("permessage-deflate; unknown"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; Client_max_window_bits"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; {"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate\0"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; unknown=\"a, permessage-deflate\""), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; "), DECLINED, 0},
    {CASE_BYTES("permessage-deflate;; client_max_window_bits"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate client_max_window_bits"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; server_max_window_bits=\"10"), DECLINED, 0},
    {CASE_BYTES("permessage-deflate; unknown, permessage-deflate"), PLAIN, 15},
    {CASE_BYTES("permessage-deflate-2"), DECLINED, 0},
    {CASE_BYTES("permessage-bzip2"), DECLINED, 0},
    {CASE_BYTES(""), DECLINED, 0},
    {CASE_BYTES("\"permessage-deflate\""), DECLINED, 0},
    {{NULL, 0}, DECLINED, 0},
};

static void test_first_acceptable_offer_is_taken(void **state)
{
    (void)state;
    struct buf out = {0};
    for (size_t i = 0; i < COUNT_OF(offers); i++) {
        struct ws_deflate_terms terms;
        memset(&terms, 0xa5, sizeof terms);
        ws_deflate_negotiate(offers[i].extensions, &terms);
        buf_clear(&out);
        if (terms.is_on)
            ws_deflate_append_response(&terms, &out);
        CHECK_BYTES(buf_bytes(&out), bytes_from_text(offers[i].response));
        CHECK(terms.server_window_bits == offers[i].server_window_bits);
    }
    buf_free(&out);
}

/* Every window that can be asked for is given exactly so, at the limits and one past them. */
static void test_server_window_is_what_was_asked(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits <= 20; bits++) {
        char text[80];
        (void)snprintf(text, sizeof text, "permessage-deflate; server_max_window_bits=%u", bits);
        struct ws_deflate_terms terms;
        ws_deflate_negotiate(bytes_from_text(text), &terms);
        CHECK(terms.is_on == (bits >= 9 && bits <= 15));
        if (terms.is_on)
            CHECK(terms.server_window_bits == bits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accept_value_is_the_rfcs),
        cmocka_unit_test(test_all_spellings_of_a_good_handshake_are_accepted),
        cmocka_unit_test(test_each_mistake_has_its_verdict),
        cmocka_unit_test(test_list_has_token_only_as_a_whole_element),
        cmocka_unit_test(test_first_acceptable_offer_is_taken),
        cmocka_unit_test(test_server_window_is_what_was_asked),
    };
    return cmocka_run_group_tests_name("ws/handshake", tests, NULL, NULL);
}
