/* load.h - what the parts of the load generator share: its connections, rooms, publishers and
 * counts.
 *
 * One thread, one epoll. A subscriber costs a receive and one comparison per message (order.h), so
 * that the generator is quicker than the server it measures. A publisher is a subscriber too; it
 * waits until its own messages come back.
 */
#ifndef CONFAB_BENCH_LOAD_H
#define CONFAB_BENCH_LOAD_H

#include <netinet/in.h>
#include "bench/dialect.h"
#include "bench/histogram.h"
#include "bench/options.h"
#include "bench/order.h"
#include "bench/plan.h"
#include "bench/process.h"

enum {
    READ_BYTES = 256 * 1024,   /* of one receive; also the largest frame */
    COMPLAINT_BYTES_MAX = 120, /* of the first thing that went wrong; the rest of it is cut off */
};

/* The life of a connection.
 *
 *   IDLE --> CONNECTING --connected--> HANDSHAKE --101--> GREETING --the dialect's first frame-->
 * OPEN |                        |                 |                                   |
 *                 +-----refused or
 * lost----+-----------------+-----------------------------------+--> CLOSED
 *
 * A bare connection (bench/raw) goes from CONNECTING to OPEN, one whose dialect has no greeting
 * from HANDSHAKE to OPEN. */
enum client_state {
    CLIENT_IDLE, /* not yet begun */
    CLIENT_CONNECTING,
    CLIENT_HANDSHAKE,
    CLIENT_GREETING,
    CLIENT_OPEN,
    CLIENT_CLOSED,
};

#define NO_PUBLISHER UINT32_MAX /* too large for an enumerator */

struct client {
    int fd;
    enum client_state state;
    uint32_t room;      /* index in load.rooms */
    uint32_t publisher; /* index in load.publishers, or NO_PUBLISHER */
    struct order_reader reader;
    struct buf partial; /* the beginning of a frame or response whose end has not come */
    struct buf unsent;
    uint64_t began_ns;
};

/* The clients of one chat lie together in load.clients. */
struct room {
    struct order_room order;
    size_t first_client;
    size_t client_count;
    size_t trim_bytes; /* when so much is kept, look what every reader has passed */
};

struct publisher {
    struct publisher_log log;
    struct client *client;
    uint64_t outstanding;
};

/* What must stay zero. */
struct faults {
    uint64_t missing;
    uint64_t duplicate;
    uint64_t out_of_order;
    uint64_t unknown; /* messages that nobody published */
    uint64_t error_frames;
    uint64_t closed;  /* connections that the server ended */
    uint64_t refused; /* handshakes without a good 101 */
};

struct load {
    struct options options;
    const struct dialect *dialect;
    struct plan plan;
    struct process_set server;
    struct sockaddr_in address;
    int epoll_fd;

    struct client *clients;
    size_t client_count;
    struct room *rooms;
    size_t room_count;
    struct publisher *publishers;
    size_t publisher_count;

    size_t handshakes_pending; /* begun and not decided */
    size_t open_count;
    uint64_t publish_left; /* how many messages this phase may still publish */
    uint64_t due;          /* deliveries that published messages call for */
    uint64_t delivered;    /* deliveries that came, each once */
    uint64_t frame_bytes;  /* received in deliveries */
    uint64_t receives;     /* calls that gave something */
    uint64_t progress_ns;  /* when something last came */
    struct faults faults;
    char complaint[COMPLAINT_BYTES_MAX +
                   1];        /* the first response that was no 101, error frame or close frame */
    struct histogram latency; /* ns from publishing to each delivery */
    struct histogram handshake_latency; /* ns from connect until the connection is open */
    struct histogram complete;          /* hold: ns from publishing until the last one has it */
    uint64_t last_arrival_ns;
    uint32_t random;
    uint8_t *read_buffer; /* READ_BYTES */
};

#endif
