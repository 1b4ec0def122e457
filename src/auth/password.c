#include "auth/password.h"

#include <argon2.h>
#include <assert.h>
#include <crypt.h>
#include <stdlib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include "base/base64.h"
#include "base/log.h"
#include "base/random.h"

enum {
    SALT_CHARACTERS = 22, /* of 62 kinds: 130 bits */
    FIELDS_MAX = 6,       /* of an encoded hash, the algorithm's name included */
    HASH_BYTES_MAX = 64,

    PBKDF2_ITERATIONS = 1000000, /* Django 5.2 */
    PBKDF2_SHA256_BYTES = 32,
    PBKDF2_SHA1_BYTES = 20,

    ARGON2_KIB = 102400,
    ARGON2_PASSES = 2,
    ARGON2_LANES = 8,
    ARGON2_HASH_BYTES = 32,
    ARGON2_HASH_BYTES_MIN = 16, /* old argon2 packages */
    ARGON2_SALT_BYTES_MAX = 64,

    SCRYPT_N = 16384,
    SCRYPT_R = 8,
    SCRYPT_P = 5, /* Django 5.1; 1 before */
    SCRYPT_BYTES = 64,

    BCRYPT_COST = 12,
    BCRYPT_SETTING_BYTES = 29, /* "$2b$12$" and 22 characters of salt */
    BCRYPT_BYTES = 60,
    BCRYPT_SALT_BYTES = 16,
};

/* r and p stand behind the salt. */
#define SCRYPT_REST "8$5$"
static_assert(SCRYPT_R == 8 && SCRYPT_P == 5, "SCRYPT_REST says the same");

/* The parts of an encoded hash between its dollar signs. */
struct fields {
    struct bytes at[FIELDS_MAX];
    size_t count;
};

/* At most max fields: the last one takes the rest, as Python's split() with a limit does. */
static void split_fields(struct bytes encoded, size_t max, struct fields *fields)
{
    assert(max <= FIELDS_MAX);
    fields->count = 0;
    while (fields->count < max - 1 && bytes_split(&encoded, '$', &fields->at[fields->count]))
        fields->count++;
    if (encoded.data != NULL)
        fields->at[fields->count++] = encoded;
}

/* A pointer that is not NULL, for libraries that mind even when the length is 0. */
static const char *text_of(struct bytes bytes)
{
    return bytes.len > 0 ? (const char *)bytes.data : "";
}

static bool read_number(struct bytes text, uint64_t min, uint64_t max, uint64_t *out)
{
    return bytes_to_number(text, max, out) == OK && *out >= min;
}

/* Whether the text is the base64 form of the hash; compared as text, so that every hash has one
 * form. */
static bool hash_is(struct bytes hash, struct bytes text)
{
    struct buf expected = {0};
    base64_append(&expected, hash, BASE64_STANDARD);
    bool same = buf_status(&expected) == OK && bytes_equal_secret(buf_bytes(&expected), text);
    buf_free(&expected);
    return same;
}

static unsigned preferred_iterations(const struct password_policy *policy)
{
    return policy->iterations > 0 ? policy->iterations : PBKDF2_ITERATIONS;
}

/* What a new hash begins with, up to its salt: the algorithm and its parameters. */
static void append_parameters(const struct password_policy *policy, struct buf *out)
{
    switch (policy->algorithm) {
    case PASSWORD_ARGON2:
        buf_printf(out, "argon2$argon2id$v=19$m=%d,t=%d,p=%d$", ARGON2_KIB, ARGON2_PASSES,
                   ARGON2_LANES);
        return;
    case PASSWORD_PBKDF2_SHA256:
        buf_printf(out, "pbkdf2_sha256$%u$", preferred_iterations(policy));
        return;
    case PASSWORD_SCRYPT:
        buf_printf(out, "scrypt$%d$", SCRYPT_N);
        return;
    case PASSWORD_BCRYPT_SHA256:
        buf_printf(out, "bcrypt_sha256$$2b$%02d$", BCRYPT_COST);
        return;
    }
}

/* ---- PBKDF2 (RFC 8018, section 5.2): name$iterations$salt$hash ---- */

static enum err pbkdf2(const EVP_MD *md, struct bytes password, struct bytes salt,
                       uint64_t iterations, size_t len, uint8_t *out)
{
    assert(iterations >= 1 && iterations <= PASSWORD_PBKDF2_ITERATIONS_MAX);
    int done = PKCS5_PBKDF2_HMAC(text_of(password), (int)password.len, salt.data, (int)salt.len,
                                 (int)iterations, md, (int)len, out);
    return done == 1 ? OK : ERR_MEMORY;
}

/* PBKDF2 takes as long as its iterations: what a hash has less than the policy is made up for, so
 * that the time does not tell an old hash from none. */
static void pbkdf2_harden(const struct password_policy *policy, struct bytes password,
                          struct bytes salt, uint64_t iterations)
{
    uint64_t preferred = preferred_iterations(policy);
    uint8_t thrown_away[PBKDF2_SHA256_BYTES];
    if (policy->algorithm == PASSWORD_PBKDF2_SHA256 && iterations < preferred)
        (void)pbkdf2(EVP_sha256(), password, salt, preferred - iterations, sizeof thrown_away,
                     thrown_away);
}

static enum err pbkdf2_check(const struct password_policy *policy, const EVP_MD *md, size_t len,
                             struct bytes password, struct bytes encoded, bool *matches)
{
    struct fields fields;
    uint64_t iterations;
    uint8_t hash[HASH_BYTES_MAX];
    split_fields(encoded, 4, &fields);
    if (fields.count != 4 || fields.at[2].len == 0 ||
        !read_number(fields.at[1], 1, PASSWORD_PBKDF2_ITERATIONS_MAX, &iterations))
        return ERR_SYNTAX;
    enum err err = pbkdf2(md, password, fields.at[2], iterations, len, hash);
    if (err != OK)
        return err;
    *matches = hash_is(bytes_of(hash, len), fields.at[3]);
    if (!*matches)
        pbkdf2_harden(policy, password, fields.at[2], iterations);
    return OK;
}

static enum err pbkdf2_sha256_check(const struct password_policy *policy, struct bytes password,
                                    struct bytes encoded, bool *matches)
{
    return pbkdf2_check(policy, EVP_sha256(), PBKDF2_SHA256_BYTES, password, encoded, matches);
}

static enum err pbkdf2_sha1_check(const struct password_policy *policy, struct bytes password,
                                  struct bytes encoded, bool *matches)
{
    return pbkdf2_check(policy, EVP_sha1(), PBKDF2_SHA1_BYTES, password, encoded, matches);
}

static enum err pbkdf2_encode(const struct password_policy *policy, struct bytes password,
                              struct bytes salt, struct buf *out)
{
    uint8_t hash[PBKDF2_SHA256_BYTES];
    enum err err =
        pbkdf2(EVP_sha256(), password, salt, preferred_iterations(policy), sizeof hash, hash);
    if (err != OK)
        return err;
    append_parameters(policy, out);
    buf_printf(out, "%.*s$", BYTES_FMT(salt));
    base64_append(out, bytes_of(hash, sizeof hash), BASE64_STANDARD);
    return buf_status(out);
}

/* ---- scrypt (RFC 7914): scrypt$N$salt$r$p$hash ---- */

static enum err scrypt(struct bytes password, struct bytes salt, uint64_t n, uint64_t r, uint64_t p,
                       uint8_t out[SCRYPT_BYTES])
{
    /* OpenSSL counts the blocks of all lanes too; the caps keep this sum far from overflowing. */
    uint64_t memory_bytes = 128 * r * (n + p + 2);
    int done = EVP_PBE_scrypt(text_of(password), password.len, salt.data, salt.len, n, r, p,
                              memory_bytes, out, SCRYPT_BYTES);
    return done == 1 ? OK : ERR_MEMORY;
}

static enum err scrypt_check(const struct password_policy *policy, struct bytes password,
                             struct bytes encoded, bool *matches)
{
    (void)policy;
    enum { COUNT_MAX = 1 << 24 }; /* of each parameter; their products are checked next */
    struct fields fields;
    uint64_t n;
    uint64_t r;
    uint64_t p;
    uint8_t hash[SCRYPT_BYTES];
    split_fields(encoded, 6, &fields);
    if (fields.count != 6 || fields.at[2].len == 0 ||
        !read_number(fields.at[1], 2, COUNT_MAX, &n) ||
        !read_number(fields.at[3], 1, COUNT_MAX, &r) ||
        !read_number(fields.at[4], 1, COUNT_MAX, &p) || (n & (n - 1)) != 0)
        return ERR_SYNTAX;
    if (128 * n * r > PASSWORD_SCRYPT_MEMORY_BYTES_MAX ||
        p > PASSWORD_SCRYPT_WORK_BYTES_MAX / (128 * n * r))
        return ERR_LIMIT;
    enum err err = scrypt(password, fields.at[2], n, r, p, hash);
    if (err == OK)
        *matches = hash_is(bytes_of(hash, sizeof hash), fields.at[5]);
    return err;
}

static enum err scrypt_encode(const struct password_policy *policy, struct bytes password,
                              struct bytes salt, struct buf *out)
{
    uint8_t hash[SCRYPT_BYTES];
    enum err err = scrypt(password, salt, SCRYPT_N, SCRYPT_R, SCRYPT_P, hash);
    if (err != OK)
        return err;
    append_parameters(policy, out);
    buf_printf(out, "%.*s$" SCRYPT_REST, BYTES_FMT(salt));
    base64_append(out, bytes_of(hash, sizeof hash), BASE64_STANDARD);
    return buf_status(out);
}

/* ---- bcrypt over the hexadecimal SHA-256 of the password: bcrypt_sha256$ and bcrypt's own form
 * ---- */

/* bcrypt ends at a NUL and at 72 bytes; the digest's digits have neither problem. */
static enum err bcrypt(struct bytes password, const char setting[BCRYPT_BYTES + 1],
                       char out[BCRYPT_BYTES + 1])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    struct buf phrase = {0};
    enum err err = ERR_MEMORY;
    struct crypt_data *scratch =
        calloc(1, sizeof *scratch); /* 32 KiB: too much for a small stack */
    if (scratch == NULL ||
        EVP_Digest(text_of(password), password.len, digest, NULL, EVP_sha256(), NULL) != 1)
        goto done;
    hex_append(&phrase, bytes_of(digest, PBKDF2_SHA256_BYTES));
    buf_append_byte(&phrase, 0);
    if (buf_status(&phrase) != OK)
        goto done;
    const char *hash = crypt_rn((const char *)phrase.data, setting, scratch, (int)sizeof *scratch);
    err = hash != NULL && strlen(hash) == BCRYPT_BYTES ? OK : ERR_SYNTAX;
    if (err == OK)
        memcpy(out, hash, BCRYPT_BYTES + 1);

done:
    if (phrase.data != NULL)
        OPENSSL_cleanse(phrase.data, phrase.len);
    buf_free(&phrase);
    if (scratch != NULL)
        OPENSSL_cleanse(scratch, sizeof *scratch);
    free(scratch);
    return err;
}

static enum err bcrypt_check(const struct password_policy *policy, struct bytes password,
                             struct bytes encoded, bool *matches)
{
    (void)policy;
    char setting[BCRYPT_BYTES + 1];
    char hash[BCRYPT_BYTES + 1];
    uint64_t cost;
    struct bytes own = bytes_skip(encoded, sizeof "bcrypt_sha256$" - 1);
    /* crypt_rn() knows many algorithms, some with unbounded costs: only bcrypt's own form may pass.
     */
    if (own.len != BCRYPT_BYTES ||
        !(bytes_starts_with(own, BYTES("$2b$")) || bytes_starts_with(own, BYTES("$2a$")) ||
          bytes_starts_with(own, BYTES("$2y$"))) ||
        own.data[6] != '$' || bytes_index(own, 0) < own.len)
        return ERR_SYNTAX;
    if (!read_number(bytes_of(own.data + 4, 2), 4, PASSWORD_BCRYPT_COST_MAX, &cost))
        return ERR_LIMIT;
    memcpy(setting, own.data, BCRYPT_BYTES);
    setting[BCRYPT_BYTES] = '\0';
    enum err err = bcrypt(password, setting, hash);
    if (err == OK)
        *matches = bytes_equal_secret(bytes_from_text(hash), own);
    return err;
}

static enum err bcrypt_encode(const struct password_policy *policy, struct bytes password,
                              struct bytes salt, struct buf *out)
{
    (void)policy;
    (void)salt; /* bcrypt's salt is 16 bytes in an alphabet of its own */
    char random[BCRYPT_SALT_BYTES];
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    char hash[BCRYPT_BYTES + 1];
    static_assert(sizeof setting > BCRYPT_SETTING_BYTES, "a bcrypt setting fits");
    random_fill(random, sizeof random);
    if (crypt_gensalt_rn("$2b$", BCRYPT_COST, random, sizeof random, setting, sizeof setting) ==
        NULL)
        return ERR_MEMORY;
    enum err err = bcrypt(password, setting, hash);
    if (err != OK)
        return err;
    buf_printf(out, "bcrypt_sha256$%s", hash);
    return buf_status(out);
}

/* ---- Argon2 (RFC 9106): argon2$TYPE$v=19$m=,t=,p=$salt$hash ---- */

struct argon2_parameters {
    argon2_type type;
    uint32_t version;
    uint64_t kib;
    uint64_t passes;
    uint64_t lanes;
};

/* All lanes in this one thread: the same hash, a bounded share of the processors, and no threads
 * made where the process may not make any more. */
static enum err argon2(const struct argon2_parameters *parameters, struct bytes password,
                       struct bytes salt, uint8_t *hash, size_t hash_len)
{
    argon2_context context = {
        .out = hash,
        .outlen = (uint32_t)hash_len,
        .pwd = (uint8_t *)(uintptr_t)text_of(password), /* not written: no flag asks for clearing */
        .pwdlen = (uint32_t)password.len,
        .salt = (uint8_t *)(uintptr_t)salt.data,
        .saltlen = (uint32_t)salt.len,
        .t_cost = (uint32_t)parameters->passes,
        .m_cost = (uint32_t)parameters->kib,
        .lanes = (uint32_t)parameters->lanes,
        .threads = 1,
        .version = parameters->version,
        .flags = ARGON2_DEFAULT_FLAGS,
    };
    int status = argon2_ctx(&context, parameters->type);
    if (status == ARGON2_MEMORY_ALLOCATION_ERROR)
        return ERR_MEMORY;
    return status == ARGON2_OK ? OK : ERR_SYNTAX;
}

static bool read_argon2_type(struct bytes name, argon2_type *out)
{
    static const struct {
        const char *name;
        argon2_type type;
    } types[] = {{"argon2id", Argon2_id}, {"argon2i", Argon2_i}, {"argon2d", Argon2_d}};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (bytes_is(name, types[i].name)) {
            *out = types[i].type;
            return true;
        }
    }
    return false;
}

/* "m=102400" */
static bool read_parameter(struct bytes *list, const char *name, uint64_t max, uint64_t *out)
{
    struct bytes item;
    if (!bytes_split(list, ',', &item) || !bytes_starts_with(item, bytes_from_text(name)))
        return false;
    return read_number(bytes_skip(item, strlen(name)), 1, max, out);
}

static bool read_argon2_parameters(const struct fields *fields, struct argon2_parameters *out)
{
    /* Before version 1.3 the version was not written. */
    bool has_version = fields->count == 6;
    struct bytes list = fields->at[has_version ? 3 : 2];
    out->version = ARGON2_VERSION_10;
    if (has_version && bytes_is(fields->at[2], "v=19"))
        out->version = ARGON2_VERSION_13;
    else if (has_version && !bytes_is(fields->at[2], "v=16"))
        return false;
    return read_argon2_type(fields->at[1], &out->type) &&
           read_parameter(&list, "m=", PASSWORD_ARGON2_KIB_MAX, &out->kib) &&
           read_parameter(&list, "t=", PASSWORD_ARGON2_WORK_KIB_MAX, &out->passes) &&
           read_parameter(&list, "p=", PASSWORD_ARGON2_LANES_MAX, &out->lanes) &&
           list.data == NULL && out->kib * out->passes <= PASSWORD_ARGON2_WORK_KIB_MAX;
}

/* base64 without padding. */
static enum err read_unpadded(struct bytes text, struct buf *out)
{
    struct buf padded = {0};
    buf_append(&padded, text);
    while (padded.len % 4 != 0 && buf_status(&padded) == OK)
        buf_append_byte(&padded, '=');
    enum err err = buf_status(&padded);
    if (err == OK)
        err = base64_read(out, buf_bytes(&padded), BASE64_STANDARD);
    buf_free(&padded);
    return err;
}

static enum err argon2_check(const struct password_policy *policy, struct bytes password,
                             struct bytes encoded, bool *matches)
{
    (void)policy;
    struct fields fields;
    struct argon2_parameters parameters;
    struct buf salt = {0};
    struct buf expected = {0};
    uint8_t hash[HASH_BYTES_MAX];
    split_fields(encoded, 6, &fields);
    if (fields.count < 5 || !read_argon2_parameters(&fields, &parameters))
        return ERR_SYNTAX;
    enum err err = read_unpadded(fields.at[fields.count - 2], &salt);
    if (err == OK)
        err = read_unpadded(fields.at[fields.count - 1], &expected);
    if (err != OK)
        goto done;
    if (expected.len < ARGON2_HASH_BYTES_MIN || expected.len > HASH_BYTES_MAX ||
        salt.len > ARGON2_SALT_BYTES_MAX) {
        err = ERR_SYNTAX;
        goto done;
    }
    err = argon2(&parameters, password, buf_bytes(&salt), hash, expected.len);
    if (err == OK)
        *matches = bytes_equal_secret(bytes_of(hash, expected.len), buf_bytes(&expected));

done:
    buf_free(&salt);
    buf_free(&expected);
    return err;
}

static void append_unpadded(struct buf *out, struct bytes bytes)
{
    base64_append(out, bytes, BASE64_STANDARD);
    while (out->len > 0 && out->data[out->len - 1] == '=')
        out->len--;
}

static enum err argon2_encode(const struct password_policy *policy, struct bytes password,
                              struct bytes salt, struct buf *out)
{
    static const struct argon2_parameters parameters = {
        Argon2_id, ARGON2_VERSION_13, ARGON2_KIB, ARGON2_PASSES, ARGON2_LANES,
    };
    uint8_t hash[ARGON2_HASH_BYTES];
    enum err err = argon2(&parameters, password, salt, hash, sizeof hash);
    if (err != OK)
        return err;
    append_parameters(policy, out);
    append_unpadded(out, salt); /* the salt is the text itself, as Django has it */
    buf_append_byte(out, '$');
    append_unpadded(out, bytes_of(hash, sizeof hash));
    return buf_status(out);
}

/* ---- which is which ---- */

static const struct {
    const char *prefix;
    /* ERR_SYNTAX: malformed; ERR_LIMIT: asks for too much; ERR_MEMORY. *matches is then unchanged.
     */
    enum err (*check)(const struct password_policy *policy, struct bytes password,
                      struct bytes encoded, bool *matches);
} algorithms[] = {
    {"argon2$", argon2_check},           {"pbkdf2_sha256$", pbkdf2_sha256_check},
    {"pbkdf2_sha1$", pbkdf2_sha1_check}, {"scrypt$", scrypt_check},
    {"bcrypt_sha256$", bcrypt_check},
};

enum err password_encode(const struct password_policy *policy, struct bytes password,
                         struct buf *out)
{
    static enum err (*const encode[])(const struct password_policy *policy, struct bytes password,
                                      struct bytes salt, struct buf *out) = {
        [PASSWORD_ARGON2] = argon2_encode,
        [PASSWORD_PBKDF2_SHA256] = pbkdf2_encode,
        [PASSWORD_SCRYPT] = scrypt_encode,
        [PASSWORD_BCRYPT_SHA256] = bcrypt_encode,
    };
    char salt[SALT_CHARACTERS + 1];
    if (password.len > PASSWORD_BYTES_MAX)
        return ERR_LIMIT;
    random_text(salt, SALT_CHARACTERS,
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    size_t len_before = out->len;
    enum err err =
        encode[policy->algorithm](policy, password, bytes_of(salt, SALT_CHARACTERS), out);
    assert(err != OK || out->len - len_before <= PASSWORD_ENCODED_BYTES_MAX);
    (void)len_before; /* used by the assertion only */
    return err;
}

/* As much work as a real check, for nothing: the time must not tell that there was nothing to
 * check. */
static void work_in_vain(const struct password_policy *policy, struct bytes password)
{
    struct buf thrown_away = {0};
    enum err err = password_encode(policy, password, &thrown_away);
    (void)err; /* the answer is no in any case */
    buf_free(&thrown_away);
}

bool password_matches(const struct password_policy *policy, struct bytes password,
                      struct bytes encoded)
{
    bool matches = false;
    enum err err = ERR_SYNTAX;
    if (password.len > PASSWORD_BYTES_MAX)
        return false; /* whoever it was for: the time depends on the password alone */
    for (size_t i = 0; i < COUNT_OF(algorithms) && encoded.len <= PASSWORD_ENCODED_BYTES_MAX; i++) {
        if (bytes_starts_with(encoded, bytes_from_text(algorithms[i].prefix))) {
            err = algorithms[i].check(policy, password, encoded, &matches);
            break;
        }
    }
    if (err == ERR_MEMORY)
        log_error("password not checked", 0, "error=%s", err_name(err));
    else if (err != OK)
        work_in_vain(policy, password);
    return matches;
}

/* How many characters a salt of 128 bits has in a hash of that algorithm. Argon2's stands there in
 * base64. */
static size_t salt_characters(enum password_algorithm algorithm)
{
    return algorithm == PASSWORD_ARGON2 ? (SALT_CHARACTERS * 4 + 2) / 3 : SALT_CHARACTERS;
}

bool password_is_as_preferred(const struct password_policy *policy, struct bytes encoded)
{
    struct buf parameters = {0};
    append_parameters(policy, &parameters);
    /* Without memory: leave the hash alone. */
    bool is_preferred = buf_status(&parameters) != OK;
    if (!is_preferred && bytes_starts_with(encoded, buf_bytes(&parameters))) {
        struct bytes rest = bytes_skip(encoded, parameters.len);
        size_t salt_len = bytes_index(rest, '$');
        is_preferred = salt_len >= salt_characters(policy->algorithm) &&
                       (policy->algorithm != PASSWORD_SCRYPT ||
                        bytes_starts_with(bytes_skip(rest, salt_len), BYTES("$" SCRYPT_REST)));
    }
    buf_free(&parameters);
    return is_preferred;
}
