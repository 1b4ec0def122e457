/* flash.h - fleeting frames of confab.v1: what is told to those who are there and is nowhere kept
 * (typing, read marks, a chat that was joined), or kept elsewhere (notices).
 *
 * A flash goes to the readers of a chat or to the connections of a user, on every loop. It has no
 * place in the chain: who is behind may miss it. Thread: flash_post() from any; the rest happens on
 * the loops.
 */
#ifndef CONFAB_SERVER_FLASH_H
#define CONFAB_SERVER_FLASH_H

#include "server/shard.h"

enum flash_kind {
    FLASH_TYPING,  /* to the chat, but not to the user; once in TYPING_MS_MIN for each user */
    FLASH_RECEIPT, /* to the chat, but not to the user */
    FLASH_READ,    /* to the user's connections, but not to the one that it came from */
    FLASH_JOINED,  /* to the user's connections to all chats: they follow into the chat */
};

enum {
    TYPING_MS_MIN = 3 * 1000, /* between two of the same user in the same chat that are passed on */
    TYPING_SHOWN_S = 5,       /* how long a client is to show it */
    TYPING_REMEMBERED_MAX = 4096, /* users and chats of which a loop knows the time; of more: all
                                     are forgotten */
};

struct flash_news {
    enum flash_kind kind;
    int64_t chat_id;
    int64_t user_id;
    const void *origin; /* the connection that it came from; NULL: none */
    struct bytes json;  /* the frame; copied */
};

/* ERR_MEMORY: nobody is told. Thread: any. */
CHECKED enum err flash_post(struct site *site, const struct flash_news *news);

/* Tell every connection of confab.v1 on this loop that takes bytes now. Thread: the shard's. */
void flash_everybody(struct shard *shard, struct bytes json);

/* Where a user's read mark in a chat is now. */
struct flash_mark {
    int64_t chat_id;
    int64_t user_id;
    int64_t seq;
    bool is_receipt;    /* the other members learn of it too */
    const void *origin; /* as of news */
};

/* The user types in the chat; the user's mark has moved. Without memory nobody is told. */
void flash_typing(struct site *site, int64_t chat_id, const struct user *user);
void flash_read(struct site *site, const struct flash_mark *mark);

#endif
