#include "cli/suggest.h"

#include <limits.h>

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The "optimal string alignment" distance, row by row; the row before the last is kept for swaps.
 */
unsigned suggest_distance(struct bytes a, struct bytes b)
{
    if (a.len > SUGGEST_NAME_BYTES_MAX || b.len > SUGGEST_NAME_BYTES_MAX)
        return UINT_MAX;
    unsigned rows[3][SUGGEST_NAME_BYTES_MAX + 1] = {0};
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a.len; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *before = rows[(i - 1) % 3];
        const unsigned *before_that = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            bool is_same = a.data[i - 1] == b.data[j - 1];
            row[j] = least(before[j - 1] + (is_same ? 0 : 1), least(before[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
                row[j] = least(row[j], before_that[j - 2] + 1);
        }
    }
    return rows[a.len % 3][b.len];
}

void suggest_consider(struct suggestion *suggestion, const char *candidate)
{
    enum { DISTANCE_MAX = 3 };
    struct bytes name = bytes_from_text(candidate);
    unsigned distance = suggest_distance(suggestion->typed, name);
    size_t longer = name.len > suggestion->typed.len ? name.len : suggestion->typed.len;
    size_t allowed = longer < 3 ? 1 : longer / 3;
    if (distance > allowed || distance > DISTANCE_MAX)
        return;
    if (suggestion->best == NULL || distance < suggestion->distance) {
        suggestion->best = candidate;
        suggestion->distance = distance;
    }
}
