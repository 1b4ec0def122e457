/* notice_board.h - the notices that hold, on every loop, as frames that are ready to be sent.
 *
 * A loop has them from its start on and looks again when another process has written (survey.c), so
 * that a handshake reads nothing. What is new is told to those who are there, what holds to those
 * who come; as both happen on the loop, nobody is told twice and nobody is passed over.
 * Thread: the shard's, unless said otherwise.
 */
#ifndef CONFAB_SERVER_NOTICE_BOARD_H
#define CONFAB_SERVER_NOTICE_BOARD_H

#include "base/arena.h"
#include "store/notices.h"

struct shard;
struct v1;

struct board_notice {
    int64_t id;
    int64_t ends_us;
    struct bytes frame; /* JSON, in the board's arena */
};

/* All zero: there are none. */
struct notice_board {
    struct arena arena;
    struct board_notice notices[NOTICES_MAX];
    size_t count;
    int64_t last_id; /* the largest that was ever here */
};

/* Read those that hold into an empty board, which stays empty after an error. Thread: that of the
 * database connection. */
CHECKED enum err notice_board_read(struct db *db, struct notice_board *board);

/* Take over what was read, and tell everybody what was not there before. *board is empty then. */
void notice_board_renew(struct shard *shard, struct notice_board *board);

/* Tell one who has just come what holds. */
void notice_board_show(struct v1 *v1);

void notice_board_deinit(struct notice_board *board);

#endif
