/* exchange.h - one request and its answer, on a client that speaks HTTP.
 *
 *   READING --request complete--> ANSWERING --answer written--> (freed; the next request begins a
 *                                 |     ^                          new one)
 *                 piece written   v     |   piece taken
 *                                 WAITING
 *
 * A call that has nothing to say yet is POLLING in between (poll.h). A request whose content is
 * handed out in pieces is answered from its head on; when its call wants a piece it is RECEIVING.
 *
 * While it is answered the exchange travels through the threads (dispatch.h); no more is read from
 * the client then, so pipelined requests are answered one after the other.
 */
#ifndef CONFAB_SERVER_EXCHANGE_H
#define CONFAB_SERVER_EXCHANGE_H

#include "http/parser.h"
#include "server/client.h"
#include "server/poll.h"

enum exchange_state {
    EXCHANGE_READING,
    EXCHANGE_ANSWERING, /* some thread has it; it comes back by exchange_answer() */
    EXCHANGE_RECEIVING, /* a piece of the content, as the call wishes: it ends with the client */
    EXCHANGE_POLLING,   /* for an event of a chat: it ends with the client */
    EXCHANGE_WAITING,   /* for the client to take a piece of the answer: it ends with the client */
};

struct exchange {
    struct client *client;
    struct http_parser *parser;
    struct call call;
    enum exchange_state state;
    struct step next;  /* where the call goes when it is posted */
    struct step after; /* what a step on the writer answered, until its transaction is over */
    struct task task;
    struct write write;
    struct poll poll;
    bool is_ahead;        /* pieces of its answer are being made ahead; counted in the shard's
                             ahead_count */
    size_t request_bytes; /* so far; counted in the shard's request_bytes_held */
    bool keep_alive;
    bool content_is_over; /* all of the request has been read */
    bool has_said_continue;
    bool is_head; /* HEAD: content is not sent */
    bool head_is_sent;
    unsigned minor_version;
    int64_t began_us; /* by the steady clock: when the request was complete; 0: it never was */
    uint64_t response_bytes;
    bool is_recorded;  /* counted and in the access log */
    struct live *live; /* the settings that the call goes by; NULL: it has not begun */
    char peer_text[ADDRESS_TEXT_BYTES];
};

/* Bytes of a client that speaks HTTP. Returns how many were taken. */
size_t exchange_on_bytes(struct client *client, uint8_t *data, size_t len);

/* The time for the request, or for the next piece of its content, is over: it is being read. */
void exchange_on_timeout(struct client *client);

/* The client takes bytes again, and all that was written is gone. */
void exchange_on_writable(struct client *client);

/* The call has come back: its response, or a piece of it, is there. Thread: the client's loop. */
void exchange_answer(struct exchange *exchange, enum call_place place);

/* Free the exchange; its client goes on without it. */
void exchange_free(struct exchange *exchange);

#endif
