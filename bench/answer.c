#include "bench/answer.h"

#include <stdlib.h>
#include <strings.h>

static size_t count_marks(struct bytes piece)
{
    size_t count = 0;
    const uint8_t *at;
    while (piece.len > 0 &&
           (at = memmem(piece.data, piece.len, ANSWER_MARK, ANSWER_MARK_BYTES)) != NULL) {
        count++;
        piece = bytes_skip(piece, (size_t)(at - piece.data) + ANSWER_MARK_BYTES);
    }
    return count;
}

/* Whole marks are counted in the piece, and the one that may lie across its beginning in a copy of
 * the bytes around that place. */
static void content_add(struct content *content, struct bytes piece)
{
    enum { SIDE = ANSWER_MARK_BYTES - 1 };
    uint8_t seam[2 * SIDE];
    size_t side_len = piece.len < SIDE ? piece.len : SIDE;
    size_t seam_len = content->tail_len + side_len;
    memcpy(seam, content->tail, content->tail_len);
    memcpy(seam + content->tail_len, piece.data, side_len);
    content->messages += count_marks(bytes_of(seam, seam_len)) + count_marks(piece);
    content->bytes += piece.len;
    struct bytes end = piece.len >= SIDE ? piece : bytes_of(seam, seam_len);
    content->tail_len = end.len < SIDE ? end.len : SIDE;
    memmove(content->tail, end.data + end.len - content->tail_len, content->tail_len);
}

/* The head is there, with its blank line. */
static enum err read_head(struct answer *answer)
{
    static const char length_field[] = "\r\nContent-Length:";
    answer->head[answer->head_len] = '\0';
    if (strncmp(answer->head, "HTTP/1.1 200 ", 13) != 0)
        return ERR_DENIED;
    const char *length = strcasestr(answer->head, length_field);
    if (length == NULL && strcasestr(answer->head, "\r\nTransfer-Encoding: chunked\r\n") == NULL)
        return ERR_PROTOCOL;
    if (length != NULL)
        answer->left = strtoull(length + sizeof(length_field) - 1, NULL, 10);
    answer->state = length == NULL ? ANSWER_SIZE : answer->left > 0 ? ANSWER_WHOLE : ANSWER_DONE;
    return OK;
}

static enum err take_head_byte(struct answer *answer, uint8_t byte)
{
    if (answer->head_len == ANSWER_HEAD_BYTES_MAX)
        return ERR_LIMIT;
    answer->head[answer->head_len++] = (char)byte;
    bool is_whole =
        answer->head_len >= 4 && memcmp(answer->head + answer->head_len - 4, "\r\n\r\n", 4) == 0;
    return is_whole ? read_head(answer) : OK;
}

static enum err take_size_byte(struct answer *answer, uint8_t byte)
{
    if (byte == '\n') {
        answer->digits[answer->digit_count] = '\0';
        char *end;
        answer->left = strtoull(answer->digits, &end, 16);
        if (end == answer->digits || *end != '\0')
            return ERR_PROTOCOL;
        answer->digit_count = 0;
        answer->state = answer->left > 0 ? ANSWER_CHUNK : ANSWER_LAST_END;
    } else if (byte != '\r') {
        if (answer->digit_count == ANSWER_DIGITS_MAX)
            return ERR_PROTOCOL;
        answer->digits[answer->digit_count++] = (char)byte;
    }
    return OK;
}

/* Take as much of the content as there is; behind its end comes next. */
static size_t take_content(struct answer *answer, struct bytes piece, enum answer_state next)
{
    size_t len = piece.len < answer->left ? piece.len : (size_t)answer->left;
    content_add(&answer->content, bytes_first(piece, len));
    answer->left -= len;
    if (answer->left == 0)
        answer->state = next;
    return len;
}

static void take_line_end(struct answer *answer, uint8_t byte, enum answer_state next)
{
    if (byte == '\n')
        answer->state = next;
}

enum err answer_take(struct answer *answer, struct bytes piece)
{
    enum err err = OK;
    while (piece.len > 0 && err == OK) {
        size_t used = 1;
        switch (answer->state) {
        case ANSWER_HEAD:
            err = take_head_byte(answer, piece.data[0]);
            break;
        case ANSWER_WHOLE:
            used = take_content(answer, piece, ANSWER_DONE);
            break;
        case ANSWER_SIZE:
            err = take_size_byte(answer, piece.data[0]);
            break;
        case ANSWER_CHUNK:
            used = take_content(answer, piece, ANSWER_CHUNK_END);
            break;
        case ANSWER_CHUNK_END:
            take_line_end(answer, piece.data[0], ANSWER_SIZE);
            break;
        case ANSWER_LAST_END:
            take_line_end(answer, piece.data[0], ANSWER_DONE);
            break;
        case ANSWER_DONE:
            err = ERR_PROTOCOL;
            break;
        }
        piece = bytes_skip(piece, used);
    }
    return err;
}
