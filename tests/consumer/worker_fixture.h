/* A worker on its thread with a mock cluster, a state topic and one partition; and the scores that
 * its records have without Kafka. */
#ifndef FLINCH_TESTS_CONSUMER_WORKER_FIXTURE_H
#define FLINCH_TESTS_CONSUMER_WORKER_FIXTURE_H

#include <pthread.h>

#include "tests/consumer/fixture.h"
#include "tests/consumer/mock_kafka.h"

enum { WORKER_FIXTURE_RECORDS = 2000 };

typedef struct worker_fixture {
    mock_kafka kafka;
    flinch__property properties[8];
    rd_kafka_t *reader; /* of the scores */
    flinch__blueprint *blueprint;
    flinch__stats stats;
    flinch__worker_config config;
    flinch__worker *worker;
    pthread_t thread;
    atomic_bool stop;
    flinch_status status;
    flinch_error error;
    uint32_t keys;          /* of the records, each for some in a row; 0: none, one stream */
    int64_t passed_over;    /* a record that nothing is learned from; −1: none */
    flinch_score *expected; /* [RECORDS] by offset */
    int64_t put;            /* records that were put */
    int64_t next;           /* offset of the record whose score is to come */
    int64_t again;          /* scores of records that had one */
} worker_fixture;

/* For cmocka. At least once, because the mock cluster forgets the offsets of a transaction; what
 * was learned is kept with the first commit and when the worker leaves. */
int worker_fixture_set_up(void **state);
int worker_fixture_tear_down(void **state);

/* Scores all records without Kafka: before the first is read. */
void worker_fixture_expect(worker_fixture *f);

void worker_fixture_start(worker_fixture *f);
/* Waits for the worker's end and gives what run returned. */
flinch_code worker_fixture_join(worker_fixture *f);
flinch_code worker_fixture_stop(worker_fixture *f);
/* Ends the worker without its doing anything more: it is refused its input. */
void worker_fixture_crash(worker_fixture *f);

/* Puts records, the next ones in turn; with a schema id, behind its wire header. */
void worker_fixture_put(worker_fixture *f, uint32_t count, int32_t schema_id);

/* Reads scores up to that of record end − 1: each has the bits that it has without Kafka, and none
 * is missing on the way. */
void worker_fixture_read(worker_fixture *f, int64_t end);

void worker_fixture_wait(worker_fixture *f, flinch__stat stat, uint64_t count);
/* Waits until the offset behind all that was put is committed. */
void worker_fixture_wait_for_commit(worker_fixture *f);
int64_t worker_fixture_messages(worker_fixture *f, const char *topic);

#endif
