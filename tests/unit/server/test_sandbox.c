/* What can still be done inside the sandbox, and what cannot. There is no way back out of it, so
 * each attempt is made by a child process of its own. */
#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "server/sandbox.h"

/* How a child ended: an errno, or a signal. */
enum { SIGNALLED = 1000, COULD_NOT_TRY = 250 };

static char allowed_directory[] = "/tmp/confab-sandbox-XXXXXX";
static char other_directory[] = "/tmp/confab-outside-XXXXXX";
static int listener_fd; /* opened outside, as the server's are */
static uint16_t listener_port;

/* 0 if it went well, else the errno. */
static int outcome(long result)
{
    return result < 0 ? errno : 0;
}

/* Run a function in a child; what it returned, or SIGNALLED + the signal. */
static int run_child(int (*body)(void *), void *context)
{
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        const struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none); /* a child may well be killed */
        _exit(body(context));
    }
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid);
    return WIFSIGNALED(status) ? SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A child has no way to report but its end. */
#define NEED(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            _exit(COULD_NOT_TRY);                                                                  \
    } while (0)

static void enter(struct sandbox_state *state)
{
    static struct sandbox_plan plan;
    char reason[256];
    NEED(sandbox_allow(&plan, allowed_directory, SANDBOX_CHANGE) == OK);
    NEED(sandbox_allow(&plan, "/proc/self", SANDBOX_READ) == OK);
    NEED(chdir(allowed_directory) == 0);
    NEED(sandbox_enter(&plan, state, reason) == OK);
}

struct attempt {
    const char *name;
    int (*run)(void);
    int expected;     /* 0: it goes on */
    bool by_landlock; /* or else by seccomp */
};

static int attempt_inside(void *context)
{
    const struct attempt *attempt = context;
    struct sandbox_state state;
    enter(&state);
    if (attempt->by_landlock && state.landlock == 0)
        return attempt->expected;
    return attempt->run();
}

/* ---- what an intruder wants ---- */

static int read_other_file(void)
{
    return outcome(open("/etc/passwd", O_RDONLY));
}

static int list_other_directory(void)
{
    return outcome(open("/tmp", O_RDONLY | O_DIRECTORY));
}

static int make_file_elsewhere(void)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s/file", other_directory);
    return outcome(open(path, O_CREAT | O_WRONLY, 0600));
}

static int leave_by_dots(void)
{
    return outcome(open("../../etc/passwd", O_RDONLY));
}

static int leave_by_proc(void)
{
    return outcome(open("/proc/self/root/etc/passwd", O_RDONLY));
}

static int change_own_memory_by_proc(void)
{
    return outcome(open("/proc/self/mem", O_RDWR));
}

static int read_rest_of_proc(void)
{
    return outcome(open("/proc/meminfo", O_RDONLY));
}

static int make_symlink(void)
{
    return outcome(symlink("/etc/passwd", "link"));
}

static int make_directory(void)
{
    return outcome(mkdir("directory", 0700));
}

static int rename_file(void)
{
    return outcome(rename("a", "b"));
}

static int change_mode(void)
{
    return outcome(chmod(".", 0777));
}

static int start_program(void)
{
    char program[] = "/bin/true";
    char *const words[] = {program, NULL};
    return outcome(execve(program, words, words + 1));
}

static int start_process(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return outcome(pid);
}

static int start_process_by_hand(void)
{
    return outcome(syscall(SYS_clone3, NULL, 0));
}

static int trace(void)
{
    return outcome(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int read_memory_of_parent(void)
{
    return outcome(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
}

static int signal_parent(void)
{
    return outcome(kill(getppid(), 0));
}

static int signal_parent_thread(void)
{
    return outcome(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int open_tcp_socket(void)
{
    return outcome(socket(AF_INET, SOCK_STREAM, 0));
}

static int open_unix_socket(void)
{
    return outcome(socket(AF_UNIX, SOCK_DGRAM, 0));
}

static int open_packet_socket(void)
{
    return outcome(socket(AF_PACKET, SOCK_RAW, 0));
}

static int connect_to(uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return outcome(connect(listener_fd, (const struct sockaddr *)&address, sizeof address));
}

static int connect_old_socket(void)
{
    return connect_to(listener_port);
}

static int bind_old_socket(void)
{
    const struct sockaddr_in address = {.sin_family = AF_INET};
    return outcome(bind(listener_fd, (const struct sockaddr *)&address, sizeof address));
}

static int make_ring(void)
{
    return outcome(syscall(SYS_io_uring_setup, 1, NULL));
}

static int change_ring(void)
{
    return outcome(syscall(SYS_io_uring_register, 0, 0, NULL, 0));
}

static int map_executable(void)
{
    void *place = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return place == MAP_FAILED ? errno : 0;
}

static int make_executable(void)
{
    void *place = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    NEED(place != MAP_FAILED);
    return outcome(mprotect(place, 4096, PROT_READ | PROT_EXEC));
}

static int become_root(void)
{
    return outcome(syscall(SYS_setuid, 0));
}

static int enter_namespace(void)
{
    return outcome(unshare(CLONE_NEWUSER));
}

static int mount_something(void)
{
    return outcome(mount("none", ".", "tmpfs", 0, NULL));
}

static int change_root(void)
{
    return outcome(chroot("."));
}

static int raise_limit(void)
{
    const struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    return outcome(setrlimit(RLIMIT_CORE, &limit));
}

static int allow_core_dumps(void)
{
    return outcome(prctl(PR_SET_DUMPABLE, 1));
}

static const struct attempt attacks[] = {
    {"read a file that is not in the plan", read_other_file, EACCES, true},
    {"list a directory that is not in the plan", list_other_directory, EACCES, true},
    {"make a file elsewhere", make_file_elsewhere, EACCES, true},
    {"leave the directory through ..", leave_by_dots, EACCES, true},
    {"leave the directory through /proc", leave_by_proc, EACCES, true},
    {"write to its own memory through /proc", change_own_memory_by_proc, EACCES, true},
    {"read what /proc says of others", read_rest_of_proc, EACCES, true},
    {"make a symbolic link", make_symlink, EPERM},
    {"make a directory", make_directory, EPERM},
    {"rename a file", rename_file, EPERM},
    {"change a mode by path", change_mode, EPERM},
    {"start a program", start_program, SIGNALLED + SIGSYS},
    {"start a process", start_process, EPERM},
    {"start a process by clone3()", start_process_by_hand, ENOSYS},
    {"trace", trace, SIGNALLED + SIGSYS},
    {"read another process's memory", read_memory_of_parent, SIGNALLED + SIGSYS},
    {"signal another process", signal_parent, EPERM},
    {"signal another process's thread", signal_parent_thread, EPERM},
    {"open a TCP socket", open_tcp_socket, EPERM},
    {"open a local socket", open_unix_socket, EPERM},
    {"open a packet socket", open_packet_socket, EPERM},
    {"connect a socket that it has", connect_old_socket, EPERM},
    {"bind a socket that it has", bind_old_socket, EPERM},
    {"make a ring, which no filter watches", make_ring, SIGNALLED + SIGSYS},
    {"change a ring", change_ring, EPERM},
    {"map executable memory", map_executable, EPERM},
    {"make memory executable", make_executable, EPERM},
    {"become root", become_root, SIGNALLED + SIGSYS},
    {"enter a namespace", enter_namespace, SIGNALLED + SIGSYS},
    {"mount", mount_something, SIGNALLED + SIGSYS},
    {"change the root directory", change_root, SIGNALLED + SIGSYS},
    {"raise a limit", raise_limit, EPERM},
    {"allow core dumps again", allow_core_dumps, EPERM},
};

/* ---- what serving needs ---- */

static int keep_a_file(void)
{
    char byte = 0;
    int fd = open("file", O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 || pwrite(fd, "x", 1, 0) != 1 || pread(fd, &byte, 1, 0) != 1 || fsync(fd) != 0 ||
        ftruncate(fd, 0) != 0 || fchmod(fd, 0600) != 0 || close(fd) != 0)
        return errno;
    int directory = open(".", O_RDONLY | O_DIRECTORY);
    if (directory < 0 || fsync(directory) != 0)
        return errno;
    return outcome(unlink("file"));
}

static int read_own_status(void)
{
    char text[64];
    int fd = open("/proc/self/status", O_RDONLY);
    return outcome(fd < 0 ? fd : read(fd, text, sizeof text));
}

static void *do_nothing(void *argument)
{
    return argument;
}

static int start_thread(void)
{
    pthread_t thread;
    int failure = pthread_create(&thread, NULL, do_nothing, NULL);
    return failure != 0 ? failure : pthread_join(thread, NULL);
}

static int take_much_memory(void)
{
    enum { BYTES_OF_A_HASH = 100 * 1024 * 1024 };
    char *memory = malloc(BYTES_OF_A_HASH);
    if (memory == NULL)
        return ENOMEM;
    memset(memory, 1, BYTES_OF_A_HASH);
    int sum = memory[BYTES_OF_A_HASH - 1] == 1 ? 0 : EIO;
    free(memory);
    return sum;
}

static int accept_connection(void)
{
    return outcome(accept4(listener_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

static int make_random(void)
{
    char bytes[16];
    return outcome(getrandom(bytes, sizeof bytes, 0));
}

static int fail_an_assertion(void)
{
    abort();
}

static const struct attempt work[] = {
    {"make, sync and remove a file beside the database", keep_a_file, 0},
    {"read what /proc says of us", read_own_status, 0},
    {"start a thread", start_thread, 0},
    {"take the memory of a password hash", take_much_memory, 0},
    {"accept a connection", accept_connection, 0},
    {"draw random bytes", make_random, 0},
    {"abort when the program is wrong", fail_an_assertion, SIGNALLED + SIGABRT},
};

static void check_attempts(const struct attempt *attempts, size_t count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct attempt attempt = attempts[i];
        int result = run_child(attempt_inside, &attempt);
        if (result != attempt.expected) {
            print_error("%s: %d instead of %d\n", attempt.name, result, attempt.expected);
            wrong++;
        }
    }
    CHECK(wrong == 0);
}

static void test_attacks_fail(void **state)
{
    (void)state;
    check_attempts(attacks, COUNT_OF(attacks));
}

/* Otherwise the attacks above might fail for another reason. */
static void test_many_attacks_go_well_outside(void **state)
{
    (void)state;
    CHECK(read_other_file() == 0);
    CHECK(list_other_directory() == 0);
    CHECK(make_file_elsewhere() == 0);
    CHECK(start_process() == 0);
    CHECK(signal_parent() == 0 || geteuid() != 0);
    CHECK(open_tcp_socket() == 0);
    CHECK(open_unix_socket() == 0);
    CHECK(map_executable() == 0);
    CHECK(make_executable() == 0);
    while (wait(NULL) > 0)
        ;
}

static void test_work_goes_on(void **state)
{
    (void)state;
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(listener_port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(connect(client, (const struct sockaddr *)&address, sizeof address) == 0);
    check_attempts(work, COUNT_OF(work));
    (void)close(client);
}

/* ---- threads ---- */

static void *exec_when_told(void *argument)
{
    char byte;
    const int *pipe_fd = argument;
    if (read(*pipe_fd, &byte, 1) == 1)
        (void)start_program();
    return NULL;
}

static int exec_in_an_older_thread(void *context)
{
    (void)context;
    int ends[2];
    pthread_t thread;
    struct sandbox_state state;
    NEED(pipe(ends) == 0);
    NEED(pthread_create(&thread, NULL, exec_when_told, &ends[0]) == 0);
    enter(&state);
    NEED(write(ends[1], "x", 1) == 1);
    (void)pthread_join(thread, NULL);
    return 0;
}

/* A library may have started one behind our back. */
static void test_filter_holds_in_threads_that_were_there_before(void **state)
{
    (void)state;
    CHECK(run_child(exec_in_an_older_thread, NULL) == SIGNALLED + SIGSYS);
}

static int exec_in_a_newer_thread(void *context)
{
    (void)context;
    int ends[2];
    pthread_t thread;
    struct sandbox_state state;
    NEED(pipe(ends) == 0);
    NEED(write(ends[1], "x", 1) == 1);
    enter(&state);
    NEED(pthread_create(&thread, NULL, exec_when_told, &ends[0]) == 0);
    (void)pthread_join(thread, NULL);
    return 0;
}

static void test_filter_holds_in_new_threads(void **state)
{
    (void)state;
    CHECK(run_child(exec_in_a_newer_thread, NULL) == SIGNALLED + SIGSYS);
}

/* ---- what is said ---- */

static int compare_state(void *context)
{
    (void)context;
    struct sandbox_state state;
    enter(&state);
    bool is_all = state.seccomp && state.no_new_privs && !state.has_capabilities;
    return is_all ? 0 : 1;
}

static void test_state_says_what_is_in_force(void **state)
{
    (void)state;
    CHECK(run_child(compare_state, NULL) == 0);
}

/* ---- the plan ---- */

/* Too long for the stack. */
static struct sandbox_plan plan;

static void test_plan_has_room_for_so_many_files(void **state)
{
    (void)state;
    plan.file_count = 0;
    for (size_t i = 0; i < SANDBOX_FILES_MAX; i++)
        CHECK(sandbox_allow(&plan, "file", SANDBOX_READ) == OK);
    CHECK(sandbox_allow(&plan, "file", SANDBOX_READ) == ERR_LIMIT);
    CHECK(sandbox_allow_beside(&plan, "file", SANDBOX_READ) == ERR_LIMIT);
    CHECK(plan.file_count == SANDBOX_FILES_MAX);
}

static void test_path_has_a_longest_length(void **state)
{
    (void)state;
    char path[SANDBOX_PATH_BYTES + 1];
    memset(path, 'x', sizeof path);
    plan.file_count = 0;
    path[SANDBOX_PATH_BYTES] = '\0';
    CHECK(sandbox_allow(&plan, path, SANDBOX_READ) == ERR_LIMIT);
    CHECK(plan.file_count == 0);
    path[SANDBOX_PATH_BYTES - 1] = '\0';
    CHECK(sandbox_allow(&plan, path, SANDBOX_READ) == OK);
}

/* A certificate is often a link into another directory, and both are rewritten at a renewal. */
static void test_beside_a_link_means_both_directories(void **state)
{
    (void)state;
    char target[64];
    char link_path[64];
    (void)snprintf(target, sizeof target, "%s/target", other_directory);
    (void)snprintf(link_path, sizeof link_path, "%s/link", allowed_directory);
    int fd = open(target, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && close(fd) == 0);
    CHECK(symlink(target, link_path) == 0);
    plan.file_count = 0;
    CHECK(sandbox_allow_beside(&plan, link_path, SANDBOX_READ) == OK);
    CHECK(plan.file_count == 2);
    CHECK(strcmp(plan.files[0].path, allowed_directory) == 0);
    CHECK(strcmp(plan.files[1].path, other_directory) == 0);
    CHECK(unlink(link_path) == 0);
    CHECK(unlink(target) == 0);
}

static void test_beside_a_bare_name_means_here(void **state)
{
    (void)state;
    plan.file_count = 0;
    CHECK(sandbox_allow_beside(&plan, "no-such-file", SANDBOX_READ) == OK);
    CHECK(plan.file_count == 1);
    CHECK(strcmp(plan.files[0].path, ".") == 0);
    plan.file_count = 0;
    CHECK(sandbox_allow_beside(&plan, "/no-such-file", SANDBOX_READ) == OK);
    CHECK(strcmp(plan.files[0].path, "/") == 0);
}

/* ---- limits and user ---- */

static int compare_limits(void *context)
{
    (void)context;
    struct rlimit limit = {16, 64};
    struct stat status;
    NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    NEED(chdir(allowed_directory) == 0);
    sandbox_limit_process();
    NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == 64 && limit.rlim_max == 64);
    NEED(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0);
    int fd = open("private", O_CREAT | O_WRONLY, 0666);
    NEED(fd >= 0 && fstat(fd, &status) == 0 && unlink("private") == 0);
    return (status.st_mode & 0777) == 0600 ? 0 : 1;
}

static void test_process_is_limited(void **state)
{
    (void)state;
    CHECK(run_child(compare_limits, NULL) == 0);
}

static void test_unknown_user_is_named(void **state)
{
    (void)state;
    char reason[256] = "";
    CHECK(sandbox_become("no-such-user", reason) == ERR_NOT_FOUND);
    CHECK(strcmp(reason, "--run-as no-such-user: there is no such user") == 0);
    CHECK(sandbox_become(NULL, reason) == OK);
}

static int become_nobody(void *context)
{
    (void)context;
    char reason[256];
    uid_t real;
    uid_t effective;
    uid_t saved;
    NEED(sandbox_become("nobody", reason) == OK);
    NEED(getresuid(&real, &effective, &saved) == 0);
    NEED(real != 0 && effective != 0 && saved != 0 && getgid() != 0);
    /* Back is not possible, but low ports are still open to us. */
    NEED(setuid(0) != 0 && getuid() != 0);
    NEED(sandbox_become("nobody", reason) == OK);
    NEED(sandbox_become("root", reason) == ERR_DENIED);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(1)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return outcome(bind(fd, (const struct sockaddr *)&address, sizeof address));
}

static void test_root_becomes_another_user(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    CHECK(run_child(become_nobody, NULL) == 0);
}

static int set_up(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_ready = mkdtemp(allowed_directory) != NULL && mkdtemp(other_directory) != NULL &&
                    bind(listener_fd, (const struct sockaddr *)&address, len) == 0 &&
                    listen(listener_fd, 1) == 0 &&
                    getsockname(listener_fd, (struct sockaddr *)&address, &len) == 0;
    listener_port = ntohs(address.sin_port);
    return is_ready ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char path[64];
    (void)snprintf(path, sizeof path, "%s/file", other_directory);
    (void)unlink(path);
    (void)close(listener_fd);
    return rmdir(allowed_directory) == 0 && rmdir(other_directory) == 0 ? 0 : -1;
}

int main(void)
{
    /* The first SANDBOXED_TESTS look at a sandbox in force: a sanitizer build has none. */
    enum { SANDBOXED_TESTS = 6 };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attacks_fail),
        cmocka_unit_test(test_many_attacks_go_well_outside),
        cmocka_unit_test(test_work_goes_on),
        cmocka_unit_test(test_filter_holds_in_threads_that_were_there_before),
        cmocka_unit_test(test_filter_holds_in_new_threads),
        cmocka_unit_test(test_state_says_what_is_in_force),
        cmocka_unit_test(test_plan_has_room_for_so_many_files),
        cmocka_unit_test(test_path_has_a_longest_length),
        cmocka_unit_test(test_beside_a_link_means_both_directories),
        cmocka_unit_test(test_beside_a_bare_name_means_here),
        cmocka_unit_test(test_process_is_limited),
        cmocka_unit_test(test_unknown_user_is_named),
        cmocka_unit_test(test_root_becomes_another_user),
    };
    size_t left_out = sandbox_is_possible() ? 0 : SANDBOXED_TESTS;
    return _cmocka_run_group_tests("server/sandbox", tests + left_out, COUNT_OF(tests) - left_out,
                                   set_up, tear_down);
}
