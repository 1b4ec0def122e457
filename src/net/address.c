#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static const uint8_t v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct address address_of(const struct sockaddr_storage *storage)
{
    struct address address = {{0}};
    if (storage->ss_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, storage, sizeof v6);
        memcpy(address.bytes, &v6.sin6_addr, sizeof address.bytes);
    } else if (storage->ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, storage, sizeof v4);
        memcpy(address.bytes, v4_prefix, sizeof v4_prefix);
        memcpy(address.bytes + sizeof v4_prefix, &v4.sin_addr, 4);
    }
    return address;
}

enum err address_read(struct bytes text, struct address *out)
{
    char copy[ADDRESS_TEXT_BYTES];
    if (text.len >= 2 && text.data[0] == '[' && text.data[text.len - 1] == ']')
        text = bytes_of(text.data + 1, text.len - 2);
    if (text.len == 0 || text.len >= sizeof copy)
        return ERR_SYNTAX;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    struct address address = {{0}};
    memcpy(address.bytes, v4_prefix, sizeof v4_prefix);
    if (inet_pton(AF_INET, copy, address.bytes + sizeof v4_prefix) != 1 &&
        inet_pton(AF_INET6, copy, address.bytes) != 1)
        return ERR_SYNTAX;
    *out = address;
    return OK;
}

const char *address_text(const struct address *address, char out[ADDRESS_TEXT_BYTES])
{
    bool is_v4 = memcmp(address->bytes, v4_prefix, sizeof v4_prefix) == 0;
    const void *at = is_v4 ? address->bytes + sizeof v4_prefix : address->bytes;
    if (inet_ntop(is_v4 ? AF_INET : AF_INET6, at, out, ADDRESS_TEXT_BYTES) == NULL)
        out[0] = '\0';
    return out;
}

bool address_in_range(const struct address *address, const uint8_t range[16], unsigned prefix_bits)
{
    unsigned whole = prefix_bits / 8;
    unsigned rest = prefix_bits % 8;
    if (memcmp(address->bytes, range, whole) != 0)
        return false;
    return rest == 0 || ((address->bytes[whole] ^ range[whole]) >> (8 - rest)) == 0;
}

enum err address_split(const char *text, char host[ADDRESS_TEXT_BYTES], uint16_t *port)
{
    struct bytes all = bytes_from_text(text);
    size_t colon = bytes_last_index(all, ':');
    if (colon == all.len)
        return ERR_SYNTAX;
    uint64_t number;
    if (bytes_to_number(bytes_skip(all, colon + 1), UINT16_MAX, &number) != OK)
        return ERR_SYNTAX;
    struct bytes name = bytes_first(all, colon);
    if (name.len >= 2 && name.data[0] == '[' && name.data[name.len - 1] == ']')
        name = bytes_of(name.data + 1, name.len - 2);
    else if (bytes_index(name, ':') < name.len)
        return ERR_SYNTAX; /* an IPv6 host needs its brackets, or the port cannot be told */
    if (name.len == 0 || name.len >= ADDRESS_TEXT_BYTES)
        return ERR_SYNTAX;
    memcpy(host, name.data, name.len);
    host[name.len] = '\0';
    *port = (uint16_t)number;
    return OK;
}
