/* v1_upload.c - a file that was uploaded, for those who may see it.
 *
 * What is in it came from somebody who may be anybody's enemy, and it is served from the same
 * origin as everything else. So a browser is told not to guess what it is, to run nothing in it,
 * and, but for pictures, to save it and not to show it.
 */
#include "store/uploads.h"

#include <stdio.h>
#include "api/routes.h"
#include "api/stream.h"
#include "api/upload_type.h"
#include "base/text.h"
#include "http/range.h"
#include "store/chats.h"
#include "store/upload_file.h"

struct download_state {
    struct upload_row row;
    struct range left; /* what is still to be sent */
};

/* Whether the user may have it: its owner, and, once a message shows it, who is in its chat. */
static enum err may_have(struct call *call, struct db *db, const struct upload_row *row, bool *out)
{
    *out = row->owner_id == call->user.id;
    if (*out || row->message_id == 0)
        return OK;
    return chats_has_participant(db, row->chat_id, call->user.id, out);
}

/* ERR_NOT_FOUND: there is none of that id and name, or it is not for the user. */
static enum err find(struct call *call, struct db *db, struct upload_row *row)
{
    bool may = false;
    enum err err = uploads_find(db, call->id, &call->arena, row);
    if (err == OK)
        err = may_have(call, db, row, &may);
    if (err != OK)
        return err;
    return may && bytes_equal(row->name, call->name) && upload_id_is_valid(row->path)
               ? OK
               : ERR_NOT_FOUND;
}

static void add_disposition(struct call *call, const struct upload_row *row, bool is_picture)
{
    struct buf value = {0};
    buf_append_text(&value, is_picture ? "inline" : "attachment");
    buf_append_text(&value, "; filename*=UTF-8''"); /* RFC 8187 */
    text_append_percent(&value, row->name, "");
    if (value.failed)
        call->response.fields.failed = true;
    else
        http_response_field(&call->response, "Content-Disposition", buf_bytes(&value));
    buf_free(&value);
}

/* Whether a part may be sent: the client has parts of another file else. A moment says nothing
 * here, since no file has one. */
static bool is_if_range(struct call *call, const struct upload_row *row)
{
    struct bytes wanted = http_field_value(call->request, "If-Range");
    struct bytes tag = bytes_trim(wanted, "\"");
    return wanted.data == NULL || (wanted.len == tag.len + 2 && bytes_equal(tag, row->sha256));
}

static enum range_kind read_range(struct call *call, const struct upload_row *row,
                                  struct range *out)
{
    struct bytes value = NO_BYTES;
    bool is_asked = call->request->method == HTTP_GET && is_if_range(call, row) &&
                    http_field_joined(call->request, "Range", &call->arena, &value) == OK;
    return range_read(is_asked ? value : NO_BYTES, (uint64_t)row->size, out);
}

static void add_content_range(struct call *call, const struct upload_row *row,
                              const struct range *part)
{
    char text[80];
    if (part != NULL)
        (void)snprintf(text, sizeof text, "bytes %llu-%llu/%lld", (unsigned long long)part->first,
                       (unsigned long long)(part->first + part->count - 1), (long long)row->size);
    else
        (void)snprintf(text, sizeof text, "bytes */%lld", (long long)row->size);
    http_response_field_text(&call->response, "Content-Range", text);
}

static struct step answer_beyond(struct call *call, const struct upload_row *row)
{
    struct step step = answer_detail(call, 416, "The file has no bytes there.");
    add_content_range(call, row, NULL);
    return step;
}

static void begin_answer(struct call *call, const struct upload_row *row, unsigned status)
{
    bool is_picture = upload_type_is_picture(row->type);
    char type[UPLOAD_TYPE_TEXT_BYTES_MAX + 1];
    (void)snprintf(type, sizeof type, "%.*s", BYTES_FMT(row->type));
    answer_begin_as(call, status, is_picture ? type : "application/octet-stream");
    add_disposition(call, row, is_picture);
    http_response_field_text(&call->response, "Content-Security-Policy",
                             "default-src 'none'; sandbox");
    http_response_field_text(&call->response, "Cross-Origin-Resource-Policy", "same-origin");
    http_response_field_text(&call->response, "Cache-Control", "private, no-cache");
    http_response_field_text(&call->response, "Accept-Ranges", "bytes");
    answer_add_tag(call, row->sha256);
    call->response.is_streamed = true;
    call->response.has_length = true;
}

/* On a reader. */
static enum err download_more(struct call *call, struct db *db, bool *is_done)
{
    struct download_state *state = call->state;
    struct buf *content = &call->response.content;
    size_t len_before = content->len;
    size_t room = stream_room(call);
    size_t max = state->left.count < room ? (size_t)state->left.count : room;
    (void)db;
    enum err err =
        upload_file_read(call->settings->uploads.directory, (const char *)state->row.path.data,
                         state->left.first, max, content);
    if (err == OK && content->len - len_before < max) /* shorter than it was */
        err = ERR_IO;
    state->left.first += max;
    state->left.count -= max;
    *is_done = state->left.count == 0;
    return err;
}

struct step v1_upload_get(struct call *call, struct db *db)
{
    struct download_state *state = arena_alloc(&call->arena, sizeof *state);
    if (state == NULL)
        return answer_failed(call, ERR_MEMORY);
    call->state = state;
    if (call->settings->uploads.directory == NULL)
        return answer_not_found(call);
    enum err err = find(call, db, &state->row);
    if (err == ERR_NOT_FOUND)
        return answer_not_found(call);
    if (err != OK)
        return answer_failed(call, err);
    if (answer_is_known(call, state->row.sha256))
        return answer_send(call);
    enum range_kind kind = read_range(call, &state->row, &state->left);
    if (kind == RANGE_BEYOND)
        return answer_beyond(call, &state->row);
    begin_answer(call, &state->row, kind == RANGE_PART ? 206 : 200);
    if (kind == RANGE_PART)
        add_content_range(call, &state->row, &state->left);
    call->response.length = state->left.count;
    return stream_answer(call, db, download_more, sizeof *state);
}
