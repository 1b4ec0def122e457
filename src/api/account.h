/* account.h - which usernames and e-mail addresses are accepted, by Django's rules. For REST and
 * the command line.
 *
 * Texts are valid UTF-8. A new name is stored in Unicode's normal form NFKC, as Django's
 * create_user() does, so that two names that look alike are not two users. Looking up is exact on
 * both sides: who logs in writes the name as it is stored.
 */
#ifndef CONFAB_API_ACCOUNT_H
#define CONFAB_API_ACCOUNT_H

#include "base/buf.h"

enum {
    USERNAME_COUNT_MAX = 150,   /* code points */
    EMAIL_COUNT_MAX = 254,      /* code points */
    EMAIL_LABEL_BYTES_MAX = 63, /* of a domain name (RFC 1034, section 3.1) */
};

/* Letters and digits of any script, and @ . + - _; at least one. The length is not looked at. */
bool username_is_valid(struct bytes name);

/* Append the name as it is stored: in normal form NFKC (Unicode Standard Annex 15), by the tables
 * of libunistring. It may be longer, and need not be valid where the name was. */
void username_append_stored(struct buf *out, struct bytes name);

/* Django's EmailValidator: a dot-atom or quoted string, "@", and a domain name of two labels or
 * more, "localhost", or an IP address in brackets. The length is not looked at. */
bool email_is_valid(struct bytes email);

/* Append the address as it is stored: the domain part in lower case. */
void email_append_stored(struct buf *out, struct bytes email);

#endif
