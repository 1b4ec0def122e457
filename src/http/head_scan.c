#include "http/head_scan.h"

#include <assert.h>
#include "http/byte_set.h"
#include "http/request.h"

/* Places where several bytes of one class follow each other. */
struct head_run {
    const struct byte_set *set; /* NULL: this place takes one byte */
    size_t bytes_max;
    unsigned status; /* of a longer run */
    const char *reason;
};

static const struct head_run runs[HEAD_PLACE_COUNT] = {
    [HEAD_METHOD] = {&BYTE_SET_TOKEN, HTTP_METHOD_BYTES_MAX, 501, "Method too long"},
    [HEAD_TARGET] = {&BYTE_SET_TARGET, HTTP_TARGET_BYTES_MAX, 414, "Request target too long"},
    [HEAD_VERSION] = {&BYTE_SET_TARGET, HEAD_VERSION_BYTES, 400, "Bad HTTP version"},
    [HEAD_NAME] = {&BYTE_SET_TOKEN, HTTP_FIELD_BYTES_MAX, 431, "Field too long"},
    [HEAD_VALUE] = {&BYTE_SET_VALUE, HTTP_FIELD_BYTES_MAX, 431, "Field too long"},
};

/* What became of one byte. */
enum head_step {
    STEP_REFUSED,
    STEP_TAKEN,
    STEP_AGAIN, /* it belongs to the place moved to */
};

/* The only place where the scan moves on. */
static enum head_step head_move(struct head_scan *scan, enum head_place next, enum head_step step)
{
    assert(scan->place != HEAD_DONE);
    scan->place = next;
    return step;
}

static enum head_step head_refuse(struct head_scan *scan, unsigned status, const char *reason)
{
    (void)refuse(&scan->refusal, status, reason);
    return STEP_REFUSED;
}

void head_scan_begin_fields(struct head_scan *scan)
{
    *scan = (struct head_scan) {.place = HEAD_LINE};
}

/* Where the LF of a line end leads. */
static const enum head_place places_behind_lf[HEAD_PLACE_COUNT] = {
    [HEAD_BLANK_LF] = HEAD_BLANK,
    [HEAD_LINE_LF] = HEAD_LINE,
    [HEAD_END_LF] = HEAD_DONE,
};

/* After a CR nothing but LF: a bare CR is a line end for some parsers and none for others. */
static enum head_step on_lf(struct head_scan *scan, uint8_t c)
{
    if (c != '\n')
        return head_refuse(scan, 400, "CR without LF");
    return head_move(scan, places_behind_lf[scan->place], STEP_TAKEN);
}

static enum head_step on_blank(struct head_scan *scan, uint8_t c)
{
    if (c == '\n')
        return head_refuse(scan, 400, "LF without CR");
    if (c != '\r')
        return head_move(scan, HEAD_METHOD, STEP_AGAIN);
    if (++scan->blank_line_count > HTTP_BLANK_LINE_COUNT_MAX)
        return head_refuse(scan, 400, "Too many blank lines before the request");
    return head_move(scan, HEAD_BLANK_LF, STEP_TAKEN);
}

static enum head_step on_method_end(struct head_scan *scan, uint8_t c)
{
    if (c != ' ' || scan->run_len == 0)
        return head_refuse(scan, 400, "Bad request line");
    scan->method_len = scan->run_len;
    scan->run_len = 0;
    return head_move(scan, HEAD_TARGET, STEP_TAKEN);
}

static enum head_step on_target_end(struct head_scan *scan, uint8_t c)
{
    if (c == '#')
        return head_refuse(scan, 400, "Fragment in the request target");
    if (c == '\r' && scan->run_len > 0)
        return head_refuse(scan, 505, "HTTP/0.9");
    if (c != ' ')
        return head_refuse(scan, 400, "Bad byte in the request target");
    if (scan->run_len == 0)
        return head_refuse(scan, 400, "Two blanks in the request line");
    scan->target_len = scan->run_len;
    scan->run_len = 0;
    return head_move(scan, HEAD_VERSION, STEP_TAKEN);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum head_step on_version_end(struct head_scan *scan, uint8_t c)
{
    const char *version = scan->version;
    if (c == ' ')
        return head_refuse(scan, 400, "Too many blanks in the request line");
    if (c != '\r')
        return head_refuse(scan, 400, "Bad byte in the request line");
    if (scan->run_len != HEAD_VERSION_BYTES || memcmp(version, "HTTP/", 5) != 0 ||
        !is_digit(version[5]) || version[6] != '.' || !is_digit(version[7]))
        return head_refuse(scan, 400, "Bad HTTP version");
    if (version[5] != '1' || version[7] > '1')
        return head_refuse(scan, 505, "HTTP version other than 1.0 and 1.1");
    return head_move(scan, HEAD_LINE_LF, STEP_TAKEN);
}

static enum head_step on_line(struct head_scan *scan, uint8_t c)
{
    if (c == '\r')
        return head_move(scan, HEAD_END_LF, STEP_TAKEN);
    if (c == '\n')
        return head_refuse(scan, 400, "LF without CR");
    if (c == ' ' || c == '\t')
        return head_refuse(scan, 400, "Folded field line");
    if (++scan->field_count > HTTP_FIELD_COUNT_MAX)
        return head_refuse(scan, 431, "Too many fields");
    scan->run_len = 0;
    return head_move(scan, HEAD_NAME, STEP_AGAIN);
}

static enum head_step on_name_end(struct head_scan *scan, uint8_t c)
{
    if (c == ' ' || c == '\t')
        return head_refuse(scan, 400, "Blank before the colon of a field");
    if (c != ':')
        return head_refuse(scan, 400, "Bad byte in a field name");
    if (scan->run_len == 0)
        return head_refuse(scan, 400, "Field without a name");
    return head_move(scan, HEAD_PADDING, STEP_TAKEN);
}

static enum head_step on_padding(struct head_scan *scan, uint8_t c)
{
    if (c == ' ' || c == '\t')
        return STEP_TAKEN;
    return head_move(scan, HEAD_VALUE, STEP_AGAIN);
}

static enum head_step on_value_end(struct head_scan *scan, uint8_t c)
{
    if (c == '\n')
        return head_refuse(scan, 400, "LF without CR");
    if (c != '\r')
        return head_refuse(scan, 400, "Bad byte in a field value");
    return head_move(scan, HEAD_LINE_LF, STEP_TAKEN);
}

/* What takes a byte that does not prolong a run. A head that is done takes none. */
static enum head_step (*const on_byte[HEAD_PLACE_COUNT])(struct head_scan *scan, uint8_t c) = {
    [HEAD_BLANK] = on_blank,       [HEAD_BLANK_LF] = on_lf,         [HEAD_METHOD] = on_method_end,
    [HEAD_TARGET] = on_target_end, [HEAD_VERSION] = on_version_end, [HEAD_LINE] = on_line,
    [HEAD_NAME] = on_name_end,     [HEAD_PADDING] = on_padding,     [HEAD_VALUE] = on_value_end,
    [HEAD_LINE_LF] = on_lf,        [HEAD_END_LF] = on_lf,
};

static bool is_before_head(const struct head_scan *scan)
{
    return scan->place == HEAD_BLANK || scan->place == HEAD_BLANK_LF;
}

/* Take the bytes that prolong the run at the scan's place. The limit that comes first decides, so
 * that the answer does not depend on how the bytes were cut. */
static size_t take_run(struct head_scan *scan, struct bytes bytes)
{
    const struct head_run *run = &runs[scan->place];
    size_t n = byte_set_run(run->set, bytes);
    size_t run_room = run->bytes_max - scan->run_len;
    size_t head_room = HTTP_HEAD_BYTES_MAX - scan->len;
    if (n > run_room && run_room <= head_room) {
        (void)refuse(&scan->refusal, run->status, run->reason);
        n = run_room;
    } else if (n > head_room) {
        (void)refuse(&scan->refusal, 431, "Head too long");
        n = head_room;
    }
    if (scan->place == HEAD_VERSION)
        memcpy(scan->version + scan->run_len, bytes.data, n);
    scan->run_len += n;
    scan->len += n;
    return n;
}

/* Take one byte that ends a run or stands alone. */
static size_t take_byte(struct head_scan *scan, uint8_t c)
{
    if (scan->len == HTTP_HEAD_BYTES_MAX)
        return refuse(&scan->refusal, 431, "Head too long");
    bool counts = !is_before_head(scan);
    if (on_byte[scan->place](scan, c) != STEP_TAKEN)
        return 0;
    scan->len += counts;
    return 1;
}

size_t head_scan_feed(struct head_scan *scan, struct bytes bytes)
{
    size_t used = 0;
    while (used < bytes.len && scan->place != HEAD_DONE && scan->refusal.status == 0) {
        if (runs[scan->place].set != NULL)
            used += take_run(scan, bytes_skip(bytes, used));
        if (used < bytes.len && scan->refusal.status == 0)
            used += take_byte(scan, bytes.data[used]);
    }
    return used;
}

unsigned head_scan_minor_version(const struct head_scan *scan)
{
    assert(scan->place == HEAD_DONE);
    return (unsigned)(scan->version[7] - '0');
}
