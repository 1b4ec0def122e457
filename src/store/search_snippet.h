/* search_snippet.h - the snippet of a message in which the words stand very often.
 *
 * FTS5's own snippet() compares each hit with each: 50,000 of them, which fit into one message,
 * took it 18 seconds. This one takes the first hit and what follows it. Thread: the connection's.
 */
#ifndef CONFAB_STORE_SEARCH_SNIPPET_H
#define CONFAB_STORE_SEARCH_SNIPPET_H

struct sqlite3;

/* Make the function early_snippet(table, begin, end, mark, words) known to statements of this
 * connection. It gives what snippet(table, 0, begin, end, mark, words) gives, but always from the
 * first hit on; NULL if there are at most SEARCH_SNIPPET_HITS_MAX hits. Returns SQLite's code. */
int search_snippet_register(struct sqlite3 *handle);

#endif
