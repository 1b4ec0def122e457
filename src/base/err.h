/* err.h - the ways in which the world or a peer can be wrong, as one type.
 *
 * A function that can fail returns enum err and is marked CHECKED. The place that knows what we
 * were doing logs it once; the edge turns it into a status or a close code.
 */
#ifndef CONFAB_BASE_ERR_H
#define CONFAB_BASE_ERR_H

#define CHECKED __attribute__((warn_unused_result))

enum err {
    OK = 0,
    ERR_PARTIAL,   /* not an error: more bytes are needed, nothing has changed */
    ERR_PROTOCOL,  /* the peer broke the rules of its protocol */
    ERR_SYNTAX,    /* a text is not of the form it should have */
    ERR_LIMIT,     /* a named limit was reached */
    ERR_NOT_FOUND, /* there is no such thing, or the asker may not know of it */
    ERR_DENIED,    /* it exists and may not be done */
    ERR_CONFLICT,  /* it collides with something that is there (unique, foreign key) */
    ERR_MEMORY,    /* no memory */
    ERR_BUSY,      /* somebody else holds the lock; it may go later */
    ERR_FULL,      /* disk or quota is full */
    ERR_IO,        /* the system call or the database failed */
    ERR_CLOSED,    /* the other end is gone */
    ERR_COUNT,
};

/* The name of an error for log lines: "busy". Never NULL. */
const char *err_name(enum err err);

#define BIT(n)          (1u << (n))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
