-- Files that belong to messages; the bytes lie beside the database, under "path". message_id: the message that shows it; NULL: none
-- yet, or none any more.
CREATE TABLE "confab_upload" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "owner_id" bigint NOT NULL,
    "chat_id" bigint NOT NULL,
    "name" varchar(255) NOT NULL,
    "type" varchar(127) NOT NULL,
    "size" bigint NOT NULL,
    "sha256" varchar(64) NOT NULL,
    "path" varchar(255) NOT NULL,
    "created_at" datetime NOT NULL,
    "message_id" bigint NULL
);
CREATE INDEX "confab_upload_owner_id" ON "confab_upload" ("owner_id");
CREATE INDEX "confab_upload_message_id" ON "confab_upload" ("message_id");
