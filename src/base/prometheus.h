/* prometheus.h - Prometheus' text format, version 0.0.4.
 *
 * A family is its # HELP and # TYPE lines and its samples behind them, all together. Errors stay in
 * the buffer.
 */
#ifndef CONFAB_BASE_PROMETHEUS_H
#define CONFAB_BASE_PROMETHEUS_H

#include "base/buf.h"

#define PROMETHEUS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* value: any valid UTF-8. */
struct prometheus_label {
    const char *name;
    const char *value;
};

/* Begin a family. type: "counter", "gauge" or "histogram". A counter's name ends in "_total", and a
 * unit is the base unit (seconds, bytes). */
void prometheus_family(struct buf *out, const char *name, const char *type, const char *help);

/* One sample of the family, name and suffix ("", "_bucket", "_sum", "_count"). The value has so
 * many decimals: 1500000 with 6 of them is 1.5. */
void prometheus_sample(struct buf *out, const char *name, const char *suffix,
                       const struct prometheus_label *labels, size_t label_count, uint64_t value,
                       unsigned decimals);

#endif
