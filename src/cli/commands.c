#include "cli/commands.h"

const struct command commands[COMMAND_COUNT] = {
    [COMMAND_SERVE] =
        {"serve", NULL, "serve the chats until SIGTERM or SIGINT",
         "Serves the chats. A missing database and a missing secret key file are made. When "
         "it is ready it prints one line with \"listening on http://HOST:PORT\"; SIGTERM "
         "and SIGINT end it in order: everything that was accepted is stored.",
         command_serve},
    [COMMAND_MIGRATE] =
        {"migrate", NULL, "make the database, or bring it to this version",
         "Makes a new database, brings an older one to this version, or adds confab's own "
         "tables to the database of the existing Django system. A database that is "
         "neither is left untouched.",
         command_migrate},
    [COMMAND_USER_ADD] =
        {"user add", "NAME", "add a user",
         "Adds a user. The password is read from standard input; one line ending behind "
         "it is not part of it.",
         command_user_add},
    [COMMAND_USER_LIST] = {"user list", NULL, "list the users",
                           "Lists the users in the order of their ids.", command_user_list},
    [COMMAND_USER_PASSWD] =
        {"user passwd", "NAME", "set a user's password",
         "Sets a new password, read from standard input. Sessions that the user has "
         "open end with it.",
         command_user_passwd},
    [COMMAND_CHAT_ADD] =
        {"chat add", "NAME", "add a chat",
         "Adds a chat with the given participants; the first of them counts as its "
         "creator, who may delete it.",
         command_chat_add},
    [COMMAND_CHAT_LIST] = {"chat list", NULL, "list the chats",
                           "Lists the chats in the order of their ids.", command_chat_list},
    [COMMAND_DEMO] =
        {"demo", NULL, "fill an empty database with example users and a chat",
         "Makes the users alice, bob and carol and a chat of the three with a few messages, "
         "to try things out. A database that has users already is left untouched.",
         command_demo},
    [COMMAND_VERSION] = {"version", NULL, "print the version", "Prints the version of the program.",
                         command_version},
};

struct bytes command_group(const struct command *command)
{
    struct bytes name = bytes_from_text(command->name);
    size_t blank = bytes_index(name, ' ');
    return bytes_first(name, blank < name.len ? blank : 0);
}

enum err command_find(size_t count, char *const *words, enum command_id *id, size_t *used)
{
    enum err err = ERR_NOT_FOUND;
    for (unsigned i = 0; count > 0 && i < COMMAND_COUNT; i++) {
        struct bytes group = command_group(&commands[i]);
        if (group.len == 0) {
            if (strcmp(commands[i].name, words[0]) != 0)
                continue;
            *id = (enum command_id)i;
            *used = 1;
            return OK;
        }
        if (!bytes_is(group, words[0]))
            continue;
        err = ERR_PARTIAL;
        if (count > 1 && strcmp(commands[i].name + group.len + 1, words[1]) == 0) {
            *id = (enum command_id)i;
            *used = 2;
            return OK;
        }
    }
    return err;
}
