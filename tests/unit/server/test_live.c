#include "server/live.h"

#include "check.h"

static const struct server_settings *released;
static unsigned release_count;

static void release(void *context, const struct server_settings *settings)
{
    (void)context;
    released = settings;
    release_count++;
}

static const struct settings_source source = {.release = release};

static int setup(void **state)
{
    (void)state;
    released = NULL;
    release_count = 0;
    return 0;
}

/* A request that began with old settings must find them until its end, and they must not stay
 * longer. */
static void test_settings_are_given_back_by_the_last_holder(void **state)
{
    (void)state;
    const struct server_settings settings = {.ping_interval_s = 7};
    const struct api_settings api = {.session_age_s = 5};
    struct live *live = NULL;
    CHECK(live_new(&settings, &source, &api, &live) == OK);
    struct live *request = live_ref(live);
    struct live *loop = live_ref(live);
    live_unref(&live);
    live_unref(&loop);
    CHECK(live == NULL && loop == NULL && release_count == 0);
    CHECK(request->settings->ping_interval_s == 7);
    CHECK(request->api.session_age_s == 5);
    live_unref(&request);
    CHECK(release_count == 1 && released == &settings);
    live_unref(&request); /* nobody: nothing happens */
    CHECK(release_count == 1);
}

static void test_origins_are_those_of_the_new_settings(void **state)
{
    (void)state;
    const struct server_settings settings = {
        .origins = {.allowed = {BYTES("https://new.example.com")}, .count = 1}};
    const struct api_settings api = {
        .origins = {.allowed = {BYTES("https://old.example.com")}, .count = 1}};
    struct live *live = NULL;
    CHECK(live_new(&settings, NULL, &api, &live) == OK);
    CHECK(live->api.origins.count == 1);
    CHECK_BYTES(live->api.origins.allowed[0], BYTES("https://new.example.com"));
    live_unref(&live); /* without a source they are not given back */
    CHECK(release_count == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_settings_are_given_back_by_the_last_holder, setup),
        cmocka_unit_test_setup(test_origins_are_those_of_the_new_settings, setup),
    };
    return cmocka_run_group_tests_name("server/live", tests, NULL, NULL);
}
