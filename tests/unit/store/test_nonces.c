#include "store/nonces.h"

#include "fixture.h"

static struct nonce_key key_of(int64_t sender_id, int64_t chat_id, const char *nonce)
{
    return (struct nonce_key) {sender_id, chat_id, bytes_from_text(nonce)};
}

/* The message that the nonce stands for; 0: none. */
static int64_t find(struct db *db, struct nonce_key key)
{
    int64_t message_id = 0;
    int64_t hash = 0;
    int64_t timestamp_us = -1;
    enum err err = nonces_find(db, &key, &message_id, &hash, &timestamp_us);
    CHECK(err == OK || err == ERR_NOT_FOUND);
    return err == OK ? message_id : 0;
}

/* A nonce is its sender's own, in one chat. */
static void test_nonce_belongs_to_sender_and_chat(void **state)
{
    struct place place;
    int64_t message_id = 0;
    int64_t hash = 0;
    int64_t timestamp_us = -1;
    (void)state;
    struct db *db = open_new(&place);
    const struct nonce_key key = key_of(1, 2, "a");
    CHECK(nonces_insert(db, &key, 7, -9, NOW_US) == OK);
    CHECK(nonces_insert(db, &key, 8, 0, NOW_US) == ERR_CONFLICT);
    CHECK(find(db, key) == 7);
    CHECK(find(db, key_of(2, 2, "a")) == 0);
    CHECK(find(db, key_of(1, 1, "a")) == 0);
    CHECK(find(db, key_of(1, 2, "A")) == 0);
    CHECK(nonces_find(db, &key, &message_id, &hash, &timestamp_us) == OK);
    CHECK(hash == -9 && timestamp_us == 0); /* there is no such message */
    close_all(&place, &db);
}

/* So many at once, oldest first, and none that is still young. */
static void test_old_nonces_go_little_by_little(void **state)
{
    struct place place;
    (void)state;
    struct db *db = open_new(&place);
    CHECK(db_begin(db) == OK);
    for (int64_t i = 1; i <= NONCE_DELETED_AT_ONCE + 2; i++) {
        char nonce[16];
        (void)snprintf(nonce, sizeof nonce, "%lld", (long long)i);
        const struct nonce_key key = key_of(1, 1, nonce);
        bool is_last = i == NONCE_DELETED_AT_ONCE + 2;
        CHECK(nonces_insert(db, &key, i, 0, NOW_US + (is_last ? 1 : 0)) == OK);
    }
    CHECK(nonces_delete_old(db, NOW_US + 1) == OK);
    CHECK(db_commit(db) == OK);
    check_asked(&place, "SELECT group_concat(nonce) FROM confab_nonce", "1001,1002");
    CHECK(nonces_delete_old(db, NOW_US + 1) == OK);
    check_asked(&place, "SELECT group_concat(nonce) FROM confab_nonce", "1002");
    close_all(&place, &db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nonce_belongs_to_sender_and_chat),
        cmocka_unit_test(test_old_nonces_go_little_by_little),
    };
    return cmocka_run_group_tests_name("store/nonces", tests, NULL, NULL);
}
