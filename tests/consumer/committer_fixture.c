#include "tests/consumer/committer_fixture.h"

#include <stdio.h>

#include "tests/support/unit.h"

static void hear(void *context, int level, const char *event, const char *text) {
    committer_fixture *s = context;
    if (strcmp(event, "transaction_error") == 0 || strcmp(event, "abort_failed") == 0)
        snprintf(s->said, sizeof s->said, "%s", text);
}

int committer_fixture_set_up(void **state) {
    committer_fixture *s = calloc(1, sizeof *s);
    flinch__partition *partition = NULL;
    assert_non_null(s);
    mock_kafka_open(&s->kafka, 1);
    s->config = fixture_config(NULL, &s->stats);
    s->config.notes = (flinch__notes){hear, s};
    mock_kafka_use(&s->kafka, &s->config);
    s->consumer = mock_kafka_consumer(&s->kafka, "group");
    assert_ok(flinch__partitions_add(&s->partitions, 0, &partition));
    *state = s;
    return 0;
}

int committer_fixture_tear_down(void **state) {
    committer_fixture *s = *state;
    flinch__committer_close(&s->committer);
    flinch__partitions_fini(&s->partitions);
    mock_kafka_reader_close(s->consumer);
    mock_kafka_close(&s->kafka);
    free(s);
    return 0;
}

void committer_fixture_progress(committer_fixture *s, int64_t next) {
    flinch__partition *partition = &s->partitions.items[0];
    partition->learn_from = partition->publish_from = 0;
    partition->committed = -1;
    partition->next = next;
    for (int i = 0; i < FLINCH_STAT_COUNT; i++)
        atomic_store(&s->stats.count[i], 0);
    s->said[0] = '\0';
}

flinch_code committer_fixture_open(committer_fixture *s) {
    flinch_status status = flinch_status_of(FLINCH_TRY_AGAIN);
    int64_t until = mock_now_ms() + MOCK_PATIENCE_MS;
    while (status.code == FLINCH_TRY_AGAIN && mock_now_ms() < until)
        status = flinch__committer_open(&s->committer, &s->config, &s->error);
    return status.code;
}

flinch_code committer_fixture_begin(committer_fixture *s) {
    return flinch__committer_begin(&s->committer, &s->error).code;
}

void committer_fixture_produce(committer_fixture *s) {
    const rd_kafka_vu_t vus[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = "scores"},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = 0},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {.ptr = "x", .size = 1}},
    };
    assert_null(rd_kafka_produceva(s->committer.producer, vus, sizeof vus / sizeof *vus));
}

flinch_code committer_fixture_commit(committer_fixture *s) {
    return flinch__committer_commit(&s->committer, s->consumer, &s->partitions, &s->error).code;
}

bool committer_fixture_is_committed(committer_fixture *s, int64_t offset, uint64_t aborts) {
    return s->partitions.items[0].committed == offset && !s->committer.open &&
           flinch__stats_get(&s->stats, FLINCH_STAT_COMMITS) == 1 &&
           flinch__stats_get(&s->stats, FLINCH_STAT_ABORTS) == aborts;
}

bool committer_fixture_is_uncommitted(committer_fixture *s) {
    return s->partitions.items[0].committed == -1 &&
           flinch__stats_get(&s->stats, FLINCH_STAT_COMMITS) == 0;
}

void committer_fixture_tell(committer_fixture *s, int16_t request, rd_kafka_resp_err_t error,
                            flinch_code code) {
    print_error("%s to request %d: %s, commits %d, aborts %d; %s\n", rd_kafka_err2name(error),
                request, flinch_code_name(code),
                (int)flinch__stats_get(&s->stats, FLINCH_STAT_COMMITS),
                (int)flinch__stats_get(&s->stats, FLINCH_STAT_ABORTS), s->said);
}
