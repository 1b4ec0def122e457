/* sim.c - the whole server under every kind of bad luck, from one number.
 *
 * sim [--seed N] [--runs M] [--each-allocation] [--lying-disk] [--verbose]: run N, N+1, … N+M-1.
 * Each run is a life of random clients, stalls, faults of the disk, kills and power cuts; what
 * DESIGN.md promises is checked after each step. With --each-allocation run N is lived M times, and
 * each time another allocation of the server's fails (--failing-allocation: this one). A failure
 * prints the number of its run, which shows it again. With
 * --lying-disk a power cut loses what the disk said was safe: some run must fail.
 *
 * sim --fail allocation|library-allocation|database-call [--seed N] [--runs M]: the life of
 * scenario.c, which uses everything that the server offers, from an empty disk to the end, M times;
 * each time another one fails, in a way that depends on N (--number, --kind: this one, in this
 * way).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sqlite3.h>
#include <unistd.h>
#include "bounds.h"
#include "chance.h"
#include "chat/replay.h"
#include "disk.h"
#include "lives.h"
#include "memory.h"
#include "peer.h"
#include "scenario.h"
#include "truth.h"
#include "v1_peer.h"
#include "world.h"

enum {
    STEPS_MIN = 60, /* of a run */
    STEPS_MORE = 240,
    TURNS_A_STEP = 6,
    UNWELCOME_US_MAX = 2 * 1000000, /* part I: closed within two seconds */
    RUNS_BY_DEFAULT = 1000,
    V1_CALM_MS = 3000,
    REUNION_ROUNDS = 3,
    REUNION_WIRE_BYTES = 1 << 20,
    SMALL_BACKLOG_BYTES = 16 * 1024, /* so that falling back to the database is common */
    SMALL_REPLAY_EVENTS = 64,
};

static struct {
    uint64_t seed;
    bool disk_lies;
    uint64_t failing_allocation; /* of each run; 0: none fails */
    enum lives_fault fault;      /* in lives.c's lives; FAULT_NONE: runs of our own */
    struct peer peers[PEERS_MAX];
    struct v1_peer v1_peers[V1_PEERS_MAX];
    unsigned serial;
    bool had_fault; /* storage trouble: the server may have been slow to learn of changes */
    struct {
        uint64_t messages, kills, faults, restarts;
        uint64_t allocations; /* of the last run */
    } counts;                 /* over all runs */
} sim;

static void print_run(void)
{
    (void)fprintf(stderr, "replay it with: --seed %llu --runs 1%s", (unsigned long long)sim.seed,
                  sim.disk_lies ? " --lying-disk" : "");
    if (sim.failing_allocation > 0)
        (void)fprintf(stderr, " --failing-allocation %llu",
                      (unsigned long long)sim.failing_allocation);
    (void)fputc('\n', stderr);
}

/* An assertion of the server's has failed, or worse; SIGALRM: the run does not come to its end. */
static void on_abort(int number)
{
    (void)signal(number, SIG_DFL);
    (void)signal(SIGABRT, SIG_DFL);
    if (number == SIGALRM)
        (void)fputs("it spins\n", stderr);
    if (sim.fault != FAULT_NONE)
        lives_print();
    else
        print_run();
    if (number == SIGALRM)
        abort();
}

static struct peer *any_peer(void)
{
    return &sim.peers[chance_below(PEERS_MAX)];
}

static struct peer *free_peer(void)
{
    for (size_t i = 0; i < PEERS_MAX; i++) {
        if (sim.peers[i].state == PEER_FREE)
            return &sim.peers[i];
    }
    return NULL;
}

/* The peers take what has come: some of it, or all. */
static bool read_all(bool by_chance)
{
    bool had_something = false;
    for (size_t i = 0; i < PEERS_MAX; i++) {
        struct peer *peer = &sim.peers[i];
        if (peer->state == PEER_FREE || !peer->is_reading || (by_chance && chance_once_in(3)))
            continue;
        had_something |= peer->line.wire->to_peer.len > 0;
        peer_read(peer, by_chance ? 1 + chance_below(5000) : SIZE_MAX);
    }
    for (size_t i = 0; i < V1_PEERS_MAX; i++) {
        struct v1_peer *peer = &sim.v1_peers[i];
        if (peer->state != V1_PEER_OFF && peer->is_reading && !(by_chance && chance_once_in(3)))
            had_something |= v1_peer_read(peer, by_chance ? 1 + chance_below(5000) : SIZE_MAX);
    }
    return had_something;
}

static void notice_joins(void);

static void excuse_who_met_no_memory(void);

static bool on_time(void)
{
    excuse_who_met_no_memory();
    if (!world_is_up())
        return false;
    notice_joins();
    return read_all(false);
}

/* ---- what may happen ---- */

static void act_connect(void)
{
    struct peer *peer = free_peer();
    if (peer != NULL)
        peer_connect(peer, sim.serial++, chance_below(TRUTH_USERS), chance_below(TRUTH_SESSIONS),
                     chance_below(TRUTH_CHATS));
}

static void act_say(void)
{
    struct peer *peer = any_peer();
    for (unsigned i = chance_below(4) + 1; i > 0; i--)
        peer_say(peer);
}

/* More than any one buffer takes. */
static void act_flood(void)
{
    struct peer *peer = any_peer();
    for (unsigned i = chance_below(200); i > 0; i--)
        peer_say(peer);
}

static void act_misbehave(void)
{
    peer_misbehave(any_peer());
}

static void act_ping(void)
{
    for (size_t i = 0; i < PEERS_MAX; i++)
        peer_ping(&sim.peers[i]);
}

static void act_stall(void)
{
    struct peer *peer = any_peer();
    peer->is_reading = !peer->is_reading;
}

static void act_narrow(void)
{
    struct peer *peer = any_peer();
    if (peer->line.wire != NULL)
        peer->line.wire->room = 1 + chance_below(chance_once_in(4) ? 100000 : 300);
}

static void act_close(void)
{
    peer_close(any_peer());
}

static void act_leave(void)
{
    peer_leave(any_peer());
}

/* ---- the same of clients of confab.v1 ---- */

static struct v1_peer *any_v1_peer(void)
{
    return &sim.v1_peers[chance_below(V1_PEERS_MAX)];
}

static void act_v1_connect(void)
{
    struct v1_peer *peer = any_v1_peer();
    if (peer->state != V1_PEER_OFF)
        return;
    if (!peer->is_alive || chance_once_in(10)) {
        bool is_multi = chance_once_in(3);
        v1_peer_begin(peer, sim.serial++, chance_below(TRUTH_USERS), chance_below(TRUTH_SESSIONS),
                      is_multi ? TRUTH_CHATS : chance_below(TRUTH_CHATS));
    }
    v1_peer_connect(peer);
}

static void act_v1_say(void)
{
    struct v1_peer *peer = any_v1_peer();
    for (unsigned i = chance_below(4) + 1; i > 0; i--)
        v1_peer_say(peer);
}

static void act_v1_flood(void)
{
    struct v1_peer *peer = any_v1_peer();
    for (unsigned i = chance_below(V1_PEER_UNACKED_MAX); i > 0; i--)
        v1_peer_say(peer);
}

static void act_v1_misbehave(void)
{
    v1_peer_misbehave(any_v1_peer());
}

static void act_v1_ping(void)
{
    for (size_t i = 0; i < V1_PEERS_MAX; i++)
        v1_peer_ping(&sim.v1_peers[i]);
}

static void act_v1_stall(void)
{
    struct v1_peer *peer = any_v1_peer();
    peer->is_reading = !peer->is_reading;
}

static void act_v1_narrow(void)
{
    struct v1_peer *peer = any_v1_peer();
    if (peer->line.wire != NULL)
        peer->line.wire->room = 1 + chance_below(chance_once_in(4) ? 100000 : 300);
}

static void act_v1_resubscribe(void)
{
    v1_peer_resubscribe(any_v1_peer());
}

static void act_v1_close(void)
{
    v1_peer_close(any_v1_peer());
}

/* Gone in the middle of anything, and often back at once. */
static void act_v1_leave(void)
{
    struct v1_peer *peer = any_v1_peer();
    v1_peer_leave(peer);
    if (chance_once_in(2))
        v1_peer_connect(peer);
}

/* Another program, as Django, stores messages. */
static void act_write_elsewhere(void)
{
    char text[256];
    unsigned chat = chance_below(TRUTH_CHATS);
    unsigned serial = sim.serial++;
    for (unsigned i = 1 + chance_below(chance_once_in(5) ? 60 : 3); i > 0; i--) {
        (void)snprintf(text, sizeof text,
                       "INSERT INTO chat_message (content, timestamp, chat_id, sender_id) "
                       "SELECT '%u:elsewhere', '2026-11-22 18:33:35.571503', %u, 1 "
                       "WHERE EXISTS (SELECT 1 FROM chat_chat WHERE id = %u)",
                       truth_new_message(serial, chat, false), chat + 1, chat + 1);
        if (!truth_run_elsewhere(text))
            return;
    }
}

/* An operator says something to everybody, or takes back what was said. */
static void act_notice_elsewhere(void)
{
    char text[200];
    if (chance_once_in(3)) {
        (void)truth_run_elsewhere("DELETE FROM confab_notice");
        return;
    }
    (void)snprintf(text, sizeof text,
                   "INSERT INTO confab_notice (code, message, created_at, ends_at) "
                   "VALUES ('x', '%u', '2026-11-22 18:33:35.571503', '%s')",
                   ++sim.serial, chance_once_in(4) ? "2026-11-22" : "2099-01-01");
    (void)truth_run_elsewhere(text);
}

static void act_post_message(void)
{
    struct peer *peer = free_peer();
    char path[64];
    char content[128];
    unsigned chat = chance_below(TRUTH_CHATS);
    unsigned user = chance_below(TRUTH_USERS - TRUTH_CHATS + 1);
    if (peer == NULL || !world_is_up())
        return;
    unsigned serial = sim.serial++;
    (void)snprintf(path, sizeof path, "/api/chats/%u/send_message/", chat + 1);
    (void)snprintf(content, sizeof content, "{\"content\": \"%u:by REST\"}",
                   truth_new_message(serial, chat, false));
    peer_ask(peer, serial, user, 0, "POST", path, bytes_from_text(content));
}

/* Nobody of these is welcome any more. user or session TRUTH_USERS, TRUTH_SESSIONS, chat
 * TRUTH_CHATS: any. */
static void mark_unwelcome(unsigned user, unsigned session, unsigned chat)
{
    for (size_t i = 0; i < PEERS_MAX; i++) {
        struct peer *peer = &sim.peers[i];
        if (peer->is_unwelcome || !peer->is_upgrade ||
            (user != TRUTH_USERS && peer->user != user) ||
            (session != TRUTH_SESSIONS && peer->session != session) ||
            (chat != TRUTH_CHATS && peer->chat != chat))
            continue;
        peer->is_unwelcome = true;
        peer->unwelcome_since_us = world_now_us();
    }
    for (size_t i = 0; i < V1_PEERS_MAX; i++) {
        struct v1_peer *peer = &sim.v1_peers[i];
        if ((user == TRUTH_USERS || peer->user == user) &&
            (session == TRUTH_SESSIONS || peer->session == session) &&
            (chat == TRUTH_CHATS || peer->chat == chat || peer->chat == TRUTH_CHATS))
            peer->is_unwelcome = true;
    }
}

static void act_log_out(void)
{
    struct peer *peer = free_peer();
    unsigned user = chance_below(TRUTH_USERS);
    if (peer != NULL)
        peer_ask(peer, sim.serial++, user, 1, "POST", "/api/logout/", NO_BYTES);
}

static void act_delete_chat(void)
{
    struct peer *peer = free_peer();
    if (peer == NULL)
        return;
    truth_chat_may_vanish(TRUTH_CHATS - 1);
    peer_ask(peer, sim.serial++, 0, 0, "DELETE", "/api/chats/3/", NO_BYTES);
    peer->ends_chat = true;
}

/* The first user, who made the chats, takes somebody in or out. */
static void change_member(unsigned chat, unsigned user)
{
    struct peer *peer = free_peer();
    char path[64];
    char content[32];
    if (peer == NULL)
        return;
    bool comes = chance_once_in(2);
    (void)snprintf(content, sizeof content, "{\"user\":%u}", user + 1);
    (void)snprintf(path, sizeof path, "/api/v1/chats/%u/members/", chat + 1);
    if (!comes)
        (void)snprintf(path + strlen(path), sizeof path - strlen(path), "%u/", user + 1);
    peer_ask(peer, sim.serial++, 0, 0, comes ? "POST" : "DELETE", path,
             comes ? bytes_from_text(content) : NO_BYTES);
}

/* Once, or so often in a row that what one change has set going meets the next. */
static void act_change_member(void)
{
    unsigned chat = chance_below(TRUTH_CHATS);
    unsigned user = 1 + chance_below(TRUTH_USERS - 1);
    bool is_hectic = chance_once_in(3);
    for (unsigned i = is_hectic ? 6 : 1; i > 0; i--) {
        change_member(chat, user);
        for (size_t k = 0; k < V1_PEERS_MAX && is_hectic; k++) {
            struct v1_peer *peer = &sim.v1_peers[k];
            if (peer->user == user && peer->chat == TRUTH_CHATS)
                v1_peer_connect(peer);
        }
        for (unsigned turns = chance_below(20); turns > 0 && is_hectic && world_is_up(); turns--)
            world_step();
    }
}

/* Another program, as Django's admin, takes somebody out of a chat or ends a session. */
static void act_revoke_elsewhere(void)
{
    char text[160];
    unsigned user = 1 + chance_below(TRUTH_USERS - 1);
    if (chance_once_in(2)) {
        unsigned chat = chance_below(TRUTH_CHATS);
        (void)snprintf(text, sizeof text,
                       "DELETE FROM chat_chat_participants WHERE chat_id = %u AND user_id = %u",
                       chat + 1, user + 1);
        if (!truth_run_elsewhere(text))
            return;
        truth_note_removed(user, chat);
        mark_unwelcome(user, TRUTH_SESSIONS, chat);
    } else {
        (void)snprintf(text, sizeof text, "DELETE FROM django_session WHERE session_key = '%s'",
                       truth_session(user, 1));
        if (truth_run_elsewhere(text))
            mark_unwelcome(user, 1, TRUTH_CHATS);
    }
}

static void act_lock(void)
{
    if (truth_is_locked())
        truth_unlock();
    else if (world_is_up())
        truth_lock();
    sim.had_fault = true;
}

static void act_fault(void)
{
    static const enum disk_fault faults[] = {DISK_FAULT_IO, DISK_FAULT_FULL};
    if (!world_is_up())
        return;
    disk_arm(faults[chance_below(COUNT_OF(faults))], 1 + chance_below(12));
    sim.had_fault = true;
    sim.counts.faults++;
}

/* The process dies within one of its next calls of the disk. */
static void act_kill_within(void)
{
    if (world_is_up())
        disk_arm(DISK_FAULT_KILL, 1 + chance_below(8));
}

static void act_kill(void)
{
    if (world_is_up())
        world_kill();
}

static void act_stop(void)
{
    if (!world_is_up())
        return;
    truth_unlock();
    world_stop();
}

static void act_wait(void)
{
    world_pass_ms(chance_below(3000));
    bounds_check_readers();
}

/* Long enough for those who stand still to be sent away; the others answer pings. */
static void act_wait_long(void)
{
    world_pass_ms(chance_below(90000));
    bounds_check_readers();
}

static void act_v1_change(void)
{
    v1_peer_change(any_v1_peer());
}

static void check_calm(void);
static void check_v1_calm(void);

static const struct {
    void (*act)(void);
    unsigned weight;
} acts[] = {
    {act_connect, 120},
    {act_say, 300},
    {act_flood, 15},
    {act_misbehave, 20},
    {act_ping, 40},
    {act_stall, 30},
    {act_narrow, 30},
    {act_close, 8},
    {act_leave, 15},
    {act_post_message, 20},
    {act_log_out, 2},
    {act_delete_chat, 1},
    {act_revoke_elsewhere, 4},
    {act_lock, 3},
    {act_fault, 6},
    {act_kill_within, 5},
    {act_kill, 3},
    {act_stop, 2},
    {act_wait, 40},
    {act_wait_long, 4},
    {check_calm, 25},
    {act_v1_connect, 90},
    {act_v1_say, 200},
    {act_v1_flood, 15},
    {act_v1_change, 60},
    {act_change_member, 15},
    {act_v1_misbehave, 12},
    {act_v1_ping, 30},
    {act_v1_stall, 25},
    {act_v1_narrow, 25},
    {act_v1_resubscribe, 20},
    {act_v1_close, 5},
    {act_v1_leave, 40},
    {act_write_elsewhere, 20},
    {act_notice_elsewhere, 4},
    {check_v1_calm, 15},
};

/* ---- after each act ---- */

/* Those whose handshake has just been answered. */
static void notice_joins(void)
{
    for (size_t i = 0; i < PEERS_MAX; i++) {
        struct peer *peer = &sim.peers[i];
        if (peer->state != PEER_ASKING || !peer->is_upgrade || peer->floor != TRUTH_NONE)
            continue;
        const struct buf *answer = &peer->line.wire->to_peer;
        if (bytes_starts_with(buf_bytes(answer), BYTES("HTTP/1.1 101")))
            peer_notice_join(peer);
    }
}

/* Those whose user was taken out of their chat by a request of ours. */
static void notice_leaving(void)
{
    for (size_t i = 0; i < PEERS_MAX; i++) {
        struct peer *peer = &sim.peers[i];
        if (peer->state == PEER_FREE || !peer->is_upgrade || peer->is_unwelcome ||
            !truth_has_left(peer->user, peer->chat))
            continue;
        peer->is_unwelcome = true;
        peer->unwelcome_since_us = world_now_us();
    }
    for (size_t i = 0; i < V1_PEERS_MAX; i++) {
        struct v1_peer *peer = &sim.v1_peers[i];
        if (peer->is_alive && peer->chat != TRUTH_CHATS && truth_has_left(peer->user, peer->chat))
            peer->is_unwelcome = true;
    }
}

/* Answered requests have happened; whoever has been told everything goes. */
static void bury_peers(void)
{
    for (size_t i = 0; i < PEERS_MAX; i++) {
        struct peer *peer = &sim.peers[i];
        if (peer->state != PEER_ENDED)
            continue;
        if (peer->line.status == 204 && peer->ends_chat)
            mark_unwelcome(TRUTH_USERS, TRUTH_SESSIONS, TRUTH_CHATS - 1);
        peer_leave(peer);
    }
}

/* Without memory for its start it does not run, and the next one does. */
static void start(void)
{
    char reason[256] = "";
    unsigned loops = 1 + chance_below(WORLD_LOOPS_MAX);
    enum err err = world_start(loops, reason);
    if (err != OK && memory_has_failed())
        err = world_start(loops, reason);
    if (err != OK)
        truth_fail("the server does not start: %s", reason);
}

/* A server that has died is followed by another on what is left of the disk. */
static void restart(void)
{
    static const enum disk_loss losses[] = {DISK_LOSS_NONE, DISK_LOSS_ALL, DISK_LOSS_SOME};
    truth_forget_connection();
    disk_kill(); /* nobody else lives through it either */
    disk_lose(losses[chance_below(COUNT_OF(losses))]);
    start();
    truth_check_after_crash();
    for (size_t i = 0; i < PEERS_MAX; i++) {
        struct peer *peer = &sim.peers[i];
        if (peer->state == PEER_FREE)
            continue;
        peer->has_misbehaved = true; /* a server that dies does not say goodbye */
        peer_read(peer, SIZE_MAX);   /* what was on the wire may still arrive */
        peer_leave(peer);
    }
    for (size_t i = 0; i < V1_PEERS_MAX; i++) {
        sim.v1_peers[i].may_be_cut = true;
        (void)v1_peer_read(&sim.v1_peers[i], SIZE_MAX);
        v1_peer_leave(&sim.v1_peers[i]);
    }
    sim.counts.restarts++;
}

static void restart_if_dead(void)
{
    if (world_bury())
        sim.counts.kills++;
    if (!world_is_up())
        restart();
}

/* Let everything come to rest: then nothing may be missing. */
static void check_calm(void)
{
    truth_unlock();
    do {
        world_settle();
    } while (on_time());
    if (!world_is_up())
        return;
    truth_learn();
    for (size_t i = 0; i < PEERS_MAX; i++)
        peer_check_complete(&sim.peers[i]);
}

/* The same after a few ticks, in which the server looks for what others have stored and tries again
 * what failed. */
static void check_v1_calm(void)
{
    check_calm();
    world_pass_ms(V1_CALM_MS);
    if (!world_is_up())
        return;
    truth_learn();
    for (size_t i = 0; i < V1_PEERS_MAX; i++)
        v1_peer_check_complete(&sim.v1_peers[i]);
}

/* At the end all clients come back: each gets the rest, and what it has sent is there. */
static void reunite(void)
{
    for (unsigned round = 0; round < REUNION_ROUNDS; round++) {
        restart_if_dead();
        for (size_t i = 0; i < V1_PEERS_MAX; i++) {
            struct v1_peer *peer = &sim.v1_peers[i];
            if (!peer->is_reading || peer->is_excused || round == 0)
                v1_peer_leave(peer);
            v1_peer_connect(peer);
            if (peer->line.wire != NULL)
                peer->line.wire->room = REUNION_WIRE_BYTES;
        }
        check_v1_calm();
    }
    for (size_t i = 0; i < V1_PEERS_MAX && world_is_up(); i++) {
        const struct v1_peer *peer = &sim.v1_peers[i];
        if (!peer->is_alive || peer->chat == TRUTH_CHATS || truth_chat_may_be_gone(peer->chat) ||
            !truth_may_connect(peer->user, peer->session, peer->chat))
            continue;
        if (peer->state != V1_PEER_OPEN)
            truth_fail("client %u does not get in: %u", peer->serial, peer->line.status);
        if (peer->unacked_count > 0)
            truth_fail("client %u has %u messages without an answer", peer->serial,
                       peer->unacked_count);
    }
}

/* Who may not be there any more has been told so in time; who was taken in again may be there. */
static void check_unwelcome(void)
{
    if (sim.had_fault) /* with the disk in trouble the server may not learn of it */
        return;
    for (size_t i = 0; i < PEERS_MAX; i++) {
        struct peer *peer = &sim.peers[i];
        if (peer->state != PEER_OPEN || !peer->is_unwelcome || !peer->is_reading ||
            peer->line.close_code != 0 || peer->line.wire->to_peer.len > 0 ||
            world_now_us() - peer->unwelcome_since_us <= UNWELCOME_US_MAX)
            continue;
        if (!truth_may_connect(peer->user, peer->session, peer->chat))
            truth_fail("peer %u is unwelcome and was not told", peer->serial);
        peer->is_unwelcome = false; /* it has come back before anybody saw that it was gone */
    }
}

/* Without memory a connection may end without a word, and a check of who may stay may be late. */
static void excuse_who_met_no_memory(void)
{
    if (!memory_has_failed())
        return;
    sim.had_fault = true;
    for (size_t i = 0; i < PEERS_MAX; i++)
        sim.peers[i].has_misbehaved = true;
    for (size_t i = 0; i < V1_PEERS_MAX; i++)
        sim.v1_peers[i].may_be_cut = true;
}

static void act_by_chance(void)
{
    unsigned sum = 0;
    for (size_t i = 0; i < COUNT_OF(acts); i++)
        sum += acts[i].weight;
    unsigned drawn = chance_below(sum);
    size_t i = 0;
    while (drawn >= acts[i].weight)
        drawn -= acts[i++].weight;
    acts[i].act();
}

static void step(void)
{
    act_by_chance();
    for (unsigned i = 0; i < TURNS_A_STEP && world_is_up(); i++) {
        world_step();
        if (world_is_up())
            notice_joins();
    }
    excuse_who_met_no_memory();
    if (world_is_up())
        (void)read_all(true);
    restart_if_dead();
    bury_peers();
    notice_leaving();
    bounds_check();
    check_unwelcome();
}

/* ---- a run ---- */

static void run(uint64_t seed)
{
    sim.seed = seed;
    (void)alarm(LIFE_S_MAX);
    chance_seed(seed);
    sim.serial = 0;
    sim.had_fault = false;
    sqlite3_randomness(0, NULL); /* it draws anew from the run's chance */
    if (chance_once_in(2))
        world_set_reach(SMALL_BACKLOG_BYTES, SMALL_REPLAY_EVENTS);
    else
        world_set_reach(ROOM_BACKLOG_BYTES_MAX, REPLAY_EVENTS_MAX);
    disk_restore();
    disk_set_lying(sim.disk_lies);
    truth_begin();
    start();
    memory_arm(MEMORY_OF_SERVER, sim.failing_allocation);
    for (unsigned steps = STEPS_MIN + chance_below(STEPS_MORE); steps > 0; steps--)
        step();
    disk_arm(DISK_FAULT_NONE, 0);
    excuse_who_met_no_memory();
    sim.counts.allocations = memory_asked(MEMORY_OF_SERVER);
    memory_arm(MEMORY_OF_SERVER, 0);
    check_calm();
    restart_if_dead();
    truth_unlock();
    reunite();
    restart_if_dead();
    world_stop();
    truth_learn();
    for (unsigned chat = 0; chat < TRUTH_CHATS; chat++)
        sim.counts.messages += truth_stored(chat);
    for (size_t i = 0; i < PEERS_MAX; i++)
        peer_leave(&sim.peers[i]);
    for (size_t i = 0; i < V1_PEERS_MAX; i++) {
        v1_peer_leave(&sim.v1_peers[i]);
        sim.v1_peers[i] = (struct v1_peer) {0};
    }
    truth_end();
    world_reset();
}

/* The same life again and again: in each the next allocation fails, at most runs of them, spread
 * over the whole life. Returns how many lives there were. */
static uint64_t fail_each_allocation(uint64_t seed, uint64_t runs)
{
    run(seed);
    uint64_t count = sim.counts.allocations;
    uint64_t stride = count / runs + 1;
    uint64_t lives = 1;
    for (uint64_t n = 1; n <= count; n += stride) {
        sim.failing_allocation = n;
        run(seed);
        lives++;
    }
    return lives;
}

static uint64_t number_after(int count, char **words, int at)
{
    if (at >= count) {
        (void)fprintf(stderr, "%s needs a number\n", words[at - 1]);
        exit(2);
    }
    return strtoull(words[at], NULL, 10);
}

static struct {
    uint64_t seed;
    uint64_t runs;
    bool each_allocation; /* of the same run by chance */
    uint64_t number;      /* of what fails in a life of lives.h; 0: each in its own */
    uint64_t kind;
} options = {.seed = 1, .runs = RUNS_BY_DEFAULT};

static void read_options(int count, char **words)
{
    for (int i = 1; i < count; i++) {
        struct bytes word = bytes_from_text(words[i]);
        if (bytes_is(word, "--seed"))
            options.seed = number_after(count, words, ++i);
        else if (bytes_is(word, "--runs"))
            options.runs = number_after(count, words, ++i);
        else if (bytes_is(word, "--failing-allocation"))
            sim.failing_allocation = number_after(count, words, ++i);
        else if (bytes_is(word, "--each-allocation"))
            options.each_allocation = true;
        else if (bytes_is(word, "--fail"))
            sim.fault = ++i < count ? lives_fault_named(words[i]) : FAULT_NONE;
        else if (bytes_is(word, "--number"))
            options.number = number_after(count, words, ++i);
        else if (bytes_is(word, "--kind"))
            options.kind = number_after(count, words, ++i);
        else if (bytes_is(word, "--lying-disk"))
            sim.disk_lies = true;
        else if (bytes_is(word, "--verbose"))
            world_is_verbose = true;
        else
            exit(2);
        if (bytes_is(word, "--fail") && sim.fault == FAULT_NONE)
            exit(2);
    }
}

/* Runs by chance. */
static void run_all(void)
{
    uint64_t runs = options.runs;
    for (uint64_t i = 0; i < runs && !options.each_allocation; i++)
        run(options.seed + i);
    if (options.each_allocation)
        runs = fail_each_allocation(options.seed, runs);
    printf("%llu runs from seed %llu: %llu messages stored, %llu kills, %llu restarts, %llu faults "
           "armed\n",
           (unsigned long long)runs, (unsigned long long)options.seed,
           (unsigned long long)sim.counts.messages, (unsigned long long)sim.counts.kills,
           (unsigned long long)sim.counts.restarts, (unsigned long long)sim.counts.faults);
    printf("confab.v1: %llu events shown, %llu returns, %llu gaps, %llu acks, %llu of them again, "
           "%llu receipts, %llu notices\n",
           (unsigned long long)v1_counts.events, (unsigned long long)v1_counts.resumed,
           (unsigned long long)v1_counts.gaps, (unsigned long long)v1_counts.acks,
           (unsigned long long)v1_counts.duplicates, (unsigned long long)v1_counts.receipts,
           (unsigned long long)v1_counts.notices);
    if (sim.counts.messages < runs)
        truth_fail("hardly anything happened");
}

/* The same life, in which each time something else fails. */
static void run_lives(void)
{
    if (options.number > 0) {
        lives_run_one(sim.fault, options.number, options.kind);
        return;
    }
    uint64_t total;
    uint64_t lives = lives_run_each(sim.fault, options.seed, options.runs, &total);
    printf("%llu lives, in each of which another of %llu failed\n", (unsigned long long)lives,
           (unsigned long long)total);
}

int main(int count, char **words)
{
    read_options(count, words);
    world_on_time = on_time;
    (void)signal(SIGABRT, on_abort);
    (void)signal(SIGSEGV, on_abort);
    (void)signal(SIGALRM, on_abort);
    chance_seed(0);
    world_init();
    truth_make_database();
    if (sim.fault != FAULT_NONE)
        run_lives();
    else
        run_all();
    scenario_deinit();
    peer_deinit_all();
    v1_peer_deinit_all();
    line_deinit_all();
    disk_deinit();
    world_deinit();
    return 0;
}
