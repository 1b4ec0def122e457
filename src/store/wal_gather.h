/* wal_gather.h - what SQLite appends to its write-ahead log reaches the file in few large writes.
 *
 * SQLite writes each page of a transaction in two calls, 24 bytes and then the page. Through this
 * VFS (https://sqlite.org/vfs.html) they lie in memory until the log is synchronized, which with
 * synchronous=FULL is before a transaction counts as committed and before any other connection is
 * told of it; so nobody can miss what has not been written yet. Everything but the log goes
 * straight to the system's VFS. Knows: a file's order of writes. Does not know: pages,
 * transactions.
 */
#ifndef CONFAB_STORE_WAL_GATHER_H
#define CONFAB_STORE_WAL_GATHER_H

enum { WAL_GATHER_BYTES = 64 * 1024 }; /* written at once at most; SQLite takes less than 128 KiB */

/* The VFS's name, for sqlite3_open_v2(). */
extern const char wal_gather_name[];

/* Make the VFS known to SQLite, in front of the one that is its default by then. Once, before any
 * connection is opened through it. What SQLite answers. */
int wal_gather_register(void);

#endif
