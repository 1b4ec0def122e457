-- What confab.v1 adds (docs/protocol.md). Nothing here points into Django's tables by a foreign key.

-- Durable events that are not plain messages. An id comes from the sequence of chat_message, so that one
-- numbering serves both. body: the members of the frame behind type, seq and prev, as a JSON object.
CREATE TABLE "confab_event" (
    "id" integer NOT NULL PRIMARY KEY,
    "chat_id" bigint NOT NULL,
    "kind" varchar(20) NOT NULL,
    "message_id" bigint NULL,
    "body" text NOT NULL,
    "at" datetime NOT NULL
);
CREATE INDEX "confab_event_chat_id" ON "confab_event" ("chat_id");

-- Only sends that carry a nonce have a row. id grows with time, so old rows are found without an index on "at".
CREATE TABLE "confab_nonce" (
    "id" integer NOT NULL PRIMARY KEY,
    "sender_id" bigint NOT NULL,
    "chat_id" bigint NOT NULL,
    "nonce" varchar(64) NOT NULL,
    "message_id" bigint NOT NULL,
    "hash" bigint NOT NULL,
    "at" datetime NOT NULL
);
CREATE UNIQUE INDEX "confab_nonce_of_sender" ON "confab_nonce" ("sender_id", "chat_id", "nonce");

-- What a message has beside its row in chat_message; a plain message has no row.
-- mentions: ids of users, as a JSON array; attachments: a JSON array of objects.
CREATE TABLE "confab_message" (
    "message_id" integer NOT NULL PRIMARY KEY,
    "reply_to" bigint NULL,
    "thread" bigint NULL,
    "edited_at" datetime NULL,
    "revision" integer NOT NULL DEFAULT 1,
    "deleted_at" datetime NULL,
    "pinned_at" datetime NULL,
    "mentions" text NULL,
    "mentions_all" bool NOT NULL DEFAULT 0,
    "attachments" text NULL
);
CREATE INDEX "confab_message_thread" ON "confab_message" ("thread") WHERE "thread" IS NOT NULL;

-- What chat_chat_participants has no place for. A participant without a row is a plain member who has read nothing.
-- role: owner, moderator, member, read_only; banned: no participant, and cannot become one.
CREATE TABLE "confab_member" (
    "chat_id" bigint NOT NULL,
    "user_id" bigint NOT NULL,
    "role" varchar(10) NOT NULL DEFAULT 'member',
    "read_seq" bigint NOT NULL DEFAULT 0,
    "muted_until" datetime NULL,
    PRIMARY KEY ("chat_id", "user_id")
) WITHOUT ROWID;
CREATE INDEX "confab_member_user_id" ON "confab_member" ("user_id");

CREATE TABLE "confab_reaction" (
    "message_id" bigint NOT NULL,
    "emoji" varchar(32) NOT NULL,
    "user_id" bigint NOT NULL,
    "at" datetime NOT NULL,
    PRIMARY KEY ("message_id", "emoji", "user_id")
) WITHOUT ROWID;
CREATE INDEX "confab_reaction_user_id" ON "confab_reaction" ("user_id");

-- What a message said before it was edited or deleted; for moderators.
CREATE TABLE "confab_revision" (
    "message_id" bigint NOT NULL,
    "revision" integer NOT NULL,
    "content" text NOT NULL,
    "editor_id" bigint NOT NULL,
    "at" datetime NOT NULL,
    PRIMARY KEY ("message_id", "revision")
) WITHOUT ROWID;

-- Who is meant by a message, so that the window of chats can count them.
CREATE TABLE "confab_mention" (
    "user_id" bigint NOT NULL,
    "chat_id" bigint NOT NULL,
    "message_id" bigint NOT NULL,
    PRIMARY KEY ("user_id", "chat_id", "message_id")
) WITHOUT ROWID;
CREATE INDEX "confab_mention_message_id" ON "confab_mention" ("message_id");
