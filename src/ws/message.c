#include "ws/message.h"

#include <assert.h>

uint64_t ws_message_wire_bytes_max(bool is_deflated, uint32_t bytes_max)
{
    return is_deflated ? (uint64_t)bytes_max + bytes_max / 8 + WS_WIRE_EXTRA_BYTES : bytes_max;
}

enum err ws_message_begin(struct ws_message *message, struct ws_codec *codec, enum ws_opcode opcode,
                          bool is_deflated)
{
    assert(!ws_message_is_open(message));
    assert(opcode == WS_OPCODE_TEXT || opcode == WS_OPCODE_BINARY);
    if (is_deflated) {
        enum err err = ws_codec_lend_inflater(codec, &message->inflater);
        if (err != OK)
            return err;
    }
    message->opcode = opcode;
    return OK;
}

/* Text has to be UTF-8 as far as it is known, so that a client learns of its mistake before it has
 * sent it all. */
static enum err check_added(struct ws_message *message, size_t len_before)
{
    if (message->opcode != WS_OPCODE_TEXT)
        return OK;
    struct bytes added = bytes_skip(buf_bytes(&message->content), len_before);
    return utf8_check_piece(&message->utf8, added) ? OK : ERR_SYNTAX;
}

enum err ws_message_add(struct ws_message *message, struct bytes piece, uint32_t bytes_max)
{
    assert(ws_message_is_open(message));
    if (piece.len == 0)
        return OK;
    size_t len_before = message->content.len;
    enum err err = OK;
    if (message->inflater != NULL) {
        err = ws_inflate_piece(message->inflater, piece, bytes_max, &message->content);
    } else {
        buf_append(&message->content, piece);
        err = buf_status(&message->content);
    }
    if (err == ERR_MEMORY)
        return err;
    /* What came before the inflater's error is looked at first, so that the answer to a message
     * does not depend on how it was cut. */
    enum err text_err = check_added(message, len_before);
    return text_err != OK ? text_err : err;
}

enum err ws_message_end(struct ws_message *message, struct ws_codec *codec, uint32_t bytes_max,
                        struct bytes *content)
{
    assert(ws_message_is_open(message));
    if (message->inflater != NULL) {
        enum err err = ws_inflate_end(message->inflater, bytes_max, &message->content);
        if (err != OK)
            return err;
        ws_codec_return_inflater(codec, &message->inflater);
    }
    if (!utf8_check_is_complete(&message->utf8))
        return ERR_SYNTAX;
    *content = ws_codec_hold(codec, &message->content);
    *message = (struct ws_message) {0};
    return OK;
}

void ws_message_deinit(struct ws_message *message)
{
    /* Freed, not given back: the codec is not at hand where a connection ends, and this is rare. */
    ws_inflater_free(&message->inflater);
    buf_free(&message->content);
    *message = (struct ws_message) {0};
}
