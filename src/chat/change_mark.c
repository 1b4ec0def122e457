/* change_mark.c - marks on messages and on the stream: reactions, pins, and how far one has read.
 */
#include <assert.h>
#include "base/text.h"
#include "chat/change_parts.h"
#include "store/chats.h"
#include "store/extras.h"
#include "store/reactions.h"

/* Begin the event of a mark: {"chat","id". */
static void begin_event(struct doing *doing, struct doing_event *event)
{
    doing_begin_event(doing, event);
    json_key(&event->json, "id");
    json_number(&event->json, doing->message.id);
}

/* --- Reactions --- */

static const char EMOJI_RULE[] = "emoji must be a text of 1 to 32 bytes without blanks";
static_assert(CHANGE_EMOJI_BYTES_MAX == 32, "what is said is true");

/* Any short text without blanks: which of them are emojis is the clients' business. */
static bool emoji_is_valid(struct bytes emoji)
{
    struct bytes rest = emoji;
    if (emoji.len == 0 || emoji.len > CHANGE_EMOJI_BYTES_MAX)
        return false;
    while (rest.len > 0) {
        uint32_t c = utf8_next(&rest);
        if (c <= ' ' || c == 0x7f || (c >= 0x80 && c < 0xa0) || text_is_space(c))
            return false;
    }
    return true;
}

/* Whether the message may have one more; if not, the change is refused. */
static enum err has_room(struct doing *doing, bool *out)
{
    int64_t same = 0;
    int64_t emojis = 0;
    enum err err = reactions_count(doing->db, doing->message.id, doing->change->text, &same);
    if (err == OK && same == 0)
        err = reactions_count_emojis(doing->db, doing->message.id, &emojis);
    *out = emojis < CHANGE_REACTIONS_PER_MESSAGE_MAX;
    if (err == OK && !*out)
        return doing_refuse(doing, V1_FORBIDDEN, "The message has too many different reactions");
    return err;
}

static enum err tell_reaction(struct doing *doing, enum event_kind kind)
{
    struct doing_event event;
    int64_t count = 0;
    enum err err = reactions_count(doing->db, doing->message.id, doing->change->text, &count);
    if (err != OK)
        return err;
    begin_event(doing, &event);
    json_key(&event.json, "emoji");
    json_text(&event.json, doing->change->text);
    doing_write_actor(doing, &event);
    json_key(&event.json, "count");
    json_number(&event.json, count);
    return doing_store_event(doing, &event, kind);
}

static enum err set_reaction(struct doing *doing, bool is_on)
{
    const struct reaction_key key = {
        .message_id = doing->message.id,
        .user_id = doing->actor.user_id,
        .emoji = doing->change->text,
    };
    bool has_changed = false;
    bool may_go_on = true;
    enum err err = is_on ? has_room(doing, &may_go_on) : OK;
    if (err != OK || !may_go_on)
        return err;
    err = is_on ? reactions_add(doing->db, &key, doing->now_us, &has_changed)
                : reactions_remove(doing->db, &key, &has_changed);
    if (err != OK)
        return err;
    if (!has_changed)
        return doing_finish(doing);
    return tell_reaction(doing, is_on ? EVENT_REACTION_ADDED : EVENT_REACTION_REMOVED);
}

enum err change_react(struct doing *doing)
{
    if (!doing_may(doing, RIGHT_REACT))
        return OK;
    if (doing->message.extra.is_deleted)
        return doing_refuse(doing, V1_NOT_FOUND, NULL);
    if (!emoji_is_valid(doing->change->text))
        return doing_refuse(doing, V1_INVALID_FRAME, EMOJI_RULE);
    return set_reaction(doing, true);
}

enum err change_unreact(struct doing *doing)
{
    if (!doing_may(doing, RIGHT_UNREACT))
        return OK;
    return set_reaction(doing, false);
}

/* --- Pins --- */

static enum err set_pin(struct doing *doing, bool is_on)
{
    struct doing_event event;
    if (!doing_may(doing, RIGHT_PIN))
        return OK;
    if (doing->message.extra.is_deleted)
        return doing_refuse(doing, V1_NOT_FOUND, NULL);
    if (doing->message.extra.is_pinned == is_on)
        return doing_finish(doing);
    enum err err = extras_pin(doing->db, doing->message.id, is_on ? doing->now_us : 0);
    if (err != OK)
        return err;
    begin_event(doing, &event);
    doing_write_actor(doing, &event);
    return doing_store_event(doing, &event, is_on ? EVENT_PIN_ADDED : EVENT_PIN_REMOVED);
}

enum err change_pin(struct doing *doing)
{
    return set_pin(doing, true);
}

enum err change_unpin(struct doing *doing)
{
    return set_pin(doing, false);
}

/* --- The read mark --- */

/* It only moves forward, and not past the head. */
enum err change_read(struct doing *doing)
{
    struct change_result *out = doing->out;
    int64_t seq = doing->change->seq;
    if (!doing_may(doing, RIGHT_READ))
        return OK;
    enum err err = doing_finish(doing);
    if (err != OK)
        return err;
    if (seq > out->seq)
        seq = out->seq;
    out->read_seq = seq > doing->actor.read_seq ? seq : doing->actor.read_seq;
    if (out->read_seq == doing->actor.read_seq)
        return OK;
    err = chats_shows_receipts(doing->db, doing->chat_id, &out->is_receipt);
    if (err != OK)
        return err;
    return members_set_read(doing->db, doing->chat_id, doing->actor.user_id, out->read_seq);
}
