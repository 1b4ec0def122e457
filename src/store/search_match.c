#include "store/search_match.h"

#include "base/text.h"
#include "store/search.h"

/* Whether there is something in it that the index knows: letters or digits. */
static bool has_word(struct bytes text)
{
    while (text.len > 0) {
        uint32_t c = utf8_next(&text);
        if (c != '_' && text_is_word(c))
            return true;
    }
    return false;
}

/* Split off the next piece: what stands between quotation marks, else up to a blank. False: there
 * are no more. */
static bool next_piece(struct bytes *rest, struct bytes *piece)
{
    *rest = text_strip(*rest);
    if (rest->len == 0)
        return false;
    if (rest->data[0] == '"') {
        struct bytes inside = bytes_skip(*rest, 1);
        size_t len = bytes_index(inside, '"');
        *piece = bytes_first(inside, len);
        *rest = bytes_skip(inside, len < inside.len ? len + 1 : len);
        return true;
    }
    struct bytes at = *rest;
    while (at.len > 0) {
        struct bytes next = at;
        uint32_t c = utf8_next(&next);
        if (c == '"' || text_is_space(c))
            break;
        at = next;
    }
    *piece = bytes_first(*rest, rest->len - at.len);
    *rest = at;
    return true;
}

/* A piece has no quotation mark in it; a NUL would end the expression. */
static void append_string(struct buf *out, struct bytes piece)
{
    buf_append_byte(out, '"');
    for (size_t i = 0; i < piece.len; i++)
        buf_append_byte(out, piece.data[i] != 0 ? piece.data[i] : ' ');
    buf_append_byte(out, '"');
}

bool search_match_words(struct buf *out, struct bytes text)
{
    struct bytes piece;
    unsigned count = 0;
    while (count < SEARCH_WORDS_MAX && next_piece(&text, &piece)) {
        if (!has_word(piece))
            continue;
        buf_append_text(out, count == 0 ? "{content} : (" : " AND ");
        append_string(out, piece);
        count++;
    }
    if (count == 0)
        return false;
    buf_append_byte(out, ')');
    return true;
}

void search_match_chats(struct buf *out, const int64_t *chat_ids, size_t count)
{
    buf_append_text(out, " AND {chat_id} : (");
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s\"%lld\"", i > 0 ? " OR " : "", (long long)chat_ids[i]);
    buf_append_byte(out, ')');
}
