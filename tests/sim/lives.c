#include "lives.h"

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>
#include "chance.h"
#include "database.h"
#include "disk.h"
#include "memory.h"
#include "scenario.h"
#include "store/schema.h"
#include "truth.h"
#include "world.h"

enum {
    LOOPS = 2,
    CHANCE = 1, /* of each life, so that they differ in their fault alone */
};

static enum lives_fault armed;
static uint64_t at_n; /* what fails in the life at hand */
static uint64_t at_kind;

static const struct {
    const char *name;
    enum lives_fault fault;
} fault_names[] = {
    {"allocation", FAULT_ALLOCATION},
    {"library-allocation", FAULT_LIBRARY_ALLOCATION},
    {"database-call", FAULT_DATABASE_CALL},
};

enum lives_fault lives_fault_named(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(fault_names); i++) {
        if (strcmp(fault_names[i].name, name) == 0)
            return fault_names[i].fault;
    }
    return FAULT_NONE;
}

void lives_print(void)
{
    for (size_t i = 0; i < COUNT_OF(fault_names); i++) {
        if (fault_names[i].fault == armed)
            (void)fprintf(stderr, "replay it with: --fail %s --number %llu --kind %llu\n",
                          fault_names[i].name, (unsigned long long)at_n,
                          (unsigned long long)at_kind);
    }
}

static void arm(enum lives_fault fault, uint64_t n, uint64_t kind)
{
    armed = fault;
    memory_arm(MEMORY_OF_SERVER, fault == FAULT_ALLOCATION ? n : 0);
    memory_arm(MEMORY_OF_LIBRARIES, fault == FAULT_LIBRARY_ALLOCATION ? n : 0);
    database_arm(fault == FAULT_DATABASE_CALL ? n : 0, kind);
}

static uint64_t count(enum lives_fault fault)
{
    switch (fault) {
    case FAULT_ALLOCATION:
        return memory_asked(MEMORY_OF_SERVER);
    case FAULT_LIBRARY_ALLOCATION:
        return memory_asked(MEMORY_OF_LIBRARIES);
    case FAULT_DATABASE_CALL:
        return database_asked();
    case FAULT_NONE:
        break;
    }
    return 0;
}

static bool has_struck(void)
{
    return memory_has_failed() || database_has_failed();
}

static enum scenario_trouble trouble(void)
{
    if (!has_struck())
        return TROUBLE_NONE;
    return armed == FAULT_DATABASE_CALL ? TROUBLE_OF_DATABASE : TROUBLE_OF_MEMORY;
}

static enum scenario_trouble no_trouble(void)
{
    return TROUBLE_NONE;
}

/* As `confab migrate` and `confab serve` make it. */
static enum err make_database(char reason[256])
{
    unsigned steps = 0;
    struct db *db = NULL;
    bool before = memory_begin_turn(true);
    enum err err = db_open(world_settings()->database, DB_WRITER, &db, reason);
    if (err == OK)
        err = schema_migrate(db, world_now_us(), &steps, reason);
    db_close(&db);
    memory_end_turn(before);
    return err;
}

/* Whatever fails once succeeds when it is tried again. */
static void try_twice(enum err (*what)(char reason[256]))
{
    char reason[256] = "";
    bool had_struck = has_struck();
    enum err err = what(reason);
    if (err != OK && reason[0] == '\0')
        truth_fail("it fails without a reason");
    if (err != OK && has_struck() && !had_struck)
        err = what(reason);
    if (err != OK)
        truth_fail("it fails without a fault: %s", reason);
}

static enum err start(char reason[256])
{
    return world_start(LOOPS, reason);
}

/* What a scenario has to reckon with: a fault that has struck before is over. */
static void go_through(unsigned serial)
{
    scenario_run(serial, has_struck() ? no_trouble : trouble);
}

static void live(void)
{
    disk_format(world_settings()->database);
    try_twice(make_database);
    try_twice(make_database); /* it has been made already */
    disk_restore();
    truth_begin();
    try_twice(start);
    go_through(1);
    go_through(2);
    world_stop();
    truth_end();
    world_reset();
    disk_restore();
}

/* Returns how many of what fails there are in a life. */
static uint64_t run_one(enum lives_fault fault, uint64_t n, uint64_t kind)
{
    int64_t held = memory_held();
    int64_t held_by_sqlite = sqlite3_memory_used();
    (void)alarm(LIFE_S_MAX);
    chance_seed(CHANCE);
    sqlite3_randomness(0, NULL); /* it draws anew */
    at_n = n;
    at_kind = kind;
    arm(fault, n, kind);
    live();
    if (n > 0 && (memory_held() != held || sqlite3_memory_used() != held_by_sqlite))
        truth_fail("%lld allocations and %lld bytes of SQLite's are not freed",
                   (long long)(memory_held() - held),
                   (long long)(sqlite3_memory_used() - held_by_sqlite));
    uint64_t total = count(fault);
    arm(FAULT_NONE, 0, 0);
    return total;
}

void lives_run_one(enum lives_fault fault, uint64_t n, uint64_t kind)
{
    (void)run_one(fault, 0, 0); /* after it the simulator has its own buffers */
    (void)run_one(fault, n, kind);
}

uint64_t lives_run_each(enum lives_fault fault, uint64_t seed, uint64_t lives_max, uint64_t *total)
{
    *total = run_one(fault, 0, 0);
    uint64_t stride = *total / lives_max + 1;
    uint64_t lives = 0;
    for (uint64_t n = 1 + seed % stride; n <= *total; n += stride) {
        (void)run_one(fault, n, seed + n / stride);
        lives++;
    }
    return lives;
}
