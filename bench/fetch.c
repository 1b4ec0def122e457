/* fetch.c - reads one long list over HTTP again and again, and says what that cost the server.
 *
 * Every fetch must bring the same number of bytes and all messages (answer.h). Ends with status 0
 * only then.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/buf.h"
#include "bench/answer.h"
#include "bench/figures.h"
#include "bench/process.h"
#include "bench/target.h"

enum {
    RECEIVE_BYTES = 256 * 1024,
    TIMES_MAX = 10 * 1000,
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

/* Read one answer from its first byte to its last. */
static enum err read_answer(const struct fetch *fetch, int fd, struct answer *answer)
{
    enum err err = OK;
    while (err == OK && answer->state != ANSWER_DONE) {
        ssize_t got = recv(fd, fetch->buffer, RECEIVE_BYTES, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ERR_CLOSED;
        err = answer_take(answer, bytes_of(fetch->buffer, (size_t)got));
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

static const struct process_rest indexed = {.look_ms = 1500, .cpu_us = 7500, .limit_ms = 60000};

/* The first fetch is not measured: it fills the caches. Nor is what the server does of its own when
 * it finds messages that it has not stored: it puts them into its search index. */
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
        err = process_wait_for_rest(&fetch->server, &indexed);
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
