-- What confab adds. No foreign keys into Django's tables: they would stand in the way of Django's own migrations.

-- schema_version: the last migration applied. epoch: changes only when the numbering of messages cannot go on.
CREATE TABLE "confab_meta" (
    "key" varchar(40) NOT NULL PRIMARY KEY,
    "value" text NOT NULL
);

-- What chat_chat has no place for. A chat that Django made has no row here.
CREATE TABLE "confab_chat" (
    "chat_id" integer NOT NULL PRIMARY KEY,
    "creator_id" bigint NULL,
    "kind" varchar(20) NOT NULL DEFAULT 'group',
    "settings" text NOT NULL DEFAULT '{}'
);
