#include "flinch/status.h"
extern int flinch__placeholder_host;
int flinch__placeholder_host;
