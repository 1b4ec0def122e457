#include "bench/dialect.h"

#include <stdio.h>

/* MQTT 3.1.1, section 2.2.1: types of packets, with their flags, as the first byte. */
enum {
    MQTT_CONNECT = 0x10,
    MQTT_PUBLISH = 0x30,
    MQTT_SUBSCRIBE = 0x82,
    MQTT_SUBACK = 0x90,
};

enum {
    TOPIC_BYTES_MAX = 32,
    LENGTH_7_BITS = 0x80, /* in a byte of the length: another one follows (section 2.2.3) */
};

static void append_chat(struct buf *out, uint64_t chat_id, struct message_id id,
                        size_t content_bytes, uint32_t masking_key)
{
    (void)chat_id; /* the path said it */
    wire_append_message(out, id, content_bytes, masking_key);
}

/* It follows hello; the chat's events come behind it. */
static bool is_subscribed(struct bytes payload)
{
    return bytes_starts_with(payload, BYTES("{\"type\":\"subscribed\""));
}

static bool is_ack(struct bytes payload)
{
    return bytes_starts_with(payload, BYTES("{\"type\":\"ack\""));
}

static void append_length(struct buf *packet, size_t length)
{
    for (; length >= LENGTH_7_BITS; length /= LENGTH_7_BITS)
        buf_append_byte(packet, (uint8_t)(length % LENGTH_7_BITS | LENGTH_7_BITS));
    buf_append_byte(packet, (uint8_t)length);
}

/* Append a packet in a frame of its own. Its head and text lie one behind the other. */
static void append_packet(struct buf *out, uint8_t type, struct bytes head, struct bytes text,
                          uint32_t masking_key)
{
    struct buf packet = {0};
    buf_append_byte(&packet, type);
    append_length(&packet, head.len + text.len);
    buf_append(&packet, head);
    buf_append(&packet, text);
    wire_append_frame(out, WIRE_BINARY, buf_bytes(&packet), masking_key);
    if (buf_status(&packet) != OK)
        out->failed = true;
    buf_free(&packet);
}

/* The length in two bytes, then the chat's topic. */
static struct bytes topic_make(uint64_t chat_id, char out[TOPIC_BYTES_MAX])
{
    int len = snprintf(out + 2, TOPIC_BYTES_MAX - 2, "chat/%llu", (unsigned long long)chat_id);
    out[0] = 0;
    out[1] = (char)len;
    return bytes_of(out, (size_t)len + 2);
}

/* Section 3.1: protocol name and level 4, a clean session, no limit of silence, no name of our own.
 * Section 3.8: packet 1, one topic, quality of service 0. */
static void append_mqtt_greeting(struct buf *out, uint64_t chat_id, uint32_t masking_key)
{
    char topic[TOPIC_BYTES_MAX];
    struct buf subscription = {0};
    append_packet(out, MQTT_CONNECT, BYTES("\0\4MQTT\4\2\0\0"), BYTES("\0\0"), masking_key);
    buf_append(&subscription, topic_make(chat_id, topic));
    buf_append_byte(&subscription, 0);
    append_packet(out, MQTT_SUBSCRIBE, BYTES("\0\1"), buf_bytes(&subscription), masking_key);
    if (buf_status(&subscription) != OK)
        out->failed = true;
    buf_free(&subscription);
}

static bool is_mqtt_subscribed(struct bytes payload)
{
    return payload.len > 0 && payload.data[0] == MQTT_SUBACK;
}

static void append_mqtt_message(struct buf *out, uint64_t chat_id, struct message_id id,
                                size_t content_bytes, uint32_t masking_key)
{
    char topic[TOPIC_BYTES_MAX];
    struct buf text = {0};
    wire_append_content(&text, id, content_bytes);
    append_packet(out, MQTT_PUBLISH, topic_make(chat_id, topic), buf_bytes(&text), masking_key);
    if (buf_status(&text) != OK)
        out->failed = true;
    buf_free(&text);
}

static const struct dialect dialects[] = {
    {
        .name = "chat",
        .request_fields = "",
        .append_message = append_chat,
    },
    {
        .name = "deflate",
        .request_fields = "Sec-WebSocket-Extensions: permessage-deflate\r\n",
        .response_field = "permessage-deflate; server_no_context_takeover",
        .append_message = append_chat,
        .may_deflate = true,
    },
    {
        .name = "v1",
        .request_fields = "Sec-WebSocket-Protocol: confab.v1\r\n",
        .response_field = "Sec-WebSocket-Protocol: confab.v1\r\n",
        .is_greeting = is_subscribed,
        .append_message = append_chat,
        .is_aside = is_ack,
    },
    {
        .name = "mqtt",
        .request_fields = "Sec-WebSocket-Protocol: mqtt\r\n",
        .response_field = "mqtt\r\n",
        .append_greeting = append_mqtt_greeting,
        .is_greeting = is_mqtt_subscribed,
        .append_message = append_mqtt_message,
    },
};

const struct dialect *dialect_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(dialects); i++) {
        if (strcmp(dialects[i].name, name) == 0)
            return &dialects[i];
    }
    return NULL;
}
