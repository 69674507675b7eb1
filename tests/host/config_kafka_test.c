#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/host/config_kafka.h"
#include "plugin/host/kafka_judge.h"

static void rule_refuses_with_a_reason(void **state) {
    (void)state;
    static const char *const NAMES[] = {"enable.auto.commit",
                                        "enable.auto.offset.store",
                                        "isolation.level",
                                        "transactional.id",
                                        "enable.idempotence",
                                        "group.id",
                                        "plugin.library.paths",
                                        "ssl.engine.location",
                                        "ssl.providers",
                                        "sasl.kerberos.kinit.cmd",
                                        "enable.ssl.certificate.verification",
                                        "enable.sasl.oauthbearer.unsecure.jwt",
                                        "debug",
                                        "log_cb",
                                        "oauthbearer_token_refresh_cb"};

    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        const char *reason;
        assert_int_equal(flinch__kafka_rule_of(NAMES[i], &reason), FLINCH_KAFKA_REFUSED);
        assert_non_null(reason);
    }
}

static void rule_marks_secrets(void **state) {
    (void)state;
    const char *reason;

    assert_int_equal(flinch__kafka_rule_of("sasl.password", &reason), FLINCH_KAFKA_SECRET);
    assert_int_equal(flinch__kafka_rule_of("ssl.key.pem", &reason), FLINCH_KAFKA_SECRET);
    assert_int_equal(flinch__kafka_rule_of("sasl.username", &reason), FLINCH_KAFKA_ALLOWED);
    assert_null(reason);
}

static void rule_knows_nothing_that_is_not_listed(void **state) {
    (void)state;
    const char *reason;

    assert_int_equal(flinch__kafka_rule_of("some.new.property", &reason), FLINCH_KAFKA_UNKNOWN);
    assert_int_equal(flinch__kafka_rule_of("", &reason), FLINCH_KAFKA_UNKNOWN);
}

static void librdkafka_judges_values(void **state) {
    (void)state;

    assert_true(flinch__kafka_accepts("session.timeout.ms", "45000"));
    assert_false(flinch__kafka_accepts("session.timeout.ms", "0"));
    assert_false(flinch__kafka_accepts("no.such.property", "1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_refuses_with_a_reason),
        cmocka_unit_test(rule_marks_secrets),
        cmocka_unit_test(rule_knows_nothing_that_is_not_listed),
        cmocka_unit_test(librdkafka_judges_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
