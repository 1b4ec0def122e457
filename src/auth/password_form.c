#include "auth/password_form.h"

#include "auth/password.h"

/* What stands between the "$" signs. A field that is not named by number_fields may be any text
 * but an empty one; only that of empty_field is empty. */
static const struct {
    const char *name;
    unsigned field_count;   /* with the name */
    unsigned number_fields; /* a bit for each field that is a decimal number */
    unsigned empty_fields;
} algorithms[] = {
    {"pbkdf2_sha256", 4, BIT(1), 0}, /* iterations, salt, hash */
    {"pbkdf2_sha1", 4, BIT(1), 0},
    {"scrypt", 6, BIT(1) | BIT(3) | BIT(4), 0}, /* N, salt, r, p, hash */
    {"argon2", 6, 0, 0},                        /* type, v=, m=,t=,p=, salt, hash */
    {"bcrypt_sha256", 5, BIT(3), BIT(1)},       /* nothing, version, cost, salt and hash */
};

static bool field_is_good(struct bytes field, bool is_number, bool is_empty)
{
    uint64_t number;
    if (is_number)
        return bytes_to_number(field, UINT32_MAX, &number) == OK;
    return (field.len == 0) == is_empty;
}

enum password_form password_form(struct bytes encoded)
{
    struct bytes name = bytes_first(encoded, bytes_index(encoded, '$'));
    if (encoded.len > 0 && encoded.data[0] == '!')
        return PASSWORD_FORM_UNUSABLE;
    size_t at = 0;
    while (at < COUNT_OF(algorithms) && !bytes_is(name, algorithms[at].name))
        at++;
    if (at == COUNT_OF(algorithms))
        return PASSWORD_FORM_UNKNOWN;
    unsigned index = 0;
    bool is_good = encoded.len <= PASSWORD_ENCODED_BYTES_MAX;
    struct bytes rest = encoded;
    struct bytes field;
    for (; index < 32 && bytes_split(&rest, '$', &field); index++)
        is_good = is_good && field_is_good(field, (algorithms[at].number_fields & BIT(index)) != 0,
                                           (algorithms[at].empty_fields & BIT(index)) != 0);
    return is_good && index == algorithms[at].field_count ? PASSWORD_FORM_GOOD
                                                          : PASSWORD_FORM_MALFORMED;
}
