#include "bench/process.h"

#include <inttypes.h>
#include <stdio.h>
#include "base/bytes.h"

uint64_t timespec_ns(struct timespec t)
{
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t = {0};
    (void)clock_gettime(clock, &t); /* cannot fail for the clocks used here */
    return timespec_ns(t);
}

uint64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t wall_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

uint64_t own_cpu_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

enum err process_cpu_ns(const struct process_set *set, uint64_t *out)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < set->count; i++) {
        clockid_t clock;
        struct timespec t;
        if (clock_getcpuclockid(set->pids[i], &clock) != 0 || clock_gettime(clock, &t) != 0)
            return ERR_NOT_FOUND;
        sum += timespec_ns(t);
    }
    *out = sum;
    return OK;
}

enum err process_wait_for_rest(const struct process_set *set, const struct process_rest *rest)
{
    const uint64_t ms_ns = 1000 * 1000;
    const struct timespec pause = {
        .tv_sec = (time_t)(rest->look_ms / 1000),
        .tv_nsec = (long)(rest->look_ms % 1000 * ms_ns),
    };
    uint64_t end_ns = now_ns() + rest->limit_ms * ms_ns;
    uint64_t cpu_before_ns = 0;
    uint64_t cpu_ns = 0;
    enum err err = process_cpu_ns(set, &cpu_ns);
    do {
        cpu_before_ns = cpu_ns;
        (void)nanosleep(&pause, NULL);
        if (err == OK)
            err = process_cpu_ns(set, &cpu_ns);
    } while (err == OK && cpu_ns - cpu_before_ns > rest->cpu_us * 1000 && now_ns() < end_ns);
    return err;
}

/* A file of /proc/PID. NULL: it cannot be opened. */
static FILE *open_of(pid_t pid, const char *name, const char *mode)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    return fopen(path, mode);
}

static enum err memory_add(pid_t pid, struct process_memory *sum)
{
    FILE *file = open_of(pid, "smaps_rollup", "re");
    if (file == NULL)
        return ERR_NOT_FOUND;
    char line[256];
    while (fgets(line, sizeof(line), file) != NULL) {
        uint64_t kib = 0;
        if (sscanf(line, "Rss: %" SCNu64 " kB", &kib) == 1)
            sum->rss_bytes += kib * 1024;
        else if (sscanf(line, "Pss: %" SCNu64 " kB", &kib) == 1)
            sum->pss_bytes += kib * 1024;
    }
    (void)fclose(file); /* it was only read */
    return OK;
}

enum err process_memory(const struct process_set *set, struct process_memory *out)
{
    struct process_memory sum = {0};
    for (size_t i = 0; i < set->count; i++) {
        enum err err = memory_add(set->pids[i], &sum);
        if (err != OK)
            return err;
    }
    *out = sum;
    return OK;
}

/* proc(5): 5 in clear_refs sets VmHWM to what is resident now. */
enum err process_peak_reset(const struct process_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        FILE *file = open_of(set->pids[i], "clear_refs", "we");
        if (file == NULL)
            return ERR_NOT_FOUND;
        bool is_written = fputs("5", file) >= 0;
        if (fclose(file) != 0 || !is_written)
            return ERR_NOT_FOUND;
    }
    return OK;
}

enum err process_peak(const struct process_set *set, uint64_t *rss_bytes)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < set->count; i++) {
        FILE *file = open_of(set->pids[i], "status", "re");
        if (file == NULL)
            return ERR_NOT_FOUND;
        char line[256];
        uint64_t kib = 0;
        while (fgets(line, sizeof(line), file) != NULL) {
            if (sscanf(line, "VmHWM: %" SCNu64 " kB", &kib) == 1)
                sum += kib * 1024;
        }
        (void)fclose(file); /* it was only read */
    }
    *rss_bytes = sum;
    return OK;
}

enum err process_set_read(const char *text, struct process_set *out)
{
    struct bytes rest = bytes_from_text(text);
    struct bytes piece;
    out->count = 0;
    while (bytes_split(&rest, ',', &piece)) {
        uint64_t pid = 0;
        enum err err = bytes_to_number(piece, INT32_MAX, &pid);
        if (err != OK)
            return err;
        if (out->count == PROCESSES_MAX)
            return ERR_LIMIT;
        out->pids[out->count++] = (pid_t)pid;
    }
    return OK;
}
