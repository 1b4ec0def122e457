/* v1.h - what a WebSocket that has negotiated confab.v1 has beside one of part I: its
 * subscriptions, and what it says and is told.
 *
 * Commands come in (chat/command.h), answers go out between the frames of the logs; what a command
 * needs of the database is an errand (errand.h). Thread: the shard's.
 */
#ifndef CONFAB_SERVER_V1_H
#define CONFAB_SERVER_V1_H

#include "base/json_write.h"
#include "chat/event.h"
#include "server/socket.h"
#include "server/subscription.h"

enum {
    V1_FAULTS_MAX = 100,             /* refused commands in a row: closed with 4429 */
    V1_UNAVAILABLE_US = 1000 * 1000, /* when to try again what the storage refused */
    GOODBYE_SPREAD_MS =
        5000, /* clients are told to come back within this time, each at another moment */
};

struct v1 {
    struct socket *socket;
    struct list subscriptions;
    struct map by_chat;                 /* the same, by their chats */
    struct list watches;                /* of users (v1_watch.c) */
    struct list watch_due;              /* in shard->watch_due */
    struct list dirty;                  /* in shard->dirty: has bytes to flush after a slice */
    struct later_follow *later_follows; /* chats that are told behind an answer */
    uint32_t answers_due;               /* subscribe commands without their "subscribed" */
    uint32_t fault_count;
    uint8_t form;      /* enum frame_form */
    bool is_multi;     /* /ws/: any number of chats; else the one of its path */
    bool follows_all;  /* subscribes to the chats that the user joins, too */
    bool has_held;     /* a subscription waits for the connection to take bytes */
    bool wants_typing; /* of the fleeting frames */
    bool wants_read;
    bool wants_presence;
    bool is_ending; /* nothing is sent any more */
};

/* Begin: hello and the notices that hold, and on a connection of one chat its subscription.
 * ERR_MEMORY. */
CHECKED enum err v1_start(struct socket *socket, const struct upgrade *upgrade);
void v1_free(struct v1 **v1);

/* End all subscriptions; nothing of any chat is sent after that. */
void v1_leave_rooms(struct v1 *v1);

void v1_on_text(struct v1 *v1, struct bytes text);
void v1_on_stored(struct v1 *v1, const struct event *event);
void v1_on_writable(struct v1 *v1);

/* The kernel takes nothing for now: no log is to be sent. */
void v1_block(struct v1 *v1);

/* Tell the client that the server goes, and when to come back. */
void v1_say_goodbye(struct v1 *v1);

/* Put a frame behind what is to be sent; the caller flushes. v1_send() frees the text. */
void v1_send(struct v1 *v1, struct buf *text);
void v1_send_bytes(struct v1 *v1, struct bytes json);

/* Refuse a command. message NULL or empty: the code's own words. ref, nonce: may be empty. wait_us:
 * when it may be tried again; 0: is not said. */
void v1_refuse(struct v1 *v1, enum v1_code code, const char *message, struct bytes ref,
               struct bytes nonce, int64_t wait_us);

/* Say that a command was carried out. chat_id, id: what it was about; 0: is not said. seq: of its
 * event, or of the chat's head. */
void v1_ack(struct v1 *v1, struct bytes ref, int64_t chat_id, int64_t id, int64_t seq);

/* The connection has bytes to send, which go with v1_flush_dirty(): for those that are told of
 * something together. */
void v1_mark_dirty(struct v1 *v1);
void v1_flush_dirty(struct shard *shard);

/* ,"ref":… if there is one. */
void v1_write_ref(struct json *json, struct bytes ref);

#endif
