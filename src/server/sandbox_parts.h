/* sandbox_parts.h - the two halves of sandbox.h that the kernel enforces call by call. For
 * sandbox.c alone.
 */
#ifndef CONFAB_SERVER_SANDBOX_PARTS_H
#define CONFAB_SERVER_SANDBOX_PARTS_H

#include "server/sandbox.h"

/* Landlock (landlock(7)): nothing outside the plan can be opened, no TCP port bound or connected
 * to, no other process reached. *version: the kernel's; 0: it has none, or may not be asked.
 * Needs no_new_privs. ERR_IO: errno says why. */
CHECKED enum err sandbox_files_restrict(const struct sandbox_plan *plan, unsigned *version);

/* seccomp: only the calls of the table in sandbox_calls.c go on. *is_on: false if the kernel has no
 * filters. Needs no_new_privs. ERR_IO: errno says why. */
CHECKED enum err sandbox_calls_restrict(bool *is_on);

#endif
