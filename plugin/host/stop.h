/* The wish to stop, as signals express it: SIGTERM and SIGINT ask once, and force the second time.
 */
#ifndef FLINCH_HOST_STOP_H
#define FLINCH_HOST_STOP_H

#include <stdatomic.h>
#include <stdbool.h>

/* Catches the signals and gives the flag that they set. The only mutable objects of file scope in
 * flinch stand behind it. [main] */
atomic_bool *flinch__stop_on_signals(void);

#endif
