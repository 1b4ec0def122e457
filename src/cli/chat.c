#include "base/json_write.h"
#include "base/log.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/database.h"
#include "cli/job.h"
#include "cli/listing.h"
#include "cli/names.h"
#include "cli/report.h"
#include "store/chats.h"
#include "store/users.h"

enum { PARTICIPANTS_PAGE = 200 }; /* participants of one chat read at once */

/* Find the participants' ids, without those named twice. culprit: who does not exist. */
static enum err find_participants(const struct settings *settings, struct db *db,
                                  struct arena *arena, int64_t *ids, size_t *count,
                                  const char **culprit)
{
    *count = 0;
    for (size_t i = 0; i < settings->participant_count; i++) {
        struct user user;
        enum err err =
            users_find_name(db, bytes_from_text(settings->participants[i]), arena, &user);
        if (err != OK) {
            *culprit = settings->participants[i];
            return err;
        }
        size_t known = 0;
        while (known < *count && ids[known] != user.id)
            known++;
        if (known == *count)
            ids[(*count)++] = user.id;
    }
    return OK;
}

static enum err insert_chat(const struct settings *settings, struct db *db, struct bytes name,
                            int64_t *id, const char **culprit)
{
    struct arena arena = {0};
    size_t count = 0;
    int64_t *ids = arena_alloc(&arena, CLI_PARTICIPANTS_MAX * sizeof *ids);
    enum err err = ids != NULL ? db_begin(db) : ERR_MEMORY;
    if (err != OK)
        goto done;
    err = find_participants(settings, db, &arena, ids, &count, culprit);
    if (err == OK)
        err = chats_insert(db, name, ids[0], ids, count, time_now_us(), id);
    if (err == OK)
        err = db_commit(db);
    else
        db_rollback(db);

done:
    arena_free(&arena);
    return err;
}

/* `confab chat add NAME` */
int command_chat_add(struct settings *settings)
{
    char why[NAME_WHY_BYTES];
    char quote[LOG_QUOTE_BYTES];
    struct db *db = NULL;
    struct buf out = {0};
    int64_t id = 0;
    const char *culprit = NULL;
    struct bytes name = bytes_from_text(settings->arguments[0]);
    if (chat_name_check(&name, why) != OK)
        return report_error(STATUS_USAGE, "%s", why);
    if (database_open(settings, DB_WRITER, &db) != OK)
        return STATUS_FAILED;
    int status = STATUS_FAILED;
    enum err err = insert_chat(settings, db, name, &id, &culprit);
    if (err == ERR_NOT_FOUND && culprit != NULL) {
        status = report_error(STATUS_FAILED, "there is no user %s; confab user list shows all",
                              log_quote(quote, bytes_from_text(culprit)));
    } else if (err != OK) {
        status = report_failure("the chat could not be added", err);
    } else {
        buf_printf(&out, "added chat %lld\n", (long long)id);
        status = report_finish(&out);
    }
    db_close(&db);
    buf_free(&out);
    return status;
}

/* Count the chat's participants, page by page; json gets their names, and lines a line for each,
 * if they are not NULL. */
static enum err visit_participants(struct db *db, int64_t chat_id, struct json *json,
                                   struct buf *lines, size_t *total)
{
    struct user users[PARTICIPANTS_PAGE];
    int64_t last_id = 0;
    size_t count = 0;
    enum err err = OK;
    *total = 0;
    do {
        struct arena arena = {0};
        err = chats_participants(db, chat_id, last_id, PARTICIPANTS_PAGE, &arena, users, &count);
        for (size_t i = 0; err == OK && i < count; i++) {
            if (json != NULL)
                json_text(json, users[i].username);
            if (lines != NULL) {
                buf_append_text(lines, "participant: ");
                report_append_visible(lines, users[i].username);
                buf_append_text(lines, users[i].is_active ? "\n" : " (not active)\n");
            }
            last_id = users[i].id;
        }
        *total += err == OK ? count : 0;
        arena_free(&arena);
    } while (err == OK && count == PARTICIPANTS_PAGE);
    return err;
}

static enum err append_json(struct db *db, struct buf *out, const struct chat *chat)
{
    size_t participant_count = 0;
    struct json json = {.out = out, .style = JSON_COMPACT};
    json_object_begin(&json);
    json_key(&json, "id");
    json_number(&json, chat->id);
    json_key(&json, "name");
    json_text(&json, chat->name);
    json_key(&json, "kind");
    json_text_z(&json, chat_kind_name(chat->kind));
    json_key(&json, "receipts");
    json_bool(&json, chat->has_receipts);
    json_key(&json, "created_at");
    json_time(&json, chat->created_at_us);
    json_key(&json, "participants");
    json_array_begin(&json);
    enum err err = visit_participants(db, chat->id, &json, NULL, &participant_count);
    json_array_end(&json);
    json_object_end(&json);
    return err;
}

static enum err read_rows(struct db *db, int64_t after_id, struct arena *arena, void *rows,
                          size_t *count)
{
    return chats_list(db, 0, after_id, LISTING_PAGE, arena, rows, count);
}

static int64_t id_of_row(const void *row)
{
    return ((const struct chat *)row)->id;
}

static enum err append_row(struct db *db, struct buf *out, const void *row)
{
    return append_json(db, out, row);
}

static enum err make_cells(struct db *db, struct arena *arena, const void *row,
                           struct bytes cells[TABLE_COLUMNS_MAX])
{
    const struct chat *chat = row;
    size_t participant_count = 0;
    enum err err = visit_participants(db, chat->id, NULL, NULL, &participant_count);
    if (err == OK)
        err = listing_number(arena, chat->id, &cells[0]);
    if (err == OK)
        err = listing_time(arena, chat->created_at_us, &cells[1]);
    if (err == OK)
        err = listing_number(arena, (int64_t)participant_count, &cells[2]);
    cells[3] = chat->name;
    return err;
}

/* `confab chat list` */
int command_chat_list(struct settings *settings)
{
    static const struct listing listing = {
        .row_bytes = sizeof(struct chat),
        .column_count = 4,
        .headings = {"ID", "CREATED", "PARTICIPANTS", "NAME"},
        .failure = "the chats cannot be listed",
        .read = read_rows,
        .id_of = id_of_row,
        .append_json = append_row,
        .make_cells = make_cells,
    };
    return listing_run(settings, &listing);
}

static enum err show_chat(struct db *db, struct job *job)
{
    struct chat chat;
    struct user creator;
    size_t count = 0;
    struct buf *out = &job->said;
    enum err err = job_find_chat(db, job, job->settings->arguments[0], &chat);
    if (err != OK)
        return err;
    if (job->settings->as_json) {
        err = append_json(db, out, &chat);
        buf_append_byte(out, '\n');
        return err;
    }
    buf_printf(out, "id: %lld\nname: ", (long long)chat.id);
    report_append_visible(out, chat.name);
    buf_printf(out, "\nkind: %s\nreceipts: %s\ncreated: ", chat_kind_name(chat.kind),
               chat.has_receipts ? "on" : "off");
    time_append_iso(out, chat.created_at_us);
    buf_append_text(out, "\ncreator: ");
    err = users_find_id(db, chat.creator_id, &job->arena, &creator);
    if (err == OK)
        report_append_visible(out, creator.username);
    else if (err == ERR_NOT_FOUND)
        buf_append_text(out, "not known");
    else
        return err;
    buf_append_byte(out, '\n');
    return visit_participants(db, chat.id, NULL, out, &count);
}

/* `confab chat show CHAT` */
int command_chat_show(struct settings *settings)
{
    return job_run(settings, DB_READER, show_chat, "the chat cannot be shown");
}
