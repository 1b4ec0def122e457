/* v1_uploads.c - taking a file: piece by piece to the disk, never whole in memory.
 *
 *   reader   may the user write in that chat, is the type taken, is there room?
 *   loop     the next piece of the content                                     <-+
 *   disk     append it to the file, and to its digest       -- there is more ----+
 *   disk     make the file durable
 *   writer   the row; rows of files that nobody has used go
 *   disk     those files go
 */
#include "store/uploads.h"

#include "api/answer.h"
#include "api/fields.h"
#include "api/routes.h"
#include "api/upload_type.h"
#include "auth/digest.h"
#include "base/text.h"
#include "chat/rights.h"
#include "chat/v1_json.h"
#include "http/form.h"
#include "store/upload_file.h"

enum {
    UNUSED_KEPT_S = 24 * 3600, /* a file that no message shows by then is taken away */
    UNUSED_PER_UPLOAD = 8,     /* so that they go faster than they come */
};

struct upload_state {
    struct upload_row row;
    char id[UPLOAD_ID_BYTES + 1]; /* the file's */
    struct upload_file *file;     /* being written */
    struct digest *digest;
    char sha256[DIGEST_TEXT_BYTES + 1];
    bool has_file; /* one is there, finished or not */
    struct upload_row unused[UNUSED_PER_UPLOAD];
    size_t unused_count;
};

/* --- Before the content --- */

/* It is a segment of a path: clients resolve dots in those. */
static bool name_is_valid(struct bytes name)
{
    if (bytes_is(name, ".") || bytes_is(name, ".."))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] < 0x20 || name.data[i] == 0x7f || name.data[i] == '/')
            return false;
    }
    return true;
}

static void take_query(struct fields *fields, struct call *call)
{
    static const struct number_rule chat = {"chat", 0, 1, INT64_MAX};
    static const struct text_rule name = {
        .name = "name",
        .bytes_max = UPLOAD_NAME_BYTES_MAX,
        .is_valid = name_is_valid,
        .invalid = "Slashes and control characters are not allowed, nor dots alone.",
    };
    struct upload_state *state = call->state;
    (void)fields_number(fields, &chat, &state->row.chat_id);
    (void)fields_text(fields, &name, &state->row.name);
}

/* Who sends a form means to send a file in it, but would store the form. */
static bool is_form(struct bytes type)
{
    return bytes_equal_nocase(type, BYTES("multipart/form-data")) ||
           bytes_equal_nocase(type, BYTES("application/x-www-form-urlencoded"));
}

static bool type_is_taken(const struct upload_settings *settings, struct bytes type)
{
    bool is_taken = settings->type_count == 0;
    for (size_t i = 0; i < settings->type_count && !is_taken; i++)
        is_taken = upload_type_matches(bytes_from_text(settings->types[i]), type);
    return is_taken && !is_form(type) && upload_type_is_valid(type);
}

static struct bytes type_of(const struct call *call)
{
    struct content_type type;
    content_type_read(http_field_value(call->request, "Content-Type"), &type);
    return type.type.len > 0 ? type.type : BYTES("application/octet-stream");
}

/* Whether the user may show a file in the chat. V1_OK. */
static enum err check_chat(struct call *call, struct db *db, enum v1_code *code)
{
    const struct upload_state *state = call->state;
    struct membership member;
    enum err err = members_find(db, state->row.chat_id, call->user.id, &member);
    *code = err == OK ? rights_check(RIGHT_SEND, &member, call->now_us) : V1_NOT_FOUND;
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Whether the user's files leave room for so many bytes more. */
static enum err check_quota(struct call *call, struct db *db, int64_t bytes, bool *has_room)
{
    int64_t total = 0;
    enum err err = uploads_total(db, call->user.id, &total);
    *has_room = bytes <= call->settings->uploads.quota_bytes - total;
    return err;
}

static struct step answer_no_room(struct call *call)
{
    answer_begin(call, 413);
    struct json json = answer_json(call);
    json_object_begin(&json);
    json_key(&json, "detail");
    json_text_z(&json, "Your files would take more room than you have.");
    answer_end_error(call, &json, v1_code_name(V1_TOO_LARGE));
    return answer_send(call);
}

static struct step open_file(struct call *call, struct db *db);

static struct step check_upload(struct call *call, struct db *db)
{
    struct upload_state *state = call->state;
    enum v1_code code = V1_OK;
    bool has_room = false;
    enum err err = check_chat(call, db, &code);
    if (err == OK && code == V1_OK)
        err = check_quota(call, db, 1, &has_room);
    if (err != OK)
        return answer_failed(call, err);
    if (code == V1_NOT_FOUND)
        return answer_not_found(call);
    if (code != V1_OK)
        return answer_code(call, code, NULL);
    if (!has_room)
        return answer_no_room(call);
    state->row.owner_id = call->user.id;
    state->row.type = type_of(call);
    if (!type_is_taken(&call->settings->uploads, state->row.type))
        return answer_detail(call, 415, "Files of this type are not taken.");
    return step_to(CALL_ON_DISK, open_file);
}

struct step v1_uploads_post(struct call *call, struct db *db)
{
    if (call->settings->uploads.directory == NULL)
        return answer_code(call, V1_FORBIDDEN, "Files cannot be uploaded to this server.");
    return fields_then(call, db, FIELDS_OF_QUERY, take_query, sizeof(struct upload_state),
                       step_to(CALL_ON_READER, check_upload));
}

/* --- The content --- */

/* However the call has ended: only a file that was answered 201 stays. */
static void release_upload(struct call *call)
{
    struct upload_state *state = call->state;
    bool is_open = state->file != NULL;
    upload_file_abandon(&state->file);
    digest_free(&state->digest);
    if (state->has_file && !is_open && call->response.status != 201)
        upload_file_delete(call->settings->uploads.directory, state->id);
}

static struct step store_piece(struct call *call, struct db *db);

/* On a thread for files. */
static struct step open_file(struct call *call, struct db *db)
{
    struct upload_state *state = call->state;
    (void)db;
    call->release = release_upload;
    upload_id_new(state->id);
    enum err err = digest_new(&state->digest);
    if (err == OK)
        err = upload_file_new(call->settings->uploads.directory, state->id, &state->file);
    if (err != OK)
        return answer_failed(call, err);
    state->has_file = true;
    return step_to(CALL_FOR_PIECE, store_piece);
}

static struct step insert_row(struct call *call, struct db *db);

static struct step finish_file(struct call *call)
{
    struct upload_state *state = call->state;
    enum err err = upload_file_finish(&state->file);
    if (err != OK)
        return answer_failed(call, err);
    digest_end_text(state->digest, state->sha256);
    return step_to(CALL_ON_WRITER, insert_row);
}

/* On a thread for files. */
static struct step store_piece(struct call *call, struct db *db)
{
    struct upload_state *state = call->state;
    (void)db;
    enum err err = upload_file_append(state->file, call->piece);
    if (err != OK)
        return answer_failed(call, err);
    digest_add(state->digest, call->piece);
    state->row.size += (int64_t)call->piece.len;
    if (state->row.size > call->settings->uploads.quota_bytes)
        return answer_no_room(call);
    if (!call->is_last_piece)
        return step_to(CALL_FOR_PIECE, store_piece);
    if (state->row.size == 0)
        return answer_code(call, V1_INVALID_FRAME, "The submitted file is empty.");
    return finish_file(call);
}

/* --- Behind the content --- */

/* The rows of files that nobody has used; their files go afterwards. */
static enum err forget_unused(struct call *call, struct db *db)
{
    struct upload_state *state = call->state;
    int64_t before_us = call->now_us - (int64_t)UNUSED_KEPT_S * 1000000;
    enum err err = uploads_list_unused(db, before_us, 0, UNUSED_PER_UPLOAD, &call->arena,
                                       state->unused, &state->unused_count);
    for (size_t i = 0; i < state->unused_count && err == OK; i++)
        err = uploads_delete(db, state->unused[i].id);
    return err;
}

/* On a thread for files. */
static struct step delete_unused(struct call *call, struct db *db)
{
    const struct upload_state *state = call->state;
    (void)db;
    for (size_t i = 0; i < state->unused_count; i++) {
        struct bytes path = state->unused[i].path;
        if (upload_id_is_valid(path)) /* in the arena, and so ended by NUL */
            upload_file_delete(call->settings->uploads.directory, (const char *)path.data);
    }
    return step_to(CALL_TO_CLIENT, NULL);
}

static struct step answer_upload(struct call *call)
{
    const struct upload_state *state = call->state;
    answer_begin(call, 201);
    struct json json = answer_json(call);
    v1_write_upload(&json, &state->row);
    struct step step = answer_send(call);
    if (call->response.status != 201)
        return answer_undone(call, ERR_MEMORY, step);
    return state->unused_count > 0 ? step_to(CALL_ON_DISK, delete_unused) : step;
}

/* On the writer. */
static struct step insert_row(struct call *call, struct db *db)
{
    struct upload_state *state = call->state;
    bool has_room = false;
    state->row.sha256 = bytes_from_text(state->sha256);
    state->row.path = bytes_from_text(state->id);
    enum err err = check_quota(call, db, state->row.size, &has_room);
    if (err == OK && !has_room)
        return answer_undone(call, ERR_FULL, answer_no_room(call));
    if (err == OK)
        err = uploads_insert(db, &state->row, call->now_us, &state->row.id);
    if (err == OK)
        err = forget_unused(call, db);
    return err == OK ? answer_upload(call) : answer_undone(call, err, answer_failed(call, err));
}
