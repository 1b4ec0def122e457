#include "server/outcome.h"

#include "base/log.h"
#include "server/broadcast.h"
#include "server/flash.h"
#include "server/revoke.h"

void outcome_admit(struct site *site, int64_t chat_id, const int64_t *user_ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct flash_news news = {
            .kind = FLASH_JOINED, .chat_id = chat_id, .user_id = user_ids[i]};
        if (flash_post(site, &news) != OK)
            log_warning("a user is not told of a new chat: no memory", 0, "chat=%lld user=%lld",
                        (long long)chat_id, (long long)user_ids[i]);
    }
}

void outcome_deliver(struct site *site, struct event **events)
{
    struct event *event = *events;
    *events = NULL;
    while (event != NULL) {
        struct event *next = event->next; /* publishing gives the event away */
        broadcast_publish(site, event);
        event = next;
    }
}

void outcome_publish(struct site *site, struct change_result *change)
{
    outcome_deliver(site, &change->event);
    if (change->gained_user_id != 0)
        outcome_admit(site, change->chat_id, &change->gained_user_id, 1);
    if (change->lost_user_id != 0)
        revoke_post(site, &(struct revocation) {.chat_id = change->chat_id,
                                                .user_id = change->lost_user_id});
}
