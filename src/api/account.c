#include "api/account.h"

#include <stdlib.h>
#include <uninorm.h>
#include "base/text.h"

enum {
    IP4_BYTES = 4,
    IP6_GROUPS = 8,
    IP6_GROUP_DIGITS_MAX = 4,
};

static bool is_alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_hex_digit(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

bool username_is_valid(struct bytes name)
{
    struct bytes rest = name;
    while (rest.len > 0) {
        uint32_t c = utf8_next(&rest);
        if (!text_is_word(c) && (c == 0 || c >= 0x80 || strchr("@.+-", (int)c) == NULL))
            return false;
    }
    return name.len > 0;
}

static bool is_ascii(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] >= 0x80)
            return false;
    }
    return true;
}

void username_append_stored(struct buf *out, struct bytes name)
{
    if (is_ascii(name)) { /* in every normal form already; most names, and empty ones */
        buf_append(out, name);
        return;
    }
    size_t len = 0;
    uint8_t *normal = u8_normalize(UNINORM_NFKC, name.data, name.len, NULL, &len);
    if (normal == NULL)
        out->failed = true;
    else
        buf_append(out, bytes_of(normal, len));
    free(normal);
}

/* "a.b.c": words of the characters that RFC 5322 calls atext. */
static bool is_dot_atom(struct bytes text)
{
    struct bytes word;
    while (bytes_split(&text, '.', &word)) {
        if (word.len == 0)
            return false;
        for (size_t i = 0; i < word.len; i++) {
            uint8_t c = word.data[i];
            if (!is_alphanumeric(c) && (c == 0 || strchr("!#$%&'*+-/=?^_`{|}~", c) == NULL))
                return false;
        }
    }
    return true;
}

/* Between the quotes: ASCII without NUL, TAB, LF and CR; quote and backslash only behind a
 * backslash, which may also precede a TAB. */
static bool is_quoted_string(struct bytes text)
{
    if (text.len < 2 || text.data[0] != '"' || text.data[text.len - 1] != '"')
        return false;
    for (size_t i = 1; i < text.len - 1; i++) {
        bool is_escaped = text.data[i] == '\\';
        if (is_escaped && ++i == text.len - 1)
            return false;
        uint8_t c = text.data[i];
        if (c == 0 || c >= 0x80 || c == '\n' || c == '\r')
            return false;
        if (!is_escaped && (c == '\t' || c == '"' || c == ' '))
            return false;
    }
    return true;
}

/* A label of letters, digits and inner hyphens; Django lets the last one begin with one. Letters of
 * other scripts stand for their punycode, whose length is not computed: such a label may be as long
 * as an ASCII one. */
static bool is_label(struct bytes label, bool is_last)
{
    if (label.len == 0 || utf8_count(label) > EMAIL_LABEL_BYTES_MAX ||
        (label.data[0] == '-' && !is_last) || label.data[label.len - 1] == '-')
        return false;
    while (label.len > 0) {
        uint32_t c = utf8_next(&label);
        if (c < 0x80 ? !is_alphanumeric((uint8_t)c) && c != '-' : !text_is_word(c))
            return false;
    }
    return true;
}

static bool is_domain_name(struct bytes text)
{
    size_t labels = 0;
    struct bytes label = NO_BYTES;
    while (bytes_split(&text, '.', &label)) {
        if (!is_label(label, text.data == NULL))
            return false;
        labels++;
    }
    /* The last label, the top-level domain, has two characters at least. */
    return labels >= 2 && label.len >= 2;
}

static bool is_ip4(struct bytes text)
{
    size_t count = 0;
    struct bytes part;
    while (bytes_split(&text, '.', &part)) {
        uint64_t number;
        bool has_leading_zero = part.len > 1 && part.data[0] == '0';
        if (has_leading_zero || bytes_to_number(part, UINT8_MAX, &number) != OK)
            return false;
        count++;
    }
    return count == IP4_BYTES;
}

static bool is_ip6_group(struct bytes group)
{
    for (size_t i = 0; i < group.len; i++) {
        if (!is_hex_digit(group.data[i]))
            return false;
    }
    return group.len > 0 && group.len <= IP6_GROUP_DIGITS_MAX;
}

/* How many groups of 16 bits the text holds, an IPv4 address at its end counting as two. False: it
 * is not of that form. */
static bool count_ip6_groups(struct bytes text, bool may_end_in_ip4, size_t *count)
{
    struct bytes group;
    *count = 0;
    if (text.len == 0)
        return true;
    while (bytes_split(&text, ':', &group)) {
        bool is_last = text.data == NULL;
        if (is_last && may_end_in_ip4 && is_ip4(group))
            *count += 2;
        else if (is_ip6_group(group))
            *count += 1;
        else
            return false;
    }
    return true;
}

static bool is_ip6(struct bytes text)
{
    size_t before = 0;
    size_t after = 0;
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.data[i] != ':' || text.data[i + 1] != ':')
            continue;
        return count_ip6_groups(bytes_first(text, i), false, &before) &&
               count_ip6_groups(bytes_skip(text, i + 2), true, &after) &&
               before + after < IP6_GROUPS;
    }
    return count_ip6_groups(text, true, &before) && before == IP6_GROUPS;
}

static bool is_domain(struct bytes text)
{
    if (bytes_equal(text, BYTES("localhost")))
        return true;
    if (text.len >= 2 && text.data[0] == '[' && text.data[text.len - 1] == ']') {
        struct bytes address = bytes_of(text.data + 1, text.len - 2);
        return is_ip4(address) || is_ip6(address);
    }
    return is_domain_name(text);
}

bool email_is_valid(struct bytes email)
{
    size_t at = bytes_last_index(email, '@');
    if (at == email.len)
        return false;
    struct bytes local = bytes_first(email, at);
    return (is_dot_atom(local) || is_quoted_string(local)) && is_domain(bytes_skip(email, at + 1));
}

void email_append_stored(struct buf *out, struct bytes email)
{
    size_t at = bytes_last_index(email, '@');
    buf_append(out, bytes_first(email, at));
    for (size_t i = at; i < email.len; i++) {
        uint8_t c = email.data[i];
        buf_append_byte(out, c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c);
    }
}
