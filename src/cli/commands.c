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
    [COMMAND_CHECK] =
        {"check", NULL, "look for what is wrong in the database",
         "Looks for damage, for rows that point nowhere, and for values that this program or "
         "Django "
         "could not use, and says of each what would be right. With --repair it deletes what "
         "nobody can miss: expired sessions and those that the key does not open, participants and "
         "notes of chats that are gone; and it corrects the counters of ids. The status is 0 when "
         "there is nothing to say, else 1. A server may go on meanwhile.",
         command_check},
    [COMMAND_BACKUP] =
        {"backup", "FILE", "copy the database into a file",
         "Copies the database as it is at this moment, also while a server writes to it: commits "
         "go "
         "on. The copy is checked and on the disk when this ends; it has mode 0600. A file that "
         "is there already is not overwritten. The secret key file is not part of it.",
         command_backup},
    [COMMAND_RESTORE] =
        {"restore", "FILE", "put a backup in the place of the database",
         "Checks the backup and puts a copy of it in the place of the database. The database that "
         "was there is kept beside it, under a name that is printed. Refuses while a server or "
         "another program has the database open: stop it first.",
         command_restore},
    [COMMAND_USER_ADD] =
        {"user add", "NAME", "add a user",
         "Adds a user. The password is read from standard input; one line ending behind "
         "it is not part of it.",
         command_user_add},
    [COMMAND_USER_LIST] = {"user list", NULL, "list the users",
                           "Lists the users in the order of their ids.", command_user_list},
    [COMMAND_USER_SHOW] = {"user show", "NAME", "show a user and the user's chats",
                           "Shows one user and the chats that the user takes part in.",
                           command_user_show},
    [COMMAND_USER_PASSWD] =
        {"user passwd", "NAME", "set a user's password",
         "Sets a new password, read from standard input. Sessions that the user has "
         "open end with it.",
         command_user_passwd},
    [COMMAND_USER_RENAME] = {"user rename", "NAME NEWNAME", "give a user another name",
                             "Gives a user another name. Sessions, chats and messages stay.",
                             command_user_rename},
    [COMMAND_USER_ACTIVATE] = {"user activate", "NAME", "let a user log in again",
                               "Lets a user who was deactivated log in again.",
                               command_user_activate},
    [COMMAND_USER_DEACTIVATE] =
        {"user deactivate", "NAME", "shut a user out",
         "Shuts a user out: no login, and open sessions and connections end. Chats and messages "
         "stay.",
         command_user_deactivate},
    [COMMAND_USER_STAFF] =
        {"user staff", "NAME POWER", "set what a user may do in Django's admin",
         "Sets a user's power: \"none\", \"staff\" (may enter Django's admin) or \"superuser\" "
         "(may do everything there).",
         command_user_staff},
    [COMMAND_USER_DELETE] =
        {"user delete", "NAME", "delete a user",
         "Deletes a user, who leaves all chats. A user who has written messages is only deleted "
         "together with them, with --with-messages; \"user deactivate\" keeps them.",
         command_user_delete},
    [COMMAND_CHAT_ADD] =
        {"chat add", "NAME", "add a chat",
         "Adds a chat with the given participants; the first of them counts as its "
         "creator, who may delete it.",
         command_chat_add},
    [COMMAND_CHAT_LIST] = {"chat list", NULL, "list the chats",
                           "Lists the chats in the order of their ids.", command_chat_list},
    [COMMAND_CHAT_SHOW] = {"chat show", "CHAT", "show a chat and its participants",
                           "Shows one chat, which is named by its id, and its participants.",
                           command_chat_show},
    [COMMAND_CHAT_RENAME] = {"chat rename", "CHAT NAME", "give a chat another name",
                             "Gives the chat with the id CHAT another name.", command_chat_rename},
    [COMMAND_CHAT_DELETE] =
        {"chat delete", "CHAT", "delete a chat with its messages",
         "Deletes the chat with the id CHAT and all its messages. Connections to "
         "it are closed.",
         command_chat_delete},
    [COMMAND_CHAT_ADD_PARTICIPANT] = {"chat add-participant", "CHAT USERNAME", "add a participant",
                                      "Lets a user take part in the chat with the id CHAT.",
                                      command_chat_add_participant},
    [COMMAND_CHAT_REMOVE_PARTICIPANT] =
        {"chat remove-participant", "CHAT USERNAME", "remove a participant",
         "Ends a user's part in the chat with the id CHAT. The user's messages stay; open "
         "connections of the user to this chat are closed.",
         command_chat_remove_participant},
    [COMMAND_CHAT_ROLE] =
        {"chat role", "CHAT USERNAME ROLE", "set what a participant may do in a chat",
         "Makes a participant of the chat with the id CHAT its \"owner\", a \"moderator\", a "
         "\"member\", or one who may only read (\"read_only\"). A chat that Django made has no "
         "owner "
         "until it is given one.",
         command_chat_role},
    [COMMAND_CHAT_KIND] =
        {"chat kind", "CHAT KIND", "set what a chat is for",
         "Makes the chat with the id CHAT a \"group\", a \"public\" chat, which everybody may "
         "join, "
         "an \"announcement\" chat, in which owners and moderators write, or, if two take part in "
         "it, a \"direct\" one, which it then stays.",
         command_chat_kind},
    [COMMAND_CHAT_RECEIPTS] =
        {"chat receipts", "CHAT on|off", "show members how far others have read",
         "Lets the members of the chat with the id CHAT learn how far the others have read, or no "
         "longer. In a chat of more than 100 members nobody does.",
         command_chat_receipts},
    [COMMAND_MESSAGE_LIST] = {"message list", "CHAT", "list a chat's last messages",
                              "Lists the last messages of the chat with the id CHAT, oldest first.",
                              command_message_list},
    [COMMAND_MESSAGE_SEND] =
        {"message send", "CHAT USERNAME TEXT", "store a message in a user's name",
         "Stores a message of a participant in the chat with the id CHAT. A running server finds "
         "it "
         "like every row that another program has written, and shows it within a second. "
         "The text is on the command line, which every user of the machine can read: this is for "
         "notices, not for secrets.",
         command_message_send},
    [COMMAND_NOTICE_SEND] =
        {"notice send", "MESSAGE", "tell everybody who is connected something",
         "Tells everybody who is connected with confab.v1, within about a second, and everybody "
         "who "
         "connects while it holds: until the time of --at, or without one for 24 hours. It is "
         "stored, so every server on the database finds it, and no server need run. Clients of the "
         "existing system see nothing of it.",
         command_notice_send},
    [COMMAND_NOTICE_LIST] = {"notice list", NULL, "list the notices that hold",
                             "Lists the notices that those are told who connect now.",
                             command_notice_list},
    [COMMAND_NOTICE_END] =
        {"notice end", "ID", "end a notice",
         "Ends the notice with the id ID: whoever connects from now on is not told. Who was told "
         "is not told that it has ended; send another notice for that.",
         command_notice_end},
    [COMMAND_SESSION_LIST] =
        {"session list", NULL, "list the sessions",
         "Lists who is logged in and until when. Keys are secrets, of which only the beginning is "
         "shown. Whose a session is can only be said with the site's secret key file.",
         command_session_list},
    [COMMAND_SESSION_END] =
        {"session end", "[KEY]", "end sessions",
         "Ends the session whose key begins with KEY, the sessions of one user (--user), or every "
         "session (--all). Whoever had it must log in again; connections are closed.",
         command_session_end},
    [COMMAND_CONFIG_CHECK] =
        {"config check", NULL, "say all that is wrong with the configuration",
         "Reads flags, environment and configuration file as \"serve\" would, and says all that is "
         "wrong with them at once. The status is 0 when nothing is, else 2.",
         command_config_check, true},
    [COMMAND_CONFIG_SHOW] =
        {"config show", NULL, "show every option's value, and where it came from",
         "Prints the values that \"serve\" would use, in the form of a configuration file, with a "
         "comment on each that says where it came from.",
         command_config_show, true},
    [COMMAND_COMPLETION] =
        {"completion", "SHELL", "print the completion script for bash or zsh",
         "Prints a script that teaches the shell, \"bash\" or \"zsh\", to complete confab's "
         "commands and options. For this session: eval \"$(confab completion bash)\".",
         command_completion},
    [COMMAND_MAN] =
        {"man", "DIR", "write the manual pages",
         "Writes the manual pages into DIR/man1 and DIR/man5, which are made if missing.",
         command_man},
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

struct bytes command_argument(const struct command *command, size_t index, bool *is_required)
{
    struct bytes words = bytes_from_text(command->arguments != NULL ? command->arguments : "");
    struct bytes word = NO_BYTES;
    bool is_there = true;
    for (size_t i = 0; i <= index && is_there; i++)
        is_there = bytes_split(&words, ' ', &word);
    *is_required = is_there && word.len > 0 && word.data[0] != '[';
    return is_there ? bytes_trim(word, "[]") : NO_BYTES;
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
