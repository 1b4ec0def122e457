/* address.h - addresses as people write them: "127.0.0.1:8000", "[::1]:8000", "10.0.0.0/8". */
#ifndef CONFAB_NET_ADDRESS_H
#define CONFAB_NET_ADDRESS_H

#include <sys/socket.h>
#include "base/bytes.h"

enum { ADDRESS_TEXT_BYTES = 64 };

/* An IPv4 or IPv6 address in 16 bytes: IPv4 as ::ffff:a.b.c.d. */
struct address {
    uint8_t bytes[16];
};

/* The address alone, without port, of a socket address. A Unix or unknown family gives all zero. */
struct address address_of(const struct sockaddr_storage *storage);

/* Read "10.0.0.7", "::1" or "[::1]". ERR_SYNTAX. */
CHECKED enum err address_read(struct bytes text, struct address *out);

/* As text; IPv4 in its own form. out has ADDRESS_TEXT_BYTES bytes. Returns out. */
const char *address_text(const struct address *address, char out[ADDRESS_TEXT_BYTES]);

/* Whether the first prefix_bits bits (of 128) are the same. */
bool address_in_range(const struct address *address, const uint8_t range[16], unsigned prefix_bits);

/* Split "HOST:PORT"; the brackets of an IPv6 host are taken off. ERR_SYNTAX: no port, or not 0 to
 * 65535. */
CHECKED enum err address_split(const char *text, char host[ADDRESS_TEXT_BYTES], uint16_t *port);

#endif
