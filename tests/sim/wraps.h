/* wraps.h - what world.c, wires.c and threads.c put in the place of others' functions (ld's
 * --wrap). */
#ifndef CONFAB_TESTS_SIM_WRAPS_H
#define CONFAB_TESTS_SIM_WRAPS_H

#include <liburing.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/socket.h>
#include <time.h>
#include "base/buf.h"
#include "loop/loop.h"
#include "loop/worker.h"
#include "net/poller.h"

/* The names are ld's. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
int64_t __wrap_time_now_us(void);
void __wrap_random_fill(void *out, size_t len);
enum err __wrap_secret_key_load(const char *path, struct buf *out, char reason[256]);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);

int64_t __wrap_loop_now_ms(const struct loop *loop);
enum err __wrap_loop_new(unsigned index, struct loop **out);
void __wrap_loop_free(struct loop **loop);
void __wrap_loop_stop(struct loop *loop);
void __wrap_loop_may_wait(struct loop *loop, bool may_wait);
enum err __wrap_workers_new(const char *name, size_t count, const struct worker_place *place,
                            struct workers **out);
void __wrap_workers_post(struct workers *workers, struct task *task);
void __wrap_workers_post_all(struct workers *workers, struct task *oldest);
void __wrap_workers_free(struct workers **workers);

enum err __wrap_poller_new(struct loop *loop, void (*on_ready)(void *thing, unsigned events),
                           struct poller **out);
void __wrap_poller_free(struct poller **poller);
enum err __wrap_poller_add(struct poller *poller, int fd, void *thing, unsigned events);
void __wrap_poller_change(struct poller *poller, int fd, void *thing, unsigned events);
int __wrap_poll(struct pollfd *questions, nfds_t count, int timeout);
int __real_poll(struct pollfd *questions, nfds_t count, int timeout);
int __wrap_io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags);

ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *out, size_t len, int flags);
int __wrap_shutdown(int fd, int how);
int __wrap_close(int fd);
int __real_close(int fd);
int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *len);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*main_function)(void *), void *argument);
int __wrap_pthread_join(pthread_t thread, void **out);
int __wrap_pthread_setname_np(pthread_t thread, const char *name);
int __wrap_sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until);
/* NOLINTEND(bugprone-reserved-identifier) */

#endif
