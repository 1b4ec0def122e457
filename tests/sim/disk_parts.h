/* disk_parts.h - what disk.c and disk_lock.c share. Nobody else looks inside. */
#ifndef CONFAB_TESTS_SIM_DISK_PARTS_H
#define CONFAB_TESTS_SIM_DISK_PARTS_H

#include <sqlite3.h>
#include "disk.h"

enum {
    FILES_MAX = 8,
    NAME_BYTES = 64,
    SHM_REGIONS_MAX = 64,
};

/* A page as it was at the last sync. */
struct old_page {
    struct old_page *next;
    int64_t index;
    uint8_t bytes[DISK_PAGE_BYTES];
};

/* The WAL's index, shared by all who have the file open; the handles of a killed process keep
 * theirs. */
struct shm {
    unsigned holders;
    uint8_t *regions[SHM_REGIONS_MAX];
    int shared[SQLITE_SHM_NLOCK];
    const void *exclusive[SQLITE_SHM_NLOCK];
};

struct file {
    char name[NAME_BYTES]; /* empty: there is no such file */
    uint8_t *data;
    int64_t size;
    int64_t cap;
    int64_t synced_size;
    struct old_page *old_pages;
    struct shm *shm;
    int shared_count; /* locks of the rollback protocol; SQLite takes them in WAL mode too */
    const void *reserved;
    const void *pending;
    const void *exclusive;
};

struct handle {
    sqlite3_file base;
    struct file *file;
    struct shm *shm;
    unsigned life; /* of the disk when it was opened */
    int lock;
    unsigned shm_shared; /* slots as bits */
    bool is_nameless;    /* a temporary file: goes with its handle */
};

static inline struct handle *handle_of(sqlite3_file *base)
{
    return (struct handle *)(void *)base;
}

/* Whether the process that opened it has been killed. */
bool disk_is_dead(const struct handle *handle);

/* Locks, as sqlite3_io_methods wants them. */
int disk_file_lock(sqlite3_file *base, int lock);
int disk_file_unlock(sqlite3_file *base, int lock);
int disk_file_check_reserved(sqlite3_file *base, int *is_reserved);
int disk_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **out);
int disk_shm_lock(sqlite3_file *base, int first, int count, int flags);
void disk_shm_barrier(sqlite3_file *base);
int disk_shm_unmap(sqlite3_file *base, int delete_it);

#endif
