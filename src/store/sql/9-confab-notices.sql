-- What an operator says to everybody who is connected. at: when that is of which it tells; NULL: at no certain time. ends_at: until then
-- it is shown to those who connect. A server knows a new row by its id, which is never given again.
CREATE TABLE "confab_notice" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "code" varchar(32) NOT NULL,
    "message" varchar(500) NOT NULL,
    "at" datetime NULL,
    "created_at" datetime NOT NULL,
    "ends_at" datetime NOT NULL
);
