/* disk.h - a disk in memory, as SQLite's VFS: it knows what has been synced, can fail a call, and
 * can lose power.
 *
 * What was written since a file's last sync is remembered page by page, so that a power cut can put
 * all of it, or any part of it, back. After disk_kill() every handle that was open is dead: what a
 * killed process still does while it is being taken apart never reaches the disk.
 */
#ifndef CONFAB_TESTS_SIM_DISK_H
#define CONFAB_TESTS_SIM_DISK_H

#include <stdbool.h>
#include <stdint.h>

enum { DISK_PAGE_BYTES = 4096 }; /* what a real disk writes whole */

/* What the next fault is. */
enum disk_fault {
    DISK_FAULT_NONE,
    DISK_FAULT_IO,   /* the call fails with an I/O error */
    DISK_FAULT_FULL, /* the disk is full */
    DISK_FAULT_KILL, /* the process is killed at this call */
};

/* What a power cut does to what was not synced. */
enum disk_loss {
    DISK_LOSS_NONE, /* only the process was killed */
    DISK_LOSS_ALL,
    DISK_LOSS_SOME, /* each page by chance */
};

struct disk_hooks {
    void (*on_sync)(void);        /* while the disk syncs, others work */
    void (*on_sleep)(int64_t us); /* somebody waits for a lock */
    void (*on_kill)(void);        /* DISK_FAULT_KILL has struck */
    int64_t (*now_us)(void);
    void (*fill_random)(void *out, int len);
};

/* Make the disk SQLite's default. Once, before the first database is opened. */
void disk_install(const struct disk_hooks *hooks);

/* A disk with one empty file; or one with what disk_keep() kept. */
void disk_format(const char *name);
void disk_restore(void);

/* Keep the files as they are for disk_restore(). All handles are closed. */
void disk_keep(void);

/* The call that is the countdown-th from now on, of those that change the disk, meets the fault. */
void disk_arm(enum disk_fault fault, unsigned countdown);

/* The disk lies about syncing: for showing that the simulator notices. */
void disk_set_lying(bool is_lying);

/* Kill the process that has the files open. */
void disk_kill(void);

/* The power goes: after disk_kill(), before the files are opened again. */
void disk_lose(enum disk_loss loss);

/* Free everything. */
void disk_deinit(void);

#endif
