/* `confab man DIR` */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli/commands.h"
#include "cli/man.h"
#include "cli/report.h"

enum { PAGE_PATH_BYTES_MAX = 4096 };

/* Write one page. An old one is removed first, so that the folder's time says that it changed. */
static int write_page(const char *directory, const char *name, unsigned section,
                      const struct buf *page)
{
    char path[PAGE_PATH_BYTES_MAX];
    int len = snprintf(path, sizeof path, "%s/man%u/%s.%u", directory, section, name, section);
    if (len < 0 || (size_t)len >= sizeof path)
        return report_error(STATUS_FAILED, "%.200s: the name is too long", directory);
    if (buf_status(page) != OK)
        return report_failure(path, ERR_MEMORY);
    (void)unlink(path);
    FILE *file = fopen(path, "we");
    bool is_written = file != NULL && fwrite(page->data, 1, page->len, file) == page->len;
    if (file != NULL && fclose(file) != 0)
        is_written = false;
    return is_written ? STATUS_OK : report_error(STATUS_FAILED, "%s: %s", path, strerror(errno));
}

/* Make DIR/man1 and DIR/man5. */
static int make_folders(const char *directory)
{
    static const char *const endings[] = {"", "/man1", "/man5"};
    char path[PAGE_PATH_BYTES_MAX];
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        int len = snprintf(path, sizeof path, "%s%s", directory, endings[i]);
        if (len < 0 || (size_t)len >= sizeof path)
            return report_error(STATUS_FAILED, "%.200s: the name is too long", directory);
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            return report_error(STATUS_FAILED, "%s: %s", path, strerror(errno));
    }
    return STATUS_OK;
}

int command_man(struct settings *settings)
{
    struct buf page = {0};
    const char *directory = settings->arguments[0];
    int status = make_folders(directory);
    if (status == STATUS_OK) {
        man_append_program(&page);
        status = write_page(directory, "confab", 1, &page);
    }
    for (unsigned i = 0; i < COMMAND_COUNT && status == STATUS_OK; i++) {
        char name[MAN_NAME_BYTES_MAX];
        buf_clear(&page);
        man_name((enum command_id)i, name);
        man_append_command(&page, (enum command_id)i);
        status = write_page(directory, name, 1, &page);
    }
    if (status == STATUS_OK) {
        buf_clear(&page);
        man_append_config(&page);
        status = write_page(directory, "confab.conf", 5, &page);
    }
    buf_free(&page);
    return status;
}
