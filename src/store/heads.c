#include "store/heads.h"

#include <stdlib.h>

void heads_clear(struct heads *heads)
{
    size_t at = 0;
    uint64_t chat_id;
    void *value;
    while (map_next(&heads->chats, &at, &chat_id, &value)) {
        struct head *head = value;
        map_free(&head->senders);
        free(head);
    }
    map_free(&heads->chats);
    heads->sender_count = 0;
}

struct head *heads_find(const struct heads *heads, int64_t chat_id, int64_t sender_id)
{
    struct head *head = map_get(&heads->chats, (uint64_t)chat_id);
    if (head == NULL || map_get(&head->senders, (uint64_t)sender_id) == NULL)
        return NULL;
    return head;
}

struct head *heads_find_chat(const struct heads *heads, int64_t chat_id)
{
    return map_get(&heads->chats, (uint64_t)chat_id);
}

void heads_forget_senders(struct heads *heads, int64_t chat_id)
{
    struct head *head = heads_find_chat(heads, chat_id);
    if (head == NULL)
        return;
    heads->sender_count -= head->senders.count;
    map_free(&head->senders);
}

/* The chat's entry, made if it is missing. */
static enum err take_head(struct heads *heads, int64_t chat_id, struct head **out)
{
    struct head *head = map_get(&heads->chats, (uint64_t)chat_id);
    if (head == NULL) {
        head = calloc(1, sizeof *head);
        if (head == NULL)
            return ERR_MEMORY;
        enum err err = map_put(&heads->chats, (uint64_t)chat_id, head);
        if (err != OK) {
            free(head);
            return err;
        }
    }
    *out = head;
    return OK;
}

enum err heads_put(struct heads *heads, int64_t chat_id, int64_t sender_id, int64_t seq,
                   struct head **out)
{
    bool is_new_chat = map_get(&heads->chats, (uint64_t)chat_id) == NULL;
    if (heads->sender_count >= HEADS_SENDERS_MAX ||
        (is_new_chat && heads->chats.count >= HEADS_CHATS_MAX))
        heads_clear(heads);
    struct head *head = NULL;
    enum err err = take_head(heads, chat_id, &head);
    if (err != OK)
        return err;
    head->seq = seq;
    size_t count_before = head->senders.count;
    err = map_put(&head->senders, (uint64_t)sender_id, head); /* any pointer is a mark */
    if (err != OK)
        return err;
    heads->sender_count += head->senders.count - count_before;
    *out = head;
    return OK;
}
