#include "chat/event.h"

#include <stdlib.h>

static const struct user nobody;

/* Copy into the event's own memory and step behind it. */
static struct bytes place(uint8_t **at, struct bytes bytes)
{
    struct bytes copy = bytes_of(*at, bytes.len);
    if (bytes.len > 0)
        memcpy(*at, bytes.data, bytes.len);
    *at += bytes.len;
    return copy;
}

static enum err make(enum event_kind kind, int64_t chat_id, const struct user *sender,
                     const struct event_texts *texts, struct event **out)
{
    size_t texts_len = sender->username.len + sender->email.len + sender->user_type.len +
                       texts->content.len + texts->nonce.len + texts->ref.len + texts->uploads.len;
    struct event *event = malloc(sizeof *event + texts_len);
    if (event == NULL)
        return ERR_MEMORY;
    *event = (struct event) {.kind = kind, .chat_id = chat_id, .sender = {.id = sender->id}};
    atomic_init(&event->holders, 1);
    uint8_t *at = (uint8_t *)(event + 1);
    event->sender.username = place(&at, sender->username);
    event->sender.email = place(&at, sender->email);
    event->sender.user_type = place(&at, sender->user_type);
    event->content = place(&at, texts->content);
    event->nonce = place(&at, texts->nonce);
    event->ref = place(&at, texts->ref);
    event->uploads = place(&at, texts->uploads);
    *out = event;
    return OK;
}

enum err event_new_message(int64_t chat_id, const struct user *sender,
                           const struct event_texts *texts, struct event **out)
{
    return make(EVENT_MESSAGE, chat_id, sender, texts, out);
}

enum err event_new(enum event_kind kind, int64_t chat_id, int64_t seq, int64_t prev,
                   struct bytes members, struct event **out)
{
    static const struct event_texts no_texts;
    struct event *event = NULL;
    enum err err = make(kind, chat_id, &nobody, &no_texts, &event);
    if (err != OK)
        return err;
    event->seq = seq;
    event->prev = prev;
    buf_append(&event->made, members);
    if (event->made.failed) {
        event_release(&event);
        return ERR_MEMORY;
    }
    *out = event;
    return OK;
}

void event_append(struct event **list, struct event *events)
{
    while (*list != NULL)
        list = &(*list)->next;
    *list = events;
}

void event_release(struct event **event_at)
{
    struct event *event = *event_at;
    *event_at = NULL;
    if (atomic_fetch_sub_explicit(&event->holders, 1, memory_order_acq_rel) > 1)
        return;
    buf_free(&event->made);
    free(event);
}

void event_release_list(struct event **events_at)
{
    struct event *event = *events_at;
    *events_at = NULL;
    while (event != NULL) {
        struct event *next = event->next;
        event_release(&event);
        event = next;
    }
}
