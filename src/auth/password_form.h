/* password_form.h - whether an encoded password hash has the form that its algorithm gives it.
 *
 * Looks at the form alone: password.c decides what matches.
 */
#ifndef CONFAB_AUTH_PASSWORD_FORM_H
#define CONFAB_AUTH_PASSWORD_FORM_H

#include "base/bytes.h"

enum password_form {
    PASSWORD_FORM_GOOD,
    PASSWORD_FORM_UNUSABLE,  /* begins with "!": Django's way to say that nobody can log in so */
    PASSWORD_FORM_UNKNOWN,   /* of an algorithm that this program does not know */
    PASSWORD_FORM_MALFORMED, /* of one that it knows, and not as that one writes it */
};

enum password_form password_form(struct bytes encoded);

#endif
