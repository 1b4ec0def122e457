/* head_scan.h - the lines of a request's head, checked byte by byte as they come (RFC 9112,
 * sections 2.2, 3 and 5).
 *
 * Decides where the head ends, and refuses what parsers are known to disagree about: line ends that
 * are not CRLF, folded lines, blanks where none belong, bytes that may not stand there; and every
 * length as soon as it is passed. What the fields mean is llhttp's and head_rules.h's. Private to
 * http/.
 */
#ifndef CONFAB_HTTP_HEAD_SCAN_H
#define CONFAB_HTTP_HEAD_SCAN_H

#include "base/bytes.h"
#include "http/refusal.h"

enum { HEAD_VERSION_BYTES = 8 }; /* "HTTP/1.1" */

/* What the next byte belongs to.
 *
 *   BLANK <-> BLANK_LF                        empty lines before the request line
 *     |
 *     v
 *   METHOD --> TARGET --> VERSION --> LINE_LF
 *                                       |
 *                                       v
 *       +----------------------------> LINE --CR--> END_LF --> DONE
 *       |                               |
 *       +-- LINE_LF <-- VALUE <-- NAME <+         (PADDING: blanks between colon and value)
 */
enum head_place {
    HEAD_BLANK,
    HEAD_BLANK_LF,
    HEAD_METHOD,
    HEAD_TARGET,
    HEAD_VERSION,
    HEAD_LINE,
    HEAD_NAME,
    HEAD_PADDING,
    HEAD_VALUE,
    HEAD_LINE_LF,
    HEAD_END_LF,
    HEAD_DONE,
    HEAD_PLACE_COUNT,
};

/* All zero is the beginning of a request. */
struct head_scan {
    enum head_place place;
    struct refusal refusal; /* status above 0: refused, and nothing more is taken */
    size_t len;             /* bytes of the head so far, blank lines before it apart */
    size_t run_len;         /* bytes of the method, target, version or field so far */
    size_t method_len;
    size_t target_len;
    size_t field_count;
    unsigned blank_line_count;
    char version[HEAD_VERSION_BYTES];
};

/* Stand at the beginning of a field line, for trailers (RFC 9112, section 7.1.2). */
void head_scan_begin_fields(struct head_scan *scan);

/* Check the next bytes, up to the head's end. The result is how many were taken: all of them unless
 * the head is done or was refused. */
size_t head_scan_feed(struct head_scan *scan, struct bytes bytes);

static inline bool head_scan_is_done(const struct head_scan *scan)
{
    return scan->place == HEAD_DONE;
}

/* HTTP/1.minor of a head that is done. */
unsigned head_scan_minor_version(const struct head_scan *scan);

#endif
