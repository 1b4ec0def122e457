#include "server/secret_key.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "check.h"

enum { PATH_BYTES = 64 };

static char directory[PATH_BYTES];
static char path[PATH_BYTES + 16];

/* Every test has an empty directory of its own. */
static int make_directory(void **state)
{
    (void)state;
    (void)snprintf(directory, sizeof directory, "/tmp/confab-key-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/secret", directory);
    log_configure(STDERR_FILENO, LOG_TEXT,
                  LOG_ERROR); /* warnings are wanted here and would look like failures */
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(directory); /* fails if a temporary file was left behind */
}

static void write_key(struct bytes text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0);
    CHECK(write(fd, text.data, text.len) == (ssize_t)text.len);
    CHECK(fchmod(fd, mode) == 0);
    CHECK(close(fd) == 0);
}

static enum err load(struct buf *out, char reason[SECRET_KEY_REASON_BYTES])
{
    reason[0] = '\0';
    enum err err = secret_key_load(path, out, reason);
    CHECK((err == OK) == (reason[0] == '\0'));
    CHECK(strchr(reason, '\n') == NULL);
    CHECK(err == OK || out->len == 0);
    return err;
}

static void test_missing_key_is_made_private_and_found_again(void **state)
{
    (void)state;
    char reason[SECRET_KEY_REASON_BYTES];
    struct buf first = {0};
    struct buf second = {0};
    struct stat status;
    CHECK(load(&first, reason) == OK);
    CHECK(first.len == SECRET_KEY_BYTES);
    CHECK(stat(path, &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(status.st_nlink == 1);
    CHECK(load(&second, reason) == OK);
    CHECK_BYTES(buf_bytes(&second), buf_bytes(&first));
    buf_free(&first);
    buf_free(&second);
}

static void test_two_sites_get_different_keys(void **state)
{
    (void)state;
    char reason[SECRET_KEY_REASON_BYTES];
    struct buf first = {0};
    struct buf second = {0};
    CHECK(load(&first, reason) == OK);
    CHECK(unlink(path) == 0);
    CHECK(load(&second, reason) == OK);
    CHECK(!bytes_equal(buf_bytes(&first), buf_bytes(&second)));
    buf_free(&first);
    buf_free(&second);
}

static void *load_in_a_thread(void *out)
{
    char reason[SECRET_KEY_REASON_BYTES];
    enum err err = secret_key_load(path, out, reason);
    return err == OK ? out : NULL;
}

/* Two servers started together on a new database must sign with one key. */
static void test_processes_that_start_together_share_one_key(void **state)
{
    (void)state;
    enum { STARTERS = 8 };
    pthread_t threads[STARTERS];
    struct buf keys[STARTERS] = {0};
    for (size_t i = 0; i < STARTERS; i++)
        CHECK(pthread_create(&threads[i], NULL, load_in_a_thread, &keys[i]) == 0);
    for (size_t i = 0; i < STARTERS; i++) {
        void *result = NULL;
        CHECK(pthread_join(threads[i], &result) == 0);
        CHECK(result != NULL);
    }
    for (size_t i = STARTERS; i-- > 0;) {
        CHECK(keys[i].len == SECRET_KEY_BYTES);
        CHECK_BYTES(buf_bytes(&keys[i]), buf_bytes(&keys[0]));
        buf_free(&keys[i]);
    }
}

/* Django's key may hold anything; only the line ending is the editor's. */
static void test_line_ending_is_not_part_of_the_key(void **state)
{
    (void)state;
    const struct {
        struct bytes text;
        struct bytes key;
    } cases[] = {
        {BYTES("django-insecure-#=()+*\n"), BYTES("django-insecure-#=()+*")},
        {BYTES("key\r\n"), BYTES("key")},
        {BYTES(" k\u00e9y "), BYTES(" k\u00e9y ")},
        {BYTES("a\nb"), BYTES("a\nb")},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char reason[SECRET_KEY_REASON_BYTES];
        struct buf key = {0};
        write_key(cases[i].text, 0600);
        CHECK(load(&key, reason) == OK);
        CHECK_BYTES(buf_bytes(&key), cases[i].key);
        buf_free(&key);
    }
}

/* With an empty key anybody could sign a session. */
static void test_empty_key_is_refused_and_left_alone(void **state)
{
    (void)state;
    char reason[SECRET_KEY_REASON_BYTES];
    struct buf key = {0};
    struct stat status;
    write_key(BYTES(""), 0600);
    CHECK(load(&key, reason) == ERR_SYNTAX);
    CHECK(stat(path, &status) == 0);
    CHECK(status.st_size == 0);
    write_key(BYTES("\r\n\n"), 0600);
    CHECK(load(&key, reason) == ERR_SYNTAX);
    CHECK(strstr(reason, "empty") != NULL);
    buf_free(&key);
}

static void test_key_that_everybody_may_read_or_write_is_refused(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        enum err err;
    } cases[] = {
        {0604, ERR_DENIED}, {0602, ERR_DENIED}, {0644, ERR_DENIED},
        {0600, OK},         {0400, OK},         {0640, OK}, /* a group is somebody's choice */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char reason[SECRET_KEY_REASON_BYTES];
        struct buf key = {0};
        (void)unlink(path);
        write_key(BYTES("0123456789abcdef0123456789abcdef"), cases[i].mode);
        CHECK(load(&key, reason) == cases[i].err);
        CHECK((strstr(reason, "chmod 600") != NULL) == (cases[i].err != OK));
        CHECK(strstr(reason, "0123456789") == NULL);
        buf_free(&key);
    }
}

static void test_largest_file_is_read_and_a_larger_one_refused(void **state)
{
    (void)state;
    char text[SECRET_KEY_FILE_BYTES_MAX + 1];
    char reason[SECRET_KEY_REASON_BYTES];
    struct buf key = {0};
    memset(text, 'k', sizeof text);
    write_key(bytes_of(text, SECRET_KEY_FILE_BYTES_MAX), 0600);
    CHECK(load(&key, reason) == OK);
    CHECK(key.len == SECRET_KEY_FILE_BYTES_MAX);
    buf_free(&key);
    write_key(bytes_of(text, SECRET_KEY_FILE_BYTES_MAX + 1), 0600);
    CHECK(load(&key, reason) == ERR_LIMIT);
    buf_free(&key);
}

static void test_what_is_no_file_is_refused(void **state)
{
    (void)state;
    char reason[SECRET_KEY_REASON_BYTES] = "";
    struct buf key = {0};
    CHECK(secret_key_load(directory, &key, reason) == ERR_IO);
    CHECK(strstr(reason, "not a regular file") != NULL);
    CHECK(secret_key_load("/nowhere/confab/secret", &key, reason) == ERR_IO);
    CHECK(strstr(reason, "/nowhere/confab/secret") != NULL);
    CHECK(secret_key_load("/dev/null/secret", &key, reason) == ERR_IO);
    CHECK(mkfifo(path, 0600) == 0); /* must not wait for a writer */
    CHECK(secret_key_load(path, &key, reason) == ERR_IO);
    buf_free(&key);
}

/* Runs the warning about a short key into a file and looks for it. */
static void test_short_key_is_accepted_with_a_warning_that_does_not_show_it(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        bool is_warned;
    } cases[] = {
        {"0123456789abcdef0123456789abcde", true},
        {"0123456789abcdef0123456789abcdef", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char reason[SECRET_KEY_REASON_BYTES];
        char line[512] = "";
        struct buf key = {0};
        FILE *log = tmpfile();
        CHECK(log != NULL);
        log_configure(fileno(log), LOG_TEXT, LOG_WARNING);
        write_key(bytes_from_text(cases[i].key), 0600);
        CHECK(load(&key, reason) == OK);
        rewind(log);
        size_t len = fread(line, 1, sizeof line - 1, log);
        CHECK((len > 0) == cases[i].is_warned);
        CHECK(strstr(line, cases[i].key) == NULL);
        log_configure(STDERR_FILENO, LOG_TEXT, LOG_ERROR);
        (void)fclose(log);
        buf_free(&key);
    }
}

/* An earlier key that is not there is a mistake: a new one would verify nothing. */
static void test_an_earlier_key_is_read_and_never_made(void **state)
{
    (void)state;
    char reason[SECRET_KEY_REASON_BYTES] = "";
    struct buf key = {0};
    CHECK(secret_key_read(path, &key, reason) == ERR_IO);
    CHECK(strstr(reason, path) != NULL);
    CHECK(access(path, F_OK) != 0);
    write_key(BYTES("an earlier key of the site 12345\n"), 0600);
    CHECK(secret_key_read(path, &key, reason) == OK);
    CHECK_BYTES(buf_bytes(&key), BYTES("an earlier key of the site 12345"));
    buf_free(&key);
}

#define SECRET_KEY_TEST(test)                                                                      \
    cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SECRET_KEY_TEST(test_missing_key_is_made_private_and_found_again),
        SECRET_KEY_TEST(test_two_sites_get_different_keys),
        SECRET_KEY_TEST(test_processes_that_start_together_share_one_key),
        SECRET_KEY_TEST(test_line_ending_is_not_part_of_the_key),
        SECRET_KEY_TEST(test_empty_key_is_refused_and_left_alone),
        SECRET_KEY_TEST(test_an_earlier_key_is_read_and_never_made),
        SECRET_KEY_TEST(test_key_that_everybody_may_read_or_write_is_refused),
        SECRET_KEY_TEST(test_largest_file_is_read_and_a_larger_one_refused),
        SECRET_KEY_TEST(test_what_is_no_file_is_refused),
        SECRET_KEY_TEST(test_short_key_is_accepted_with_a_warning_that_does_not_show_it),
    };
    return cmocka_run_group_tests_name("server/secret_key", tests, NULL, NULL);
}
