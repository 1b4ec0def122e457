#include "store/search_snippet.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdbool.h>
#include "store/search.h"

enum { CONTENT_COLUMN = 0 };

/* A run of words that were looked for: tokens by their numbers, then where it lies in the text. */
struct hit {
    int first;
    int last;
    int begin;
    int end;
};

struct window {
    int first; /* the token that it begins with */
    int words; /* how many it has at most */
    struct hit hits[SEARCH_SNIPPET_WORDS];
    size_t hit_count;
    int token; /* the next one that the text has */
    int begin; /* where the window lies in the text */
    int end;
    bool is_cut; /* there is more text behind it */
};

/* Find the hits at the beginning; those that overlap are one. The instances come in the order of
 * their columns and places. */
static int find_hits(const Fts5ExtensionApi *api, Fts5Context *fts, int count,
                     struct window *window)
{
    for (int i = 0; i < count; i++) {
        int phrase;
        int column;
        int place;
        int code = api->xInst(fts, i, &phrase, &column, &place);
        if (code != SQLITE_OK)
            return code;
        if (column != CONTENT_COLUMN)
            continue;
        if (window->hit_count == 0)
            window->first = place;
        int last = place + api->xPhraseSize(fts, phrase) - 1;
        int window_last = window->first + window->words - 1;
        if (place > window_last)
            break;
        struct hit *hit = &window->hits[window->hit_count];
        if (window->hit_count > 0 && place <= hit[-1].last)
            hit--;
        else
            *hit = (struct hit) {.first = place, .last = place};
        window->hit_count = (size_t)(hit - window->hits) + 1;
        last = last < window_last ? last : window_last;
        hit->last = last > hit->last ? last : hit->last;
    }
    return SQLITE_OK;
}

/* One token of the text, which lies from begin to end. */
static int on_token(void *context, int flags, const char *text, int len, int begin, int end)
{
    struct window *window = context;
    (void)text;
    (void)len;
    if ((flags & FTS5_TOKEN_COLOCATED) != 0)
        return SQLITE_OK;
    int token = window->token++;
    if (token < window->first)
        return SQLITE_OK;
    window->is_cut = token == window->first + window->words;
    if (window->is_cut)
        return SQLITE_DONE;
    if (token == window->first)
        window->begin = begin;
    window->end = end;
    for (size_t i = 0; i < window->hit_count; i++) {
        if (window->hits[i].first == token)
            window->hits[i].begin = begin;
        if (window->hits[i].last == token)
            window->hits[i].end = end;
    }
    return SQLITE_OK;
}

static const char *text_of(sqlite3_value *value)
{
    const char *text = (const char *)sqlite3_value_text(value);
    return text != NULL ? text : "";
}

/* The window's text with its marks; the values are the function's. */
static char *write_window(const struct window *window, const char *text, sqlite3_value **values)
{
    sqlite3_str *out = sqlite3_str_new(NULL);
    int at = window->first == 0 ? 0 : window->begin;
    if (at > 0)
        sqlite3_str_appendall(out, text_of(values[2]));
    for (size_t i = 0; i < window->hit_count; i++) {
        const struct hit *hit = &window->hits[i];
        if (hit->end <= at)
            continue;
        sqlite3_str_append(out, text + at, hit->begin - at);
        sqlite3_str_appendall(out, text_of(values[0]));
        sqlite3_str_append(out, text + hit->begin, hit->end - hit->begin);
        sqlite3_str_appendall(out, text_of(values[1]));
        at = hit->end;
    }
    sqlite3_str_append(out, text + at, window->end - at);
    if (window->is_cut)
        sqlite3_str_appendall(out, text_of(values[2]));
    return sqlite3_str_finish(out);
}

static void early_snippet(const Fts5ExtensionApi *api, Fts5Context *fts, sqlite3_context *context,
                          int value_count, sqlite3_value **values)
{
    struct window window = {.words = SEARCH_SNIPPET_WORDS};
    assert(value_count == 4);
    (void)value_count;
    const char *text = NULL;
    int len = 0;
    int count = 0;
    if (sqlite3_value_int(values[3]) < window.words)
        window.words = sqlite3_value_int(values[3]);
    int code = api->xInstCount(fts, &count);
    if (code == SQLITE_OK && count <= SEARCH_SNIPPET_HITS_MAX)
        return; /* NULL */
    if (code == SQLITE_OK)
        code = find_hits(api, fts, count, &window);
    if (code == SQLITE_OK)
        code = api->xColumnText(fts, CONTENT_COLUMN, &text, &len);
    window.begin = len; /* if the index knows more of the text than there is */
    if (code == SQLITE_OK)
        code = api->xTokenize(fts, text, len, &window, on_token);
    if (code != SQLITE_OK) {
        sqlite3_result_error_code(context, code);
        return;
    }
    if (!window.is_cut)
        window.end = len;
    sqlite3_result_text(context, write_window(&window, text, values), -1, sqlite3_free);
}

int search_snippet_register(struct sqlite3 *handle)
{
    fts5_api *api = NULL;
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(handle, "SELECT fts5(?1)", -1, &statement, NULL);
    if (code == SQLITE_OK) {
        (void)sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", NULL);
        (void)sqlite3_step(statement);
        code = sqlite3_finalize(statement); /* what went wrong before */
    }
    if (code == SQLITE_OK && api == NULL)
        code = SQLITE_ERROR;
    return code == SQLITE_OK ? api->xCreateFunction(api, "early_snippet", NULL, early_snippet, NULL)
                             : code;
}
