/* librdkafka's mock cluster in this process, with what a test puts in and reads back.
 *
 * It answers the calls of a transaction but keeps none of its promises: what was aborted can be
 * read, offsets sent to a transaction are thrown away, and it knows no offsets by time. So exactly
 * once is tested against a broker (tests/e2e); here it is what flinch does about each answer. */
#ifndef FLINCH_TESTS_CONSUMER_MOCK_KAFKA_H
#define FLINCH_TESTS_CONSUMER_MOCK_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "consumer/worker.h"

/* Keys of the protocol's requests, for errors to be pushed. */
enum {
    API_PRODUCE = 0,
    API_FETCH = 1,
    API_LIST_OFFSETS = 2,
    API_OFFSET_COMMIT = 8,
    API_OFFSET_FETCH = 9,
    API_FIND_COORDINATOR = 10,
    API_INIT_PRODUCER = 22,
    API_ADD_PARTITIONS = 24,
    API_ADD_OFFSETS = 25,
    API_END_TXN = 26,
    API_OFFSET_COMMIT_IN_TXN = 28
};

enum { MOCK_PATIENCE_MS = 60000 }; /* the deadline of every wait */

typedef struct mock_kafka {
    rd_kafka_t *host; /* the cluster lives inside it; also the tests' producer */
    rd_kafka_topic_t *input;
    rd_kafka_mock_cluster_t *cluster;
    flinch__property properties[1]; /* for a worker's config */
} mock_kafka;

/* One broker with topics "in", "scores" and "dead" of as many partitions. */
void mock_kafka_open(mock_kafka *kafka, int partitions);
void mock_kafka_close(mock_kafka *kafka);

/* Points a config at the cluster. */
void mock_kafka_use(const mock_kafka *kafka, flinch__worker_config *config);

/* Puts a message into topic "in"; a NULL value is a tombstone. Its timestamp is 1234567890123, its
 * one header trace: t-1. */
typedef struct mock_record {
    int32_t partition;
    const char *key; /* NUL-terminated, or NULL */
    const void *value;
    size_t size;
} mock_record;
void mock_kafka_put(mock_kafka *kafka, const mock_record *record);
/* Waits until the cluster has all that was put. */
void mock_kafka_flush(mock_kafka *kafka);

/* A producer with one property more. */
rd_kafka_t *mock_kafka_producer(const mock_kafka *kafka, const char *name, const char *value);

/* A consumer of the group, in none of its ways configured as flinch's. */
rd_kafka_t *mock_kafka_consumer(const mock_kafka *kafka, const char *group);
/* One that reads all partitions of a topic from the beginning. */
rd_kafka_t *mock_kafka_reader(const mock_kafka *kafka, const char *topic, int partitions);
/* The next message, within the deadline. To be destroyed, before its reader is closed. */
rd_kafka_message_t *mock_kafka_next(rd_kafka_t *reader);
/* Takes NULL. */
void mock_kafka_reader_close(rd_kafka_t *reader);

/* Commits an offset of topic "in" for the group, as a worker would have. */
void mock_kafka_commit(const mock_kafka *kafka, const char *group, int32_t partition,
                       int64_t offset);

int64_t mock_now_ms(void);

#endif
