/* fuzz_ws_inflate.c - any bytes as a compressed message, whole and cut. The first byte chooses the
 * limit and the cuts. What is inflated must not depend on the cuts, nor pass the limit. */
#include <stdlib.h>
#include "ws/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static enum err inflate_in_pieces(struct bytes input, size_t piece_len, size_t bytes_max,
                                  struct buf *out)
{
    static struct ws_inflater *inflater; /* one for many messages, as on a loop */
    if (inflater == NULL && ws_inflater_new(&inflater) != OK)
        abort();
    ws_inflater_reset(inflater);
    buf_clear(out);
    enum err err = OK;
    while (err == OK && input.len > 0) {
        size_t n = input.len < piece_len ? input.len : piece_len;
        err = ws_inflate_piece(inflater, bytes_first(input, n), bytes_max, out);
        input = bytes_skip(input, n);
    }
    return err == OK ? ws_inflate_end(inflater, bytes_max, out) : err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const size_t limits[] = {0, 1, 125, 4096, 65536, 1024 * 1024};
    static struct buf whole;
    static struct buf cut;
    if (len < 1)
        return 0;
    size_t bytes_max = limits[data[0] % COUNT_OF(limits)];
    size_t piece_len = data[0] / COUNT_OF(limits) + 1;
    struct bytes input = bytes_of(data + 1, len - 1);
    enum err err = inflate_in_pieces(input, len, bytes_max, &whole);
    if (err != inflate_in_pieces(input, piece_len, bytes_max, &cut))
        abort();
    if (whole.len > bytes_max || (err == OK && !bytes_equal(buf_bytes(&whole), buf_bytes(&cut))))
        abort();
    return 0;
}
