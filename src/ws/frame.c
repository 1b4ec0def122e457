#include "ws/frame.h"

enum {
    LEN_IS_16_BITS = 126, /* in the 7 bits of length: the next 2 bytes hold it */
    LEN_IS_64_BITS = 127, /* the next 8 bytes hold it */
    BIT_FIN = 0x80,       /* in the first byte */
    BIT_RSV1 = 0x40,
    BIT_RSV2 = 0x20,
    BIT_RSV3 = 0x10,
    BITS_OPCODE = 0x0f,
    BIT_MASKED = 0x80, /* in the second byte */
    BITS_LEN = 0x7f,
    MASKING_KEY_BYTES = 4,
};

static size_t extended_len_bytes(uint8_t short_len)
{
    return short_len == LEN_IS_64_BITS ? 8 : short_len == LEN_IS_16_BITS ? 2 : 0;
}

/* Read an extended length of len_bytes; bytes is what there is of it. The bytes that prove it wrong
 * may come before its last one, and are then enough. */
static enum err extended_len_read(struct bytes bytes, size_t len_bytes, uint64_t *out)
{
    size_t there = bytes.len < len_bytes ? bytes.len : len_bytes;
    uint64_t len = 0;
    for (size_t i = 0; i < there; i++)
        len = len << 8 | bytes.data[i];

    if (len_bytes == 8 && there > 0 && (bytes.data[0] & 0x80) != 0)
        return ERR_PROTOCOL;
    /* With six zero bytes in front the length fits into 16 bits, which is the shorter form. */
    if (len_bytes == 8 && there >= 6 && len >> (8 * (there - 6)) == 0)
        return ERR_PROTOCOL;
    if (len_bytes == 2 && there == 2 && len < LEN_IS_16_BITS)
        return ERR_PROTOCOL;
    *out = len;
    return there == len_bytes ? OK : ERR_PARTIAL;
}

enum err ws_frame_header_read(struct bytes bytes, struct ws_frame_header *out)
{
    if (bytes.len < 2)
        return ERR_PARTIAL;
    uint8_t first = bytes.data[0];
    uint8_t second = bytes.data[1];
    uint64_t payload_len = second & BITS_LEN;
    size_t len_bytes = extended_len_bytes(second & BITS_LEN);
    if (len_bytes > 0) {
        enum err err = extended_len_read(bytes_skip(bytes, 2), len_bytes, &payload_len);
        if (err != OK)
            return err;
    }
    bool masked = (second & BIT_MASKED) != 0;
    size_t key_at = 2 + len_bytes;
    size_t header_len = key_at + (masked ? MASKING_KEY_BYTES : 0);
    if (bytes.len < header_len)
        return ERR_PARTIAL;

    *out = (struct ws_frame_header) {
        .fin = (first & BIT_FIN) != 0,
        .rsv1 = (first & BIT_RSV1) != 0,
        .rsv2 = (first & BIT_RSV2) != 0,
        .rsv3 = (first & BIT_RSV3) != 0,
        .masked = masked,
        .opcode = first & BITS_OPCODE,
        .payload_len = payload_len,
        .header_len = header_len,
    };
    if (masked)
        memcpy(out->masking_key, bytes.data + key_at, MASKING_KEY_BYTES);
    return OK;
}

void ws_unmask(uint8_t *piece, size_t len, const uint8_t masking_key[4], uint64_t offset)
{
    /* The key as it meets the piece: turned to the offset, and repeated to the width of a word. */
    uint8_t turned[8];
    for (size_t i = 0; i < sizeof turned; i++)
        turned[i] = masking_key[(offset + i) % MASKING_KEY_BYTES];
    uint64_t key;
    memcpy(&key, turned, sizeof key);

    size_t at = 0;
    for (; len - at >= sizeof key; at += sizeof key) {
        uint64_t word;
        memcpy(&word, piece + at, sizeof word);
        word ^= key;
        memcpy(piece + at, &word, sizeof word);
    }
    for (size_t i = 0; at < len; i++, at++)
        piece[at] ^= turned[i];
}

size_t ws_frame_header_write(uint8_t out[WS_SERVER_HEADER_BYTES_MAX], enum ws_opcode opcode,
                             bool rsv1, uint64_t payload_len)
{
    out[0] = (uint8_t)(BIT_FIN | (rsv1 ? BIT_RSV1 : 0) | opcode);
    if (payload_len < LEN_IS_16_BITS) {
        out[1] = (uint8_t)payload_len;
        return 2;
    }
    size_t len_bytes = payload_len <= UINT16_MAX ? 2 : 8;
    out[1] = len_bytes == 2 ? LEN_IS_16_BITS : LEN_IS_64_BITS;
    for (size_t i = 0; i < len_bytes; i++)
        out[2 + i] = (uint8_t)(payload_len >> (8 * (len_bytes - 1 - i)));
    return 2 + len_bytes;
}

size_t ws_server_frame_len(const uint8_t *frame)
{
    size_t payload_len = frame[1] & BITS_LEN;
    size_t len_bytes = extended_len_bytes(frame[1] & BITS_LEN);
    if (len_bytes > 0) {
        payload_len = 0;
        for (size_t i = 0; i < len_bytes; i++)
            payload_len = payload_len << 8 | frame[2 + i];
    }
    return 2 + len_bytes + payload_len;
}
