#include "chat/marks.h"

#include <stdlib.h>
#include <string.h>

enum { MARKS_COUNT_MIN = 16 };

void marks_deinit(struct marks *marks)
{
    free(marks->items);
    *marks = (struct marks) {0};
}

void marks_start(struct marks *marks, int64_t seq)
{
    marks_deinit(marks);
    marks->base = seq;
}

static void forget_until(struct marks *marks, uint64_t kept_from)
{
    while (marks->begin < marks->end && marks->items[marks->begin].end <= kept_from)
        marks->base = marks->items[marks->begin++].seq;
    if (marks->begin == marks->end)
        marks->begin = marks->end = 0;
}

/* Make room for one more: by moving those that count to the front, or by more memory. */
static enum err make_room(struct marks *marks)
{
    size_t count = marks->end - marks->begin;
    if (marks->end < marks->cap)
        return OK;
    if (count > marks->cap / 2 || marks->cap == 0) {
        size_t cap = marks->cap == 0 ? MARKS_COUNT_MIN : marks->cap * 2;
        struct mark *items = realloc(marks->items, cap * sizeof *items);
        if (items == NULL)
            return ERR_MEMORY;
        marks->items = items;
        marks->cap = cap;
    }
    memmove(marks->items, marks->items + marks->begin, count * sizeof *marks->items);
    marks->begin = 0;
    marks->end = count;
    return OK;
}

enum err marks_add(struct marks *marks, uint64_t end, int64_t seq, uint64_t kept_from)
{
    forget_until(marks, kept_from);
    enum err err = make_room(marks);
    if (err == OK)
        marks->items[marks->end++] = (struct mark) {end, seq};
    return err;
}

int64_t marks_seq_at(const struct marks *marks, uint64_t offset)
{
    size_t low = marks->begin;
    size_t high = marks->end; /* the first mark that ends behind the offset is in between */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (marks->items[middle].end <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low == marks->begin ? marks->base : marks->items[low - 1].seq;
}
