/* range.h - the part of an answer that a client asks for (RFC 9110, section 14).
 *
 * A server may pass over whatever it does not like in the field, and then sends the whole: here
 * other units than bytes, more than one range, and what is faulty.
 */
#ifndef CONFAB_HTTP_RANGE_H
#define CONFAB_HTTP_RANGE_H

#include "base/bytes.h"

enum range_kind {
    RANGE_WHOLE,  /* nothing is asked for that must be obeyed */
    RANGE_PART,   /* 206 */
    RANGE_BEYOND, /* nothing of it is there: 416 */
};

/* Bytes of a content. */
struct range {
    uint64_t first;
    uint64_t count; /* of RANGE_PART: at least 1 */
};

/* Read the value of a Range field for a content of size bytes. *out is the whole unless it is a
 * part. */
enum range_kind range_read(struct bytes value, uint64_t size, struct range *out);

#endif
