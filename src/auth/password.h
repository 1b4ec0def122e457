/* password.h - password hashes as Django stores them: algorithm$....
 *
 * Slow on purpose: runs on hash workers only. Passwords are bytes as typed: no trimming, NUL is
 * legal.
 */
#ifndef CONFAB_AUTH_PASSWORD_H
#define CONFAB_AUTH_PASSWORD_H

#include "base/buf.h"

enum {
    PASSWORD_ENCODED_BYTES_MAX = 128, /* the column's width */
    /* A hash from the database that asks for more than this never matches: a hostile row must not
     * hold a worker for more than some seconds, nor take all memory. */
    PASSWORD_PBKDF2_ITERATIONS_MAX = 10000000,
    PASSWORD_ARGON2_KIB_MAX = 1024 * 1024,
    PASSWORD_ARGON2_LANES_MAX = 64,
    PASSWORD_ARGON2_WORK_KIB_MAX = 4 * 1024 * 1024,       /* memory times passes */
    PASSWORD_SCRYPT_MEMORY_BYTES_MAX = 256 * 1024 * 1024, /* 128 * N * r */
    PASSWORD_SCRYPT_WORK_BYTES_MAX = 512 * 1024 * 1024,   /* memory times p */
    PASSWORD_BCRYPT_COST_MAX = 15,                        /* 2^15 rounds */
    PASSWORD_BYTES_MAX = 4096, /* a longer password never matches and is not accepted */
};

enum password_algorithm {
    PASSWORD_ARGON2, /* argon2id m=102400,t=2,p=8: the default for new hashes */
    PASSWORD_PBKDF2_SHA256,
    PASSWORD_SCRYPT,
    PASSWORD_BCRYPT_SHA256,
};

/* How new hashes are made. */
struct password_policy {
    enum password_algorithm algorithm;
    unsigned iterations; /* of PBKDF2; 0: 1,000,000 (Django 5.2's) */
};

/* Policies by name: each algorithm, and the default of each Django version ("django-4.2"). NULL at
 * the end. */
extern const char *const password_policy_names[];

/* The policy of the name with that index. */
struct password_policy password_policy_at(unsigned index);

/* Append a new encoded hash. ERR_LIMIT: the password is too long; ERR_MEMORY. */
CHECKED enum err password_encode(const struct password_policy *policy, struct bytes password,
                                 struct buf *out);

/* Whether the password is the one of the encoded hash. encoded with data NULL (no such user),
 * unusable, unknown or malformed: false, after as much work as the policy's algorithm takes, so
 * that the time does not tell. A PBKDF2 hash with fewer iterations than the policy's gets the
 * missing ones too when the password is wrong. */
bool password_matches(const struct password_policy *policy, struct bytes password,
                      struct bytes encoded);

/* Whether the encoded hash has the policy's algorithm and parameters and a salt of 128 bits. Django
 * rewrites every other one at login. The length of an Argon2 hash does not count: Django sites
 * differ in it by the version of a library. */
bool password_is_as_preferred(const struct password_policy *policy, struct bytes encoded);

#endif
