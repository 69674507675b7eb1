/* A committer alone, with a mock cluster and one partition that has progress. */
#ifndef FLINCH_TESTS_CONSUMER_COMMITTER_FIXTURE_H
#define FLINCH_TESTS_CONSUMER_COMMITTER_FIXTURE_H

#include "consumer/commit.h"
#include "tests/consumer/fixture.h"
#include "tests/consumer/mock_kafka.h"

typedef struct committer_fixture {
    mock_kafka kafka;
    rd_kafka_t *consumer;
    flinch__property properties[2];
    flinch__stats stats;
    flinch__worker_config config;
    flinch__partitions partitions;
    flinch__committer committer;
    flinch_error error;
    char said[512]; /* the newest note on a transaction's call that failed */
} committer_fixture;

/* For cmocka. */
int committer_fixture_set_up(void **state);
int committer_fixture_tear_down(void **state);

/* Partition 0 has outcomes of `next` records, none of them committed; nothing is counted. */
void committer_fixture_progress(committer_fixture *s, int64_t next);

/* As a worker does it: again while the brokers are not there. */
flinch_code committer_fixture_open(committer_fixture *s);
flinch_code committer_fixture_begin(committer_fixture *s);
void committer_fixture_produce(committer_fixture *s);
flinch_code committer_fixture_commit(committer_fixture *s);

/* Was everything up to `offset` committed, by one commit after so many aborts? Or nothing? */
bool committer_fixture_is_committed(committer_fixture *s, int64_t offset, uint64_t aborts);
bool committer_fixture_is_uncommitted(committer_fixture *s);

/* Prints where it stands, for a test that fails. */
void committer_fixture_tell(committer_fixture *s, int16_t request, rd_kafka_resp_err_t error,
                            flinch_code code);

#endif
