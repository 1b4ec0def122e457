/* `confab config check|show` */
#include "cli/commands.h"
#include "cli/provenance.h"
#include "cli/report.h"

/* Print every fault as a line of its own. */
static int fail_with_faults(const struct provenance *provenance)
{
    struct bytes rest = buf_bytes(&provenance->faults);
    struct bytes line;
    while (bytes_split(&rest, '\n', &line)) {
        if (line.len > 0)
            (void)report_error(STATUS_USAGE, "%.*s", BYTES_FMT(line));
    }
    return STATUS_USAGE;
}

int command_config_check(struct settings *settings)
{
    struct buf out = {0};
    const char *missing = serve_what_is_missing(&settings->server);
    if (missing != NULL)
        (void)report_error(STATUS_USAGE, "%s", missing);
    if (missing != NULL || settings->provenance->fault_count > 0)
        return fail_with_faults(settings->provenance);
    buf_append_text(&out, "nothing is wrong with the configuration\n");
    int status = report_finish(&out);
    buf_free(&out);
    return status;
}

int command_config_show(struct settings *settings)
{
    struct buf out = {0};
    if (settings->provenance->fault_count > 0)
        return fail_with_faults(settings->provenance);
    provenance_append_file(settings->provenance, settings, &out);
    int status = report_finish(&out);
    buf_free(&out);
    return status;
}
