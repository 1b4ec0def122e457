#include "bench/client.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bench/wire.h"

enum {
    EVENTS_PER_POLL = 512,
    CLIENTS_PER_ADDRESS = 10 * 1000,
    ROOM_TRIM_BYTES =
        16 * 1024 * 1024, /* frames that a room keeps before it looks for what can go */
};

static void client_close(struct load *load, struct client *client, uint64_t *fault)
{
    if (client->state == CLIENT_CLOSED)
        return;
    if (client->state == CLIENT_OPEN)
        load->open_count--;
    else
        load->handshakes_pending--;
    (*fault)++;
    client->state = CLIENT_CLOSED;
    (void)close(client->fd);
    client->fd = -1;
}

/* Keep the first line of what came instead of what should have, so that a count of faults has a
 * reason beside it. */
static void complain(struct load *load, struct bytes received)
{
    if (load->complaint[0] != '\0')
        return;
    struct bytes line = bytes_first(received, bytes_index(received, '\r'));
    (void)snprintf(load->complaint, sizeof(load->complaint), "%.*s", BYTES_FMT(line));
}

/* A connection that ends on its way was refused; one that was open was closed. */
static void client_lost(struct load *load, struct client *client)
{
    bool was_open = client->state == CLIENT_OPEN;
    client_close(load, client, was_open ? &load->faults.closed : &load->faults.refused);
}

/* Give each so many clients an address of their own on the loopback interface. For every connection
 * the kernel tries the ports of its range one after another, half of them first, so those beyond
 * the first 14,000 from one address would take a millisecond each. */
static bool take_source_address(const struct load *load, const struct client *client)
{
    uint32_t target = ntohl(load->address.sin_addr.s_addr);
    uint32_t nth = (uint32_t)((size_t)(client - load->clients) / CLIENTS_PER_ADDRESS);
    int on = 1;
    struct sockaddr_in source = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK + nth),
    };
    if (nth == 0 || target >> IN_CLASSA_NSHIFT != IN_LOOPBACKNET)
        return true;
    return setsockopt(client->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) == 0 &&
           bind(client->fd, (const struct sockaddr *)&source, sizeof(source)) == 0;
}

void client_open(struct load *load, struct client *client)
{
    assert(client->state == CLIENT_IDLE);
    client->state = CLIENT_CONNECTING;
    client->began_ns = load->progress_ns = now_ns();
    load->handshakes_pending++;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* Edge-triggered for both directions at once: no call per change of mind, and no second look at
     * what is read. */
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.ptr = client};
    int on = 1;
    if (load->options.hold)
        (void)setsockopt(client->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
    if (client->fd < 0 || setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
        !take_source_address(load, client) ||
        (connect(client->fd, (const struct sockaddr *)&load->address, sizeof(load->address)) != 0 &&
         errno != EINPROGRESS) ||
        epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, client->fd, &event) != 0)
        client_lost(load, client);
}

static void client_opened(struct load *load, struct client *client)
{
    client->state = CLIENT_OPEN;
    load->handshakes_pending--;
    load->open_count++;
    load->progress_ns = now_ns();
    histogram_add(&load->handshake_latency, load->progress_ns - client->began_ns);
}

/* Append a number in the place of something of that length, which is returned. */
static size_t append_number(struct buf *out, uint64_t number, size_t place_len)
{
    buf_append_number(out, (int64_t)number);
    return place_len;
}

/* The path of the client's chat: {chat} and {after} in the option become numbers. */
static void path_append(const struct load *load, const struct plan_seat *seat, struct buf *out)
{
    static const struct bytes chat = {(const uint8_t *)"{chat}", 6};
    static const struct bytes after = {(const uint8_t *)"{after}", 7};
    struct bytes path = bytes_from_text(load->options.path);
    while (path.len > 0) {
        size_t taken = 1;
        if (bytes_starts_with(path, chat))
            taken = append_number(out, seat->chat_id, chat.len);
        else if (bytes_starts_with(path, after))
            taken = append_number(out, seat->after, after.len);
        else
            buf_append_byte(out, path.data[0]);
        path = bytes_skip(path, taken);
    }
    buf_append_byte(out, '\0');
}

static void client_on_connected(struct load *load, struct client *client)
{
    if (load->options.bare) {
        client_opened(load, client);
        return;
    }
    const struct plan_seat *seat = &load->plan.seats[client - load->clients];
    struct buf path = {0};
    path_append(load, seat, &path);
    if (buf_status(&path) == OK)
        wire_append_request(&client->unsent, load->options.target, (const char *)path.data,
                            seat->session_key, load->dialect->request_fields);
    else
        client->unsent.failed = true;
    buf_free(&path);
    client->state = CLIENT_HANDSHAKE;
}

void client_flush(struct load *load, struct client *client)
{
    if (client->state == CLIENT_CLOSED)
        return;
    if (buf_status(&client->unsent) != OK) {
        client_lost(load, client);
        return;
    }
    while (client->unsent.len > 0) {
        ssize_t sent = send(client->fd, client->unsent.data, client->unsent.len, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN)
                client_lost(load, client);
            return; /* or wait for EPOLLOUT */
        }
        buf_consume(&client->unsent, (size_t)sent);
    }
}

static uint32_t random_next(struct load *load)
{
    uint32_t x =
        load->random; /* xorshift32: a masking key need not be secret here, only not constant */
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    load->random = x;
    return x;
}

static uint64_t chat_of(const struct load *load, const struct client *client)
{
    return load->plan.seats[client - load->clients].chat_id;
}

enum err client_publish(struct load *load, struct publisher *publisher, uint64_t sent_ns)
{
    struct client *client = publisher->client;
    if (client->state != CLIENT_OPEN)
        return ERR_CLOSED;
    struct message_id id = {.publisher = client->publisher};
    enum err err = publisher_log_add(&publisher->log, sent_ns, &id.number);
    if (err != OK)
        return err;
    load->dialect->append_message(&client->unsent, chat_of(load, client), id,
                                  load->options.content_bytes, random_next(load));
    publisher->outstanding++;
    load->due += load->rooms[client->room].client_count;
    return buf_status(&client->unsent);
}

void client_fill_window(struct load *load, struct publisher *publisher)
{
    uint64_t sent_ns = now_ns();
    while (load->publish_left > 0 && publisher->outstanding < load->options.window) {
        if (client_publish(load, publisher, sent_ns) != OK) {
            client_lost(load, publisher->client);
            return;
        }
        load->publish_left--;
    }
    client_flush(load, publisher->client);
}

/* The smallest place that a reader of the room still needs. */
static uint64_t room_first_needed(const struct load *load, const struct room *room)
{
    uint64_t first = room->order.entries_begin + room->order.entry_count;
    for (size_t i = 0; i < room->client_count; i++) {
        const struct client *client = &load->clients[room->first_client + i];
        if (client->state != CLIENT_CLOSED && client->reader.next < first)
            first = client->reader.next;
    }
    return first;
}

/* What stays may be more than half of the threshold, so the threshold moves: looking costs little
 * per byte. */
static void room_trim(struct load *load, struct room *room)
{
    if (room->order.frames.len < room->trim_bytes)
        return;
    order_trim(&room->order, room_first_needed(load, room));
    room->trim_bytes = 2 * room->order.frames.len + ROOM_TRIM_BYTES;
}

static void client_delivered(struct load *load, struct client *client, struct message_id id,
                             uint64_t sent_ns, size_t frame_bytes, uint64_t received_ns)
{
    load->delivered++;
    load->frame_bytes += frame_bytes;
    if (received_ns > load->last_arrival_ns)
        load->last_arrival_ns = received_ns;
    histogram_add(&load->latency, received_ns - sent_ns);
    if (id.publisher == client->publisher)
        load->publishers[id.publisher].outstanding--;
}

/* The message's number. False: there is none, or the frame is deflated and should not be. */
static bool find_id(const struct load *load, const struct wire_frame *frame, struct message_id *id)
{
    if (!frame->is_deflated)
        return wire_find_id(frame->payload, id);
    struct buf text = {0};
    bool is_found = load->dialect->may_deflate &&
                    wire_inflate(frame->payload, READ_BYTES, &text) == OK &&
                    wire_find_id(buf_bytes(&text), id);
    buf_free(&text);
    return is_found;
}

static void client_on_message(struct load *load, struct client *client,
                              const struct wire_frame *frame, uint64_t received_ns)
{
    struct message_id id;
    if (load->dialect->is_aside != NULL && load->dialect->is_aside(frame->payload))
        return;
    if (!find_id(load, frame, &id)) {
        load->faults.error_frames++;
        complain(load, frame->payload);
        return;
    }
    bool known = id.publisher < load->publisher_count;
    struct publisher_log *log = known ? &load->publishers[id.publisher].log : NULL;
    struct room *room = &load->rooms[client->room];
    enum order_verdict verdict = ORDER_UNKNOWN;
    if (order_take(&room->order, &client->reader, log, id, frame->whole, &verdict) != OK) {
        client_lost(load, client);
        return;
    }
    switch (verdict) {
    case ORDER_OUT_OF_ORDER:
        load->faults.out_of_order++;
        /* fall through: it did come */
        __attribute__((fallthrough));
    case ORDER_NEXT:
        client_delivered(load, client, id, log->messages[id.number].sent_ns, frame->whole.len,
                         received_ns);
        break;
    case ORDER_DUPLICATE:
        load->faults.duplicate++;
        break;
    case ORDER_UNKNOWN:
        load->faults.unknown++;
        break;
    }
    room_trim(load, room);
}

static void client_on_frame(struct load *load, struct client *client,
                            const struct wire_frame *frame, uint64_t received_ns)
{
    switch (frame->opcode) {
    case WIRE_TEXT:
    case WIRE_BINARY:
        client_on_message(load, client, frame, received_ns);
        break;
    case WIRE_PING:
        wire_append_frame(&client->unsent, WIRE_PONG, frame->payload, random_next(load));
        client_flush(load, client);
        break;
    case WIRE_PONG:
        break;
    default: /* a close frame, or an opcode that does not exist */
        complain(load, BYTES("close frame or unknown opcode"));
        client_lost(load, client);
        break;
    }
}

/* What comes before a connection is open: everything but the frame that opens it is passed over. */
static size_t client_take_greeting(struct load *load, struct client *client, struct bytes received)
{
    size_t used = 0;
    struct wire_frame frame;
    enum err err = OK;
    while (client->state == CLIENT_GREETING &&
           (err = wire_read_frame(bytes_skip(received, used), &frame)) == OK) {
        used += frame.whole.len;
        if (frame.opcode == WIRE_CLOSE)
            err = ERR_CLOSED;
        else if (load->dialect->is_greeting(frame.payload))
            client_opened(load, client);
        if (err != OK)
            break;
    }
    if (err != OK && err != ERR_PARTIAL) {
        complain(load, bytes_skip(received, used));
        client_lost(load, client);
    }
    return used;
}

/* Deal with every whole frame; the number of bytes that they took. */
static size_t client_take_frames(struct load *load, struct client *client, struct bytes received,
                                 uint64_t received_ns)
{
    const struct order_room *order = &load->rooms[client->room].order;
    size_t used = 0;
    while (used < received.len && client->state == CLIENT_OPEN) {
        struct bytes rest = bytes_skip(received, used);
        const struct order_entry *entry = order_match(order, &client->reader, rest);
        if (entry != NULL) {
            used += entry->frame_bytes;
            client_delivered(load, client, entry->id, entry->sent_ns, entry->frame_bytes,
                             received_ns);
            continue;
        }
        struct wire_frame frame;
        enum err err = wire_read_frame(rest, &frame);
        if (err == ERR_PARTIAL)
            break;
        if (err != OK) {
            client_lost(load, client);
            break;
        }
        used += frame.whole.len;
        client_on_frame(load, client, &frame, received_ns);
    }
    return used;
}

/* The handshake is answered. */
static void client_on_answered(struct load *load, struct client *client)
{
    const struct dialect *dialect = load->dialect;
    if (dialect->is_greeting == NULL) {
        client_opened(load, client);
        return;
    }
    client->state = CLIENT_GREETING;
    if (dialect->append_greeting == NULL)
        return;
    dialect->append_greeting(&client->unsent, chat_of(load, client), random_next(load));
    client_flush(load, client);
}

/* Deal with what has been received; the number of bytes that are done with. */
static size_t client_take(struct load *load, struct client *client, struct bytes received,
                          uint64_t received_ns)
{
    size_t used = 0;
    if (client->state == CLIENT_HANDSHAKE) {
        enum err err = wire_read_response(received, load->dialect->response_field, &used);
        if (err == ERR_PARTIAL)
            return 0;
        if (err != OK) {
            complain(load, received);
            client_lost(load, client);
            return 0;
        }
        client_on_answered(load, client);
    }
    if (client->state == CLIENT_GREETING)
        used += client_take_greeting(load, client, bytes_skip(received, used));
    return used + client_take_frames(load, client, bytes_skip(received, used), received_ns);
}

/* The moment at which the kernel got what a message header came with, by now_ns()'s clock. */
static uint64_t arrival_ns(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        struct timespec stamp;
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPNS)
            continue;
        memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
        return now_ns() - (wall_ns() - timespec_ns(stamp));
    }
    return now_ns();
}

/* As recv(); *received_ns is when it came, even if nobody looked. */
static ssize_t receive(const struct load *load, int fd, uint8_t *data, size_t len,
                       uint64_t *received_ns)
{
    if (!load->options.hold) {
        ssize_t got = recv(fd, data, len, 0);
        *received_ns = now_ns();
        return got;
    }
    struct iovec part = {.iov_base = data, .iov_len = len};
    union {
        struct cmsghdr aligned;
        uint8_t bytes[CMSG_SPACE(sizeof(struct timespec))];
    } control;
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control),
    };
    ssize_t got = recvmsg(fd, &message, 0);
    *received_ns = arrival_ns(&message);
    return got;
}

/* Receive once. True: there may be more, because what came filled the buffer. */
static bool client_receive(struct load *load, struct client *client)
{
    size_t kept = client->partial.len;
    if (kept > 0)
        memcpy(load->read_buffer, client->partial.data, kept);
    size_t room = READ_BYTES - kept;
    uint64_t received_ns;
    ssize_t got = receive(load, client->fd, load->read_buffer + kept, room, &received_ns);
    if (got < 0 && errno == EAGAIN)
        return false;
    if (got <= 0) { /* also when a frame does not fit: there was no room to receive into */
        client_lost(load, client);
        return false;
    }
    load->progress_ns = now_ns();
    load->receives++;
    struct bytes received = bytes_of(load->read_buffer, kept + (size_t)got);
    size_t used = client_take(load, client, received, received_ns);
    buf_clear(&client->partial);
    if (used < received.len)
        buf_append(&client->partial, bytes_skip(received, used));
    if (buf_status(&client->partial) != OK)
        client_lost(load, client);
    return (size_t)got == room && client->state != CLIENT_CLOSED;
}

/* A receive that leaves room in the buffer has emptied the socket, so the next bytes make an edge
 * of their own; only the end of the stream may stand behind them without one. */
static void client_on_readable(struct load *load, struct client *client, bool at_end)
{
    while (client_receive(load, client) || (at_end && client->state != CLIENT_CLOSED))
        continue;
    if (client->publisher != NO_PUBLISHER && client->state == CLIENT_OPEN && load->publish_left > 0)
        client_fill_window(load, &load->publishers[client->publisher]);
}

static void client_on_event(struct load *load, struct client *client, uint32_t events)
{
    if ((events & (EPOLLERR | EPOLLHUP)) != 0 && (events & EPOLLIN) == 0)
        client_lost(load, client);
    if ((events & EPOLLOUT) != 0 && client->state == CLIENT_CONNECTING)
        client_on_connected(load, client);
    if ((events & EPOLLOUT) != 0)
        client_flush(load, client);
    if ((events & EPOLLIN) != 0 && client->state != CLIENT_CLOSED)
        client_on_readable(load, client, (events & EPOLLRDHUP) != 0);
}

void client_poll(struct load *load, uint64_t timeout_ns)
{
    struct epoll_event events[EVENTS_PER_POLL];
    struct timespec timeout = {
        .tv_sec = (time_t)(timeout_ns / 1000000000u),
        .tv_nsec = (long)(timeout_ns % 1000000000u),
    };
    int count = epoll_pwait2(load->epoll_fd, events, EVENTS_PER_POLL, &timeout, NULL);
    for (int i = 0; i < count; i++) {
        struct client *client = events[i].data.ptr;
        if (client->state != CLIENT_CLOSED)
            client_on_event(load, client, events[i].events);
    }
}

void client_hold(const struct load *load, struct client *client, bool is_held)
{
    struct epoll_event event = {
        .events = is_held ? 0 : EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.ptr = client,
    };
    if (client->state == CLIENT_OPEN)
        (void)epoll_ctl(load->epoll_fd, EPOLL_CTL_MOD, client->fd, &event); /* it was added */
}

void client_free(struct client *client)
{
    if (client->fd >= 0 && client->state != CLIENT_IDLE && client->state != CLIENT_CLOSED)
        (void)close(client->fd);
    order_reader_free(&client->reader);
    buf_free(&client->partial);
    buf_free(&client->unsent);
}
