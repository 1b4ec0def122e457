/* answer.h - an answer over HTTP as it comes: its head, then a list of message objects, with its
 * length or in chunks (RFC 9112, sections 6.2 and 7.1).
 *
 * Of the content nothing is kept: its bytes are counted, and the objects by the name of a field
 * that each has once.
 */
#ifndef CONFAB_BENCH_ANSWER_H
#define CONFAB_BENCH_ANSWER_H

#include "base/bytes.h"

#define ANSWER_MARK "\"timestamp\":" /* one in each message object */

enum {
    ANSWER_HEAD_BYTES_MAX = 8 * 1024, /* a longer one is refused */
    ANSWER_MARK_BYTES = sizeof(ANSWER_MARK) - 1,
    ANSWER_DIGITS_MAX = 15, /* of a chunk's size */
};

/* What has come of the content. */
struct content {
    uint64_t bytes;
    uint64_t messages;
    uint8_t tail[ANSWER_MARK_BYTES - 1]; /* its last bytes: a mark may lie across two pieces */
    size_t tail_len;
};

/* Where the next byte belongs.
 *
 *   HEAD --blank line--> WHOLE ---------------all of it---------------------------> DONE
 *          |                                                                          ^
 *          +-----------> SIZE --line ended--> CHUNK --all of it--> CHUNK_END          |
 *                         |  ^------------------line ended-------------+              |
 *                         +--- size 0 ------> LAST_END --------line ended-------------+
 */
enum answer_state {
    ANSWER_HEAD,
    ANSWER_WHOLE,
    ANSWER_SIZE,
    ANSWER_CHUNK,
    ANSWER_CHUNK_END,
    ANSWER_LAST_END,
    ANSWER_DONE,
};

/* All zero is the beginning. */
struct answer {
    struct content content;
    enum answer_state state;
    uint64_t left; /* of the chunk, or of the whole content */
    size_t head_len;
    size_t digit_count;
    char digits[ANSWER_DIGITS_MAX + 1]; /* the chunk's size, as far as it has come */
    char head[ANSWER_HEAD_BYTES_MAX + 1];
};

/* Take the next bytes. ERR_DENIED: a status other than 200; ERR_PROTOCOL: neither length nor
 * chunks, a bad chunk, or bytes behind the end; ERR_LIMIT: the head is too long. */
CHECKED enum err answer_take(struct answer *answer, struct bytes piece);

#endif
