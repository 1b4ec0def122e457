/* The disk's locks, and the index of the WAL that those who have it open share. */
#include "disk_parts.h"

#include <stdlib.h>
#include "memory.h"

/* As SQLite's own os_unix.c describes: shared, reserved, pending, exclusive. */
int disk_file_lock(sqlite3_file *base, int lock)
{
    struct handle *handle = handle_of(base);
    struct file *file = handle->file;
    if (handle->lock >= lock)
        return SQLITE_OK;
    if (disk_is_dead(handle)) /* else it would take the WAL for its own to delete */
        return SQLITE_IOERR_LOCK;
    if (lock == SQLITE_LOCK_SHARED) {
        if (file->pending != NULL || file->exclusive != NULL)
            return SQLITE_BUSY;
        file->shared_count++;
    } else if (lock == SQLITE_LOCK_RESERVED) {
        if (file->reserved != NULL)
            return SQLITE_BUSY;
        file->reserved = handle;
    } else {
        if (file->pending != NULL && file->pending != handle)
            return SQLITE_BUSY;
        file->pending = handle;
        if (file->shared_count > 1)
            return SQLITE_BUSY;
        file->exclusive = handle;
    }
    handle->lock = lock;
    return SQLITE_OK;
}

int disk_file_unlock(sqlite3_file *base, int lock)
{
    struct handle *handle = handle_of(base);
    struct file *file = handle->file;
    if (!disk_is_dead(handle)) {
        if (file->reserved == handle)
            file->reserved = NULL;
        if (file->pending == handle)
            file->pending = NULL;
        if (file->exclusive == handle)
            file->exclusive = NULL;
        if (handle->lock >= SQLITE_LOCK_SHARED && lock == SQLITE_LOCK_NONE)
            file->shared_count--;
    }
    if (handle->lock > lock)
        handle->lock = lock;
    return SQLITE_OK;
}

int disk_file_check_reserved(sqlite3_file *base, int *is_reserved)
{
    const struct handle *handle = handle_of(base);
    *is_reserved = !disk_is_dead(handle) && handle->file->reserved != NULL;
    return SQLITE_OK;
}

/* ---- the WAL's index ---- */

static void release_shm(struct shm *shm)
{
    if (--shm->holders > 0)
        return;
    for (size_t i = 0; i < SHM_REGIONS_MAX; i++)
        free(shm->regions[i]);
    free(shm);
}

int disk_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **out)
{
    struct handle *handle = handle_of(base);
    *out = NULL;
    if (handle->shm == NULL) {
        if (disk_is_dead(handle))
            return SQLITE_IOERR_SHMMAP;
        struct file *file = handle->file;
        if (file->shm == NULL)
            file->shm = memory_own_calloc(1, sizeof *file->shm);
        if (file->shm == NULL || region >= SHM_REGIONS_MAX)
            return SQLITE_NOMEM;
        handle->shm = file->shm;
        handle->shm->holders++;
    }
    if (handle->shm->regions[region] == NULL && extend)
        handle->shm->regions[region] = memory_own_calloc(1, (size_t)size);
    *out = handle->shm->regions[region];
    return SQLITE_OK;
}

static int shm_lock_slot(struct handle *handle, int slot, int flags)
{
    struct shm *shm = handle->shm;
    bool mine_is_shared = (handle->shm_shared >> slot & 1) != 0;
    bool is_shared = (flags & SQLITE_SHM_SHARED) != 0;
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        if (is_shared && mine_is_shared) {
            handle->shm_shared &= ~(1u << slot);
            shm->shared[slot]--;
        } else if (!is_shared && shm->exclusive[slot] == handle) {
            shm->exclusive[slot] = NULL;
        }
        return SQLITE_OK;
    }
    if (shm->exclusive[slot] != NULL && shm->exclusive[slot] != handle)
        return SQLITE_BUSY;
    if (is_shared && !mine_is_shared) {
        handle->shm_shared |= 1u << slot;
        shm->shared[slot]++;
    } else if (!is_shared) {
        if (shm->shared[slot] > (mine_is_shared ? 1 : 0))
            return SQLITE_BUSY;
        shm->exclusive[slot] = handle;
    }
    return SQLITE_OK;
}

int disk_shm_lock(sqlite3_file *base, int first, int count, int flags)
{
    struct handle *handle = handle_of(base);
    if (handle->shm == NULL)
        return SQLITE_IOERR_SHMLOCK;
    for (int slot = first; slot < first + count; slot++) {
        int code = shm_lock_slot(handle, slot, flags);
        if (code == SQLITE_OK)
            continue;
        while (slot-- > first) /* all of them or none */
            (void)shm_lock_slot(handle, slot, (flags & ~SQLITE_SHM_LOCK) | SQLITE_SHM_UNLOCK);
        return code;
    }
    return SQLITE_OK;
}

void disk_shm_barrier(sqlite3_file *base)
{
    (void)base; /* one thread */
}

int disk_shm_unmap(sqlite3_file *base, int delete_it)
{
    struct handle *handle = handle_of(base);
    struct shm *shm = handle->shm;
    if (shm == NULL)
        return SQLITE_OK;
    for (int slot = 0; slot < SQLITE_SHM_NLOCK; slot++) {
        if ((handle->shm_shared >> slot & 1) != 0)
            shm->shared[slot]--;
        if (shm->exclusive[slot] == handle)
            shm->exclusive[slot] = NULL;
    }
    handle->shm = NULL;
    handle->shm_shared = 0;
    /* The last one to close it takes it along: whoever opens it next builds it anew, as it does
     * from a stale one. */
    if (!disk_is_dead(handle) && (delete_it || shm->holders == 1))
        handle->file->shm = NULL;
    release_shm(shm);
    return SQLITE_OK;
}
