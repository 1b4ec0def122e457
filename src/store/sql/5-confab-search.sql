-- Full-text search. The index holds no content of its own: it points into chat_message. Messages enter it later than they are
-- stored, in the order of their ids; confab_meta's search_indexed is the last one that is in it.
CREATE VIRTUAL TABLE "confab_search" USING fts5 ("content", "chat_id", content = 'chat_message', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2');

-- What the index still says of messages that have changed or gone since.
CREATE TABLE "confab_search_stale" (
    "message_id" integer NOT NULL PRIMARY KEY,
    "content" text NOT NULL,
    "chat_id" bigint NOT NULL
);
INSERT INTO "confab_meta" ("key", "value") VALUES ('search_indexed', '0');
