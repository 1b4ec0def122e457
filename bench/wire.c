#include "bench/wire.h"

#include <assert.h>
#include <stdio.h>
#define ZLIB_CONST /* input is only read */
#include <zlib.h>

/* The example of RFC 6455, section 1.3: one key for all, since only the server's work is of
 * interest. */
#define REQUEST_KEY     "dGhlIHNhbXBsZSBub25jZQ=="
#define RESPONSE_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

enum {
    LENGTH_16_BITS = 126, /* in the header's length: two bytes follow */
    LENGTH_64_BITS = 127, /* eight bytes follow */
    BIT_FIN = 0x80,
    BIT_MASK = 0x80,
    BIT_RSV1 = 0x40,
    OTHER_RESERVED_BITS = 0x30,
};

void wire_append_request(struct buf *out, const char *host, const char *path, struct bytes cookie,
                         const char *fields)
{
    buf_printf(out, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
               path, host);
    buf_append_text(out, "Sec-WebSocket-Key: " REQUEST_KEY "\r\nSec-WebSocket-Version: 13\r\n");
    if (cookie.len > 0)
        buf_printf(out, "Cookie: sessionid=%.*s\r\n", BYTES_FMT(cookie));
    buf_append_text(out, fields);
    buf_append_text(out, "\r\n");
}

enum err wire_read_response(struct bytes received, const char *needed, size_t *bytes)
{
    static const char accept[] = RESPONSE_ACCEPT;
    size_t searched =
        received.len < WIRE_RESPONSE_BYTES_MAX ? received.len : WIRE_RESPONSE_BYTES_MAX;
    const uint8_t *end = memmem(received.data, searched, "\r\n\r\n", 4);
    if (end == NULL)
        return searched < WIRE_RESPONSE_BYTES_MAX ? ERR_PARTIAL : ERR_LIMIT;
    size_t head = (size_t)(end - received.data);
    if (!bytes_starts_with(received, BYTES("HTTP/1.1 101 ")))
        return ERR_DENIED;
    if (memmem(received.data, head, accept, sizeof(accept) - 1) == NULL)
        return ERR_PROTOCOL;
    if (needed != NULL && memmem(received.data, head + 2, needed, strlen(needed)) == NULL)
        return ERR_PROTOCOL;
    *bytes = head + 4;
    return OK;
}

void wire_append_frame(struct buf *out, enum wire_opcode opcode, struct bytes payload,
                       uint32_t masking_key)
{
    assert(payload.len <= UINT16_MAX);
    if (!buf_reserve(out, payload.len + WIRE_CLIENT_FRAME_HEADER_BYTES_MAX))
        return;
    buf_append_byte(out, (uint8_t)(BIT_FIN | opcode));
    if (payload.len < LENGTH_16_BITS) {
        buf_append_byte(out, (uint8_t)(BIT_MASK | payload.len));
    } else {
        buf_append_byte(out, BIT_MASK | LENGTH_16_BITS);
        buf_append_byte(out, (uint8_t)(payload.len >> 8));
        buf_append_byte(out, (uint8_t)payload.len);
    }
    uint8_t key[4];
    memcpy(key, &masking_key, sizeof(key));
    buf_append(out, bytes_of(key, sizeof(key)));
    for (size_t i = 0; i < payload.len; i++)
        out->data[out->len++] = payload.data[i] ^ key[i % 4];
}

void wire_append_content(struct buf *out, struct message_id id, size_t content_bytes)
{
    assert(content_bytes >= WIRE_ID_BYTES);
    buf_printf(out, "#%08x.%08x.", id.publisher, id.number);
    for (size_t i = WIRE_ID_BYTES; i < content_bytes; i++)
        buf_append_byte(out, 'x');
}

void wire_append_message(struct buf *out, struct message_id id, size_t content_bytes,
                         uint32_t masking_key)
{
    struct buf payload = {0};
    buf_append_text(&payload, "{\"content\": \"");
    wire_append_content(&payload, id, content_bytes);
    buf_append_text(&payload, "\"}");
    wire_append_frame(out, WIRE_TEXT, buf_bytes(&payload), masking_key);
    if (buf_status(&payload) != OK)
        out->failed = true;
    buf_free(&payload);
}

enum err wire_read_frame(struct bytes received, struct wire_frame *out)
{
    if (received.len < 2)
        return ERR_PARTIAL;
    const uint8_t *at = received.data;
    if ((at[0] & BIT_FIN) == 0 || (at[0] & OTHER_RESERVED_BITS) != 0 || (at[1] & BIT_MASK) != 0)
        return ERR_PROTOCOL;
    size_t header = 2;
    uint64_t len = at[1];
    if (len >= LENGTH_16_BITS) {
        size_t length_bytes = len == LENGTH_64_BITS ? 8 : 2;
        if (received.len < header + length_bytes)
            return ERR_PARTIAL;
        len = 0;
        for (size_t i = 0; i < length_bytes; i++)
            len = len << 8 | at[header + i];
        header += length_bytes;
    }
    if (len > received.len - header)
        return ERR_PARTIAL;
    out->opcode = at[0] & 0x0F;
    out->is_deflated = (at[0] & BIT_RSV1) != 0;
    out->whole = bytes_first(received, header + (size_t)len);
    out->payload = bytes_of(at + header, (size_t)len);
    return OK;
}

enum err wire_inflate(struct bytes payload, size_t limit_bytes, struct buf *out)
{
    enum { RAW_WINDOW_BITS = -15 };
    static const uint8_t tail[] = {0x00, 0x00, 0xff, 0xff}; /* RFC 7692, section 7.2.2 */
    z_stream stream = {0};
    if (inflateInit2(&stream, RAW_WINDOW_BITS) != Z_OK || !buf_reserve(out, limit_bytes))
        return ERR_MEMORY;
    stream.next_out = out->data + out->len;
    stream.avail_out = (uInt)limit_bytes;
    stream.next_in = payload.data;
    stream.avail_in = (uInt)payload.len;
    int code = inflate(&stream, Z_SYNC_FLUSH);
    if (code == Z_OK && stream.avail_in == 0) {
        stream.next_in = tail;
        stream.avail_in = sizeof(tail);
        code = inflate(&stream, Z_SYNC_FLUSH);
    }
    size_t left = stream.avail_out;
    (void)inflateEnd(&stream);
    if (left == 0)
        return ERR_LIMIT;
    out->len += limit_bytes - left;
    return code == Z_OK || code == Z_BUF_ERROR ? OK : ERR_PROTOCOL;
}

/* 16 for a character that is no lower-case hexadecimal digit. */
static uint32_t digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - (uint32_t)'0';
    if (c >= 'a' && c <= 'f')
        return c - (uint32_t)'a' + 10;
    return 16;
}

/* Eight hexadecimal digits and a full stop. */
static bool read_number(const uint8_t *at, uint32_t *out)
{
    uint32_t number = 0;
    for (size_t i = 0; i < 8; i++) {
        uint32_t digit = digit_value(at[i]);
        if (digit > 15)
            return false;
        number = number << 4 | digit;
    }
    *out = number;
    return at[8] == '.';
}

bool wire_find_id(struct bytes payload, struct message_id *out)
{
    size_t begin = bytes_index(payload, '#');
    if (payload.len < begin + WIRE_ID_BYTES)
        return false;
    const uint8_t *at = payload.data + begin + 1;
    return read_number(at, &out->publisher) && read_number(at + 9, &out->number);
}
