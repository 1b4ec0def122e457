/* search_match.h - from what a person types to an expression of SQLite's FTS5.
 *
 * The store's own. Nothing that is typed is ever syntax, but for quotation marks around words that
 * belong together.
 */
#ifndef CONFAB_STORE_SEARCH_MATCH_H
#define CONFAB_STORE_SEARCH_MATCH_H

#include "base/buf.h"

/* Append the words of text, valid UTF-8: each must be found. Whole words only: to find what begins
 * like a word costs as much as there are messages with it. Words past SEARCH_WORDS_MAX (search.h)
 * are left out. False: there is nothing to look for, and nothing was appended. */
bool search_match_words(struct buf *out, struct bytes text);

/* Append that the chat must be one of these. */
void search_match_chats(struct buf *out, const int64_t *chat_ids, size_t count);

#endif
