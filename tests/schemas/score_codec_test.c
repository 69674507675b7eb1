/* The oracle is Avro C: what encode writes, its generic reader must read by score.avsc. */
#include "schemas/score_codec.h"

#include <avro.h>
#include <float.h>

#include "schemas/wire.h"
#include "tests/support/unit.h"

/* An encoded record in a heap block of just its size, so that ASan sees a read past the end. */
typedef struct encoded {
    uint8_t *bytes;
    size_t size;
} encoded;

static flinch__score_record ordinary(void) {
    static const flinch_reason REASONS[] = {{3, 1.5F, 0.25F, 0.75F, 0.5F}, {0, -1, 0, 0.25F, 0}};
    flinch__score_record record = {.topic = "telemetry",
                                   .topic_size = 9,
                                   .partition = 3,
                                   .offset = 123456789012,
                                   .timestamp_ms = 1700000000123,
                                   .stream = "telemetry-3",
                                   .stream_size = 11,
                                   .model_id = "cae",
                                   .model_id_size = 3,
                                   .features = {"cpu.user", "net.rx_bytes"},
                                   .feature_sizes = {8, 12}};
    record.score = (flinch_score){.status = FLINCH_SCORE_OK,
                                  .is_anomaly = true,
                                  .reason_count = 2,
                                  .score = 3.25,
                                  .p_value = 0.0005,
                                  .reconstruction_error = 12.5F,
                                  .sensitivity = 0.125F,
                                  .generation = 42};
    memcpy(record.score.reasons, REASONS, sizeof REASONS);
    return record;
}

static encoded encode(const flinch__score_record *record, int32_t schema_id) {
    size_t capacity = flinch__score_encoded_bytes(record);
    uint8_t *bytes = malloc(capacity);
    size_t size = 0;
    assert_ok(flinch__score_encode(record, schema_id, bytes, capacity, &size));
    assert_in_range(size, 1, capacity);
    uint8_t *exact = malloc(size);
    memcpy(exact, bytes, size);
    free(bytes);
    return (encoded){exact, size};
}

/* --- The oracle ------------------------------------------------------------------------------- */

/* The field at a path of names; a number steps into an array. */
static avro_value_t at(const avro_value_t *record, const char *path) {
    char copy[64];
    char *rest = NULL;
    avro_value_t value = *record;
    assert_true(strlen(path) < sizeof copy);
    memcpy(copy, path, strlen(path) + 1);
    for (char *name = strtok_r(copy, ".", &rest); name; name = strtok_r(NULL, ".", &rest)) {
        avro_value_t parent = value;
        bool index = name[0] >= '0' && name[0] <= '9';
        int failed = index ? avro_value_get_by_index(&parent, strtoul(name, NULL, 10), &value, NULL)
                           : avro_value_get_by_name(&parent, name, &value, NULL);
        assert_int_equal(failed, 0);
    }
    return value;
}

static void assert_text(const avro_value_t *record, const char *path, const char *text,
                        size_t size) {
    avro_value_t value = at(record, path);
    const char *got = NULL;
    size_t got_size = 0; /* with the NUL */
    assert_int_equal(avro_value_get_string(&value, &got, &got_size), 0);
    assert_int_equal(got_size, size + 1);
    assert_memory_equal(got, text, size);
}

static void assert_long(const avro_value_t *record, const char *path, int64_t expected) {
    avro_value_t value = at(record, path);
    int64_t got = 0;
    assert_int_equal(avro_value_get_long(&value, &got), 0);
    assert_true(got == expected);
}

static void assert_int(const avro_value_t *record, const char *path, int expected) {
    avro_value_t value = at(record, path);
    int got = 0;
    assert_int_equal(avro_value_get_type(&value) == AVRO_ENUM ? avro_value_get_enum(&value, &got)
                                                              : avro_value_get_int(&value, &got),
                     0);
    assert_int_equal(got, expected);
}

static void assert_boolean(const avro_value_t *record, const char *path, bool expected) {
    avro_value_t value = at(record, path);
    int got = 2;
    assert_int_equal(avro_value_get_boolean(&value, &got), 0);
    assert_int_equal(got, expected);
}

/* Numbers are compared by their bits: NaN equals itself, 0 is not −0. */
static void assert_float(const avro_value_t *record, const char *path, float expected) {
    avro_value_t value = at(record, path);
    float got = 0;
    assert_int_equal(avro_value_get_float(&value, &got), 0);
    assert_memory_equal(&got, &expected, sizeof got);
}

static void assert_double(const avro_value_t *record, const char *path, double expected) {
    avro_value_t value = at(record, path);
    double got = 0;
    assert_int_equal(avro_value_get_double(&value, &got), 0);
    assert_memory_equal(&got, &expected, sizeof got);
}

static void assert_reason(const avro_value_t *value, const flinch__score_record *record,
                          uint32_t i) {
    const flinch_reason *reason = &record->score.reasons[i];
    avro_value_t reasons = at(value, "reasons");
    avro_value_t item;
    assert_int_equal(avro_value_get_by_index(&reasons, i, &item, NULL), 0);
    assert_text(&item, "feature", record->features[i], record->feature_sizes[i]);
    assert_float(&item, "value", reason->value);
    assert_float(&item, "expected", reason->expected);
    assert_float(&item, "error_share", reason->error_share);
    assert_float(&item, "sensitivity_share", reason->sensitivity_share);
}

static void assert_fields(const avro_value_t *value, const flinch__score_record *record) {
    const flinch_score *score = &record->score;
    avro_value_t reasons = at(value, "reasons");
    size_t count = 0;
    assert_text(value, "source.topic", record->topic, record->topic_size);
    assert_int(value, "source.partition", record->partition);
    assert_long(value, "source.offset", record->offset);
    assert_long(value, "source.timestamp", record->timestamp_ms);
    assert_text(value, "stream", record->stream, record->stream_size);
    assert_int(value, "status", (int)score->status);
    assert_double(value, "score", score->score);
    assert_double(value, "p_value", score->p_value);
    assert_boolean(value, "is_anomaly", score->is_anomaly);
    assert_float(value, "reconstruction_error", score->reconstruction_error);
    assert_float(value, "sensitivity", score->sensitivity);
    assert_int_equal(avro_value_get_size(&reasons, &count), 0);
    assert_int_equal(count, score->reason_count);
    for (uint32_t i = 0; i < score->reason_count; i++)
        assert_reason(value, record, i);
    assert_text(value, "model.id", record->model_id, record->model_id_size);
    assert_long(value, "model.generation", (int64_t)score->generation);
}

/* Avro C reads all of the bytes, and each field is the record's. */
static void avro_reads(const encoded *e, const flinch__score_record *record) {
    avro_schema_t schema = NULL;
    const char *text = flinch__score_schema();
    avro_value_t value;
    assert_int_equal(avro_schema_from_json_length(text, strlen(text), &schema), 0);
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_generic_value_new(class, &value);
    avro_reader_t reader = avro_reader_memory((const char *)e->bytes, (int64_t)e->size);
    char more = 0;

    assert_int_equal(avro_value_read(reader, &value), 0);
    assert_fields(&value, record);
    assert_int_not_equal(avro_read(reader, &more, 1), 0);

    avro_reader_free(reader);
    avro_value_decref(&value);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
}

/* --- What comes back from our own reader ------------------------------------------------------ */

static void assert_same_text(const char *a, size_t a_size, const char *b, size_t b_size) {
    assert_int_equal(a_size, b_size);
    assert_memory_equal(a, b, a_size);
}

static void assert_same(const flinch__score_record *a, const flinch__score_record *b) {
    assert_same_text(a->topic, a->topic_size, b->topic, b->topic_size);
    assert_int_equal(a->partition, b->partition);
    assert_true(a->offset == b->offset && a->timestamp_ms == b->timestamp_ms);
    assert_same_text(a->stream, a->stream_size, b->stream, b->stream_size);
    assert_int_equal(a->score.status, b->score.status);
    assert_int_equal(a->score.is_anomaly, b->score.is_anomaly);
    assert_memory_equal(&a->score.score, &b->score.score, sizeof a->score.score);
    assert_memory_equal(&a->score.p_value, &b->score.p_value, sizeof a->score.p_value);
    assert_memory_equal(&a->score.reconstruction_error, &b->score.reconstruction_error,
                        sizeof(float));
    assert_memory_equal(&a->score.sensitivity, &b->score.sensitivity, sizeof(float));
    assert_true(a->score.generation == b->score.generation);
    assert_same_text(a->model_id, a->model_id_size, b->model_id, b->model_id_size);
    assert_int_equal(a->score.reason_count, b->score.reason_count);
    for (uint32_t i = 0; i < a->score.reason_count; i++) {
        flinch_reason expected = b->score.reasons[i];
        expected.feature = i; /* indexes are not in the record */
        assert_memory_equal(&a->score.reasons[i], &expected, sizeof expected);
        assert_same_text(a->features[i], a->feature_sizes[i], b->features[i], b->feature_sizes[i]);
    }
}

/* Both readers agree with what was written. */
static void round_trip(const flinch__score_record *record) {
    flinch__score_record back;
    encoded e = encode(record, -1);

    avro_reads(&e, record);
    assert_ok(flinch__score_decode(e.bytes, e.size, &back));
    assert_same(&back, record);

    free(e.bytes);
}

static void an_ordinary_score_comes_back(void **state) {
    (void)state;
    flinch__score_record record = ordinary();
    round_trip(&record);
}

static void a_score_without_reasons_comes_back(void **state) {
    (void)state;
    flinch__score_record record = ordinary();
    record.score.reason_count = 0;
    record.score.is_anomaly = false;
    round_trip(&record);
}

static void every_status_comes_back(void **state) {
    (void)state;
    for (int status = FLINCH_SCORE_WARMUP; status <= FLINCH_SCORE_DEGRADED; status++) {
        flinch__score_record record = ordinary();
        record.score.status = (flinch_score_status)status;
        round_trip(&record);
    }
}

static void all_zero_and_empty_comes_back(void **state) {
    (void)state;
    flinch__score_record record = {.topic = "", .stream = "", .model_id = ""};
    round_trip(&record);
}

static void the_longest_names_and_all_reasons_come_back(void **state) {
    (void)state;
    static char name[5000];
    memset(name, 'x', sizeof name);
    flinch__score_record record = ordinary();
    record.topic = record.stream = record.model_id = name;
    record.topic_size = record.stream_size = record.model_id_size = sizeof name;
    record.score.reason_count = FLINCH_MAX_REASONS;
    for (uint32_t i = 0; i < FLINCH_MAX_REASONS; i++) {
        record.features[i] = name;
        record.feature_sizes[i] = sizeof name;
        record.score.reasons[i] = (flinch_reason){i, 1, 2, 3, 4};
    }
    round_trip(&record);
}

static void names_in_any_script_come_back(void **state) {
    (void)state;
    flinch__score_record record = ordinary();
    record.stream = "pompă-№7 🔥 温度\0after a NUL";
    record.stream_size = sizeof "pompă-№7 🔥 温度\0after a NUL" - 1;
    record.features[0] = "température";
    record.feature_sizes[0] = strlen("température");
    round_trip(&record);
}

static void the_ends_of_the_integers_come_back(void **state) {
    (void)state;
    static const int64_t ENDS[] = {INT64_MAX, INT64_MIN, -1, 0, 63, 64, -64, -65};
    for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
        flinch__score_record record = ordinary();
        record.offset = record.timestamp_ms = ENDS[i];
        record.score.generation = (uint64_t)ENDS[i];
        record.partition = ENDS[i] < 0 ? INT32_MIN : INT32_MAX;
        round_trip(&record);
    }
}

/* NaN is what a missing feature's value is; nothing here may change its bits. */
static void every_kind_of_number_comes_back_bit_for_bit(void **state) {
    (void)state;
    static const double NUMBERS[] = {(double)NAN, HUGE_VAL,     -HUGE_VAL, -0.0,
                                     1e38,        DBL_TRUE_MIN, 1e-320};
    for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++) {
        flinch__score_record record = ordinary();
        float narrow = (float)NUMBERS[i];
        record.score.score = record.score.p_value = NUMBERS[i];
        record.score.reconstruction_error = record.score.sensitivity = narrow;
        record.score.reasons[1] = (flinch_reason){1, narrow, narrow, narrow, narrow};
        round_trip(&record);
    }
}

/* --- Bounds ----------------------------------------------------------------------------------- */

static void a_schema_id_puts_the_wire_header_in_front(void **state) {
    (void)state;
    flinch__score_record record = ordinary();
    encoded bare = encode(&record, -1);
    encoded framed = encode(&record, 258);
    int32_t id = 0;

    assert_int_equal(flinch__wire_read(framed.bytes, framed.size, &id), FLINCH_CAUSE_NONE);

    assert_int_equal(id, 258);
    assert_int_equal(framed.size, bare.size + FLINCH__WIRE_BYTES);
    assert_memory_equal(framed.bytes + FLINCH__WIRE_BYTES, bare.bytes, bare.size);
    free(bare.bytes);
    free(framed.bytes);
}

static void every_place_too_small_is_too_large_a_score(void **state) {
    (void)state;
    flinch__score_record record = ordinary();
    encoded e = encode(&record, 7);
    for (size_t capacity = 0; capacity < e.size; capacity++) {
        uint8_t *bytes = malloc(capacity == 0 ? 1 : capacity);
        size_t size = 1;

        flinch_status status = flinch__score_encode(&record, 7, bytes, capacity, &size);

        assert_int_equal(status.code, FLINCH_TOO_LARGE);
        assert_int_equal(size, 0);
        free(bytes);
    }
    free(e.bytes);
}

static flinch_code decode_copy(const uint8_t *bytes, size_t size) {
    flinch__score_record record;
    uint8_t *exact = malloc(size == 0 ? 1 : size);
    memcpy(exact, bytes, size);
    flinch_code code = flinch__score_decode(exact, size, &record).code;
    free(exact);
    return code;
}

static void every_cut_of_a_score_is_refused(void **state) {
    (void)state;
    flinch__score_record record = ordinary();
    encoded e = encode(&record, -1);
    for (size_t size = 0; size < e.size; size++)
        assert_int_equal(decode_copy(e.bytes, size), FLINCH_BAD_DATA);
    free(e.bytes);
}

static void bytes_behind_a_score_are_refused(void **state) {
    (void)state;
    flinch__score_record record = ordinary();
    encoded e = encode(&record, -1);
    uint8_t *longer = calloc(1, e.size + 1);
    memcpy(longer, e.bytes, e.size);

    assert_int_equal(decode_copy(longer, e.size + 1), FLINCH_BAD_DATA);

    free(longer);
    free(e.bytes);
}

/* Topic "", then zeros up to the byte that is wrong. */
static void values_out_of_their_range_are_refused(void **state) {
    (void)state;
    static const uint8_t PARTITION[64] = {0, 0x80, 0x80, 0x80, 0x80, 0x10};
    static const uint8_t STATUS[64] = {0, 0, 0, 0, 0, 6};
    static const uint8_t NEGATIVE_STATUS[64] = {0, 0, 0, 0, 0, 1};
    static const uint8_t IS_ANOMALY[64] = {[22] = 2};
    static const uint8_t SIX_REASONS[200] = {[31] = 12};
    static const uint8_t NEGATIVE_COUNT[200] = {[31] = 1};
    static const uint8_t TOPIC_SIZE[64] = {1};
    static const uint8_t SOUND[] = {[33] = 0};

    assert_int_equal(decode_copy(SOUND, sizeof SOUND), FLINCH_OK);
    assert_int_equal(decode_copy(PARTITION, sizeof SOUND + 4), FLINCH_BAD_DATA);
    assert_int_equal(decode_copy(STATUS, sizeof SOUND), FLINCH_BAD_DATA);
    assert_int_equal(decode_copy(NEGATIVE_STATUS, sizeof SOUND), FLINCH_BAD_DATA);
    assert_int_equal(decode_copy(IS_ANOMALY, sizeof SOUND), FLINCH_BAD_DATA);
    assert_int_equal(decode_copy(SIX_REASONS, sizeof SOUND + 6 * 17 + 1), FLINCH_BAD_DATA);
    assert_int_equal(decode_copy(NEGATIVE_COUNT, sizeof SOUND + 1), FLINCH_BAD_DATA);
    assert_int_equal(decode_copy(TOPIC_SIZE, sizeof SOUND), FLINCH_BAD_DATA);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_score_comes_back),
        cmocka_unit_test(a_score_without_reasons_comes_back),
        cmocka_unit_test(every_status_comes_back),
        cmocka_unit_test(all_zero_and_empty_comes_back),
        cmocka_unit_test(the_longest_names_and_all_reasons_come_back),
        cmocka_unit_test(names_in_any_script_come_back),
        cmocka_unit_test(the_ends_of_the_integers_come_back),
        cmocka_unit_test(every_kind_of_number_comes_back_bit_for_bit),
        cmocka_unit_test(a_schema_id_puts_the_wire_header_in_front),
        cmocka_unit_test(every_place_too_small_is_too_large_a_score),
        cmocka_unit_test(every_cut_of_a_score_is_refused),
        cmocka_unit_test(bytes_behind_a_score_are_refused),
        cmocka_unit_test(values_out_of_their_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
