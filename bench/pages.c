/* pages.c - what a page out of the middle of a long history costs beside one of a short history.
 *
 * Two chats of the seeded database are filled through the server's own store, each in one go: the
 * second with 1,000 messages, the first with COUNT. Then pages of 50 are read at places taken at
 * random, turn about.
 */
#include <stdio.h>
#include <string.h>
#include "base/time_text.h"
#include "bench/figures.h"
#include "bench/process.h"
#include "store/history.h"
#include "store/messages.h"

enum {
    LONG_CHAT = 1,
    SHORT_CHAT = 2,
    SHORT_COUNT = 1000,
    COUNT_MAX = 100 * 1000 * 1000,
    BATCH = 10 * 1000,
    PAGE = 50,
    PAGES = 20 * 1000, /* of each chat */
    CONTENT_BYTES = 100,
};

/* Ids of a chat's messages, one in so many, to begin pages at. */
struct places {
    int64_t chat_id;
    int64_t sender;
    int64_t ids[PAGES];
    size_t count;
    uint64_t every;
};

struct pages {
    struct db *db;
    struct places long_places;
    struct places short_places;
    uint64_t random;
};

/* xorshift64 */
static uint64_t random_next(struct pages *pages)
{
    pages->random ^= pages->random << 13;
    pages->random ^= pages->random >> 7;
    pages->random ^= pages->random << 17;
    return pages->random;
}

static enum err add(struct pages *pages, struct places *places, uint64_t number)
{
    char content[CONTENT_BYTES];
    int64_t id;
    int64_t prev;
    memset(content, 'x', sizeof content);
    enum err err = messages_insert(pages->db, places->chat_id, places->sender,
                                   bytes_of(content, sizeof content), time_now_us(), &id, &prev);
    if (err == OK && number % places->every == 0 && places->count < PAGES)
        places->ids[places->count++] = id;
    return err;
}

/* One transaction. */
static enum err add_batch(struct pages *pages, struct places *places, uint64_t first,
                          uint64_t count)
{
    bool others_wrote;
    enum err err = db_begin(pages->db);
    if (err == OK)
        err = db_others_wrote(pages->db, &others_wrote);
    for (uint64_t i = first; i < first + count && err == OK; i++)
        err = add(pages, places, i);
    return err == OK ? db_commit(pages->db) : err;
}

static enum err fill(struct pages *pages, struct places *places, uint64_t count)
{
    enum err err = OK;
    places->every = count / PAGES + 1;
    for (uint64_t first = 0; first < count && err == OK; first += BATCH) {
        uint64_t rest = count - first;
        err = add_batch(pages, places, first, rest < BATCH ? rest : BATCH);
    }
    return err;
}

/* A page that begins in the chat's first nine tenths, so that it is whole. */
static enum err read_page(struct pages *pages, const struct places *places)
{
    static struct history_page page;
    struct arena arena = {0};
    const struct history_query query = {
        .chat_id = places->chat_id,
        .after = places->ids[random_next(pages) % (places->count * 9 / 10)],
        .limit = PAGE,
    };
    enum err err = history_list(pages->db, &query, &arena, &page);
    arena_free(&arena);
    return err == OK && page.count != PAGE ? ERR_NOT_FOUND : err;
}

/* The first round is not measured. */
static enum err measure(struct pages *pages, double *long_us, double *short_us)
{
    enum { ROUND = 100 };
    uint64_t long_ns = 0;
    uint64_t short_ns = 0;
    enum err err = OK;
    for (unsigned round = 0; round <= PAGES / ROUND && err == OK; round++) {
        uint64_t begin_ns = own_cpu_ns();
        for (unsigned i = 0; i < ROUND && err == OK; i++)
            err = read_page(pages, &pages->long_places);
        uint64_t middle_ns = own_cpu_ns();
        for (unsigned i = 0; i < ROUND && err == OK; i++)
            err = read_page(pages, &pages->short_places);
        if (round == 0)
            continue;
        long_ns += middle_ns - begin_ns;
        short_ns += own_cpu_ns() - middle_ns;
    }
    *long_us = (double)long_ns / 1e3 / PAGES;
    *short_us = (double)short_ns / 1e3 / PAGES;
    return err;
}

static enum err pages_run(struct pages *pages, const char *path, uint64_t count)
{
    struct figures figures = {0};
    double long_us = 0;
    double short_us = 0;
    char reason[256] = "";
    enum err err = db_open(path, DB_WRITER, &pages->db, reason);
    if (err != OK)
        (void)fprintf(stderr, "pages: %s\n", reason);
    if (err == OK)
        err = fill(pages, &pages->short_places, SHORT_COUNT);
    if (err == OK)
        err = fill(pages, &pages->long_places, count);
    db_close(&pages->db); /* copies the WAL */
    if (err == OK)
        err = db_open(path, DB_READER, &pages->db, reason);
    if (err == OK)
        err = measure(pages, &long_us, &short_us);
    db_close(&pages->db);
    if (err != OK)
        return err;
    figures_add_count(&figures, "long_history_messages", count);
    figures_add(&figures, "long_history_us_per_page", long_us, 2);
    figures_add(&figures, "short_history_us_per_page", short_us, 2);
    return figures_print(&figures, true);
}

int main(int argc, char **argv)
{
    static struct pages pages = {
        .random = 88172645463325252u,
        .long_places = {.chat_id = LONG_CHAT},
        .short_places = {.chat_id = SHORT_CHAT},
    };
    uint64_t count = 0;
    uint64_t senders[2] = {0};
    if (argc != 5 || bytes_to_number(bytes_from_text(argv[2]), INT32_MAX, &senders[0]) != OK ||
        bytes_to_number(bytes_from_text(argv[3]), INT32_MAX, &senders[1]) != OK ||
        bytes_to_number(bytes_from_text(argv[4]), COUNT_MAX, &count) != OK || count < SHORT_COUNT) {
        (void)fprintf(stderr, "usage: pages DATABASE SENDER_OF_CHAT_1 SENDER_OF_CHAT_2 COUNT\n");
        return 2;
    }
    pages.long_places.sender = (int64_t)senders[0];
    pages.short_places.sender = (int64_t)senders[1];
    enum err err = pages_run(&pages, argv[1], count);
    if (err != OK)
        (void)fprintf(stderr, "pages: %s\n", err_name(err));
    return err == OK ? 0 : 1;
}
