#include "plugin/host/stop.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static atomic_bool stop;
static atomic_bool told; /* by a signal; a worker that fails stops the others, too */

static void on_signal(int number) {
    atomic_store(&stop, true);
    if (atomic_exchange(&told, true))
        _exit(128 + number);
}

atomic_bool *flinch__stop_on_signals(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return &stop;
}
