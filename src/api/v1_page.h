/* v1_page.h - how much of a list one answer of /api/v1/ has. */
#ifndef CONFAB_API_V1_PAGE_H
#define CONFAB_API_V1_PAGE_H

enum {
    V1_PAGE_LIMIT = 50,      /* entries, when the client does not say */
    V1_PAGE_LIMIT_MAX = 200, /* a larger "limit" is cut to it */
    /* A page that has grown past this ends early: it is held whole, for its ETag. */
    V1_PAGE_BYTES = 128 * 1024,
};

#endif
