#include "auth/password.h"

#include <assert.h>

/* What a site may prefer. Django 3.2 to 6.1 prefer PBKDF2, with more iterations in each version;
 * those of 3.2, 4.2, 5.2 and 6.1 were measured, the others are from the release notes. */
#define POLICIES(POLICY)                                                                           \
    POLICY("argon2", PASSWORD_ARGON2, 0)                                                           \
    POLICY("pbkdf2_sha256", PASSWORD_PBKDF2_SHA256, 0)                                             \
    POLICY("scrypt", PASSWORD_SCRYPT, 0)                                                           \
    POLICY("bcrypt_sha256", PASSWORD_BCRYPT_SHA256, 0)                                             \
    POLICY("django-3.2", PASSWORD_PBKDF2_SHA256, 260000)                                           \
    POLICY("django-4.0", PASSWORD_PBKDF2_SHA256, 320000)                                           \
    POLICY("django-4.1", PASSWORD_PBKDF2_SHA256, 390000)                                           \
    POLICY("django-4.2", PASSWORD_PBKDF2_SHA256, 600000)                                           \
    POLICY("django-5.0", PASSWORD_PBKDF2_SHA256, 720000)                                           \
    POLICY("django-5.1", PASSWORD_PBKDF2_SHA256, 870000)                                           \
    POLICY("django-5.2", PASSWORD_PBKDF2_SHA256, 1000000)                                          \
    POLICY("django-6.0", PASSWORD_PBKDF2_SHA256, 1200000)                                          \
    POLICY("django-6.1", PASSWORD_PBKDF2_SHA256, 1500000)

#define NAME(name, algorithm, iterations)  name,
#define VALUE(name, algorithm, iterations) {algorithm, iterations},

const char *const password_policy_names[] = {POLICIES(NAME) NULL};

static const struct password_policy policies[] = {POLICIES(VALUE)};

struct password_policy password_policy_at(unsigned index)
{
    assert(index < COUNT_OF(policies));
    return policies[index];
}
