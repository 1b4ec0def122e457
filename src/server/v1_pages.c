/* v1_pages.c - the commands that ask for a page of what is stored: history, and the window of
 * chats. */
#include <assert.h>
#include "chat/v1_json.h"
#include "server/errand.h"
#include "server/v1_commands.h"
#include "store/chats.h"
#include "store/history.h"
#include "store/window.h"

enum { PAGE_MESSAGES_DEFAULT = 50, WINDOW_CHATS_DEFAULT = 20 };

static void write_page(struct errand *errand, const struct history_page *page)
{
    const struct command *command = &errand->command;
    struct json json = {.out = &errand->answer, .style = JSON_COMPACT};
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "history");
    v1_write_ref(&json, command->ref);
    json_key(&json, "chat");
    json_number(&json, command->chat);
    json_key(&json, "messages");
    json_array_begin(&json);
    for (size_t i = 0; i < page->count; i++)
        v1_write_message(&json, &page->rows[i], NO_BYTES);
    json_array_end(&json);
    json_key(&json, "more"); /* in the direction that was asked for */
    json_bool(&json, command->after != 0 ? page->has_newer : page->has_older);
    json_object_end(&json);
}

static enum err read_history(struct errand *errand, struct db *db)
{
    const struct command *command = &errand->command;
    const struct history_query query = {
        .chat_id = command->chat,
        .thread = command->thread,
        .before = command->before,
        .after = command->after,
        .around = command->around,
        .limit = command->limit != 0 ? (size_t)command->limit : PAGE_MESSAGES_DEFAULT,
    };
    struct history_page *page = arena_alloc(&errand->arena, sizeof *page);
    bool is_participant = false;
    enum err err = page != NULL ? OK : ERR_MEMORY;
    if (err == OK)
        err = chats_has_participant(db, command->chat, errand->user.id, &is_participant);
    if (err == OK && !is_participant)
        err = ERR_NOT_FOUND;
    if (err == OK)
        err = history_list(db, &query, &errand->arena, page);
    if (err != OK)
        return err;
    write_page(errand, page);
    return buf_status(&errand->answer);
}

static void done_page(struct errand *errand, struct v1 *v1)
{
    v1_send(v1, &errand->answer);
    v1->fault_count = 0;
}

void v1_run_history(struct v1 *v1, const struct command *command)
{
    struct errand *errand = NULL;
    if ((command->before != 0) + (command->after != 0) + (command->around != 0) > 1) {
        v1_refuse(v1, V1_INVALID_FRAME, "only one of before, after and around may be given",
                  command->ref, NO_BYTES, 0);
        return;
    }
    if (errand_new(v1, command, &errand) != OK) {
        v1_refuse(v1, V1_UNAVAILABLE, NULL, command->ref, NO_BYTES, 0);
        return;
    }
    errand->run = read_history;
    errand->done = done_page;
    errand_read(errand);
}

static void write_window(struct errand *errand, const struct window_row *rows, size_t count,
                         int64_t total)
{
    struct json json = {.out = &errand->answer, .style = JSON_COMPACT};
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "chats");
    v1_write_ref(&json, errand->command.ref);
    json_key(&json, "total");
    json_number(&json, total);
    json_key(&json, "chats");
    json_array_begin(&json);
    for (size_t i = 0; i < count; i++)
        v1_write_window_row(&json, &rows[i]);
    json_array_end(&json);
    json_object_end(&json);
}

static enum err read_window(struct errand *errand, struct db *db)
{
    const struct command *command = &errand->command;
    size_t max = command->limit != 0 ? (size_t)command->limit : WINDOW_CHATS_DEFAULT;
    struct window_row *rows = arena_alloc(&errand->arena, max * sizeof *rows);
    size_t count = 0;
    int64_t total = 0;
    if (rows == NULL)
        return ERR_MEMORY;
    enum err err = window_list(db, errand->user.id, command->offset, max, &errand->arena, rows,
                               &count, &total);
    if (err != OK)
        return err;
    write_window(errand, rows, count, total);
    return buf_status(&errand->answer);
}

void v1_run_chats(struct v1 *v1, const struct command *command)
{
    struct errand *errand = NULL;
    if (command->limit > WINDOW_CHATS_MAX) {
        static_assert(WINDOW_CHATS_MAX == 100, "what is said is true");
        v1_refuse(v1, V1_INVALID_FRAME, "limit must be at most 100", command->ref, NO_BYTES, 0);
        return;
    }
    if (errand_new(v1, command, &errand) != OK) {
        v1_refuse(v1, V1_UNAVAILABLE, NULL, command->ref, NO_BYTES, 0);
        return;
    }
    errand->run = read_window;
    errand->done = done_page;
    errand_read(errand);
}
