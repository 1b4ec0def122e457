/* messages.h - the table chat_message: the durable log. A message's id is its number (seq) in the
 * stream of its chat. ERR_BUSY, ERR_FULL, ERR_IO, ERR_MEMORY come from every function here.
 */
#ifndef CONFAB_STORE_MESSAGES_H
#define CONFAB_STORE_MESSAGES_H

#include "store/db.h"
#include "store/rows.h"

/* Up to max messages of the chat with ids above after_id and at most until_id, oldest first. Stops
 * early when their contents pass MESSAGES_PIECE_BYTES, but never before the first. *count tells how
 * many; 0: there are no more. */
enum { MESSAGES_PIECE_BYTES = 16 * 1024 };
CHECKED enum err messages_list(struct db *db, int64_t chat_id, int64_t after_id, int64_t until_id,
                               size_t max, struct arena *arena, struct message_row *out,
                               size_t *count);

/* Messages one after another, where they lie: nothing of them is copied. Whoever begins a walk ends
 * it, and begins no other of the same kind meanwhile. */
struct messages_walk {
    struct db *db;
    int64_t chat_id; /* 0: each row tells its own */
    struct sql *sql;
    struct arena texts; /* the sender's; the row's, if it was not UTF-8 */
};

/* A message as a walk shows it. */
struct walked_message {
    int64_t id;
    int64_t chat_id;
    int64_t sender_id;
    struct bytes timestamp; /* as the database has it */
    struct bytes content;
};

/* Walk through the chat's messages, or those of all the user's chats, with ids above after_id and
 * at most until_id, oldest first; of the user's at most max, which cost a search together. */
void messages_walk_chat(struct db *db, int64_t chat_id, int64_t after_id, int64_t until_id,
                        struct messages_walk *walk);
void messages_walk_user(struct db *db, int64_t user_id, int64_t after_id, int64_t until_id,
                        size_t max, struct messages_walk *walk);

/* The same for one message, if the user takes part in its chat. */
void messages_walk_one(struct db *db, int64_t user_id, int64_t id, struct messages_walk *walk);

/* The next message. Texts are borrowed until the next call. ERR_NOT_FOUND: there are no more. */
CHECKED enum err messages_walk_next(struct messages_walk *walk, struct walked_message *message);

/* What a message shows of its sender. Texts as above. ERR_NOT_FOUND: there is none, which no server
 * leaves behind. */
CHECKED enum err messages_walk_sender(struct messages_walk *walk, int64_t id, struct user *sender);

void messages_walk_end(struct messages_walk *walk);

/* Where a message stands: its chat, and the message that began its thread (0: in none).
 * ERR_NOT_FOUND. */
CHECKED enum err messages_find_place(struct db *db, int64_t id, int64_t *chat_id, int64_t *thread);

/* The id of the chat's last message; 0: it has none. chat_id 0: of all chats. */
CHECKED enum err messages_last_id(struct db *db, int64_t chat_id, int64_t *id);

/* The id of the message that has count messages of the chat behind it; 0: the chat has not so many.
 */
CHECKED enum err messages_id_from_end(struct db *db, int64_t chat_id, int64_t count, int64_t *id);

/* Writers only, inside a transaction. Store one message; the chat's and the sender's existence and
 * the participation are checked against the writer's cache, which is dropped when another process
 * has written (heads.h). *id is its seq; *prev the seq of the event before it in the chat, 0 for
 * none. ERR_NOT_FOUND: no such chat; ERR_DENIED: the sender may not write there
 * (membership_writing(), members.h). */
CHECKED enum err messages_insert(struct db *db, int64_t chat_id, int64_t sender_id,
                                 struct bytes content, int64_t timestamp_us, int64_t *id,
                                 int64_t *prev);

/* A message that is to be stored with others. */
struct message_new {
    int64_t chat_id;
    int64_t sender_id;
    struct bytes content;
    int64_t timestamp_us;
    int64_t id; /* these two as messages_insert() gives them */
    int64_t prev;
};

/* The same checks without storing. */
CHECKED enum err messages_check_sender(struct db *db, int64_t chat_id, int64_t sender_id,
                                       int64_t now_us);

/* Store several in their order, whose senders have been checked since the last other write, for
 * half of what they cost one by one. On an error the transaction is lost. */
CHECKED enum err messages_insert_many(struct db *db, struct message_new *messages, size_t count);

#endif
