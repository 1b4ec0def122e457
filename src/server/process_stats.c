#include "server/process_stats.h"

#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/prometheus.h"
#include "base/time_text.h"

enum { SECOND_US = 1000000 };

static struct {
    int64_t started_us;
    int statm; /* /proc/self/statm */
    int fds;   /* the directory /proc/self/fd */
} process = {.statm = -1, .fds = -1};

void process_stats_begin(void)
{
    process.started_us = time_now_us();
    if (process.statm < 0)
        process.statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (process.fds < 0)
        process.fds = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void write_one(struct buf *out, const char *name, const char *type, const char *help,
                      uint64_t value, unsigned decimals)
{
    prometheus_family(out, name, type, help);
    prometheus_sample(out, name, "", NULL, 0, value, decimals);
}

static uint64_t us_of(struct timeval time)
{
    return (uint64_t)time.tv_sec * SECOND_US + (uint64_t)time.tv_usec;
}

static void write_memory(struct buf *out)
{
    char text[128];
    unsigned long long size_pages;
    unsigned long long resident_pages;
    uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    ssize_t len = pread(process.statm, text, sizeof text - 1, 0);
    if (len <= 0)
        return;
    text[len] = '\0';
    if (sscanf(text, "%llu %llu", &size_pages, &resident_pages) != 2)
        return;
    write_one(out, "process_virtual_memory_bytes", "gauge", "Virtual memory.",
              size_pages * page_bytes, 0);
    write_one(out, "process_resident_memory_bytes", "gauge", "Memory that is in RAM.",
              resident_pages * page_bytes, 0);
}

/* What this program has asked for and not given back: without what malloc holds for it. */
static void write_heap(struct buf *out)
{
    struct mallinfo2 info = mallinfo2();
    write_one(out, "confab_heap_bytes", "gauge", "Memory that is allocated.",
              info.uordblks + info.hblkhd, 0);
}

/* Since Linux 6.2 the directory's size is the number of its entries; before that they are counted.
 * Returns 0 if neither can be done. */
static uint64_t count_fds(void)
{
    struct stat status;
    if (fstat(process.fds, &status) != 0)
        return 0;
    if (status.st_size > 0)
        return (uint64_t)status.st_size;
    DIR *directory = opendir("/proc/self/fd");
    if (directory == NULL)
        return 0;
    uint64_t count = 0;
    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
        count += entry->d_name[0] != '.';
    (void)closedir(directory);
    return count - 1; /* without the one that looked */
}

void process_stats_write(struct buf *out)
{
    struct rusage usage;
    struct rlimit limit;
    write_one(out, "process_start_time_seconds", "gauge", "Start, as Unix time.",
              (uint64_t)process.started_us, 6);
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        write_one(out, "process_cpu_seconds_total", "counter", "CPU time, of user and system.",
                  us_of(usage.ru_utime) + us_of(usage.ru_stime), 6);
    write_memory(out);
    write_heap(out);
    uint64_t fds = count_fds();
    if (fds > 0)
        write_one(out, "process_open_fds", "gauge", "File descriptors that are open.", fds, 0);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        write_one(out, "process_max_fds", "gauge", "File descriptors that may be open.",
                  limit.rlim_cur, 0);
}
