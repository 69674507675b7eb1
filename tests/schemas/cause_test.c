#include "schemas/cause.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_cause_has_its_own_name(void **state) {
    (void)state;
    for (int a = 0; a < FLINCH_CAUSE_COUNT; a++) {
        for (int b = 0; b < a; b++) {
            const char *name = flinch__cause_name((flinch__cause)a);
            assert_string_not_equal(name, flinch__cause_name((flinch__cause)b));
        }
    }
}

static void a_value_outside_the_list_is_none(void **state) {
    (void)state;
    assert_string_equal(flinch__cause_name(FLINCH_CAUSE_COUNT), "NONE");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cause_has_its_own_name),
        cmocka_unit_test(a_value_outside_the_list_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
