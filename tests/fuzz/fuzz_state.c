/* What stands in the state topic: the envelope of its records, and the streams in them. Checksums
 * keep a fuzzer out, so the envelope is tried as it is and with a checksum that fits; and a stream
 * is a sound one with some bytes changed. What is taken must be fit for use. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "model/cae_detector.h"
#include "model/stream.h"
#include "schemas/avro_io.h"
#include "schemas/state_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUTS = 2, ROWS = 300, EDIT_BYTES = 4 };

typedef struct sample {
    flinch__blueprint *blueprint;
    void *scratch;
    uint8_t *saved; /* of a stream past its warm-up, with an open tile */
    size_t size;
} sample;

static void require(bool holds) {
    if (!holds)
        abort();
}

static void push(flinch__stream *stream, uint32_t i) {
    const double row[INPUTS] = {i % 7, i + i % 5};
    flinch__stream_push(stream, row, 1000 * (int64_t)i);
}

static void learn_if_full(const sample *s, flinch__stream *stream) {
    if (flinch__stream_filled(stream) == FLINCH_TILE_ROWS)
        require(flinch_is_ok(flinch__stream_learn(stream, s->scratch)));
}

static sample make_sample(void) {
    static const flinch_input FIELDS[INPUTS] = {{.field = "a", .transform = FLINCH_TRANSFORM_DELTA},
                                                {.field = "b", .transform = FLINCH_TRANSFORM_RATE}};
    const flinch__stream_config config = {.api = flinch__cae_detector(),
                                          .inputs = {FIELDS, INPUTS},
                                          .window = 2,
                                          .alarm_rate = 0.01,
                                          .seed = 1};
    sample s = {0};
    flinch__stream *stream = NULL;
    flinch_error error;
    require(flinch_is_ok(flinch__blueprint_new(&config, &s.blueprint, &error)));
    s.scratch = aligned_alloc(64, flinch__blueprint_scratch_bytes(s.blueprint));
    require(flinch_is_ok(flinch__stream_new(s.blueprint, "x", 1, &stream, &error)));
    for (uint32_t i = 0; i < ROWS; i++) {
        push(stream, i);
        learn_if_full(&s, stream);
    }
    s.size = flinch__stream_saved_bytes(stream);
    s.saved = malloc(s.size);
    require(s.scratch != NULL && s.saved != NULL);
    require(flinch_is_ok(flinch__stream_save(stream, s.saved, s.size, &s.size)));
    flinch__stream_free(stream);
    return s;
}

/* Takes the next records as a worker would. */
static void use(const sample *s, flinch__stream *stream) {
    flinch_score scores[FLINCH_TILE_ROWS];
    for (uint32_t i = 0; i <= FLINCH_TILE_ROWS; i++) {
        require(flinch__stream_filled(stream) < FLINCH_TILE_ROWS);
        push(stream, i);
        uint32_t last = flinch__stream_filled(stream) - 1;
        require(flinch_is_ok(flinch__stream_score(stream, last, s->scratch, scores)));
        learn_if_full(s, stream);
    }
}

static void load(const sample *s, const uint8_t *bytes, size_t size) {
    flinch__stream *stream = NULL;
    flinch_error error;
    if (!flinch_is_ok(flinch__stream_load(s->blueprint, bytes, size, &stream, &error)))
        return;
    size_t again_size = 0;
    uint8_t *again = malloc(s->size);
    require(again != NULL);
    require(flinch_is_ok(flinch__stream_save(stream, again, s->size, &again_size)));
    require(again_size == size && memcmp(again, bytes, size) == 0);
    use(s, stream);
    free(again);
    flinch__stream_free(stream);
}

/* Each four bytes change one: three say which, the fourth how. What is left cuts the end off. */
static void spoil_and_load(const sample *s, const uint8_t *data, size_t size) {
    uint8_t *bytes = malloc(s->size);
    size_t cut = 0;
    require(bytes != NULL);
    memcpy(bytes, s->saved, s->size);
    for (; size >= EDIT_BYTES; data += EDIT_BYTES, size -= EDIT_BYTES)
        bytes[((size_t)data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16) % s->size] ^=
            data[3];
    for (; size > 0; size--)
        cut = cut << 8 | *data++;
    load(s, bytes, cut < s->size ? s->size - cut : 0);
    free(bytes);
}

static void decode(const uint8_t *bytes, size_t size) {
    flinch__state_record record;
    flinch__state_record back;
    flinch_error error;
    if (!flinch_is_ok(flinch__state_decode(bytes, size, &record, &error)))
        return;
    require(record.chunk < record.chunks && record.offset >= 0);
    size_t capacity = flinch__state_encoded_bytes(&record);
    uint8_t *again = malloc(capacity);
    require(again != NULL);
    require(flinch_is_ok(flinch__state_encode(&record, again, capacity, &capacity)));
    require(flinch_is_ok(flinch__state_decode(again, capacity, &back, &error)));
    require(back.offset == record.offset && back.size == record.size);
    free(again);
}

static void seal_and_decode(const uint8_t *data, size_t size) {
    uint8_t *bytes = malloc(size + 10);
    require(bytes != NULL);
    if (size > 0)
        memcpy(bytes, data, size);
    flinch__avro_writer w = {.at = bytes + size, .end = bytes + size + 10};
    flinch__put_long(&w, (int64_t)crc32_z(crc32_z(0, NULL, 0), bytes, size));
    decode(bytes, (size_t)(w.at - bytes));
    free(bytes);
}

/* The first byte says which door. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static sample s;
    if (s.saved == NULL)
        s = make_sample();
    if (size == 0)
        return 0;
    if (data[0] % 2 == 0) {
        decode(data + 1, size - 1);
        seal_and_decode(data + 1, size - 1);
    } else {
        spoil_and_load(&s, data + 1, size - 1);
    }
    return 0;
}
