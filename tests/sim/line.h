/* line.h - a client's end of a connection: the wire, the answer to its handshake, and frames.
 *
 * Knows: what every WebSocket client does, whatever it talks about: it answers pings and close
 * frames, remembers whether it was silent or still for so long that the server may have given it
 * up, and takes nothing deflated that was not agreed on. Next: peer.h and v1_peer.h say and judge
 * what is in the frames.
 */
#ifndef CONFAB_TESTS_SIM_LINE_H
#define CONFAB_TESTS_SIM_LINE_H

#include "world.h"

struct line {
    struct wire *wire;    /* NULL: it is not connected */
    struct buf received;  /* and not yet looked at */
    size_t read;          /* of these, behind the text that was taken off last */
    unsigned status;      /* of the HTTP answer; 0: none yet */
    unsigned close_code;  /* of the server's close frame; 0: none yet */
    bool is_deflated;     /* permessage-deflate was agreed on */
    bool was_silent;      /* once for so long that it may have been taken for gone */
    int64_t stillest_us;  /* the longest time between two looks at what had come */
    int64_t last_sign_us; /* when it last sent anything */
    int64_t last_read_us; /* when it last looked at what had come */
};

/* Connect anew. False: the server does not answer. */
bool line_connect(struct line *line);

/* Hang up, with everything unread. What is known of the connection stays. */
void line_hang_up(struct line *line);

void line_send(struct line *line, unsigned first_byte, struct bytes payload);
void line_send_text(struct line *line, struct bytes text);

/* Take what has come off the wire, at most so many bytes. Returns how many there were. */
size_t line_receive(struct line *line, size_t bytes_max);

/* Take off the answer to the handshake; *head is valid until the next call, its body follows among
 * what was received. False: it is not whole. */
bool line_take_head(struct line *line, struct bytes *head);

/* Take off frames up to the next text, which is valid until the next call. False: there is none.
 */
bool line_take_text(struct line *line, struct bytes *text);

/* Whether nothing comes any more. */
bool line_is_at_end(const struct line *line);

/* Whether it once let everything lie for so long. */
bool line_was_still(const struct line *line, int64_t ms);

/* Whether the server may end it without a close frame that arrives: the wire is narrow, or it did
 * not take what came before that frame in the time that there is for it. is_unwelcome: it knows
 * that the server has told it to go. */
bool line_may_be_cut(const struct line *line, bool is_unwelcome);

/* Free what the module keeps. */
void line_deinit_all(void);

#endif
