#include "base/buf.h"
#include "http/form.h"
#include "http/byte_set.h"
#include "http/parameter.h"

enum { BOUNDARY_BYTES_MAX = 70 }; /* RFC 2046, section 5.1.1 */

/* A multipart body while it is read: RFC 2046, section 5.1.1, with the fields of RFC 7578.
 *
 *   preamble CRLF
 *   --boundary CRLF          delimiter; the body may begin with it
 *   fields CRLF CRLF content CRLF
 *   --boundary CRLF ...
 *   --boundary-- epilogue
 */
struct multipart {
    struct bytes rest;                         /* from the bytes behind the last boundary on */
    uint8_t delimiter[4 + BOUNDARY_BYTES_MAX]; /* CRLF "--" boundary */
    size_t delimiter_len;
    const char *reason;
};

/* What the fields of one part say. */
struct part {
    struct bytes name; /* escapes not resolved; data NULL: none */
    bool is_form_data;
    bool is_file;
};

static enum err bad(struct multipart *multipart, const char *reason)
{
    multipart->reason = reason;
    return ERR_SYNTAX;
}

static enum err multipart_begin(struct multipart *multipart, struct bytes content,
                                struct bytes boundary)
{
    *multipart = (struct multipart) {.rest = content};
    if (boundary.len == 0)
        return bad(multipart, "No boundary");
    if (boundary.len > BOUNDARY_BYTES_MAX ||
        byte_set_run(&BYTE_SET_BOUNDARY, boundary) != boundary.len ||
        boundary.data[boundary.len - 1] == ' ')
        return bad(multipart, "Bad boundary");
    memcpy(multipart->delimiter, "\r\n--", 4);
    memcpy(multipart->delimiter + 4, boundary.data, boundary.len);
    multipart->delimiter_len = 4 + boundary.len;
    return OK;
}

/* Take what stands before the next delimiter, and the delimiter. */
static enum err take_content(struct multipart *multipart, struct bytes *content)
{
    struct bytes rest = multipart->rest;
    const uint8_t *at = memmem(rest.data, rest.len, multipart->delimiter, multipart->delimiter_len);
    if (at == NULL)
        return bad(multipart, "The last boundary never comes");
    *content = bytes_first(rest, (size_t)(at - rest.data));
    multipart->rest = bytes_skip(rest, content->len + multipart->delimiter_len);
    return OK;
}

static enum err skip_preamble(struct multipart *multipart)
{
    struct bytes dashes =
        bytes_of(multipart->delimiter + 2, multipart->delimiter_len - 2); /* without CRLF */
    if (bytes_starts_with(multipart->rest, dashes)) {
        multipart->rest = bytes_skip(multipart->rest, dashes.len);
        return OK;
    }
    struct bytes preamble;
    return take_content(multipart, &preamble);
}

/* What follows a boundary: "--" is the end; else blanks and CRLF, and a part begins. Another byte
 * means that the boundary is the beginning of a longer one, and two readers would see different
 * parts. */
static enum err take_line_end(struct multipart *multipart, bool *is_end)
{
    struct bytes rest = multipart->rest;
    *is_end = bytes_starts_with(rest, BYTES("--"));
    if (*is_end)
        rest = bytes_skip(rest, 2);
    size_t blanks = 0;
    while (blanks < rest.len && (rest.data[blanks] == ' ' || rest.data[blanks] == '\t'))
        blanks++;
    if (blanks > 0)
        rest = bytes_skip(rest, blanks);
    if (*is_end && rest.len == 0)
        return OK;
    if (!bytes_starts_with(rest, BYTES("\r\n")))
        return bad(multipart, "Bad boundary line");
    multipart->rest = bytes_skip(rest, 2);
    return OK;
}

static void read_disposition(struct bytes value, struct part *part)
{
    struct bytes type;
    struct bytes rest = parameter_skip_first(value, &type);
    struct parameter parameter;
    part->is_form_data = bytes_equal_nocase(type, BYTES("form-data"));
    while (parameter_next(&rest, &parameter)) {
        if (part->name.data == NULL && bytes_equal_nocase(parameter.name, BYTES("name")))
            part->name = parameter.value;
        if (bytes_equal_nocase(parameter.name, BYTES("filename")) ||
            bytes_equal_nocase(parameter.name, BYTES("filename*")))
            part->is_file = true;
    }
}

static bool is_plain_encoding(struct bytes value)
{
    return bytes_equal_nocase(value, BYTES("7bit")) || bytes_equal_nocase(value, BYTES("8bit")) ||
           bytes_equal_nocase(value, BYTES("binary"));
}

static enum err read_part_field(struct multipart *multipart, struct bytes line, struct part *part)
{
    size_t colon = bytes_index(line, ':');
    struct bytes name = bytes_first(line, colon);
    if (colon == 0 || colon == line.len || byte_set_run(&BYTE_SET_TOKEN, name) != name.len)
        return bad(multipart, "Bad field in a part");
    struct bytes value = bytes_trim(bytes_skip(line, colon + 1), " \t");
    if (byte_set_run(&BYTE_SET_VALUE, value) != value.len)
        return bad(multipart, "Bad field in a part");
    if (bytes_equal_nocase(name, BYTES("Content-Disposition")))
        read_disposition(value, part);
    /* RFC 7578, section 4.7, deprecates encodings; taking an encoded text as it stands would store
     * nonsense. */
    if (bytes_equal_nocase(name, BYTES("Content-Transfer-Encoding")) && !is_plain_encoding(value))
        return bad(multipart, "Content-Transfer-Encoding in a part");
    return OK;
}

/* Read the fields of a part, up to and including the blank line. */
static enum err take_part_head(struct multipart *multipart, struct part *part)
{
    size_t len = 0;
    *part = (struct part) {0};
    for (;;) {
        struct bytes rest = multipart->rest;
        const uint8_t *at = rest.len > 0 ? memmem(rest.data, rest.len, "\r\n", 2) : NULL;
        if (at == NULL)
            return bad(multipart, "The fields of a part never end");
        struct bytes line = bytes_first(rest, (size_t)(at - rest.data));
        multipart->rest = bytes_skip(rest, line.len + 2);
        if (line.len == 0)
            break;
        len += line.len + 2;
        if (len > FORM_PART_HEAD_BYTES_MAX)
            return ERR_LIMIT;
        enum err err = read_part_field(multipart, line, part);
        if (err != OK)
            return err;
    }
    if (!part->is_form_data || part->name.data == NULL)
        return bad(multipart, "A part without a name");
    /* An empty content's delimiter shares its CRLF with the blank line. */
    multipart->rest = bytes_of(multipart->rest.data - 2, multipart->rest.len + 2);
    return OK;
}

/* The character that an escape in a name stands for, and the escape's length. Browsers send %22,
 * %0D and %0A and nothing else (HTML, multipart/form-data encoding); other clients \" and \\. */
static size_t read_escape(struct bytes text, uint8_t *out)
{
    static const struct {
        const char *escape;
        uint8_t c;
    } escapes[] = {{"%22", '"'}, {"%0D", '\r'}, {"%0A", '\n'}, {"\\\"", '"'}, {"\\\\", '\\'}};
    for (size_t i = 0; i < COUNT_OF(escapes); i++) {
        struct bytes escape = bytes_from_text(escapes[i].escape);
        if (text.len >= escape.len && bytes_equal_nocase(bytes_first(text, escape.len), escape)) {
            *out = escapes[i].c;
            return escape.len;
        }
    }
    *out = text.data[0];
    return 1;
}

static enum err unescape(struct bytes name, struct arena *arena, struct bytes *out)
{
    uint8_t *text = arena_alloc(arena, name.len + 1);
    if (text == NULL)
        return ERR_MEMORY;
    size_t len = 0;
    for (size_t i = 0; i < name.len; len++)
        i += read_escape(bytes_skip(name, i), &text[len]);
    *out = bytes_of(text, len);
    return OK;
}

/* Read the part that begins here, and the delimiter behind it; append a pair unless it is a file.
 */
static enum err take_part(struct multipart *multipart, struct arena *arena, struct buf *pairs)
{
    struct part part;
    struct bytes content;
    enum err err = take_part_head(multipart, &part);
    if (err == OK)
        err = take_content(multipart, &content);
    if (err != OK || part.is_file)
        return err;
    if (content.len > 0) /* the CRLF that take_part_head() gave back */
        content = bytes_skip(content, 2);
    if (pairs->len / sizeof(struct form_pair) == FORM_PAIR_COUNT_MAX)
        return ERR_LIMIT;
    struct form_pair pair;
    err = unescape(part.name, arena, &pair.name);
    if (err == OK)
        err = arena_copy(arena, content, &pair.value);
    if (err != OK)
        return err;
    buf_append(pairs, bytes_of(&pair, sizeof pair));
    return buf_status(pairs);
}

static enum err keep_pairs(const struct buf *pairs, struct arena *arena, struct form *out)
{
    if (pairs->len == 0)
        return OK;
    out->pairs = arena_alloc(arena, pairs->len);
    if (out->pairs == NULL)
        return ERR_MEMORY;
    memcpy(out->pairs, pairs->data, pairs->len);
    out->count = pairs->len / sizeof *out->pairs;
    return OK;
}

enum err form_read_multipart(struct bytes content, struct bytes boundary, struct arena *arena,
                             struct form *out, const char **reason)
{
    struct multipart multipart;
    struct buf pairs = {0};
    bool is_end = false;
    *out = (struct form) {0};
    enum err err = multipart_begin(&multipart, content, boundary);
    if (err == OK && content.len == 0)
        err = bad(&multipart, "No boundary in the content");
    if (err == OK)
        err = skip_preamble(&multipart);
    if (err == OK)
        err = take_line_end(&multipart, &is_end);
    while (err == OK && !is_end) {
        err = take_part(&multipart, arena, &pairs);
        if (err == OK)
            err = take_line_end(&multipart, &is_end);
    }
    if (err == OK)
        err = keep_pairs(&pairs, arena, out);
    if (err == ERR_SYNTAX)
        *reason = multipart.reason;
    buf_free(&pairs);
    return err;
}
