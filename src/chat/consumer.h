/* consumer.h - what a client of part I sends, by the rules of the chat: a text in, a content or a
 * refusal out.
 *
 * Next: chat/commit makes the content durable.
 * Does not know: sockets, sessions, the database.
 */
#ifndef CONFAB_CHAT_CONSUMER_H
#define CONFAB_CHAT_CONSUMER_H

#include "base/json_read.h"

enum {
    CONTENT_BYTES_MAX = 256 * 1024, /* of a message's content, as UTF-8 */
    /* A frame may be larger: JSON can write each byte in six, and other fields are ignored. Larger
       ones: close code 1009. */
    CONSUMER_FRAME_BYTES_MAX = 8 * CONTENT_BYTES_MAX,
};

/* Scratch memory of one loop. All zero is ready. */
struct consumer {
    struct json_doc doc;
    struct buf content;
    struct buf texts; /* of a command's other fields (command.h) */
};

void consumer_deinit(struct consumer *consumer);

/* Read one text message {"content": …}. OK: *content is what to store, borrowed until the next
 * call. ERR_PROTOCOL: *refusal is the text of the error frame. ERR_MEMORY. */
CHECKED enum err consumer_read(struct consumer *consumer, struct bytes text, struct bytes *content,
                               const char **refusal);

/* Why a content cannot be stored. */
enum content_fault { CONTENT_IS_FINE, CONTENT_IS_EMPTY, CONTENT_IS_TOO_LONG, CONTENT_IS_WRONG };

/* Judge the value of "content" in consumer->doc; node NULL: there is none. The content is borrowed,
 * as above; *refusal is set unless it is fine. Out of memory: consumer->content has failed. */
enum content_fault consumer_read_content(struct consumer *consumer, const struct json_node *node,
                                         struct bytes *content, const char **refusal);

/* The error frame's text for a message that could not be stored. */
const char *consumer_refusal_of(enum err err);

#endif
