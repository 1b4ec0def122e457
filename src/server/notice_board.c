#include "server/notice_board.h"

#include "base/json_write.h"
#include "base/time_text.h"
#include "server/flash.h"
#include "server/v1.h"

static enum err write_frame(const struct notice_row *row, struct arena *arena, struct bytes *frame)
{
    struct buf text = {0};
    struct json json = {.out = &text, .style = JSON_COMPACT};
    json_object_begin(&json);
    json_key(&json, "type");
    json_text_z(&json, "notice");
    json_key(&json, "code");
    json_text(&json, row->code);
    json_key(&json, "message");
    json_text(&json, row->message);
    if (row->at_us != 0) {
        json_key(&json, "at");
        json_time(&json, row->at_us);
    }
    json_object_end(&json);
    enum err err = buf_status(&text);
    if (err == OK)
        err = arena_copy(arena, buf_bytes(&text), frame);
    buf_free(&text);
    return err;
}

enum err notice_board_read(struct db *db, struct notice_board *board)
{
    struct arena arena = {0};
    struct notice_row rows[NOTICES_MAX];
    size_t count = 0;
    enum err err = notices_list(db, time_now_us(), &arena, rows, &count);
    for (size_t i = 0; i < count && err == OK; i++) {
        struct board_notice *notice = &board->notices[board->count++];
        *notice = (struct board_notice) {.id = rows[i].id, .ends_us = rows[i].ends_us};
        err = write_frame(&rows[i], &board->arena, &notice->frame);
        board->last_id = notice->id;
    }
    if (err != OK)
        notice_board_deinit(board);
    arena_free(&arena);
    return err;
}

void notice_board_renew(struct shard *shard, struct notice_board *board)
{
    struct notice_board *own = &shard->notices;
    int64_t last_id = own->last_id;
    notice_board_deinit(own);
    *own = *board;
    *board = (struct notice_board) {0};
    if (own->last_id < last_id) /* the newest was ended */
        own->last_id = last_id;
    for (size_t i = 0; i < own->count; i++) {
        if (own->notices[i].id > last_id)
            flash_everybody(shard, own->notices[i].frame);
    }
}

void notice_board_show(struct v1 *v1)
{
    const struct notice_board *board = &v1->socket->client->shard->notices;
    for (size_t i = 0; i < board->count; i++) {
        if (board->notices[i].ends_us > time_now_us())
            v1_send_bytes(v1, board->notices[i].frame);
    }
}

void notice_board_deinit(struct notice_board *board)
{
    arena_free(&board->arena);
    *board = (struct notice_board) {0};
}
