#include "bench/target.h"

#include <arpa/inet.h>
#include "base/bytes.h"

enum err target_read(const char *text, struct sockaddr_in *out)
{
    struct bytes all = bytes_from_text(text);
    size_t colon = bytes_last_index(all, ':');
    char host[INET_ADDRSTRLEN];
    uint64_t port = 0;
    if (colon == all.len || colon >= sizeof(host) ||
        bytes_to_number(bytes_skip(all, colon + 1), UINT16_MAX, &port) != OK)
        return ERR_SYNTAX;
    memcpy(host, text, colon);
    host[colon] = '\0';
    *out = (struct sockaddr_in) {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return inet_pton(AF_INET, host, &out->sin_addr) == 1 ? OK : ERR_SYNTAX;
}
