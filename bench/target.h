/* target.h - where the measured server listens. */
#ifndef CONFAB_BENCH_TARGET_H
#define CONFAB_BENCH_TARGET_H

#include <netinet/in.h>
#include "base/err.h"

/* "127.0.0.1:8000". ERR_SYNTAX. */
CHECKED enum err target_read(const char *text, struct sockaddr_in *out);

#endif
