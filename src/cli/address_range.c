#include "cli/address_range.h"

#include <arpa/inet.h>

enum { IPV4_BITS = 32, IPV6_BITS = 128, IPV4_MAPPED_BYTES = 12 };

/* The address in the form of ::ffff:a.b.c.d for IPv4. *bits is how long its own prefixes may be. */
static enum err read_address(struct bytes text, uint8_t address[16], unsigned *bits)
{
    static const uint8_t mapped[IPV4_MAPPED_BYTES] = {[10] = 0xff, [11] = 0xff};
    char copy[INET6_ADDRSTRLEN + 1];
    if (text.len >= sizeof copy || memchr(text.data, 0, text.len) != NULL)
        return ERR_SYNTAX;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET6, copy, address) == 1) {
        *bits = IPV6_BITS;
        return OK;
    }
    memcpy(address, mapped, sizeof mapped);
    *bits = IPV4_BITS;
    return inet_pton(AF_INET, copy, address + IPV4_MAPPED_BYTES) == 1 ? OK : ERR_SYNTAX;
}

static bool has_bits_behind(const uint8_t address[16], unsigned prefix_bits)
{
    for (unsigned bit = prefix_bits; bit < IPV6_BITS; bit++) {
        if ((address[bit / 8] & (0x80u >> bit % 8)) != 0)
            return true;
    }
    return false;
}

enum err address_range_read(struct bytes text, struct address_range *out)
{
    size_t slash = bytes_index(text, '/');
    struct address_range range = {0};
    unsigned bits = 0;
    enum err err = read_address(bytes_first(text, slash), range.address, &bits);
    if (err != OK)
        return err;
    uint64_t prefix = bits;
    if (slash < text.len) {
        err = bytes_to_number(bytes_skip(text, slash + 1), bits, &prefix);
        if (err != OK)
            return err;
    }
    range.prefix_bits = (unsigned)prefix + (IPV6_BITS - bits);
    if (has_bits_behind(range.address, range.prefix_bits))
        return ERR_CONFLICT;
    *out = range;
    return OK;
}
