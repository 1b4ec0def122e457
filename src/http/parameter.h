/* parameter.h - the parameters behind a field's value: "form-data; name=\"a\"; filename=b" (RFC
 * 9110, section 5.6.6). Private to http/.
 */
#ifndef CONFAB_HTTP_PARAMETER_H
#define CONFAB_HTTP_PARAMETER_H

#include "base/bytes.h"

struct parameter {
    struct bytes name;
    struct bytes value; /* without quotes; escapes inside stay */
    bool is_quoted;
};

/* Take the part before the first ";", without blanks around it, and return what follows it. */
struct bytes parameter_skip_first(struct bytes value, struct bytes *first);

/* Take the next parameter. What does not look like one is passed over. False: no more. */
bool parameter_next(struct bytes *rest, struct parameter *out);

#endif
