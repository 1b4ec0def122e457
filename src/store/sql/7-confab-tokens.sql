-- What programs show instead of a session. Only the SHA-256 of a token is here, in hexadecimal digits, and its beginning, by
-- which people know it again. hook_chat_id: it is an incoming webhook of that chat and good for nothing else.
-- chats: ids of the chats that it is good for, as a JSON array; NULL: all of the user's.
CREATE TABLE "confab_token" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "user_id" bigint NOT NULL,
    "creator_id" bigint NOT NULL,
    "name" varchar(100) NOT NULL,
    "prefix" varchar(20) NOT NULL,
    "hash" varchar(64) NOT NULL UNIQUE,
    "may_read" bool NOT NULL,
    "may_write" bool NOT NULL,
    "chats" text NULL,
    "hook_chat_id" bigint NULL,
    "created_at" datetime NOT NULL,
    "expires_at" datetime NULL,
    "last_used_at" datetime NULL
);
CREATE INDEX "confab_token_user_id" ON "confab_token" ("user_id");
CREATE INDEX "confab_token_creator_id" ON "confab_token" ("creator_id");
CREATE INDEX "confab_token_hook_chat_id" ON "confab_token" ("hook_chat_id") WHERE "hook_chat_id" IS NOT NULL;
