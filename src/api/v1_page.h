/* v1_page.h - lists of /api/v1/ page by page: {"next","previous","results"}, as REST framework
 * writes them. */
#ifndef CONFAB_API_V1_PAGE_H
#define CONFAB_API_V1_PAGE_H

#include "api/answer.h"
#include "api/fields.h"

enum {
    V1_PAGE_LIMIT = 50,      /* entries, when the client does not say */
    V1_PAGE_LIMIT_MAX = 200, /* a larger "limit" is cut to it */
    /* A page that has grown past this ends early: it is held whole, for its ETag. */
    V1_PAGE_BYTES = 128 * 1024,
};

/* Which page the query asks for. */
struct page_query {
    int64_t cursor; /* where the last page ended; 0: the first one is wanted */
    int64_t limit;
};

/* Read "cursor" and "limit" into call->state, a struct page_query; for fields_then(). Without a
 * limit it is V1_PAGE_LIMIT, and never more than V1_PAGE_LIMIT_MAX. */
void v1_page_take(struct fields *fields, struct call *call);

/* The same with a default and a maximum of one's own. */
void v1_page_take_within(struct fields *fields, struct page_query *query, int64_t limit_default,
                         int64_t limit_max);

/* Where another page begins: a parameter of the query with the number of the entry at which, or
 * behind which, it does. name NULL: there is no such page. */
struct page_link {
    const char *name;
    int64_t number;
};

/* Begin the answer, up to the list's first element. The addresses are this request's, with one
 * parameter put in place of "before", "after", "around" and "cursor". ERR_MEMORY. */
CHECKED enum err v1_page_begin(struct call *call, struct json *json, struct page_link previous,
                               struct page_link next);

/* End it, and send it with its ETag. */
struct step v1_page_end(struct call *call, struct json *json);

#endif
