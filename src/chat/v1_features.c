#include "chat/v1_features.h"

static const char *const features[] = {"resume", "history", "typing", "presence",
                                       "read",   "edit",    "delete", "reaction",
                                       "thread", "pin",     "member", "search"};

void v1_write_features(struct json *json, bool takes_uploads)
{
    json_array_begin(json);
    for (size_t i = 0; i < COUNT_OF(features); i++)
        json_text_z(json, features[i]);
    if (takes_uploads)
        json_text_z(json, "upload");
    json_array_end(json);
}
