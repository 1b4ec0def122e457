#include "loop/mailbox.h"

#include <pthread.h>
#include "base/list.h"
#include "check.h"

enum { POSTERS = 4, TASKS_EACH = 20000 };

struct letter {
    struct task task;
    size_t poster;
    size_t number;
};

struct poster {
    pthread_t thread;
    struct mailbox *mailbox;
    struct letter letters[TASKS_EACH];
    size_t taken; /* the number that must come next */
};

/* A mailbox whose owner sleeps until it is woken. */
struct owner {
    struct mailbox mailbox;
    pthread_mutex_t mutex;
    pthread_cond_t woken;
    bool is_awake;
};

static void wake(void *context)
{
    struct owner *owner = context;
    pthread_mutex_lock(&owner->mutex);
    owner->is_awake = true;
    pthread_cond_signal(&owner->woken);
    pthread_mutex_unlock(&owner->mutex);
}

static void wait_for_wake(struct owner *owner)
{
    pthread_mutex_lock(&owner->mutex);
    while (!owner->is_awake)
        pthread_cond_wait(&owner->woken, &owner->mutex);
    owner->is_awake = false;
    pthread_mutex_unlock(&owner->mutex);
}

static void *post_all(void *argument)
{
    struct poster *poster = argument;
    for (size_t i = 0; i < TASKS_EACH; i++)
        mailbox_post(poster->mailbox, &poster->letters[i].task);
    return NULL;
}

/* Messages of one connection must not overtake each other, none may be lost, and a wake-up that is
 * missing would leave this test waiting for ever. */
static void test_each_posters_tasks_arrive_in_order(void **state)
{
    (void)state;
    static struct poster posters[POSTERS];
    static struct owner owner = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                                 .woken = PTHREAD_COND_INITIALIZER};
    mailbox_init(&owner.mailbox, wake, &owner);
    for (size_t p = 0; p < POSTERS; p++) {
        posters[p].mailbox = &owner.mailbox;
        for (size_t i = 0; i < TASKS_EACH; i++)
            posters[p].letters[i] = (struct letter) {.poster = p, .number = i};
        CHECK(pthread_create(&posters[p].thread, NULL, post_all, &posters[p]) == 0);
    }
    for (size_t taken = 0; taken < POSTERS * TASKS_EACH;) {
        wait_for_wake(&owner);
        for (struct task *task = mailbox_take_all(&owner.mailbox); task != NULL; taken++) {
            struct letter *letter = CONTAINER_OF(task, struct letter, task);
            task = task->next;
            CHECK(letter->number == posters[letter->poster].taken);
            posters[letter->poster].taken++;
        }
    }
    for (size_t p = 0; p < POSTERS; p++) {
        CHECK(pthread_join(posters[p].thread, NULL) == 0);
        CHECK(posters[p].taken == TASKS_EACH);
    }
    CHECK(mailbox_take_all(&owner.mailbox) == NULL);
}

static void count_wake(void *context)
{
    (*(unsigned *)context)++;
}

/* A wake-up is a system call: a burst of posts pays for one. */
static void test_only_the_first_post_wakes(void **state)
{
    (void)state;
    struct mailbox mailbox;
    struct task tasks[3] = {{0}};
    unsigned wakes = 0;
    mailbox_init(&mailbox, count_wake, &wakes);
    for (size_t i = 0; i < 3; i++)
        mailbox_post(&mailbox, &tasks[i]);
    CHECK(wakes == 1);
    CHECK(mailbox_take_all(&mailbox) == &tasks[0]);
    CHECK(tasks[0].next == &tasks[1] && tasks[1].next == &tasks[2] && tasks[2].next == NULL);
    mailbox_post(&mailbox, &tasks[1]);
    CHECK(wakes == 2);
    CHECK(mailbox_take_all(&mailbox) == &tasks[1]);
    CHECK(mailbox_take_all(&mailbox) == NULL);
}

/* What one turn of a loop has for another thread stays together and in order. */
static void test_several_are_posted_at_once(void **state)
{
    (void)state;
    struct mailbox mailbox;
    struct task tasks[4] = {{0}};
    unsigned wakes = 0;
    mailbox_init(&mailbox, count_wake, &wakes);
    tasks[2].next = &tasks[1];
    mailbox_post_all(&mailbox, &tasks[2], &tasks[1]);
    CHECK(wakes == 1);
    tasks[3].next = &tasks[0];
    mailbox_post_all(&mailbox, &tasks[3], &tasks[0]);
    CHECK(wakes == 1);
    CHECK(mailbox_take_all(&mailbox) == &tasks[1]);
    CHECK(tasks[1].next == &tasks[2] && tasks[2].next == &tasks[0]);
    CHECK(tasks[0].next == &tasks[3] && tasks[3].next == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_posters_tasks_arrive_in_order),
        cmocka_unit_test(test_only_the_first_post_wakes),
        cmocka_unit_test(test_several_are_posted_at_once),
    };
    return cmocka_run_group_tests_name("loop/mailbox", tests, NULL, NULL);
}
