/* provenance.h - where the value of each option came from, and what is wrong with all of them.
 *
 * For `config show` and `config check`; other commands do not ask. Filled by parse.c.
 */
#ifndef CONFAB_CLI_PROVENANCE_H
#define CONFAB_CLI_PROVENANCE_H

#include "base/buf.h"
#include "cli/options.h"

enum { PROVENANCE_WHERE_BYTES = 192 };

/* How one option came to its value. */
struct origin {
    bool is_set;                        /* not by its default alone */
    char where[PROVENANCE_WHERE_BYTES]; /* "confab.conf:3", "CONFAB_LISTEN", "--listen" */
    struct buf text;                    /* as it was written; of a list all of it */
};

struct provenance {
    struct origin *origins; /* one for each option, in the order of the table */
    struct buf faults;      /* one line for each */
    size_t fault_count;
};

/* Forget the value: a stronger place begins its own. */
void provenance_clear(struct origin *origin);

/* Remember a value; a list grows by it. What memory could not take is missing, and faults or texts
 * tell by buf_status(). */
void provenance_note(struct origin *origin, const struct option *option, const char *text,
                     const char *where);

/* Append the settings in the form of a configuration file. command: whose options. */
void provenance_append_file(const struct provenance *provenance, const struct settings *settings,
                            struct buf *out);

void provenance_deinit(struct provenance *provenance);

#endif
