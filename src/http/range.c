#include "http/range.h"

/* Digits alone. A number that does not fit is as good as the largest that does. */
static bool read_position(struct bytes text, uint64_t *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    }
    if (text.len > 0 && bytes_to_number(text, UINT64_MAX, out) != OK)
        *out = UINT64_MAX;
    return text.len > 0;
}

/* "-500": the last ones. */
static enum range_kind take_last(struct bytes digits, uint64_t size, struct range *out)
{
    uint64_t count;
    if (!read_position(digits, &count))
        return RANGE_WHOLE;
    if (count == 0 || size == 0)
        return RANGE_BEYOND;
    if (count > size)
        count = size;
    *out = (struct range) {.first = size - count, .count = count};
    return RANGE_PART;
}

/* "0-499", "500-": from the first to the last one. */
static enum range_kind take_from(struct bytes first_digits, struct bytes last_digits, uint64_t size,
                                 struct range *out)
{
    uint64_t first;
    uint64_t last = UINT64_MAX;
    if (!read_position(first_digits, &first) ||
        (last_digits.len > 0 && !read_position(last_digits, &last)) || last < first)
        return RANGE_WHOLE;
    if (first >= size)
        return RANGE_BEYOND;
    if (last >= size)
        last = size - 1;
    *out = (struct range) {.first = first, .count = last - first + 1};
    return RANGE_PART;
}

enum range_kind range_read(struct bytes value, uint64_t size, struct range *out)
{
    struct bytes unit;
    struct bytes first;
    *out = (struct range) {.count = size};
    bool has_unit = bytes_split(&value, '=', &unit);
    if (!has_unit || value.data == NULL || !bytes_equal_nocase(unit, BYTES("bytes")))
        return RANGE_WHOLE;
    value = bytes_trim(value, " \t");
    (void)bytes_split(&value, '-', &first);
    if (value.data == NULL)
        return RANGE_WHOLE;
    return first.len == 0 ? take_last(value, size, out) : take_from(first, value, size, out);
}
