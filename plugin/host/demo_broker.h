/* The demonstration broker: librdkafka's mock cluster, over real TCP, in this process. Nothing in
 * it is durable, it keeps 5 MB of a partition, and it fences nobody: good for showing, not for
 * proving. */
#ifndef FLINCH_HOST_DEMO_BROKER_H
#define FLINCH_HOST_DEMO_BROKER_H

#include "flinch/status.h"

typedef struct flinch__demo_broker flinch__demo_broker;

/* A broker with the named topics, of `partitions` each. [main] */
FLINCH_MUST_CHECK flinch_status flinch__demo_broker_open(const char *const *topics, int partitions,
                                                         flinch__demo_broker **out_broker,
                                                         flinch_error *error);
void flinch__demo_broker_close(flinch__demo_broker *broker);

/* Its bootstrap.servers; borrowed. */
const char *flinch__demo_broker_servers(const flinch__demo_broker *broker);

#endif
