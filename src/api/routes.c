#include "api/routes.h"

static const struct resource resources[] = {
    {"/api/register/", ANYONE, "Register", "Make an account.", {[HTTP_POST] = register_post}},
    {"/api/login/", ANYONE, "Login", "Begin a session.", {[HTTP_POST] = login_post}},
    {"/api/logout/", SESSION, "Logout", "End the session.", {[HTTP_POST] = logout_post}},
    {"/api/me/", SESSION, "Me", "Who is logged in.", {[HTTP_GET] = me_get}},
    {"/api/users/", SESSION, "User List", "All users.", {[HTTP_GET] = users_get}},
    {"/api/chats/",
     SESSION,
     "Chat List",
     "The chats of the user.",
     {[HTTP_GET] = chats_get, [HTTP_POST] = chats_post}},
    {"/api/chats/{id}/",
     PARTICIPANT,
     "Chat Instance",
     "One chat.",
     {[HTTP_GET] = chat_get,
      [HTTP_PUT] = chat_put,
      [HTTP_PATCH] = chat_put,
      [HTTP_DELETE] = chat_delete}},
    {"/api/chats/{id}/messages/",
     PARTICIPANT,
     "Messages",
     "The history of a chat.",
     {[HTTP_GET] = chat_messages_get}},
    {"/api/chats/{id}/send_message/",
     PARTICIPANT,
     "Send Message",
     "Store a message.",
     {[HTTP_POST] = chat_messages_post}},
    {"/api/messages/",
     SESSION,
     "Message List",
     "The messages of the user's chats.",
     {[HTTP_GET] = messages_get}},
    {"/api/messages/{id}/",
     SESSION | NUMBERED,
     "Message Instance",
     "One message.",
     {[HTTP_GET] = message_get}},
    {"/api/schema/",
     ANYONE,
     "Schema",
     "The OpenAPI document of this API.",
     {[HTTP_GET] = schema_get}},
    {"/api/v1/version/",
     ANYONE,
     "Version",
     "Which server this is, and what it can do.",
     {[HTTP_GET] = v1_version_get}},
    {"/api/v1/chats/",
     SESSION,
     "Chat List",
     "The chats of the user.",
     {[HTTP_GET] = v1_chats_get, [HTTP_POST] = v1_chats_post}},
    {"/api/v1/chats/{id}/",
     PARTICIPANT,
     "Chat",
     "One chat.",
     {[HTTP_PATCH] = v1_chat_patch, [HTTP_DELETE] = chat_delete}},
    {"/api/v1/chats/{id}/messages/",
     PARTICIPANT,
     "Messages",
     "The history of a chat, and adding to it.",
     {[HTTP_GET] = v1_messages_get, [HTTP_POST] = v1_messages_post}},
    {"/api/v1/chats/{id}/events/",
     PARTICIPANT,
     "Events",
     "The durable events of a chat.",
     {[HTTP_GET] = v1_events_get}},
    {"/api/v1/chats/{id}/read/",
     PARTICIPANT,
     "Read Mark",
     "How far the user has read.",
     {[HTTP_PUT] = v1_read_put}},
    {"/api/v1/chats/{id}/typing/",
     PARTICIPANT,
     "Typing",
     "That the user types.",
     {[HTTP_POST] = v1_typing_post}},
    {"/api/v1/chats/{id}/members/",
     SESSION | CHAT, /* one that is public may be joined */
     "Members",
     "Who takes part in a chat.",
     {[HTTP_GET] = v1_members_get, [HTTP_POST] = v1_members_post}},
    {"/api/v1/chats/{id}/members/{user}/",
     PARTICIPANT | USER_NUMBERED,
     "Member",
     "What a member may do.",
     {[HTTP_PATCH] = v1_member_patch, [HTTP_DELETE] = v1_member_delete}},
    {"/api/v1/messages/{id}/",
     SESSION | MESSAGE,
     "Message",
     "One message.",
     {[HTTP_PATCH] = v1_message_patch, [HTTP_DELETE] = v1_message_delete}},
    {"/api/v1/messages/{id}/reactions/{emoji}/",
     SESSION | MESSAGE | NAMED,
     "Reaction",
     "One's own reaction to a message.",
     {[HTTP_PUT] = v1_reaction_put, [HTTP_DELETE] = v1_reaction_delete}},
    {"/api/v1/messages/{id}/pin/",
     SESSION | MESSAGE,
     "Pin",
     "Whether a message is pinned.",
     {[HTTP_PUT] = v1_pin_put, [HTTP_DELETE] = v1_pin_delete}},
    {"/api/v1/search/",
     SESSION,
     "Search",
     "Messages by the words in them.",
     {[HTTP_GET] = v1_search_get}},
    {"/api/v1/uploads/",
     SESSION | STREAMED,
     "Uploads",
     "Files for messages.",
     {[HTTP_POST] = v1_uploads_post}},
    {"/api/v1/uploads/{id}/{name}",
     SESSION | NUMBERED | NAMED,
     "Upload",
     "A file of a message.",
     {[HTTP_GET] = v1_upload_get}},
    {"/api/v1/tokens/",
     SESSION | PERSONAL,
     "Tokens",
     "What the user's programs show instead of a session.",
     {[HTTP_GET] = v1_tokens_get, [HTTP_POST] = v1_tokens_post}},
    {"/api/v1/tokens/{id}/",
     SESSION | NUMBERED | PERSONAL,
     "Token",
     "One of them.",
     {[HTTP_DELETE] = v1_token_delete}},
    {"/api/v1/hooks/{token}/",
     NAMED | SECRET,
     "Webhook",
     "Messages from another program.",
     {[HTTP_POST] = v1_hook_post}},
    {"/api/v1/schema/",
     ANYONE,
     "Schema",
     "The OpenAPI document of this API.",
     {[HTTP_GET] = schema_get}},
    {"/api/v1/asyncapi/",
     ANYONE,
     "AsyncAPI",
     "The AsyncAPI document of the WebSockets.",
     {[HTTP_GET] = asyncapi_get}},
    {"/api/docs/", ANYONE, "Docs", "The OpenAPI document as a page.", {[HTTP_GET] = docs_get}},
    {"/api/docs/{file}", ANYONE, "Docs", "What the page is made of.", {[HTTP_GET] = docs_get}},
};

const struct resource *resource_find(struct bytes path, struct bytes *segments)
{
    for (size_t i = 0; i < COUNT_OF(resources); i++) {
        if (http_route_matches(resources[i].pattern, path, segments))
            return &resources[i];
    }
    return NULL;
}

size_t resource_count(void)
{
    return COUNT_OF(resources);
}

size_t resource_index(const struct resource *resource)
{
    return (size_t)(resource - resources);
}

const char *resource_pattern(size_t index)
{
    return resources[index].pattern;
}

bool resource_has_method(const struct resource *resource, enum http_method method)
{
    if (method == HTTP_OPTIONS)
        return true;
    return resource->handlers[method == HTTP_HEAD ? HTTP_GET : method] != NULL;
}
