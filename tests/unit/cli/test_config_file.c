#include "cli/config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "check.h"

static void test_names_values_and_line_numbers_are_found(void **state)
{
    (void)state;
    struct config_file file = {.rest = BYTES("# a site\n"
                                             "\n"
                                             "threads=4\r\n"
                                             "  listen = a:1 b:2   # two\n"
                                             "\tdatabase = /x#y/z\n"
                                             "empty =\n"
                                             "last = a=b")};
    const struct {
        struct bytes name;
        struct bytes value;
        unsigned number;
    } lines[] = {
        {BYTES("threads"), BYTES("4"), 3},       {BYTES("listen"), BYTES("a:1 b:2"), 4},
        {BYTES("database"), BYTES("/x#y/z"), 5}, {BYTES("empty"), BYTES(""), 6},
        {BYTES("last"), BYTES("a=b"), 7},
    };
    struct config_line line;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        CHECK(config_file_next(&file, &line) == OK);
        CHECK_BYTES(line.name, lines[i].name);
        CHECK_BYTES(line.value, lines[i].value);
        CHECK(line.number == lines[i].number);
    }
    CHECK(config_file_next(&file, &line) == ERR_NOT_FOUND);
}

static void test_a_line_that_says_nothing_clear_is_refused(void **state)
{
    (void)state;
    const struct bytes texts[] = {
        BYTES("threads 4"), BYTES("= 4"), BYTES("threads"), BYTES("a = b\0c"), BYTES("a\0 = b"),
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct config_file file = {.rest = texts[i]};
        struct config_line line;
        CHECK(config_file_next(&file, &line) == ERR_SYNTAX);
        CHECK(line.number == 1);
    }
}

/* A file cut anywhere is read to its end without reading beyond it (the sanitizer build looks). */
static void test_every_cut_of_a_file_is_read_to_its_end(void **state)
{
    (void)state;
    static const char text[] = "a = b # c\r\n\n# d\nlisten = [::1]:80, x:1\n";
    for (size_t len = 0; len < sizeof text; len++) {
        uint8_t *copy = malloc(len + 1);
        memcpy(copy, text, len);
        struct config_file file = {.rest = bytes_of(copy, len)};
        struct config_line line;
        unsigned count = 0;
        enum err err = OK;
        while ((err = config_file_next(&file, &line)) != ERR_NOT_FOUND)
            count++;
        CHECK(count <= 2);
        free(copy);
    }
}

static void test_file_is_read_up_to_its_limit_and_not_one_byte_more(void **state)
{
    (void)state;
    enum { BYTES_MAX = 100 };
    char path[] = "/tmp/confab-config-XXXXXX";
    char text[BYTES_MAX + 1];
    struct arena arena = {0};
    struct config_file file;
    memset(text, '#', sizeof text);
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK(write(fd, text, BYTES_MAX) == BYTES_MAX);
    CHECK(config_file_read(path, BYTES_MAX, &arena, &file) == OK);
    CHECK(file.rest.len == BYTES_MAX);
    CHECK(write(fd, text, 1) == 1);
    CHECK(config_file_read(path, BYTES_MAX, &arena, &file) == ERR_LIMIT);
    CHECK(close(fd) == 0);
    CHECK(unlink(path) == 0);
    CHECK(config_file_read(path, BYTES_MAX, &arena, &file) == ERR_IO);
    CHECK(errno == ENOENT);
    CHECK(config_file_read("/tmp", BYTES_MAX, &arena, &file) == ERR_IO);
    CHECK(errno == EISDIR);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_values_and_line_numbers_are_found),
        cmocka_unit_test(test_a_line_that_says_nothing_clear_is_refused),
        cmocka_unit_test(test_every_cut_of_a_file_is_read_to_its_end),
        cmocka_unit_test(test_file_is_read_up_to_its_limit_and_not_one_byte_more),
    };
    return cmocka_run_group_tests_name("cli/config_file", tests, NULL, NULL);
}
