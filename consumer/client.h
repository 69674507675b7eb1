/* librdkafka handles with the settings that flinch's promises rest on. */
#ifndef FLINCH_CONSUMER_CLIENT_H
#define FLINCH_CONSUMER_CLIENT_H

#include <librdkafka/rdkafka.h>

#include "consumer/worker.h"

typedef enum flinch__client_kind {
    FLINCH_CLIENT_CONSUMER,
    FLINCH_CLIENT_READER,  /* a consumer that joins no group and tells the end of a partition */
    FLINCH_CLIENT_PRODUCER /* transactional if the config is exactly_once */
} flinch__client_kind;

/* Callbacks of a client; NULL members are left out. `answered` is called by librdkafka's threads.
 */
typedef struct flinch__client_hooks {
    void (*rebalance)(rd_kafka_t *, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t *, void *);
    void (*delivered)(rd_kafka_t *, const rd_kafka_message_t *, void *);
    void (*failed)(rd_kafka_t *, int, const char *, void *);
    rd_kafka_interceptor_f_on_response_received_t *answered;
    void *opaque;
} flinch__client_hooks;

FLINCH_MUST_CHECK flinch_status flinch__client_new(flinch__client_kind kind,
                                                   const flinch__worker_config *config,
                                                   const flinch__client_hooks *hooks,
                                                   rd_kafka_t **out_client, flinch_error *error);

/* Value of bootstrap.servers, for messages; "" if it is not set. */
const char *flinch__client_brokers(const flinch__worker_config *config);

#endif
