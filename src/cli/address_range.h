/* address_range.h - "10.0.0.0/8", "::1/128", "192.0.2.7" as struct address_range. */
#ifndef CONFAB_CLI_ADDRESS_RANGE_H
#define CONFAB_CLI_ADDRESS_RANGE_H

#include "base/bytes.h"
#include "server/settings.h"

/* Read a range (RFC 4632, section 3.1; RFC 4291, section 2.3); without a prefix length it is one
 * address. ERR_SYNTAX: it is none. ERR_CONFLICT: bits are set behind the prefix. *out is then
 * unchanged. */
CHECKED enum err address_range_read(struct bytes text, struct address_range *out);

#endif
