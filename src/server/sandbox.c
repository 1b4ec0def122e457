#include "server/sandbox_parts.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

static enum err fail(char reason[256], enum err err, const char *what)
{
    (void)snprintf(reason, 256, "%s: %s", what, strerror(errno));
    return err;
}

bool sandbox_is_possible(void)
{
    return !IS_SANITIZED;
}

void sandbox_limit_process(void)
{
    struct rlimit limit = {0, 0};
    (void)umask(S_IRWXG | S_IRWXO);
    (void)setrlimit(RLIMIT_CORE, &limit);
    /* Raising the soft limit is everybody's right; if it fails there are fewer connections. */
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* --- Capabilities (capabilities(7)), by the bare calls: two of them need no library --- */

static bool set_capabilities(uint64_t set)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
        {.effective = (uint32_t)set, .permitted = (uint32_t)set},
        {.effective = (uint32_t)(set >> 32), .permitted = (uint32_t)(set >> 32)},
    };
    return syscall(SYS_capset, &header, data) == 0;
}

static bool has_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    uint32_t any = 0;
    if (syscall(SYS_capget, &header, data) != 0)
        return true;
    for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        any |= data[i].effective | data[i].permitted | data[i].inheritable;
    return any != 0;
}

static bool drop_capabilities(void)
{
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* old kernels have no such */
    /* Who is not root may not empty the bounding set, and has nothing that it could bound. */
    for (int number = 0; prctl(PR_CAPBSET_READ, number) >= 0; number++)
        (void)prctl(PR_CAPBSET_DROP, number);
    return set_capabilities(0);
}

/* --- The user --- */

static enum err change_user(const struct passwd *user, char reason[256])
{
    /* To bind ports below 1024, and to empty the bounding set; both go with sandbox_enter(). */
    const uint64_t kept = UINT64_C(1) << CAP_NET_BIND_SERVICE | UINT64_C(1) << CAP_SETPCAP;
    if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0)
        return fail(reason, ERR_IO, "cannot take the user's groups");
    if (prctl(PR_SET_KEEPCAPS, 1) != 0 || setuid(user->pw_uid) != 0 ||
        prctl(PR_SET_KEEPCAPS, 0) != 0 || !set_capabilities(kept))
        return fail(reason, ERR_IO, "cannot become the user");
    return OK;
}

enum err sandbox_become(const char *name, char reason[256])
{
    if (name == NULL)
        return OK;
    errno = 0;
    const struct passwd *user = getpwnam(name);
    if (user == NULL) {
        (void)snprintf(reason, 256, "--run-as %.100s: %s", name,
                       errno == 0 ? "there is no such user" : strerror(errno));
        return errno == 0 ? ERR_NOT_FOUND : ERR_IO;
    }
    if (user->pw_uid == geteuid())
        return OK;
    if (geteuid() != 0) {
        (void)snprintf(reason, 256, "--run-as %.100s: only root can become another user", name);
        return ERR_DENIED;
    }
    return change_user(user, reason);
}

/* --- Giving up the rest --- */

enum err sandbox_enter(const struct sandbox_plan *plan, struct sandbox_state *out, char reason[256])
{
    *out = (struct sandbox_state) {.has_capabilities = has_capabilities()};
    if (!sandbox_is_possible())
        return OK;
    if (!drop_capabilities())
        return fail(reason, ERR_IO, "cannot drop capabilities");
    out->has_capabilities = has_capabilities();
    /* Memory holds secrets: no core dump, also none that is piped to a program, and no debugger of
     * the same user. */
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        return fail(reason, ERR_IO, "cannot forbid core dumps");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(reason, ERR_IO, "cannot forbid new privileges");
    out->no_new_privs = true;
    if (sandbox_files_restrict(plan, &out->landlock) != OK)
        return fail(reason, ERR_IO, "cannot restrict files (Landlock)");
    /* The last: it forbids the calls above. */
    if (sandbox_calls_restrict(&out->seccomp) != OK)
        return fail(reason, ERR_IO, "cannot restrict system calls (seccomp)");
    return OK;
}
