/* fuzz_chat_consumer.c - any text as a message of part I: what is taken is fit to be stored and
 * shown, what is not has words for its sender. */
#include <stdlib.h>
#include "base/text.h"
#include "chat/consumer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct consumer consumer; /* one for many messages, as on a loop */
    struct bytes text = bytes_of(data, len);
    struct bytes content = NO_BYTES;
    const char *refusal = NULL;
    if (!utf8_is_valid(text)) /* the receiver has refused it */
        return 0;
    enum err err = consumer_read(&consumer, text, &content, &refusal);
    if (err == ERR_PROTOCOL) {
        if (refusal == NULL || refusal[0] == '\0')
            abort();
        return 0;
    }
    if (err != OK || content.len == 0 || content.len > CONTENT_BYTES_MAX ||
        !utf8_is_valid(content) || bytes_index(content, 0) < content.len)
        abort();
    return 0;
}
