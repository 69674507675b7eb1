#include "consumer/positions.h"

#include <inttypes.h>
#include <time.h>

#include "consumer/client.h"

enum { ASK_MS = 10000 };

static flinch_status unanswered(const flinch__worker_config *config, const char *what,
                                rd_kafka_resp_err_t err, flinch_error *error) {
    return flinch_fail(error, FLINCH_TRY_AGAIN,
                       "%s of topic %s: %s (brokers %s, "
                       "kafka.bootstrap.servers)",
                       what, config->topic, rd_kafka_err2str(err), flinch__client_brokers(config));
}

/* The offset at a time, or the log's end if it holds nothing so new. */
static flinch_status offset_at(rd_kafka_t *consumer, const flinch__worker_config *config,
                               int32_t id, int64_t time_ms, int64_t high, int64_t *out_offset,
                               flinch_error *error) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, config->topic, id)->offset = time_ms;
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(consumer, list, ASK_MS);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        err = list->elems[0].err;
    *out_offset = list->elems[0].offset >= 0 ? list->elems[0].offset : high;
    rd_kafka_topic_partition_list_destroy(list);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR ? flinch_status_of(FLINCH_OK)
                                             : unanswered(config, "offsets by time", err, error);
}

/* The one place where flinch reads a wall clock: what "ago" means at a first start. */
static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* m of a partition that this process has not held yet. */
static flinch_status find_start(rd_kafka_t *consumer, const flinch__worker_config *config,
                                int32_t id, int64_t low, int64_t high, int64_t *out_start,
                                flinch_error *error) {
    switch (config->start) {
    case FLINCH_START_EARLIEST:
        *out_start = low;
        return flinch_status_of(FLINCH_OK);
    case FLINCH_START_LATEST:
        *out_start = high;
        return flinch_status_of(FLINCH_OK);
    case FLINCH_START_AGO:
        return offset_at(consumer, config, id, now_ms() - config->start_ms, high, out_start, error);
    case FLINCH_START_AT:
        return offset_at(consumer, config, id, config->start_ms, high, out_start, error);
    }
    return flinch_fail(error, FLINCH_INVALID, "input.start: not known");
}

static flinch_status find_partition(rd_kafka_t *consumer, const flinch__worker_config *config,
                                    flinch__partition *partition, flinch_error *error) {
    int64_t low = 0;
    int64_t high = 0;
    rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(consumer, config->topic,
                                                               partition->id, &low, &high, ASK_MS);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return unanswered(config, "log ends", err, error);

    int64_t start = partition->learn_from;
    if (start < 0)
        FLINCH_TRY(find_start(consumer, config, partition->id, low, high, &start, error));
    if (start < low)
        flinch__note(&config->notes, FLINCH_NOTE_WARNING, "input_deleted",
                     "partition=%" PRId32 " learn_from=%" PRId64 " first_left=%" PRId64,
                     partition->id, start, low);
    start = start < low ? low : start;

    int64_t publish = partition->committed;
    if (publish < 0)
        publish = partition->publish_from;
    if (publish < 0)
        publish = config->score_backlog ? start : high;
    publish = publish < low ? low : publish;
    partition->learn_from = start < publish ? start : publish;
    partition->publish_from = publish;
    partition->next = partition->learn_from;
    partition->retry_at_ms = 0;
    flinch__note(&config->notes, FLINCH_NOTE_INFO, "partition_position",
                 "partition=%" PRId32 " learn_from=%" PRId64 " publish_from=%" PRId64
                 " log_end=%" PRId64,
                 partition->id, partition->learn_from, partition->publish_from, high);
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__positions_find(rd_kafka_t *consumer, const flinch__worker_config *config,
                                     flinch__partitions *partitions, flinch_error *error) {
    if (partitions->count == 0)
        return flinch_status_of(FLINCH_OK);
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)partitions->count);
    for (uint32_t i = 0; i < partitions->count; i++)
        rd_kafka_topic_partition_list_add(list, config->topic, partitions->items[i].id);
    rd_kafka_resp_err_t err = rd_kafka_committed(consumer, list, ASK_MS);
    flinch_status status = flinch_status_of(FLINCH_OK);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = unanswered(config, "committed offsets", err, error);
    for (int i = 0; i < list->cnt && flinch_is_ok(status); i++) {
        flinch__partition *partition = &partitions->items[i];
        if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            status = unanswered(config, "committed offsets", list->elems[i].err, error);
            break;
        }
        partition->committed = list->elems[i].offset >= 0 ? list->elems[i].offset : -1;
        status = find_partition(consumer, config, partition, error);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}
