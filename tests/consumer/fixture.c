#include "tests/consumer/fixture.h"

#include "tests/support/unit.h"

#include "model/cae_detector.h"
#include "tests/support/rows.h"

const char FIXTURE_SCHEMA[] =
    "{\"type\":\"record\",\"name\":\"Sample\",\"fields\":["
    "{\"name\":\"host\",\"type\":\"string\"},{\"name\":\"code\",\"type\":\"long\"},"
    "{\"name\":\"a\",\"type\":\"double\"},{\"name\":\"b\",\"type\":\"double\"},"
    "{\"name\":\"c\",\"type\":\"double\"}]}";

static const flinch_input INPUTS[FIXTURE_INPUTS] = {{.field = "a"}, {.field = "b"}, {.field = "c"}};

flinch__blueprint *fixture_blueprint(void) {
    flinch__stream_config config = {.api = flinch__cae_detector(),
                                    .inputs = {INPUTS, FIXTURE_INPUTS},
                                    .window = 1,
                                    .alarm_rate = 0.01,
                                    .seed = 1};
    flinch__blueprint *blueprint = NULL;
    flinch_error error;
    assert_ok(flinch__blueprint_new(&config, &blueprint, &error));
    return blueprint;
}

void fixture_row(uint32_t i, double row[FIXTURE_INPUTS]) {
    flinch__random random = {i + 1};
    flinch__random_next(&random);
    if (i % 100 == 99)
        rows_anomaly(&random, FIXTURE_INPUTS, row);
    else
        rows_normal(&random, FIXTURE_INPUTS, row);
}

void fixture_record(test_bytes *bytes, uint32_t i, const char *host) {
    double row[FIXTURE_INPUTS];
    fixture_row(i, row);
    test_bytes_text(bytes, host);
    test_bytes_long(bytes, i % 3);
    for (uint32_t k = 0; k < FIXTURE_INPUTS; k++)
        test_bytes_double(bytes, row[k]);
}

flinch__worker_config fixture_config(const flinch__blueprint *blueprint, flinch__stats *stats) {
    return (flinch__worker_config){
        .topic = "in",
        .group = "group",
        .transactional_id = "group-test-0",
        .scores_topic = "scores",
        .dead_letters_topic = "dead",
        .score_schema_id = -1,
        .start = FLINCH_START_EARLIEST,
        .score_backlog = true,
        .stream_by = FLINCH_STREAM_BY_PARTITION,
        .exactly_once = true,
        .commit_interval_ms = 20,
        .transaction_ms = 60000,
        .blueprint = blueprint,
        .decoder = {.want = {.inputs = {INPUTS, FIXTURE_INPUTS}},
                    .framing = FLINCH_FRAMING_NONE,
                    .schema = FIXTURE_SCHEMA,
                    .missing_ms = 0},
        .stats = stats,
    };
}

void assert_same_score(const flinch_score *one, const flinch_score *other) {
    assert_int_equal(one->status, other->status);
    assert_int_equal(one->is_anomaly, other->is_anomaly);
    assert_memory_equal(&one->score, &other->score, sizeof one->score);
    assert_memory_equal(&one->p_value, &other->p_value, sizeof one->p_value);
    assert_memory_equal(&one->reconstruction_error, &other->reconstruction_error,
                        sizeof one->reconstruction_error);
    assert_memory_equal(&one->sensitivity, &other->sensitivity, sizeof one->sensitivity);
    assert_int_equal(one->generation, other->generation);
    assert_int_equal(one->reason_count, other->reason_count);
}
