#include "server/presence.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include "base/map.h"
#include "base/time_text.h"
#include "server/v1_watch.h"

/* A user's connections, as one number that the map holds in place of a pointer: how many there are,
 * and above that how many of them are away. */
#define ONE_CONNECTION UINT64_C(1)
#define ONE_AWAY       (UINT64_C(1) << 32)

static_assert(sizeof(void *) == sizeof(uint64_t), "a pointer holds the number");

/* A user whom somebody watches. */
struct watched_user {
    uint64_t loops; /* that watch, as bits */
    int64_t last_seen_us;
};

struct presence {
    pthread_mutex_t lock;
    struct map online;  /* user id to the number of connections */
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

static uint64_t connections_of(const struct presence *presence, int64_t user_id)
{
    return (uintptr_t)map_get(&presence->online, (uint64_t)user_id);
}

static enum presence_status status_of(uint64_t connections)
{
    if (connections == 0)
        return PRESENCE_OFFLINE;
    return (uint32_t)connections == connections / ONE_AWAY ? PRESENCE_AWAY : PRESENCE_ONLINE;
}

/* With the lock: the loops that have to be told what the user's connections are now. */
static uint64_t note_change(struct presence *presence, int64_t user_id, uint64_t before,
                            uint64_t after)
{
    struct watched_user *watched = map_get(&presence->watched, (uint64_t)user_id);
    if (watched == NULL || status_of(before) == status_of(after))
        return 0;
    if (after == 0)
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

/* Add to the user's connections. difference: may be negative, in two's complement. ERR_MEMORY, for
 * a user who was not there only: nothing has changed. */
static enum err change(struct site *site, int64_t user_id, uint64_t difference)
{
    struct presence *presence = site->presence;
    uint64_t loops = 0;
    enum err err = OK;
    (void)pthread_mutex_lock(&presence->lock);
    uint64_t before = connections_of(presence, user_id);
    uint64_t after = before + difference;
    assert((uint32_t)after >= after / ONE_AWAY);
    if (after == 0)
        (void)map_remove(&presence->online, (uint64_t)user_id);
    else
        err = map_put(&presence->online, (uint64_t)user_id, (void *)(uintptr_t)after);
    if (err == OK)
        loops = note_change(presence, user_id, before, after);
    (void)pthread_mutex_unlock(&presence->lock);
    tell(site, user_id, loops);
    return err;
}

enum err presence_enter(struct site *site, int64_t user_id)
{
    return change(site, user_id, ONE_CONNECTION);
}

/* In the next two the key is there: they need no memory. */
void presence_leave(struct site *site, int64_t user_id, bool is_away)
{
    (void)!change(site, user_id, -(ONE_CONNECTION + (is_away ? ONE_AWAY : 0)));
}

void presence_turn(struct site *site, int64_t user_id, bool is_away)
{
    (void)!change(site, user_id, is_away ? ONE_AWAY : -ONE_AWAY);
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
    state.status = status_of(connections_of(presence, user_id));
    if (watched != NULL)
        state.last_seen_us = watched->last_seen_us;
    (void)pthread_mutex_unlock(&presence->lock);
    return state;
}
