#include "server/presence.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include "base/map.h"
#include "base/time_text.h"
#include "server/v1_watch.h"

/* A user whom somebody watches. */
struct watched_user {
    uint64_t loops; /* that watch, as bits */
    int64_t last_seen_us;
};

struct presence {
    pthread_mutex_t lock;
    struct map online;  /* user id to the number of connections, as a pointer: most entries are 1 */
    struct map watched; /* user id to struct watched_user */
};

enum err presence_new(struct presence **out)
{
    struct presence *presence = calloc(1, sizeof *presence);
    if (presence == NULL)
        return ERR_MEMORY;
    if (pthread_mutex_init(&presence->lock, NULL) != 0) {
        free(presence);
        return ERR_MEMORY;
    }
    *out = presence;
    return OK;
}

void presence_free(struct presence **presence_at)
{
    struct presence *presence = *presence_at;
    size_t at = 0;
    uint64_t user_id;
    void *watched;
    *presence_at = NULL;
    if (presence == NULL)
        return;
    while (map_next(&presence->watched, &at, &user_id, &watched))
        free(watched);
    map_free(&presence->watched);
    map_free(&presence->online);
    (void)pthread_mutex_destroy(&presence->lock);
    free(presence);
}

static uintptr_t count_of(const struct presence *presence, int64_t user_id)
{
    return (uintptr_t)map_get(&presence->online, (uint64_t)user_id);
}

/* With the lock: who has to be told that the user came or went. */
static uint64_t note_change(struct presence *presence, int64_t user_id, bool went)
{
    struct watched_user *watched = map_get(&presence->watched, (uint64_t)user_id);
    if (watched == NULL)
        return 0;
    if (went)
        watched->last_seen_us = time_now_us();
    return watched->loops;
}

static void tell(struct site *site, int64_t user_id, uint64_t loops)
{
    for (unsigned i = 0; loops != 0; i++, loops >>= 1) {
        if ((loops & 1) != 0)
            v1_watch_post(site->shards[i], user_id);
    }
}

enum err presence_enter(struct site *site, int64_t user_id)
{
    struct presence *presence = site->presence;
    uint64_t loops = 0;
    (void)pthread_mutex_lock(&presence->lock);
    uintptr_t count = count_of(presence, user_id);
    enum err err = map_put(&presence->online, (uint64_t)user_id, (void *)(count + 1));
    if (err == OK && count == 0)
        loops = note_change(presence, user_id, false);
    (void)pthread_mutex_unlock(&presence->lock);
    tell(site, user_id, loops);
    return err;
}

void presence_leave(struct site *site, int64_t user_id)
{
    struct presence *presence = site->presence;
    uint64_t loops = 0;
    (void)pthread_mutex_lock(&presence->lock);
    uintptr_t count = count_of(presence, user_id);
    assert(count > 0);
    if (count > 1) {
        /* The key is there: this needs no memory. */
        (void)!map_put(&presence->online, (uint64_t)user_id, (void *)(count - 1));
    } else {
        (void)map_remove(&presence->online, (uint64_t)user_id);
        loops = note_change(presence, user_id, true);
    }
    (void)pthread_mutex_unlock(&presence->lock);
    tell(site, user_id, loops);
}

/* With the lock. NULL: no memory. */
static struct watched_user *take_watched(struct presence *presence, int64_t user_id)
{
    struct watched_user *watched = map_get(&presence->watched, (uint64_t)user_id);
    if (watched != NULL)
        return watched;
    watched = calloc(1, sizeof *watched);
    if (watched != NULL && map_put(&presence->watched, (uint64_t)user_id, watched) != OK) {
        free(watched);
        return NULL;
    }
    return watched;
}

enum err presence_watch(struct site *site, int64_t user_id, unsigned loop_index)
{
    struct presence *presence = site->presence;
    (void)pthread_mutex_lock(&presence->lock);
    struct watched_user *watched = take_watched(presence, user_id);
    if (watched != NULL)
        watched->loops |= UINT64_C(1) << loop_index;
    (void)pthread_mutex_unlock(&presence->lock);
    return watched != NULL ? OK : ERR_MEMORY;
}

void presence_unwatch(struct site *site, int64_t user_id, unsigned loop_index)
{
    struct presence *presence = site->presence;
    (void)pthread_mutex_lock(&presence->lock);
    struct watched_user *watched = map_get(&presence->watched, (uint64_t)user_id);
    if (watched != NULL) {
        watched->loops &= ~(UINT64_C(1) << loop_index);
        if (watched->loops == 0)
            free(map_remove(&presence->watched, (uint64_t)user_id));
    }
    (void)pthread_mutex_unlock(&presence->lock);
}

struct presence_state presence_of(struct site *site, int64_t user_id)
{
    struct presence *presence = site->presence;
    struct presence_state state = {0};
    (void)pthread_mutex_lock(&presence->lock);
    const struct watched_user *watched = map_get(&presence->watched, (uint64_t)user_id);
    state.is_online = count_of(presence, user_id) > 0;
    if (watched != NULL)
        state.last_seen_us = watched->last_seen_us;
    (void)pthread_mutex_unlock(&presence->lock);
    return state;
}
