/* command.h - what a client of confab.v1 sends: a text in, a command with checked fields out.
 *
 * One table says which commands there are and which fields each needs and may have. Unknown fields
 * are passed over, so that clients may be newer than the server. Knows: part II.4 of the protocol,
 * the client's side. Does not know: sockets, who may do what.
 */
#ifndef CONFAB_CHAT_COMMAND_H
#define CONFAB_CHAT_COMMAND_H

#include "chat/consumer.h"
#include "chat/v1_code.h"

enum {
    COMMAND_REF_BYTES_MAX = 64,        /* of a ref, as JSON */
    COMMAND_NONCE_CHARACTERS_MAX = 64, /* of a nonce */
    COMMAND_EMOJI_BYTES_MAX = 32,      /* of a reaction */
    COMMAND_EPOCH_BYTES_MAX = 40,      /* of an epoch */
    COMMAND_STATUS_BYTES_MAX = 16,     /* of a status */
    COMMAND_PAGE_MAX = 200,            /* messages of one history page */
    COMMAND_WATCH_MAX = 500,           /* users whose presence one connection is told of */
    COMMAND_CHATS_MAX = 5000,          /* chats that one connection subscribes to */
};

enum command_kind {
    COMMAND_PING,
    COMMAND_SEND,
    COMMAND_SUBSCRIBE,
    COMMAND_UNSUBSCRIBE,
    COMMAND_CHATS,
    COMMAND_HISTORY,
    COMMAND_EDIT,
    COMMAND_DELETE,
    COMMAND_REACT,
    COMMAND_UNREACT,
    COMMAND_PIN,
    COMMAND_UNPIN,
    COMMAND_READ,
    COMMAND_TYPING,
    COMMAND_PRESENCE,
    COMMAND_WATCH,
    COMMAND_KIND_COUNT,
};

/* Numbers that were not given are 0, texts empty, nodes NULL. All of it is borrowed from the
 * consumer's memory: until its next call. */
struct command {
    enum command_kind kind;
    struct bytes ref; /* as JSON: a number or a string */
    int64_t chat;
    int64_t id;
    int64_t seq;
    int64_t reply_to;
    int64_t thread;
    int64_t revision;
    int64_t before;
    int64_t after;
    int64_t around;
    int64_t limit;
    int64_t offset;
    struct bytes content;
    struct bytes nonce;
    struct bytes emoji;
    struct bytes epoch;
    struct bytes status;
    const struct json_node *chats;     /* "all" or an array */
    const struct json_node *positions; /* the "after" of subscribe: an object */
    const struct json_node *events;
    const struct json_node *users;
    const struct json_node *attachments;
};

/* Why a text is no command. */
struct command_refusal {
    enum v1_code code;
    char message[96]; /* names the field; empty: the code's own words */
};

/* Read one text. chat_id: of a connection of one chat, whose commands may leave it out; 0: none.
 * OK; ERR_PROTOCOL: *refusal says why, and the command has its ref and nonce if they could be read;
 * ERR_MEMORY. */
CHECKED enum err command_read(struct consumer *consumer, struct bytes text, int64_t chat_id,
                              struct command *command, struct command_refusal *refusal);

/* The command's name on the wire. */
const char *command_name(enum command_kind kind);

/* A whole number below 2^53, and one above 0, as ids are. False: the node is something else. */
bool command_read_number(const struct json_doc *doc, const struct json_node *node, int64_t *out);
bool command_read_id(const struct json_doc *doc, const struct json_node *node, int64_t *out);

#endif
