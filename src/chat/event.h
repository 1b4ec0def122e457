/* event.h - one event of a chat between whoever caused it and the rooms that it goes to.
 *
 * One allocation: the structure and its texts. It belongs to one side at a time: whoever made it (a
 * loop, or a step on the writer), then the writer, then (durable and never changed again) all loops
 * that it was delivered to, which count each other out.
 */
#ifndef CONFAB_CHAT_EVENT_H
#define CONFAB_CHAT_EVENT_H

#include <stdatomic.h>
#include "base/buf.h"
#include "chat/v1_code.h"
#include "store/events.h"
#include "store/writer.h"

struct event {
    struct write write;
    struct event *next;       /* of those that one step on the writer has made */
    _Atomic unsigned holders; /* loops that still read it */
    enum err result;          /* OK once it is durable */
    enum v1_code code;        /* why the rules of the chat refused it; V1_OK: they did not */
    enum event_kind kind;
    bool is_for_part_one; /* connections of part I are shown it: a message that came by WebSocket */
    bool is_duplicate;    /* the nonce was known: seq and timestamp are those of the first time */
    bool has_token;       /* of its sender's rate: a step that runs again takes no second one */
    unsigned origin;      /* index of the loop that it came from */
    void *
        sender_connection; /* the origin loop's own, NULL: nobody waits for it; nobody else looks */
    int64_t chat_id;
    int64_t seq;  /* given by the database; a message's id */
    int64_t prev; /* the seq before it in the chat */
    int64_t timestamp_us;
    int64_t wait_us;            /* of a message that came too fast: when the next one may come */
    struct user sender;         /* EVENT_MESSAGE: id, username, email, user_type */
    struct bytes content;       /* EVENT_MESSAGE */
    struct bytes nonce;         /* EVENT_MESSAGE; empty: none */
    struct bytes ref;           /* of the command that caused it, as JSON; empty: none */
    struct bytes uploads;       /* EVENT_MESSAGE: ids of files to be shown, each an int64_t */
    struct message_extra extra; /* EVENT_MESSAGE; its texts lie in made */
    /* What the step on the writer has made. Other kinds: the frame's members behind type, seq and
     * prev, as a JSON object. */
    struct buf made;
};

/* The texts of a new message; nonce and ref may be empty. */
struct event_texts {
    struct bytes content;
    struct bytes nonce;
    struct bytes ref;
    struct bytes uploads; /* no text: as in struct event */
};

/* A message of the sender to the chat. The texts are copied; content is valid UTF-8. ERR_MEMORY. */
CHECKED enum err event_new_message(int64_t chat_id, const struct user *sender,
                                   const struct event_texts *texts, struct event **out);

/* An event of another kind that a step on the writer has stored. members is copied. ERR_MEMORY. */
CHECKED enum err event_new(enum event_kind kind, int64_t chat_id, int64_t seq, int64_t prev,
                           struct bytes members, struct event **out);

/* Put an event, or a list of them, at the end of a list that is linked by next. */
void event_append(struct event **list, struct event *events);

/* One holder less; the last one frees. *event becomes NULL. */
void event_release(struct event **event);

/* The same for each event of a list that is linked by next. */
void event_release_list(struct event **events);

#endif
