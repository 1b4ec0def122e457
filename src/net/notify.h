/* notify.h - tell a service manager how we are: systemd's sd_notify(3), which is one datagram.
 *
 * Thread: the main one.
 */
#ifndef CONFAB_NET_NOTIFY_H
#define CONFAB_NET_NOTIFY_H

/* Connect to the socket that NOTIFY_SOCKET names. Without one, or if it does not answer, nobody
 * wants to know, and notify_send() does nothing. To be called before the sandbox is entered. */
void notify_open(void);

/* Send a state: "READY=1", "RELOADING=1", "STOPPING=1". */
void notify_send(const char *state);

#endif
