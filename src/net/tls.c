#include "net/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

struct tls_config {
    SSL_CTX *ctx;
};

struct tls {
    SSL *ssl;
    int fd;
    struct buf *wire;
    struct buf plain;
    bool speaks_http;
};

/* --- The kernel's side, as OpenSSL sees it: reads come from the socket, writes go into the wire
 * buffer --- */

static int wire_write(BIO *bio, const char *data, int len)
{
    struct tls *tls = BIO_get_data(bio);
    buf_append(tls->wire, bytes_of(data, (size_t)len));
    return tls->wire->failed ? -1 : len;
}

static int wire_read(BIO *bio, char *data, int len)
{
    const struct tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t n = recv(tls->fd, data, (size_t)len, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(bio);
    return (int)n;
}

static long wire_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/* Made once, and kept for the life of the process. */
static BIO_METHOD *wire_method(void)
{
    static BIO_METHOD *method;
    if (method == NULL) {
        method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "confab wire");
        if (method != NULL) {
            (void)BIO_meth_set_write(method, wire_write);
            (void)BIO_meth_set_read(method, wire_read);
            (void)BIO_meth_set_ctrl(method, wire_control);
        }
    }
    return method;
}

/* --- Certificate and key --- */

/* The only protocol that we speak inside (RFC 7301). A client that offers others only is refused.
 */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *context)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen = NULL;
    (void)ssl;
    (void)context;
    if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* Settle everything but the certificate. */
static bool set_up(SSL_CTX *ctx)
{
    static const unsigned char session_context[] = "confab";
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                       SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                       SSL_OP_IGNORE_UNEXPECTED_EOF);
    /* An idle connection gives its record buffers back. Tickets need no memory of ours. */
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_session_id_context(ctx, session_context, sizeof session_context - 1) == 1;
}

/* What went wrong last, in OpenSSL's words. */
static void say(char reason[256], const char *what, const char *file)
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());
    (void)snprintf(reason, 256, "%s %s: %s", what, file, why != NULL ? why : "unknown error");
    ERR_clear_error();
}

static bool load(SSL_CTX *ctx, const char *cert_file, const char *key_file, char reason[256])
{
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1) {
        say(reason, "no certificate chain (PEM) could be read from", cert_file);
        return false;
    }
    if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1) {
        say(reason, "no key (PEM) for the certificate could be read from", key_file);
        return false;
    }
    return true;
}

enum err tls_config_new(const char *cert_file, const char *key_file, struct tls_config **out,
                        char reason[256])
{
    struct tls_config *config = calloc(1, sizeof *config);
    (void)snprintf(reason, 256, "no memory");
    if (config == NULL)
        return ERR_MEMORY;
    config->ctx = wire_method() != NULL ? SSL_CTX_new(TLS_server_method()) : NULL;
    enum err err = config->ctx != NULL && set_up(config->ctx) ? OK : ERR_MEMORY;
    if (err == OK && !load(config->ctx, cert_file, key_file, reason))
        err = ERR_SYNTAX;
    if (err != OK) {
        SSL_CTX_free(config->ctx);
        free(config);
        return err;
    }
    *out = config;
    return OK;
}

/* OpenSSL counts its own context; ours is only the name for it. */
struct tls_config *tls_config_ref(struct tls_config *config)
{
    struct tls_config *other = malloc(sizeof *other);
    if (other == NULL)
        return NULL;
    (void)SSL_CTX_up_ref(config->ctx);
    *other = *config;
    return other;
}

void tls_config_unref(struct tls_config **config_at)
{
    struct tls_config *config = *config_at;
    *config_at = NULL;
    if (config == NULL)
        return;
    SSL_CTX_free(config->ctx);
    free(config);
}

/* --- One connection --- */

enum err tls_new(struct tls_config *config, int fd, struct buf *wire, struct tls **out)
{
    struct tls *tls = calloc(1, sizeof *tls);
    BIO *bio = tls != NULL ? BIO_new(wire_method()) : NULL;
    if (bio == NULL) {
        free(tls);
        return ERR_MEMORY;
    }
    tls->fd = fd;
    tls->wire = wire;
    tls->ssl = SSL_new(config->ctx);
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    if (tls->ssl == NULL) {
        BIO_free(bio);
        free(tls);
        return ERR_MEMORY;
    }
    SSL_set_bio(tls->ssl, bio, bio);
    SSL_set_accept_state(tls->ssl);
    *out = tls;
    return OK;
}

void tls_free(struct tls **tls_at)
{
    struct tls *tls = *tls_at;
    *tls_at = NULL;
    if (tls == NULL)
        return;
    SSL_free(tls->ssl);
    buf_free(&tls->plain);
    free(tls);
}

static ssize_t explain(struct tls *tls, int result)
{
    int error = SSL_get_error(tls->ssl, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return -EAGAIN;
    if (error == SSL_ERROR_ZERO_RETURN)
        return 0;
    tls->speaks_http = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
    ERR_clear_error();
    return -EPROTO;
}

ssize_t tls_read(struct tls *tls, uint8_t *data, size_t len)
{
    ERR_clear_error();
    int n = SSL_read(tls->ssl, data, len < INT32_MAX ? (int)len : INT32_MAX);
    return n > 0 ? n : explain(tls, n);
}

bool tls_peer_speaks_http(const struct tls *tls)
{
    return tls->speaks_http;
}

struct buf *tls_plain(struct tls *tls)
{
    return &tls->plain;
}

size_t tls_seal_from(struct tls *tls, struct bytes bytes)
{
    size_t len = bytes.len < TLS_RECORD_BYTES_MAX ? bytes.len : TLS_RECORD_BYTES_MAX;
    if (len == 0 || SSL_is_init_finished(tls->ssl) == 0)
        return 0;
    ERR_clear_error();
    int taken = SSL_write(tls->ssl, bytes.data, (int)len);
    if (taken <= 0) {
        tls->wire->failed = true; /* bytes are missing: the connection cannot go on */
        ERR_clear_error();
        return 0;
    }
    return (size_t)taken;
}

void tls_seal(struct tls *tls)
{
    struct bytes rest = buf_bytes(&tls->plain);
    while (rest.len > 0) {
        size_t taken = tls_seal_from(tls, rest);
        if (taken == 0)
            break;
        rest = bytes_skip(rest, taken);
    }
    if (tls->plain.failed)
        tls->wire->failed = true;
    buf_free(&tls->plain);
}

void tls_end(struct tls *tls)
{
    if (SSL_is_init_finished(tls->ssl) != 0)
        (void)SSL_shutdown(tls->ssl);
    ERR_clear_error();
}
