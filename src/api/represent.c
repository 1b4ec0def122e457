#include "api/represent.h"

void represent_user(struct json *json, const struct user *user)
{
    json_object_begin(json);
    json_key(json, "id");
    json_number(json, user->id);
    json_key(json, "username");
    json_text(json, user->username);
    json_key(json, "email");
    json_text(json, user->email);
    json_key(json, "user_type");
    json_text(json, user->user_type);
    json_object_end(json);
}

void represent_user_name(struct json *json, const struct user *user)
{
    json_object_begin(json);
    json_key(json, "username");
    json_text(json, user->username);
    json_key(json, "first_name");
    json_text(json, user->first_name);
    json_key(json, "last_name");
    json_text(json, user->last_name);
    json_object_end(json);
}

void represent_message_begin(struct json *json, int64_t id)
{
    json_object_begin(json);
    json_key(json, "id");
    json_number(json, id);
}

void represent_message_sender(struct json *json, int64_t chat_id, const struct user *sender)
{
    json_key(json, "chat");
    json_number(json, chat_id);
    json_key(json, "sender");
    represent_user(json, sender);
    json_key(json, "content");
    json_text_begin(json);
}

void represent_message_time(struct json *json)
{
    json_text_end(json);
    json_key(json, "timestamp");
}

void represent_message(struct json *json, const struct message_row *message)
{
    struct bytes content = message->content;
    represent_message_begin(json, message->id);
    represent_message_sender(json, message->chat_id, &message->sender);
    json_text_part(json, &content, SIZE_MAX);
    represent_message_time(json);
    json_time(json, message->timestamp_us);
    json_object_end(json);
}

void represent_chat_begin(struct json *json, const struct chat *chat)
{
    json_object_begin(json);
    json_key(json, "id");
    json_number(json, chat->id);
    json_key(json, "name");
    json_text(json, chat->name);
    json_key(json, "participants");
    json_array_begin(json);
}

void represent_chat_messages(struct json *json)
{
    json_array_end(json);
    json_key(json, "messages");
    json_array_begin(json);
}

void represent_chat_end(struct json *json, int64_t created_at_us)
{
    json_array_end(json);
    json_key(json, "created_at");
    json_time(json, created_at_us);
    json_object_end(json);
}
