/* fuzz_v1_command.c - any text as a command of confab.v1: what is taken has all that its command
 * needs, within its limits, and what is not has a code and words for whoever sent it. */
#include <stdlib.h>
#include "base/text.h"
#include "chat/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void need(bool holds)
{
    if (!holds)
        abort();
}

/* A text that is kept and shown. */
static void check_text(struct bytes text, size_t bytes_max)
{
    need(text.len <= bytes_max);
    need(utf8_is_valid(text));
    need(bytes_index(text, 0) == text.len);
}

/* It goes back as it is, as a value of JSON. */
static void check_ref(struct bytes ref)
{
    static struct json_doc doc;
    if (ref.len == 0)
        return;
    need(ref.len <= COMMAND_REF_BYTES_MAX);
    need(json_read(&doc, ref) == OK);
    need(json_root(&doc)->kind == JSON_STRING || json_root(&doc)->kind == JSON_NUMBER);
}

static void check_number(int64_t number)
{
    need(number >= 0 && number < INT64_C(1) << 53);
}

static void check_command(const struct command *command)
{
    need(command->kind < COMMAND_KIND_COUNT && command_name(command->kind) != NULL);
    check_number(command->chat);
    check_number(command->id);
    check_number(command->seq);
    check_number(command->reply_to);
    check_number(command->thread);
    need(command->limit <= COMMAND_PAGE_MAX);
    check_text(command->content, CONTENT_BYTES_MAX);
    check_text(command->emoji, COMMAND_EMOJI_BYTES_MAX);
    check_text(command->epoch, COMMAND_EPOCH_BYTES_MAX);
    check_text(command->status, COMMAND_STATUS_BYTES_MAX);
    need(command->kind != COMMAND_SEND || (command->chat > 0 && command->content.len > 0));
    need(command->kind != COMMAND_SUBSCRIBE || command->chats != NULL);
    need(command->kind != COMMAND_PRESENCE || command->status.len > 0);
    need(command->kind != COMMAND_WATCH || command->users != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct consumer consumer; /* one for many commands, as on a loop */
    struct bytes text = bytes_of(data, len);
    struct command command;
    struct command_refusal refusal;
    if (!utf8_is_valid(text)) /* the receiver has refused it */
        return 0;
    int64_t chat_id = len % 2 == 0 ? 7 : 0; /* of a connection to one chat, or to all */
    enum err err = command_read(&consumer, text, chat_id, &command, &refusal);
    check_ref(command.ref);
    check_text(command.nonce, (size_t)4 * COMMAND_NONCE_CHARACTERS_MAX);
    need(utf8_count(command.nonce) <= COMMAND_NONCE_CHARACTERS_MAX);
    if (err == OK) {
        check_command(&command);
        return 0;
    }
    need(err == ERR_PROTOCOL);
    need(refusal.code != V1_OK && refusal.message[0] != '\0');
    need(utf8_is_valid(bytes_from_text(refusal.message)));
    return 0;
}
