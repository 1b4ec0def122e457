/* sandbox.h - what a taken-over server could still do: as little as serving needs.
 *
 * From outside in: an ordinary user, no capability, no way to new privileges, only the files of the
 * plan (Landlock), only the system calls that serving makes (seccomp). The order is that of the
 * calls below; docs/security.md says against whom each of them stands.
 *
 * Knows: the kernel's ways to give rights up.
 * Does not know: what the files are for.
 * Thread: the main one, before any other exists. What is given up is inherited by every thread
 * that is started later, and there is no way back.
 */
#ifndef CONFAB_SERVER_SANDBOX_H
#define CONFAB_SERVER_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

enum {
    SANDBOX_FILES_MAX = 32, /* files and directories of a plan */
    SANDBOX_PATH_BYTES = 4096,
};

enum sandbox_right {
    SANDBOX_READ,   /* read files, list directories */
    SANDBOX_CHANGE, /* and write, make and remove files */
};

/* What may be opened after sandbox_enter(). All zero: nothing. */
struct sandbox_plan {
    struct sandbox_file {
        char path[SANDBOX_PATH_BYTES];
        enum sandbox_right right;
    } files[SANDBOX_FILES_MAX];
    size_t file_count;
};

/* What is in force. */
struct sandbox_state {
    unsigned landlock; /* the kernel's version of it; 0: none */
    bool seccomp;
    bool no_new_privs;
    bool has_capabilities;
};

/* Whether this build can be sandboxed. The address and thread sanitizers trace, open and start what
 * they want; in their builds sandbox_enter() changes nothing. */
bool sandbox_is_possible(void);

/* The first thing: files that are made are the owner's alone, a crash leaves no image of the
 * memory, and there are as many file descriptors as the administrator allows. */
void sandbox_limit_process(void);

/* Go on as this user with its groups, keeping of root's power only what is needed to bind low ports
 * and to give up the rest. NULL: stay who we are. On an error *reason is one line: ERR_NOT_FOUND
 * (no such user), ERR_DENIED (only root may), ERR_IO. */
CHECKED enum err sandbox_become(const char *user, char reason[256]);

/* Allow a file, or a directory with all that is below it. A missing one is left out.
 * ERR_LIMIT: the plan is full. */
CHECKED enum err sandbox_allow(struct sandbox_plan *plan, const char *path,
                               enum sandbox_right right);

/* Allow the directory in which a file lies, and the one that it lies in after all symbolic links:
 * for files that are replaced by new ones of the same name, or have companions beside them.
 * ERR_LIMIT: the plan is full, or the path too long. */
CHECKED enum err sandbox_allow_beside(struct sandbox_plan *plan, const char *path,
                                      enum sandbox_right right);

/* Give everything up but what the plan allows. What is open stays open. What the kernel does not
 * have is left out: *out says what is in force. ERR_IO: a protection that the kernel has could not
 * be raised; *reason is one line, and the process must not go on. */
CHECKED enum err sandbox_enter(const struct sandbox_plan *plan, struct sandbox_state *out,
                               char reason[256]);

#endif
