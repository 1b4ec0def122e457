-- The tables of the Django system as Django 3.2 to 5.2 make them on SQLite. Never changed by us:
-- tests/unit/store/test_schema.c compares the result with tests/vectors/ddl/sqlite-django32.sql.
CREATE TABLE "django_migrations" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "app" varchar(255) NOT NULL,
    "name" varchar(255) NOT NULL,
    "applied" datetime NOT NULL
);

CREATE TABLE "django_content_type" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "app_label" varchar(100) NOT NULL,
    "model" varchar(100) NOT NULL
);
CREATE UNIQUE INDEX "django_content_type_app_label_model_76bd3d3b_uniq" ON "django_content_type" ("app_label", "model");

CREATE TABLE "auth_permission" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED,
    "codename" varchar(100) NOT NULL,
    "name" varchar(255) NOT NULL
);
CREATE UNIQUE INDEX "auth_permission_content_type_id_codename_01ab375a_uniq" ON "auth_permission" ("content_type_id", "codename");
CREATE INDEX "auth_permission_content_type_id_2f476e4b" ON "auth_permission" ("content_type_id");

CREATE TABLE "auth_group" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "name" varchar(150) NOT NULL UNIQUE
);

CREATE TABLE "auth_group_permissions" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED,
    "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX "auth_group_permissions_group_id_permission_id_0cd325b0_uniq" ON "auth_group_permissions" ("group_id", "permission_id");
CREATE INDEX "auth_group_permissions_group_id_b120cbf9" ON "auth_group_permissions" ("group_id");
CREATE INDEX "auth_group_permissions_permission_id_84c5c92e" ON "auth_group_permissions" ("permission_id");

CREATE TABLE "chat_user" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "password" varchar(128) NOT NULL,
    "last_login" datetime NULL,
    "is_superuser" bool NOT NULL,
    "username" varchar(150) NOT NULL UNIQUE,
    "first_name" varchar(150) NOT NULL,
    "last_name" varchar(150) NOT NULL,
    "email" varchar(254) NOT NULL,
    "is_staff" bool NOT NULL,
    "is_active" bool NOT NULL,
    "date_joined" datetime NOT NULL,
    "user_type" varchar(10) NOT NULL
);

CREATE TABLE "chat_user_groups" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "user_id" bigint NOT NULL REFERENCES "chat_user" ("id") DEFERRABLE INITIALLY DEFERRED,
    "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX "chat_user_groups_user_id_group_id_b44ee6ad_uniq" ON "chat_user_groups" ("user_id", "group_id");
CREATE INDEX "chat_user_groups_user_id_3784c6c8" ON "chat_user_groups" ("user_id");
CREATE INDEX "chat_user_groups_group_id_79acbd29" ON "chat_user_groups" ("group_id");

CREATE TABLE "chat_user_user_permissions" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "user_id" bigint NOT NULL REFERENCES "chat_user" ("id") DEFERRABLE INITIALLY DEFERRED,
    "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX "chat_user_user_permissions_user_id_permission_id_94176845_uniq" ON "chat_user_user_permissions" ("user_id", "permission_id");
CREATE INDEX "chat_user_user_permissions_user_id_5b7ea77b" ON "chat_user_user_permissions" ("user_id");
CREATE INDEX "chat_user_user_permissions_permission_id_3e59ce8b" ON "chat_user_user_permissions" ("permission_id");

CREATE TABLE "chat_chat" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "name" varchar(255) NOT NULL,
    "created_at" datetime NOT NULL
);

CREATE TABLE "chat_chat_participants" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "chat_id" bigint NOT NULL REFERENCES "chat_chat" ("id") DEFERRABLE INITIALLY DEFERRED,
    "user_id" bigint NOT NULL REFERENCES "chat_user" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX "chat_chat_participants_chat_id_user_id_69c2a5ac_uniq" ON "chat_chat_participants" ("chat_id", "user_id");
CREATE INDEX "chat_chat_participants_chat_id_c4383b55" ON "chat_chat_participants" ("chat_id");
CREATE INDEX "chat_chat_participants_user_id_581344a5" ON "chat_chat_participants" ("user_id");

CREATE TABLE "chat_message" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "content" text NOT NULL,
    "timestamp" datetime NOT NULL,
    "chat_id" bigint NOT NULL REFERENCES "chat_chat" ("id") DEFERRABLE INITIALLY DEFERRED,
    "sender_id" bigint NOT NULL REFERENCES "chat_user" ("id") DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "chat_message_chat_id_21483fa7" ON "chat_message" ("chat_id");
CREATE INDEX "chat_message_sender_id_991c686c" ON "chat_message" ("sender_id");

CREATE TABLE "django_admin_log" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "action_time" datetime NOT NULL,
    "object_id" text NULL,
    "object_repr" varchar(200) NOT NULL,
    "change_message" text NOT NULL,
    "content_type_id" integer NULL REFERENCES "django_content_type" ("id") DEFERRABLE INITIALLY DEFERRED,
    "user_id" bigint NOT NULL REFERENCES "chat_user" ("id") DEFERRABLE INITIALLY DEFERRED,
    "action_flag" smallint unsigned NOT NULL CHECK ("action_flag" >= 0)
);
CREATE INDEX "django_admin_log_content_type_id_c4bce8eb" ON "django_admin_log" ("content_type_id");
CREATE INDEX "django_admin_log_user_id_c564eba6" ON "django_admin_log" ("user_id");

CREATE TABLE "django_session" (
    "session_key" varchar(40) NOT NULL PRIMARY KEY,
    "session_data" text NOT NULL,
    "expire_date" datetime NOT NULL
);
CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
