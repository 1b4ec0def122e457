#include "chat/mentions.h"

#include "base/json_write.h"
#include "base/text.h"
#include "chat/rights.h"
#include "store/extras.h"

/* Looks for names in a content. */
struct search {
    struct db *db;
    int64_t chat_id;
    const struct membership *sender;
    int64_t now_us;
    struct mentions *out;
    unsigned lookups;
};

static bool is_punctuation_of_names(uint32_t c)
{
    return c == '@' || c == '.' || c == '+' || c == '-';
}

/* The characters of user names (api/account.c) at the beginning of text. */
static struct bytes name_at(struct bytes text)
{
    struct bytes rest = text;
    while (rest.len > 0) {
        struct bytes next = rest;
        uint32_t c = utf8_next(&next);
        if (!text_is_word(c) && !is_punctuation_of_names(c))
            break;
        rest = next;
    }
    return bytes_first(text, text.len - rest.len);
}

static void add(struct mentions *mentions, int64_t user_id)
{
    for (size_t i = 0; i < mentions->count; i++) {
        if (mentions->user_ids[i] == user_id)
            return;
    }
    mentions->user_ids[mentions->count++] = user_id;
}

/* Look the name up. *found: it is somebody's. */
static enum err try_name(struct search *search, struct bytes name, bool *found)
{
    int64_t user_id = 0;
    search->lookups++;
    enum err err = members_find_username(search->db, search->chat_id, name, &user_id);
    *found = err == OK && user_id != 0;
    if (*found && user_id != search->sender->user_id)
        add(search->out, user_id);
    return err;
}

static bool may_call_all(const struct search *search)
{
    return rights_check(RIGHT_MENTION_ALL, search->sender, search->now_us) == V1_OK;
}

/* The longest name is meant; what stands behind it may be the sentence's: "ask @alice." */
static enum err take_name(struct search *search, struct bytes name)
{
    bool found = false;
    enum err err = OK;
    while (err == OK && !found && name.len > 0 && search->lookups < MENTION_LOOKUPS_MAX) {
        if (bytes_is(name, "all") && may_call_all(search)) {
            search->out->all = true;
            return OK;
        }
        err = try_name(search, name, &found);
        if (!is_punctuation_of_names(name.data[name.len - 1]))
            break;
        name = bytes_first(name, name.len - 1);
    }
    return err;
}

enum err mentions_find(struct db *db, int64_t chat_id, const struct membership *sender,
                       struct bytes content, int64_t now_us, struct mentions *out)
{
    struct search search = {
        .db = db, .chat_id = chat_id, .sender = sender, .now_us = now_us, .out = out};
    bool is_in_word = false; /* an address "bob@example.com" means nobody */
    enum err err = OK;
    *out = (struct mentions) {0};
    while (content.len > 0 && err == OK && search.lookups < MENTION_LOOKUPS_MAX) {
        uint32_t c = utf8_next(&content);
        if (c == '@' && !is_in_word) {
            struct bytes name = name_at(content);
            err = take_name(&search, name);
            content = bytes_skip(content, name.len);
        }
        is_in_word = text_is_word(c);
    }
    return err;
}

void mentions_append(const struct mentions *mentions, struct buf *out)
{
    struct json json = {.out = out, .style = JSON_COMPACT};
    if (mentions->count == 0)
        return;
    json_array_begin(&json);
    for (size_t i = 0; i < mentions->count; i++)
        json_number(&json, mentions->user_ids[i]);
    json_array_end(&json);
}

enum err mentions_store(struct db *db, int64_t chat_id, int64_t message_id,
                        const struct mentions *mentions)
{
    enum err err = OK;
    if (mentions->all)
        err = extras_add_mention(db, chat_id, message_id, MENTION_OF_ALL);
    for (size_t i = 0; i < mentions->count && err == OK; i++)
        err = extras_add_mention(db, chat_id, message_id, mentions->user_ids[i]);
    return err;
}
