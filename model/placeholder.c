#include "flinch/status.h"
extern int flinch__placeholder_model;
int flinch__placeholder_model;
