#include "flinch/status.h"
extern int flinch__placeholder_consumer;
int flinch__placeholder_consumer;
