/* bounds.h - what a server may hold at most, whatever its peers do. */
#ifndef CONFAB_TESTS_SIM_BOUNDS_H
#define CONFAB_TESTS_SIM_BOUNDS_H

/* Look at everything that the running server holds; fails the run if it is too much. */
void bounds_check(void);

/* The socket fd is being told that it is a WebSocket now: it must be in its room already, for on
 * other threads a message may be stored at this very moment. */
void bounds_check_accepted(int fd);

/* Right after a tick of the loops: nobody who should have been sent away is still there. */
void bounds_check_readers(void);

#endif
