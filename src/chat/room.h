/* room.h - the live side of one chat on one loop: its readers, and a log of ready-made frames for
 * each form they need.
 *
 * A feed is one form of the frames (plain, deflated) with its log and its readers. A form that
 * nobody reads is not made. Readers of confab.v1 also watch the room: its stream (stream.h) sees to
 * it that none of its events is left out. Every reader is in one of three lists of its feed:
 *
 *   at_tail --a frame is appended--> behind --all sent--> at_tail
 *                                     |  ^
 *                      socket is full |  | socket takes bytes again
 *                                     v  |
 *                                    blocked
 *
 * Appending moves all readers that are at the tail by joining two lists, however many they are.
 * Knows: frames, readers, who is behind. Does not know: sockets, JSON, users, the database.
 * Thread: its loop's.
 */
#ifndef CONFAB_CHAT_ROOM_H
#define CONFAB_CHAT_ROOM_H

#include "base/list.h"
#include "base/map.h"
#include "chat/frame_log.h"
#include "chat/marks.h"
#include "chat/stream.h"

enum {
    /* How far a reader may fall behind. One that is farther behind is told to come again (close
       code 1013). */
    ROOM_BACKLOG_BYTES_MAX = 4 * 1024 * 1024,
    /* Memory for frames that a room keeps when everything has been read, so that a busy one need
       not ask for it again. */
    ROOM_KEPT_BYTES_MIN = 1024,
    ROOM_KEPT_BYTES_PER_READER = 64,
};

/* The forms of a frame: part I's and confab.v1's, each as it is and deflated. The deflated ones
 * carry RSV1 where deflating made the message smaller. */
enum frame_form {
    FORM_PLAIN,
    FORM_DEFLATED,       /* window of 15 bits */
    FORM_DEFLATED_SMALL, /* window of 9 bits: for those who asked for less than 15 */
    FORM_V1_PLAIN,
    FORM_V1_DEFLATED,
    FORM_V1_DEFLATED_SMALL,
    FORM_COUNT,
};

static inline bool form_is_v1(enum frame_form form)
{
    return form >= FORM_V1_PLAIN;
}

/* A subscriber's place in a room. Lives inside the connection. */
struct reader {
    struct list link; /* in one of its feed's three lists */
    struct feed *feed;
    struct cursor cursor;
    int64_t blocked_since_ms; /* since when its socket has taken nothing; 0: it is not blocked */
};

struct feed {
    struct list work;  /* in the fan-out's list of feeds with readers behind */
    struct list stuck; /* in its list of feeds with blocked readers */
    struct list at_tail;
    struct list behind;
    struct list blocked;
    struct frame_log log;
    struct marks marks; /* of confab.v1's forms: which event ends where in the log */
    struct room *room;
    size_t reader_count;
    uint8_t form; /* enum frame_form */
};

struct room {
    int64_t chat_id;
    struct feed *feeds[FORM_COUNT]; /* NULL: nobody reads that form */
    struct stream *stream;          /* NULL: nobody watches */
    size_t watcher_count;
};

/* All rooms of a loop, by chat id. */
struct rooms {
    struct map by_chat;
};

/* The room of a chat. NULL: it has no reader here. */
struct room *rooms_find(const struct rooms *rooms, int64_t chat_id);

/* Add a reader at the tail: it sees what comes from now on. Makes room and feed if need be; *is_new
 * tells that the room is new. ERR_MEMORY: nothing has changed. */
CHECKED enum err rooms_join(struct rooms *rooms, int64_t chat_id, enum frame_form form,
                            struct reader *reader, bool *is_new);

/* Take the reader out. Feed and room go with their last reader; *is_gone tells that the room has.
 */
void rooms_leave(struct rooms *rooms, struct reader *reader, bool *is_gone);

/* Watch a chat, to become its reader later or not: its room is there, with a stream, until
 * rooms_unwatch(). *is_new: the room is. ERR_MEMORY: nothing has changed. */
CHECKED enum err rooms_watch(struct rooms *rooms, int64_t chat_id, struct room **out, bool *is_new);
void rooms_unwatch(struct rooms *rooms, struct room *room, bool *is_gone);

/* Any reader of a form of confab.v1, or of part I. NULL: there is none. */
struct reader *room_any_reader(const struct room *room, bool is_v1);

/* How many readers of confab.v1 there are. */
size_t room_v1_reader_count(const struct room *room);

/* Free the table. It must be empty. */
void rooms_deinit(struct rooms *rooms);

#endif
