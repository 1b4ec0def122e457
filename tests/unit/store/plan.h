/* plan.h - how SQLite carries a statement out: which tables it would go through from end to end. */
#ifndef CONFAB_TESTS_STORE_PLAN_H
#define CONFAB_TESTS_STORE_PLAN_H

#include "fixture.h"

/* No step of the statement's plan may hold any of these texts, separated by "|". Of the steps that
 * are not inside a subquery, none may sort if sorts is false. */
static inline void check_plan(const struct place *place, enum sql_id id, const char *forbidden,
                              bool sorts)
{
    struct buf question = {0};
    sqlite3_stmt *statement = NULL;
    sqlite3 *other = open_other(place);
    buf_printf(&question, "EXPLAIN QUERY PLAN %s", sql_statement(id));
    CHECK(sqlite3_prepare_v2(other, (const char *)question.data, (int)question.len, &statement,
                             NULL) == SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(statement, 3);
        struct bytes rest = bytes_from_text(forbidden);
        struct bytes piece;
        while (bytes_split(&rest, '|', &piece)) {
            bool is_in = memmem(step, strlen(step), piece.data, piece.len) != NULL;
            if (is_in)
                print_error("%s\n", step);
            CHECK(!is_in);
        }
        bool is_inner = sqlite3_column_int(statement, 1) != 0;
        CHECK(sorts || is_inner || strstr(step, "ORDER BY") == NULL);
    }
    CHECK(sqlite3_finalize(statement) == SQLITE_OK);
    CHECK(sqlite3_close(other) == SQLITE_OK);
    buf_free(&question);
}

#endif
