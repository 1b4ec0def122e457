#include "bench/plan.h"

#include <stdio.h>
#include <stdlib.h>

static enum err read_file(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return ERR_NOT_FOUND;
    char piece[64 * 1024];
    size_t len;
    while ((len = fread(piece, 1, sizeof(piece), file)) > 0)
        buf_append(out, bytes_of(piece, len));
    enum err err = ferror(file) ? ERR_NOT_FOUND : buf_status(out);
    (void)fclose(file); /* it was only read */
    return err;
}

static enum err read_seat(struct bytes line, struct plan_seat *seat)
{
    struct bytes chat_id;
    struct bytes session_key;
    (void)bytes_split(&line, ' ', &chat_id); /* gives the whole line if there is no space */
    if (!bytes_split(&line, ' ', &session_key) || session_key.len == 0)
        return ERR_SYNTAX;
    seat->session_key = bytes_is(session_key, "-") ? NO_BYTES : session_key;
    seat->after = 0;
    enum err err = bytes_to_number(chat_id, INT64_MAX, &seat->chat_id);
    if (err == OK && line.data != NULL)
        err = bytes_to_number(line, INT64_MAX, &seat->after);
    return err;
}

/* Those of one chat together; within a chat as in the file, since the texts lie there in that
 * order. */
static int seat_compare(const void *left, const void *right)
{
    const struct plan_seat *a = left;
    const struct plan_seat *b = right;
    if (a->chat_id != b->chat_id)
        return a->chat_id < b->chat_id ? -1 : 1;
    return (a->session_key.data > b->session_key.data) -
           (a->session_key.data < b->session_key.data);
}

enum err plan_read(const char *path, size_t seats_max, struct plan *out)
{
    *out = (struct plan) {0};
    enum err err = read_file(path, &out->text);
    if (err != OK)
        return err;
    out->seats = calloc(seats_max, sizeof(*out->seats));
    if (out->seats == NULL)
        return ERR_MEMORY;
    struct bytes rest = buf_bytes(&out->text);
    struct bytes line;
    while (out->seat_count < seats_max && bytes_split(&rest, '\n', &line)) {
        if (line.len == 0)
            continue;
        err = read_seat(line, &out->seats[out->seat_count]);
        if (err != OK)
            return err;
        out->seat_count++;
    }
    qsort(out->seats, out->seat_count, sizeof(*out->seats), seat_compare);
    return OK;
}

enum err plan_make_bare(size_t seat_count, struct plan *out)
{
    *out = (struct plan) {0};
    out->seats = calloc(seat_count, sizeof(*out->seats));
    if (out->seats == NULL)
        return ERR_MEMORY;
    out->seat_count = seat_count;
    for (size_t i = 0; i < seat_count; i++)
        out->seats[i].chat_id = 1;
    return OK;
}

void plan_free(struct plan *plan)
{
    free(plan->seats);
    buf_free(&plan->text);
    *plan = (struct plan) {0};
}
