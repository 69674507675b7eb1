#include "schemas/cause.h"
const char *flinch__cause_name(flinch__cause cause) { (void)cause; return "NONE"; }
