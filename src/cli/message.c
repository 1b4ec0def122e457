/* `confab message list|send` */
#include "base/json_write.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time_text.h"
#include "chat/consumer.h"
#include "cli/commands.h"
#include "cli/job.h"
#include "cli/report.h"
#include "store/messages.h"

enum { MESSAGES_PAGE = 200 }; /* messages read at once */

static void append_json(struct buf *out, const struct message_row *row)
{
    struct json json = {.out = out, .style = JSON_COMPACT};
    json_object_begin(&json);
    json_key(&json, "id");
    json_number(&json, row->id);
    json_key(&json, "timestamp");
    json_time(&json, row->timestamp_us);
    json_key(&json, "sender");
    json_text(&json, row->sender.username);
    json_key(&json, "content");
    json_text(&json, row->content);
    json_object_end(&json);
    buf_append_byte(out, '\n');
}

/* "17  2026-11-22T18:33:35.571503Z  alice: Hello" */
static void append_line(struct buf *out, const struct message_row *row)
{
    buf_printf(out, "%lld  ", (long long)row->id);
    time_append_iso(out, row->timestamp_us);
    buf_append_text(out, "  ");
    report_append_visible(out, row->sender.username);
    buf_append_text(out, ": ");
    report_append_visible(out, row->content);
    buf_append_byte(out, '\n');
}

/* Print page by page, so that a long history needs little memory. */
static enum err print_messages(struct db *db, const struct settings *settings, int64_t chat_id,
                               int64_t after_id)
{
    struct message_row rows[MESSAGES_PAGE];
    size_t count = 0;
    enum err err = OK;
    do {
        struct arena arena = {0};
        struct buf out = {0};
        err = messages_list(db, chat_id, after_id, INT64_MAX, MESSAGES_PAGE, &arena, rows, &count);
        for (size_t i = 0; i < count; i++) {
            if (settings->as_json)
                append_json(&out, &rows[i]);
            else
                append_line(&out, &rows[i]);
            after_id = rows[i].id;
        }
        if (err == OK)
            err = report_print(&out);
        buf_free(&out);
        arena_free(&arena);
    } while (err == OK && count > 0);
    return err;
}

static enum err list_messages(struct db *db, struct job *job)
{
    struct chat chat;
    int64_t after_id = 0;
    const struct settings *settings = job->settings;
    enum err err = job_find_chat(db, job, settings->arguments[0], &chat);
    if (err == OK && settings->last_count > 0)
        err = messages_id_from_end(db, chat.id, settings->last_count, &after_id);
    return err == OK ? print_messages(db, settings, chat.id, after_id) : err;
}

int command_message_list(struct settings *settings)
{
    return job_run(settings, DB_READER, list_messages, "the messages cannot be listed");
}

/* The text as it is stored; empty: it says nothing. */
static struct bytes content_of(const struct settings *settings)
{
    return text_strip(bytes_from_text(settings->arguments[2]));
}

static enum err send_message(struct db *db, struct job *job)
{
    struct chat chat;
    struct user user;
    int64_t id = 0;
    int64_t prev = 0;
    const char *const *words = job->settings->arguments;
    enum err err = job_find_chat(db, job, words[0], &chat);
    if (err == OK)
        err = job_find_user(db, job, words[1], &user);
    if (err == OK)
        err = messages_insert(db, chat.id, user.id, content_of(job->settings), time_now_us(), &id,
                              &prev);
    if (err == ERR_DENIED)
        return job_refuse(job, err,
                          "%s may not write in chat %lld: only participants who are active may; "
                          "see confab chat show %lld",
                          words[1], (long long)chat.id, (long long)chat.id);
    buf_printf(&job->said, "stored message %lld\n", (long long)id);
    return err;
}

int command_message_send(struct settings *settings)
{
    if (!utf8_is_valid(bytes_from_text(settings->arguments[2])))
        return report_error(STATUS_USAGE, "TEXT is not UTF-8 text");
    if (content_of(settings).len == 0)
        return report_error(STATUS_USAGE, "TEXT is empty; a message says something");
    return job_run(settings, DB_WRITER, send_message, "the message could not be stored");
}
