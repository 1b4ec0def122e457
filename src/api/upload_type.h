/* upload_type.h - media types of uploaded files: a client's word, which nobody believes. */
#ifndef CONFAB_API_UPLOAD_TYPE_H
#define CONFAB_API_UPLOAD_TYPE_H

#include "base/bytes.h"

enum { UPLOAD_TYPE_TEXT_BYTES_MAX = 127 };

/* Whether a text has the form of a media type without parameters, "image/png" (RFC 9110, section
 * 8.3.1), and is not too long. */
bool upload_type_is_valid(struct bytes type);

/* Whether the type is the pattern's, or of the kind that a pattern like "image/ *" (without the
 * blank) names. */
bool upload_type_matches(struct bytes pattern, struct bytes type);

/* Whether a browser may show a file of this type: it can be nothing but a picture then, whatever is
 * in it, since browsers are told not to guess. All others are only kept for download. */
bool upload_type_is_picture(struct bytes type);

#endif
