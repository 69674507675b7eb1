/* What every unit test begins with: cmocka and the headers that it needs before it. */
#ifndef FLINCH_TESTS_UNIT_H
#define FLINCH_TESTS_UNIT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flinch/status.h"

#define assert_ok(expression) assert_int_equal((expression).code, FLINCH_OK)
/* cmocka compares floats alone. */
#define assert_close(a, b, epsilon) assert_true(fabs((double)(a) - (double)(b)) <= (epsilon))

#endif
