/* job.h - what most subcommands are: one piece of work on the database, and what is said of it.
 *
 * A writer's work is one transaction: all of it is done, or nothing.
 */
#ifndef CONFAB_CLI_JOB_H
#define CONFAB_CLI_JOB_H

#include "base/arena.h"
#include "base/buf.h"
#include "cli/settings.h"
#include "store/db.h"
#include "store/rows.h"

struct job {
    struct settings *settings;
    struct arena arena; /* for rows; ends with the job */
    struct buf said;    /* printed on standard output when the work is done */
    bool has_failed;    /* it was done, and the outcome is bad: status 1 */
    struct buf refusal; /* why it was not done, if that is better known here than by the error */
};

/* Open the database, do the work, and print. failure says what could not be done, for errors
 * without a refusal. Returns the exit status. */
int job_run(struct settings *settings, enum db_role role,
            enum err (*work)(struct db *db, struct job *job), const char *failure);

/* Set the refusal; returns err, so that the work ends with `return job_refuse(…)`. */
enum err job_refuse(struct job *job, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The user of that name, with the password hash. ERR_NOT_FOUND: the refusal says so. */
CHECKED enum err job_find_user(struct db *db, struct job *job, const char *username,
                               struct user *out);

/* The chat whose id the text is. ERR_NOT_FOUND: the refusal says so. */
CHECKED enum err job_find_chat(struct db *db, struct job *job, const char *id, struct chat *out);

/* Something was deleted in this transaction, and rows of a table that we do not know point at it:
 * the refusal says which table. Returns ERR_CONFLICT. */
CHECKED enum err job_refuse_pointed_at(struct db *db, struct job *job, const char *what);

#endif
