#include "cli/names.h"

#include <stdio.h>
#include "api/account.h"
#include "base/log.h"
#include "base/text.h"
#include "store/chats.h"
#include "store/notices.h"

/* What is said of a text that is too long, or no text at all. NULL: it is neither. */
static const char *fault_of_text(struct bytes text, size_t count_max)
{
    if (!utf8_is_valid(text))
        return "is not UTF-8 text";
    return utf8_count(text) > count_max ? "is too long" : NULL;
}

/* Turn a fault into words. fault NULL: there is none. */
static enum err judge(const char *what, struct bytes text, const char *fault,
                      char why[NAME_WHY_BYTES])
{
    char quote[LOG_QUOTE_BYTES];
    if (fault == NULL)
        return OK;
    enum { NAME_BYTES_SHOWN = 60 };
    text.len = text.len < NAME_BYTES_SHOWN ? text.len : NAME_BYTES_SHOWN;
    (void)snprintf(why, NAME_WHY_BYTES, "the %s %s %s", what, log_quote(quote, text), fault);
    return ERR_SYNTAX;
}

enum err username_check(struct bytes name, char why[NAME_WHY_BYTES])
{
    const char *fault = fault_of_text(name, USERNAME_COUNT_MAX);
    if (fault == NULL && !username_is_valid(name))
        fault = "may contain only letters, numbers, and @ . + - _, and at least one of them";
    return judge("username", name, fault, why);
}

enum err username_check_new(struct bytes name, char why[NAME_WHY_BYTES])
{
    enum err err = username_check(name, why);
    if (err != OK)
        return err;
    struct buf stored = {0};
    username_append_stored(&stored, name);
    err = buf_status(&stored);
    if (err != OK)
        (void)snprintf(why, NAME_WHY_BYTES, "the username cannot be looked at: %s", err_name(err));
    else if (!bytes_equal(buf_bytes(&stored), name))
        err = judge("username", name, "is not in Unicode's normal form NFKC", why);
    buf_free(&stored);
    return err;
}

enum err email_check(struct bytes email, char why[NAME_WHY_BYTES])
{
    const char *fault = fault_of_text(email, EMAIL_COUNT_MAX);
    if (fault == NULL && !email_is_valid(email))
        fault = "is not an e-mail address";
    return judge("text", email, fault, why);
}

enum err chat_name_check(struct bytes *name, char why[NAME_WHY_BYTES])
{
    const char *fault = fault_of_text(*name, CHAT_NAME_COUNT_MAX);
    struct bytes stripped = utf8_is_valid(*name) ? text_strip(*name) : *name;
    if (fault == NULL && stripped.len == 0)
        fault = "is empty";
    *name = stripped;
    return judge("chat's name", *name, fault, why);
}

/* C0, DEL and C1: no line of text has them. The text is valid. */
static bool has_control_characters(struct bytes text)
{
    while (text.len > 0) {
        uint32_t code_point = utf8_next(&text);
        if (code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0))
            return true;
    }
    return false;
}

enum err notice_message_check(struct bytes *message, char why[NAME_WHY_BYTES])
{
    char too_long[64];
    bool is_text = utf8_is_valid(*message);
    struct bytes stripped = is_text ? text_strip(*message) : *message;
    const char *fault = fault_of_text(stripped, NOTICE_MESSAGE_COUNT_MAX);
    if (is_text && fault != NULL) {
        (void)snprintf(too_long, sizeof too_long, "is longer than %d characters",
                       NOTICE_MESSAGE_COUNT_MAX);
        fault = too_long;
    }
    if (fault == NULL && stripped.len == 0)
        fault = "is empty; a notice says something";
    if (fault == NULL && has_control_characters(stripped))
        fault = "has a line break or another control character in it; a notice is one line";
    *message = stripped;
    return judge("message", *message, fault, why);
}
