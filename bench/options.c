#include "bench/options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "base/bytes.h"
#include "bench/wire.h"

enum option_kind { OPTION_TEXT, OPTION_NUMBER, OPTION_FLAG };

struct option_row {
    const char *name;
    enum option_kind kind;
    size_t offset; /* in struct options */
    uint64_t min;
    uint64_t max;
    const char *help;
};

enum {
    CONNECTIONS_MAX = 1000 * 1000,
    PUBLISHERS_MAX = 100 * 1000,
    WINDOW_MAX = 100 * 1000,
    CONTENT_BYTES_MAX = 32 * 1024,
    SECONDS_MAX = 24 * 60 * 60,
    STALL_MS_MAX = 600 * 1000,
};

#define AT(field) offsetof(struct options, field)

static const struct option_row rows[] = {
    {"--target", OPTION_TEXT, AT(target), 0, 0, "HOST:PORT of the server"},
    {"--path", OPTION_TEXT, AT(path), 0, 0,
     "of the WebSocket; {chat} and {after} come from the plan"},
    {"--dialect", OPTION_TEXT, AT(dialect), 0, 0, "chat, deflate, v1 or mqtt"},
    {"--plan", OPTION_TEXT, AT(plan), 0, 0, "file of chats and sessions, from bench/seed.py"},
    {"--pid", OPTION_TEXT, AT(pids), 0, 0, "PID[,PID...] of the server, to measure it"},
    {"--connections", OPTION_NUMBER, AT(connections), 1, CONNECTIONS_MAX, "at most so many"},
    {"--publishers", OPTION_NUMBER, AT(publishers), 0, PUBLISHERS_MAX, "0: only connect"},
    {"--window", OPTION_NUMBER, AT(window), 1, WINDOW_MAX, "outstanding messages per publisher"},
    {"--messages", OPTION_NUMBER, AT(messages), 1, UINT32_MAX, "to publish, in all"},
    {"--seconds", OPTION_NUMBER, AT(seconds), 0, SECONDS_MAX, "publish for so long instead"},
    {"--rate", OPTION_NUMBER, AT(rate), 0, UINT32_MAX, "messages a second in all; 0: no limit"},
    {"--warmup", OPTION_NUMBER, AT(warmup), 0, UINT32_MAX, "messages that are not measured"},
    {"--missed", OPTION_NUMBER, AT(missed), 0, UINT32_MAX,
     "messages that wait for each connection"},
    {"--concurrency", OPTION_NUMBER, AT(concurrency), 1, CONNECTIONS_MAX, "handshakes at a time"},
    {"--content-bytes", OPTION_NUMBER, AT(content_bytes), WIRE_ID_BYTES, CONTENT_BYTES_MAX,
     "of a message"},
    {"--stall-ms", OPTION_NUMBER, AT(stall_ms), 1, STALL_MS_MAX, "give up after so long at rest"},
    {"--hold", OPTION_FLAG, AT(hold), 0, 0, "one message at a time, read once the server rests"},
    {"--later", OPTION_FLAG, AT(later), 0, 0, "wait for what the server has put off, too"},
    {"--bare", OPTION_FLAG, AT(bare), 0, 0, "no handshake: the other end is bench/raw"},
    {"--json", OPTION_FLAG, AT(json), 0, 0, "print one JSON object"},
};

static const struct options defaults = {
    .path = "/ws/chat/{chat}/",
    .dialect = "chat",
    .connections = CONNECTIONS_MAX,
    .publishers = 1,
    .window = 1,
    .messages = 1000,
    .warmup = 100,
    .concurrency = 256,
    .content_bytes = 100,
    .stall_ms = 10 * 1000,
};

static const struct option_row *row_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    return NULL;
}

/* Store a value; text is NULL for a flag. */
static bool row_store(const struct option_row *row, const char *text, struct options *out)
{
    void *field = (char *)out + row->offset;
    switch (row->kind) {
    case OPTION_TEXT:
        *(const char **)field = text;
        return true;
    case OPTION_FLAG:
        *(bool *)field = true;
        return true;
    case OPTION_NUMBER: {
        uint64_t number = 0;
        if (bytes_to_number(bytes_from_text(text), row->max, &number) != OK || number < row->min)
            return false;
        *(uint64_t *)field = number;
        return true;
    }
    }
    return false;
}

enum err options_read(int argc, char **argv, struct options *out)
{
    *out = defaults;
    for (int i = 1; i < argc; i++) {
        const struct option_row *row = row_find(argv[i]);
        if (row == NULL) {
            (void)fprintf(stderr, "load: unknown option %s\n", argv[i]);
            return ERR_SYNTAX;
        }
        const char *text = NULL;
        if (row->kind != OPTION_FLAG && ++i < argc)
            text = argv[i];
        if ((row->kind != OPTION_FLAG && text == NULL) || !row_store(row, text, out)) {
            (void)fprintf(stderr, "load: bad or missing value for %s\n", row->name);
            return ERR_SYNTAX;
        }
    }
    if (out->target == NULL || (out->plan == NULL && !out->bare)) {
        (void)fprintf(stderr, "load: --target is needed, and --plan or --bare\n");
        return ERR_SYNTAX;
    }
    return OK;
}

void options_print_help(void)
{
    (void)printf("usage: load --target HOST:PORT --plan FILE [option value]...\n");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        (void)printf("  %-16s %s\n", rows[i].name, rows[i].help);
}
