/* socket.h - a client that has become a WebSocket: its frames, its place in a room, its end.
 *
 *   OPEN --our close frame--> CLOSING --the peer's, or time--> (the connection lingers and ends)
 *     |                                                                 ^
 *     +---- the peer's close frame, answered; a violation, told ---------+
 *
 * A socket leaves its room the moment its close frame is queued: nothing of the chat passes after
 * that. Thread: its shard's.
 */
#ifndef CONFAB_SERVER_SOCKET_H
#define CONFAB_SERVER_SOCKET_H

#include "auth/session.h"
#include "chat/room.h"
#include "server/client.h"
#include "server/upgrade.h"
#include "ws/receiver.h"

enum {
    SOCKET_OUTSTANDING_MAX = 256, /* messages and errands at other threads; while there are so many
                                     nothing more is read */
    ECHO_MESSAGE_BYTES_MAX = 16 * 1024 * 1024, /* on /ws/echo/ */
};

enum socket_state { SOCKET_OPEN, SOCKET_CLOSING };

struct socket {
    struct client *client;
    struct list link; /* in shard->sockets */
    struct ws_receiver receiver;
    struct reader reader; /* of part I; feed NULL: in no room */
    struct v1 *v1;        /* NULL: it speaks part I's protocol */
    int64_t user_id;
    int64_t chat_id;      /* 0: the echo endpoint, or, with v1, all chats */
    int64_t expire_us;    /* when its session ends */
    int64_t seen_ms;      /* last sign of life */
    uint16_t outstanding; /* messages and errands at other threads */
    uint8_t state;        /* enum socket_state */
    uint8_t window_bits;  /* deflated answers of the echo endpoint; 0: none */
    bool is_mid_message;  /* the message that comes in had begun at the last ping already */
    bool is_counted;      /* among those who are connected (presence.h) */
    bool is_away;         /* has said so; part I cannot */
    bool is_read_only;    /* its token is good for reading alone */
    bool is_narrow;       /* its token is good for some chats, the socket's among them */
    bool is_leaving;      /* draining: closed with 1001 when nothing is outstanding */
    char session_key[SESSION_KEY_BYTES_MAX + 1];
    /* What others are shown of the user: username, email and user_type, one behind the other. */
    uint16_t username_len;
    uint16_t email_len;
    uint16_t user_type_len;
    uint8_t texts[];
};

/* The handshake is done, its answer waits in the client's connection: join the room, send the
 * answer, and go on as a WebSocket. ERR_MEMORY: nothing was sent. */
CHECKED enum err socket_start(struct client *client, const struct upgrade *upgrade);

/* The client says that its user is away, or is back. */
void socket_set_away(struct socket *socket, bool is_away);

/* Take it out of room and lists and free it; the client goes on without it. */
void socket_free(struct client *client);

size_t socket_on_bytes(struct client *client, uint8_t *data, size_t len);
void socket_on_writable(struct client *client);
void socket_on_deadline(struct client *client);

/* A message of this client has come back from the writer. client: event->sender_connection. */
void socket_on_stored(struct client *client, const struct event *event);

/* Something of this client goes to another thread, and has come back. While there is much of it
 * nothing more is read. */
void socket_goes(struct client *client);
void socket_came_back(struct client *client);

/* Send what direct answers there are; when the kernel refuses, the log waits too. */
void socket_flush(struct socket *socket);

/* Send a close frame with this code, leave the room, and wait for the peer's. */
void socket_close(struct socket *socket, enum ws_close_code code);

/* The connection broke while its room's log was being sent. */
void socket_lost(struct socket *socket);

/* The kernel takes no more of the log for now. */
void socket_block(struct socket *socket);

/* Complete a frame of the log that is half sent: its rest goes the way of direct answers. */
void socket_complete_frame(struct socket *socket, struct reader *reader);

/* Who it belongs to; the texts live as long as the socket. */
struct user socket_user(const struct socket *socket);

/* Server shutdown: take nothing more, wait for what is at the writer, then close with 1001. */
void socket_leave(struct socket *socket);

int socket_fd(const struct socket *socket);

/* Whose place in a feed it is. */
struct socket *socket_of_reader(struct reader *reader);

#endif
