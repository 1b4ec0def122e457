#include "store/upload_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "check.h"

struct place {
    char parent[64];
    char directory[80];
};

static void place_init(struct place *place)
{
    (void)snprintf(place->parent, sizeof place->parent, "/tmp/confab-uploads-XXXXXX");
    CHECK(mkdtemp(place->parent) != NULL);
    (void)snprintf(place->directory, sizeof place->directory, "%s/uploads", place->parent);
    CHECK(upload_directory_prepare(place->directory) == OK);
}

static size_t count_files(const struct place *place)
{
    size_t count = 0;
    DIR *directory = opendir(place->directory);
    CHECK(directory != NULL);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += entry->d_name[0] != '.';
    (void)closedir(directory);
    return count;
}

static void place_deinit(struct place *place)
{
    CHECK(count_files(place) == 0);
    CHECK(rmdir(place->directory) == 0);
    CHECK(rmdir(place->parent) == 0);
}

static unsigned mode_of(const char *path)
{
    struct stat status;
    CHECK(stat(path, &status) == 0);
    return status.st_mode & 0777;
}

static void test_what_was_finished_is_read_from_anywhere(void **state)
{
    (void)state;
    struct place place;
    struct upload_file *file = NULL;
    struct buf got = {0};
    char id[UPLOAD_ID_BYTES + 1];
    char path[200];
    place_init(&place);
    upload_id_new(id);
    CHECK(upload_file_new(place.directory, id, &file) == OK);
    CHECK(upload_file_append(file, BYTES("Hello, ")) == OK);
    CHECK(upload_file_append(file, NO_BYTES) == OK);
    CHECK(upload_file_append(file, BYTES("world")) == OK);
    CHECK(upload_file_finish(&file) == OK && file == NULL);
    CHECK(upload_file_read(place.directory, id, 0, 100, &got) == OK);
    CHECK_BYTES(buf_bytes(&got), BYTES("Hello, world"));
    buf_clear(&got);
    CHECK(upload_file_read(place.directory, id, 7, 3, &got) == OK);
    CHECK_BYTES(buf_bytes(&got), BYTES("wor"));
    CHECK(upload_file_read(place.directory, id, 12, 100, &got) == OK);
    CHECK(got.len == 3);
    (void)snprintf(path, sizeof path, "%s/%s", place.directory, id);
    CHECK(mode_of(path) == 0600 && mode_of(place.directory) == 0700);
    upload_file_delete(place.directory, id);
    upload_file_delete(place.directory, id);
    CHECK(upload_file_read(place.directory, id, 0, 1, &got) == ERR_NOT_FOUND);
    buf_free(&got);
    place_deinit(&place);
}

static void test_what_is_abandoned_leaves_nothing(void **state)
{
    (void)state;
    struct place place;
    struct upload_file *file = NULL;
    char id[UPLOAD_ID_BYTES + 1];
    place_init(&place);
    upload_id_new(id);
    upload_file_abandon(&file); /* nothing was begun */
    CHECK(upload_file_new(place.directory, id, &file) == OK);
    CHECK(upload_file_append(file, BYTES("x")) == OK);
    CHECK(count_files(&place) == 1);
    upload_file_abandon(&file);
    CHECK(file == NULL && count_files(&place) == 0);
    place_deinit(&place);
}

/* An id is never used for a second file, and nothing is followed or overwritten. */
static void test_a_taken_id_is_refused(void **state)
{
    (void)state;
    struct place place;
    struct upload_file *file = NULL;
    struct upload_file *second = NULL;
    struct buf got = {0};
    char id[UPLOAD_ID_BYTES + 1];
    char path[200];
    place_init(&place);
    upload_id_new(id);
    CHECK(upload_file_new(place.directory, id, &file) == OK);
    CHECK(upload_file_new(place.directory, id, &second) == ERR_CONFLICT);
    upload_file_abandon(&file);
    (void)snprintf(path, sizeof path, "%s/%s", place.directory, id);
    CHECK(symlink("/etc/passwd", path) == 0);
    CHECK(upload_file_new(place.directory, id, &second) == OK);
    CHECK(upload_file_finish(&second) == ERR_CONFLICT);
    upload_file_abandon(&second);
    CHECK(upload_file_read(place.directory, id, 0, 1, &got) == ERR_IO && got.len == 0);
    CHECK(unlink(path) == 0);
    buf_free(&got);
    place_deinit(&place);
}

/* Make a file of that name, last written to so long ago. */
static void leave(const struct place *place, const char *name, time_t age_s)
{
    char path[300];
    (void)snprintf(path, sizeof path, "%s/%s", place->directory, name);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    CHECK(fd >= 0);
    const struct timespec times[2] = {{.tv_sec = time(NULL) - age_s},
                                      {.tv_sec = time(NULL) - age_s}};
    CHECK(futimens(fd, times) == 0);
    CHECK(close(fd) == 0);
}

static bool take(const struct place *place, const char *name)
{
    char path[300];
    (void)snprintf(path, sizeof path, "%s/%s", place->directory, name);
    return unlink(path) == 0;
}

/* A server that was killed leaves a part; one of another server that is still coming is none. */
static void test_old_parts_are_swept_away(void **state)
{
    (void)state;
    enum { DAY_S = 24 * 3600 };
#define ID "0123456789abcdef0123456789abcde"
    static const struct {
        const char *name;
        time_t age_s;
        bool stays;
    } files[] = {
        {ID "0.part", DAY_S + 60, false}, {ID "1.part", DAY_S - 60, true},
        {ID "2", DAY_S + 60, true},       {ID "x.part", DAY_S + 60, true},
        {ID "3.parts", DAY_S + 60, true}, {"notes.part", DAY_S + 60, true},
    };
    struct place place;
    place_init(&place);
    for (size_t i = 0; i < COUNT_OF(files); i++)
        leave(&place, files[i].name, files[i].age_s);
    CHECK(upload_directory_prepare(place.directory) == OK);
    for (size_t i = 0; i < COUNT_OF(files); i++)
        CHECK(take(&place, files[i].name) == files[i].stays);
    place_deinit(&place);
}

static void test_ids_have_one_form(void **state)
{
    (void)state;
    char id[UPLOAD_ID_BYTES + 1];
    char other[UPLOAD_ID_BYTES + 1];
    upload_id_new(id);
    upload_id_new(other);
    CHECK(upload_id_is_valid(bytes_from_text(id)) && strcmp(id, other) != 0);
    static const char *const bad[] = {
        "",
        "..",
        "0123456789abcdef0123456789abcde",
        "0123456789abcdef0123456789abcdef0",
        "0123456789ABCDEF0123456789abcdef",
        "../../../../../../../etc/passwd0",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK(!upload_id_is_valid(bytes_from_text(bad[i])));
}

static void test_a_directory_that_cannot_be_is_an_error(void **state)
{
    (void)state;
    CHECK(upload_directory_prepare("/dev/null") == ERR_IO);
    CHECK(upload_directory_prepare("/no/such/place") == ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_finished_is_read_from_anywhere),
        cmocka_unit_test(test_what_is_abandoned_leaves_nothing),
        cmocka_unit_test(test_a_taken_id_is_refused),
        cmocka_unit_test(test_old_parts_are_swept_away),
        cmocka_unit_test(test_ids_have_one_form),
        cmocka_unit_test(test_a_directory_that_cannot_be_is_an_error),
    };
    return cmocka_run_group_tests_name("store/upload_file", tests, NULL, NULL);
}
