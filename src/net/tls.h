/* tls.h - TLS 1.2 and 1.3 on a connection, by OpenSSL.
 *
 * A filter: what is to be sent is sealed into records at the end of the connection's buffer of wire
 * bytes; what the kernel has is opened. So a record is made from a room's log without a copy in
 * between, and sealing never has to wait. Does not know: when to read or send. Thread: a config is
 * shared by all; a struct tls belongs to its connection's loop.
 */
#ifndef CONFAB_NET_TLS_H
#define CONFAB_NET_TLS_H

#include <sys/types.h>
#include "base/buf.h"

/* Plain bytes that one sealing takes at most: one record (RFC 8446, section 5.1). */
enum { TLS_RECORD_BYTES_MAX = 16 * 1024 };

struct tls_config; /* a certificate, its key and the settings made of them; counted */
struct tls;

/* Read certificate chain and key (PEM). On an error *reason is one line, e.g. "the key does not
 * belong to the certificate". */
CHECKED enum err tls_config_new(const char *cert_file, const char *key_file,
                                struct tls_config **out, char reason[256]);
struct tls_config *tls_config_ref(struct tls_config *config);
void tls_config_unref(struct tls_config **config);

/* The server's side of one connection. wire: where records go; it must outlive *out. ERR_MEMORY. */
CHECKED enum err tls_new(struct tls_config *config, int fd, struct buf *wire, struct tls **out);
void tls_free(struct tls **tls);

/* Read what the kernel has and open it. Above 0: plain bytes; 0: the peer has ended; -EAGAIN:
 * nothing for now; -EPROTO: not TLS, or broken. The handshake goes on inside: the wire buffer may
 * have grown whatever came back. */
ssize_t tls_read(struct tls *tls, uint8_t *data, size_t len);

/* Whether the peer began to speak HTTP where TLS was expected. After -EPROTO. */
bool tls_peer_speaks_http(const struct tls *tls);

/* Plain bytes that are to be sent: append here, then tls_seal() them. */
struct buf *tls_plain(struct tls *tls);
void tls_seal(struct tls *tls);

/* Seal bytes that lie somewhere else. Returns how many were taken: at most TLS_RECORD_BYTES_MAX; 0
 * on an error. */
size_t tls_seal_from(struct tls *tls, struct bytes bytes);

/* Say that nothing more will come (close_notify). */
void tls_end(struct tls *tls);

#endif
