/* cookie.h - what a site's cookies are called and which attributes they have: Django's settings
 * SESSION_COOKIE_… and CSRF_COOKIE_….
 */
#ifndef CONFAB_API_COOKIE_H
#define CONFAB_API_COOKIE_H

#include <stdbool.h>

/* The attribute SameSite. */
enum same_site {
    SAME_SITE_LAX,
    SAME_SITE_STRICT,
    SAME_SITE_NONE, /* sent from everywhere; browsers want Secure with it */
    SAME_SITE_OFF,  /* no attribute */
};

struct cookie_settings {
    const char *session_name; /* "sessionid" */
    const char *csrf_name;    /* "csrftoken" */
    const char *domain;       /* NULL: the host that answered, and no other */
    const char *path;         /* "/" */
    enum same_site same_site;
    bool are_secure;           /* also in the clear: a proxy speaks TLS for us */
    bool session_is_temporary; /* the session cookie ends with the browser; its row lives on */
};

#endif
