/* fetch.c - reads one long list over HTTP again and again, and says what that cost the server.
 *
 * The answer may come with its length or in chunks (RFC 9112, section 7.1). Every fetch must bring
 * the same number of bytes and all messages; the objects are counted by the name of a field that
 * each has once. Ends with status 0 only then.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/buf.h"
#include "bench/figures.h"
#include "bench/process.h"
#include "bench/target.h"

enum {
    RECEIVE_BYTES = 256 * 1024,
    HEAD_BYTES_MAX = 8 * 1024,
    TIMES_MAX = 10 * 1000,
    CHUNK_DIGITS_MAX = 15,
};

static const char MARK[] = "\"timestamp\":"; /* one in each message object */
enum { MARK_BYTES = sizeof(MARK) - 1 };

/* What has come of the content. The mark may lie across two pieces. */
struct content {
    uint64_t bytes;
    uint64_t messages;
    uint8_t tail[MARK_BYTES - 1]; /* the last bytes of what came before */
    size_t tail_len;
};

/* Where in a chunked content the next byte belongs.
 *
 *   SIZE --line ended--> DATA --all of it--> DATA_END --line ended--> SIZE
 *     +---- size 0 ----> LAST_END --line ended--> DONE
 */
enum chunk_state { CHUNK_SIZE, CHUNK_DATA, CHUNK_DATA_END, CHUNK_LAST_END, CHUNK_DONE };

struct answer {
    struct content content;
    enum chunk_state state;
    bool is_chunked;
    uint64_t left;                     /* of the chunk, or of the whole content */
    char digits[CHUNK_DIGITS_MAX + 1]; /* the chunk's size, as far as it has come */
    size_t digit_count;
};

struct fetch {
    struct sockaddr_in address;
    struct process_set server;
    const char *target;
    const char *path;
    const char *session_key;
    uint64_t message_count;
    uint64_t times;
    uint8_t *buffer;
};

static size_t count_marks(struct bytes piece)
{
    size_t count = 0;
    const uint8_t *at;
    while ((at = memmem(piece.data, piece.len, MARK, MARK_BYTES)) != NULL) {
        count++;
        piece = bytes_skip(piece, (size_t)(at - piece.data) + MARK_BYTES);
    }
    return count;
}

static void content_add(struct content *content, struct bytes piece)
{
    uint8_t seam[2 * (MARK_BYTES - 1)];
    size_t head_len = piece.len < MARK_BYTES - 1 ? piece.len : MARK_BYTES - 1;
    size_t seam_len = content->tail_len + head_len;
    memcpy(seam, content->tail, content->tail_len);
    memcpy(seam + content->tail_len, piece.data, head_len);
    content->messages += count_marks(bytes_of(seam, seam_len)) + count_marks(piece);
    content->bytes += piece.len;
    if (piece.len >= MARK_BYTES - 1) {
        seam_len = MARK_BYTES - 1;
        memcpy(seam, piece.data + piece.len - seam_len, seam_len);
    }
    content->tail_len = seam_len < MARK_BYTES - 1 ? seam_len : MARK_BYTES - 1;
    memcpy(content->tail, seam + seam_len - content->tail_len, content->tail_len);
}

/* Take as much of the data as there is. */
static size_t take_data(struct answer *answer, struct bytes piece)
{
    size_t len = piece.len < answer->left ? piece.len : (size_t)answer->left;
    content_add(&answer->content, bytes_first(piece, len));
    answer->left -= len;
    return len;
}

/* A byte of a chunk's size line. */
static enum err take_size_byte(struct answer *answer, uint8_t byte)
{
    if (byte == '\n') {
        answer->digits[answer->digit_count] = '\0';
        answer->left = strtoull(answer->digits, NULL, 16);
        answer->digit_count = 0;
        answer->state = answer->left > 0 ? CHUNK_DATA : CHUNK_LAST_END;
    } else if (byte != '\r') {
        if (answer->digit_count == CHUNK_DIGITS_MAX)
            return ERR_PROTOCOL;
        answer->digits[answer->digit_count++] = (char)byte;
    }
    return OK;
}

/* Take what is at the beginning of the piece; *used is how much. */
static enum err take_chunked(struct answer *answer, struct bytes piece, size_t *used)
{
    *used = 1;
    switch (answer->state) {
    case CHUNK_SIZE:
        return take_size_byte(answer, piece.data[0]);
    case CHUNK_DATA:
        *used = take_data(answer, piece);
        if (answer->left == 0)
            answer->state = CHUNK_DATA_END;
        return OK;
    case CHUNK_DATA_END:
        if (piece.data[0] == '\n')
            answer->state = CHUNK_SIZE;
        return OK;
    case CHUNK_LAST_END:
        if (piece.data[0] == '\n')
            answer->state = CHUNK_DONE;
        return OK;
    case CHUNK_DONE:
        break;
    }
    return ERR_PROTOCOL;
}

static bool is_complete(const struct answer *answer)
{
    return answer->is_chunked ? answer->state == CHUNK_DONE : answer->left == 0;
}

static enum err answer_take(struct answer *answer, struct bytes piece)
{
    enum err err = OK;
    while (piece.len > 0 && err == OK) {
        size_t used = 0;
        if (answer->is_chunked)
            err = take_chunked(answer, piece, &used);
        else if ((used = take_data(answer, piece)) == 0)
            err = ERR_PROTOCOL;
        piece = bytes_skip(piece, used);
    }
    return err;
}

/* Look at the head; *used is its length. ERR_PARTIAL; ERR_DENIED: a status other than 200. */
static enum err read_head(struct answer *answer, struct bytes received, size_t *used)
{
    static const char length_field[] = "\r\nContent-Length:";
    char head[HEAD_BYTES_MAX + 1];
    const uint8_t *end = memmem(received.data, received.len, "\r\n\r\n", 4);
    if (end == NULL || (size_t)(end - received.data) > HEAD_BYTES_MAX)
        return received.len < HEAD_BYTES_MAX ? ERR_PARTIAL : ERR_LIMIT;
    size_t len = (size_t)(end - received.data);
    memcpy(head, received.data, len);
    head[len] = '\0';
    if (strncmp(head, "HTTP/1.1 200 ", 13) != 0)
        return ERR_DENIED;
    const char *length = strcasestr(head, length_field);
    answer->is_chunked = length == NULL;
    if (length != NULL)
        answer->left = strtoull(length + sizeof(length_field) - 1, NULL, 10);
    else if (strcasestr(head, "\r\nTransfer-Encoding: chunked") == NULL)
        return ERR_PROTOCOL;
    *used = len + 4;
    return OK;
}

/* Read one answer from its first byte to its last. */
static enum err read_answer(const struct fetch *fetch, int fd, struct answer *answer)
{
    size_t kept = 0;
    bool has_head = false;
    enum err err = OK;
    while (err == OK && !(has_head && is_complete(answer))) {
        ssize_t got = recv(fd, fetch->buffer + kept, RECEIVE_BYTES - kept, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ERR_CLOSED;
        struct bytes received = bytes_of(fetch->buffer, kept + (size_t)got);
        size_t used = 0;
        if (!has_head) {
            err = read_head(answer, received, &used);
            if (err == ERR_PARTIAL) {
                kept = received.len;
                err = OK;
                continue;
            }
            has_head = err == OK;
        }
        kept = 0;
        if (err == OK)
            err = answer_take(answer, bytes_skip(received, used));
    }
    return err;
}

static enum err send_request(const struct fetch *fetch, int fd)
{
    struct buf request = {0};
    buf_printf(&request, "GET %s HTTP/1.1\r\nHost: %s\r\n", fetch->path, fetch->target);
    if (strcmp(fetch->session_key, "-") != 0)
        buf_printf(&request, "Cookie: sessionid=%s\r\n", fetch->session_key);
    buf_append_text(&request, "\r\n");
    enum err err = buf_status(&request);
    if (err == OK && send(fd, request.data, request.len, MSG_NOSIGNAL) != (ssize_t)request.len)
        err = ERR_CLOSED;
    buf_free(&request);
    return err;
}

static enum err fetch_once(const struct fetch *fetch, int fd, struct content *out)
{
    struct answer answer = {0};
    enum err err = send_request(fetch, fd);
    if (err == OK)
        err = read_answer(fetch, fd, &answer);
    *out = answer.content;
    return err;
}

/* The server's and our own processor time, and the moment. */
struct clocks {
    uint64_t now_ns;
    uint64_t server_cpu_ns;
    uint64_t own_cpu_ns;
};

static enum err read_clocks(const struct fetch *fetch, struct clocks *out)
{
    out->now_ns = now_ns();
    out->own_cpu_ns = own_cpu_ns();
    return process_cpu_ns(&fetch->server, &out->server_cpu_ns);
}

static enum err report(const struct content *sum, uint64_t missing, const struct clocks *begin,
                       const struct clocks *end, uint64_t memory_bytes)
{
    struct figures figures = {0};
    double cpu_s = (double)(end->server_cpu_ns - begin->server_cpu_ns) / 1e9;
    double wall_s = (double)(end->now_ns - begin->now_ns) / 1e9;
    double own_s = (double)(end->own_cpu_ns - begin->own_cpu_ns) / 1e9;
    double megabytes = (double)sum->bytes / 1e6;
    figures_add_count(&figures, "content_bytes", sum->bytes);
    figures_add_count(&figures, "messages_read", sum->messages);
    figures_add(&figures, "bytes_per_message",
                figures_ratio((double)sum->bytes, (double)sum->messages), 1);
    figures_add(&figures, "server_cpu_s", cpu_s, 4);
    figures_add(&figures, "mb_per_server_cpu_s", figures_ratio(megabytes, cpu_s), 1);
    figures_add(&figures, "server_cpu_us_per_message_read",
                figures_ratio(cpu_s * 1e6, (double)sum->messages), 4);
    figures_add(&figures, "mb_per_s", figures_ratio(megabytes, wall_s), 1);
    figures_add_count(&figures, "memory_growth_bytes", memory_bytes);
    figures_add(&figures, "generator_busy", figures_ratio(own_s, wall_s), 2);
    figures_add_count(&figures, "missing", missing);
    return figures_print(&figures, true);
}

/* The first fetch is not measured: it fills the caches. */
static enum err fetch_all(const struct fetch *fetch, int fd, bool *is_clean)
{
    struct content first;
    struct content sum = {0};
    struct clocks begin;
    struct clocks end;
    struct process_memory memory = {0};
    uint64_t peak_bytes = 0;
    enum err err = fetch_once(fetch, fd, &first);
    if (err == OK)
        err = process_memory(&fetch->server, &memory);
    if (err == OK)
        err = process_peak_reset(&fetch->server);
    if (err == OK)
        err = read_clocks(fetch, &begin);
    *is_clean = true;
    for (uint64_t i = 0; i < fetch->times && err == OK; i++) {
        struct content content;
        err = fetch_once(fetch, fd, &content);
        *is_clean =
            *is_clean && content.bytes == first.bytes && content.messages == fetch->message_count;
        sum.bytes += content.bytes;
        sum.messages += content.messages;
    }
    if (err == OK)
        err = read_clocks(fetch, &end);
    if (err == OK)
        err = process_peak(&fetch->server, &peak_bytes);
    if (err != OK)
        return err;
    uint64_t growth = peak_bytes > memory.rss_bytes ? peak_bytes - memory.rss_bytes : 0;
    return report(&sum, fetch->times * fetch->message_count - sum.messages, &begin, &end, growth);
}

static enum err fetch_run(struct fetch *fetch, bool *is_clean)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fetch->buffer = malloc(RECEIVE_BYTES);
    enum err err = fetch->buffer == NULL ? ERR_MEMORY : OK;
    if (err == OK && (fd < 0 || connect(fd, (const struct sockaddr *)&fetch->address,
                                        sizeof(fetch->address)) != 0))
        err = ERR_CLOSED;
    if (err == OK)
        err = fetch_all(fetch, fd, is_clean);
    if (fd >= 0)
        (void)close(fd);
    free(fetch->buffer);
    return err;
}

int main(int argc, char **argv)
{
    struct fetch fetch = {0};
    bool is_clean = false;
    if (argc != 7 || target_read(argv[1], &fetch.address) != OK ||
        bytes_to_number(bytes_from_text(argv[4]), UINT32_MAX, &fetch.message_count) != OK ||
        bytes_to_number(bytes_from_text(argv[5]), TIMES_MAX, &fetch.times) != OK ||
        process_set_read(argv[6], &fetch.server) != OK) {
        (void)fprintf(stderr,
                      "usage: fetch HOST:PORT PATH SESSION_KEY|- MESSAGES TIMES PID[,PID...]\n");
        return 2;
    }
    fetch.target = argv[1];
    fetch.path = argv[2];
    fetch.session_key = argv[3];
    enum err err = fetch_run(&fetch, &is_clean);
    if (err != OK)
        (void)fprintf(stderr, "fetch: %s\n", err_name(err));
    return err == OK && is_clean ? 0 : 1;
}
