/* truth.h - what must be: which messages were sent, which are stored, what anyone has seen.
 *
 * Asks the database itself, over a connection of its own. Whatever is not as DESIGN.md promises
 * ends the run with truth_fail().
 */
#ifndef CONFAB_TESTS_SIM_TRUTH_H
#define CONFAB_TESTS_SIM_TRUTH_H

#include "base/bytes.h"

enum {
    TRUTH_CHATS = 3,
    TRUTH_USERS = 4,
    TRUTH_SESSIONS = 2, /* of each user */
    TRUTH_CONTENT_BYTES_MAX = 300 * 1024,
};

#define TRUTH_NONE ((size_t)-1)

/* End the run: the promise is broken. */
#define truth_fail(...) truth_fail_at(__FILE__, __LINE__, __VA_ARGS__)
void truth_fail_at(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4), noreturn));

/* Make the database that every run begins with: users, chats, sessions. */
void truth_make_database(void);

/* Begin and end a run. */
void truth_begin(void);
void truth_end(void);

/* The session key of a user: both count from 0. */
const char *truth_session(unsigned user, unsigned session);

/* A new message is going to be sent: by whom (any number for a connection), to which chat. Its
 * number, which begins its content. */
unsigned truth_new_message(unsigned sender, unsigned chat, bool is_shown);

/* The message goes out once more, or was refused and may come again: its place is free. */
void truth_sent_again(unsigned number);

unsigned truth_chat_of(unsigned number);
bool truth_is_stored(unsigned number);

/* Learn what was stored since the last time. */
void truth_learn(void);

/* How many events of the chat are stored. */
size_t truth_stored(unsigned chat);

/* How many of the sender's are. */
unsigned truth_stored_of(unsigned sender);

/* The place in the chat's history of the message that a client of part I was shown: it is stored,
 * and as it was shown. TRUTH_NONE: the chat was deleted, nothing can be said. */
size_t truth_saw(unsigned chat, int64_t id, struct bytes content);

/* The same of an event of confab.v1, which shows everything. */
size_t truth_saw_event(unsigned chat, int64_t id, struct bytes content);

/* Somebody was told that this is the chat's last event; 0: that it has none. */
void truth_saw_head(unsigned chat, int64_t seq);

/* Who has everything of the chat up to last is shown the event that follows, and told the number of
 * the one before it. */
void truth_follow(unsigned chat, int64_t last, int64_t seq, int64_t prev);

/* How many events of the chat are behind after, and not behind until. */
size_t truth_count_events(unsigned chat, int64_t after, int64_t until);

/* The number of the chat's last event; 0: it has none. */
int64_t truth_head(unsigned chat);

/* Whether the session is there and its user is in the chat. TRUTH_CHATS: all chats. */
bool truth_may_connect(unsigned user, unsigned session, unsigned chat);

/* The first place from this one on that clients are to be shown. TRUTH_NONE: there is none. */
size_t truth_next_shown(unsigned chat, size_t from);

/* The chat is going to be deleted, or may have been. */
void truth_chat_may_vanish(unsigned chat);
bool truth_chat_may_be_gone(unsigned chat);

/* Another program changes the database. False: it could not. */
bool truth_run_elsewhere(const char *text);

/* The user is not in the chat any more; or again is. What was stored before the first is no
 * trespass. */
void truth_note_removed(unsigned user, unsigned chat);
void truth_note_restored(unsigned user, unsigned chat);

/* Whether the user was taken out of the chat, as far as is known. */
bool truth_has_left(unsigned user, unsigned chat);

/* How often somebody has come into a chat so far. */
unsigned truth_join_count(void);

/* The number that a query answers. */
uint64_t truth_count(const char *text);

/* Another program holds the write lock. */
void truth_lock(void);
void truth_unlock(void);
bool truth_is_locked(void);

/* The server and everybody else was killed; nothing of this connection is left. */
void truth_forget_connection(void);

/* After a crash: what anyone has seen is stored, as it was seen, and in that order. */
void truth_check_after_crash(void);

#endif
