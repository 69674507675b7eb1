#include "consumer/topics.h"

#include <string.h>
#include <time.h>

#include "consumer/client.h"

enum { ASK_MS = 5000, PAUSE_MS = 250, PAUSE_MAX_MS = 4000, STEP_MS = 50 };

static flinch_status judge(rd_kafka_resp_err_t err, const char *topic, const char *setting,
                           const char *brokers, flinch_error *error) {
    switch ((int)err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return flinch_status_of(FLINCH_OK);
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        return flinch_fail(error, FLINCH_NOT_FOUND,
                           "topic %s (%s) does not exist on %s (kafka.bootstrap.servers)", topic,
                           setting, brokers);
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        return flinch_fail(error, FLINCH_DENIED, "topic %s (%s): not authorised on %s", topic,
                           setting, brokers);
    default:
        return flinch_fail(error, FLINCH_TRY_AGAIN,
                           "topic %s (%s): no answer from %s (kafka.bootstrap.servers): %s", topic,
                           setting, brokers, rd_kafka_err2str(err));
    }
}

flinch_status flinch__topic_partitions(rd_kafka_t *client, const char *topic, const char *setting,
                                       const char *brokers, int *out_partitions,
                                       flinch_error *error) {
    *out_partitions = 0;
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
    if (handle == NULL)
        return flinch_fail(error, FLINCH_INVALID, "%s: \"%.249s\" is not a topic name", setting,
                           topic);
    rd_kafka_resp_err_t err = rd_kafka_metadata(client, 0, handle, &metadata, ASK_MS);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        err = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        *out_partitions = metadata->topics[0].partition_cnt;
    if (metadata != NULL)
        rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
    return judge(err, topic, setting, brokers, error);
}

typedef struct needed_topic {
    const char *name;
    const char *setting;
    int partitions;  /* at least; 0: the input, which is not made */
    bool is_compact; /* exactly so many partitions, and compaction */
} needed_topic;

/* Segments that close soon, so that compaction can keep what is to be read at a start small. */
static void make_compact(rd_kafka_NewTopic_t *wanted) {
    static const char *const SETTINGS[][2] = {{"cleanup.policy", "compact"},
                                              {"segment.bytes", "33554432"},
                                              {"segment.ms", "600000"},
                                              {"min.cleanable.dirty.ratio", "0.1"}};
    for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS; i++)
        (void)rd_kafka_NewTopic_set_config(wanted, SETTINGS[i][0], SETTINGS[i][1]);
}

/* Asks the cluster to make a topic; whether it did shows when the topic is looked up again. */
static void create_topic(rd_kafka_t *client, const flinch__worker_config *config,
                         const needed_topic *topic) {
    char text[256];
    rd_kafka_NewTopic_t *wanted =
        rd_kafka_NewTopic_new(topic->name, topic->partitions, -1, text, sizeof text);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    if (wanted != NULL) {
        if (topic->is_compact)
            make_compact(wanted);
        rd_kafka_CreateTopics(client, &wanted, 1, NULL, queue);
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 2 * ASK_MS);
        if (event != NULL)
            rd_kafka_event_destroy(event);
        rd_kafka_NewTopic_destroy(wanted);
        flinch__note(&config->notes, FLINCH_NOTE_INFO, "topic_create", "topic=%s partitions=%d",
                     topic->name, topic->partitions);
    }
    rd_kafka_queue_destroy(queue);
}

/* One look: OK, or what is the matter. */
static flinch_status look(rd_kafka_t *client, const flinch__worker_config *config,
                          const needed_topic *topic, int *out_partitions, flinch_error *error) {
    flinch_status status = flinch__topic_partitions(
        client, topic->name, topic->setting, flinch__client_brokers(config), out_partitions, error);
    if (status.code == FLINCH_NOT_FOUND && topic->partitions > 0) {
        create_topic(client, config, topic);
        status = flinch__topic_partitions(client, topic->name, topic->setting,
                                          flinch__client_brokers(config), out_partitions, error);
    }
    if (flinch_is_ok(status) && *out_partitions < topic->partitions)
        return flinch_fail(error, FLINCH_FATAL,
                           "topic %s (%s) has %d partitions, the input has %d: it needs as many",
                           topic->name, topic->setting, *out_partitions, topic->partitions);
    if (flinch_is_ok(status) && topic->is_compact && *out_partitions != topic->partitions)
        return flinch_fail(error, FLINCH_FATAL,
                           "topic %s (%s) has %d partitions, the input has %d: it must have the "
                           "same number; name another one, or add partitions to the input",
                           topic->name, topic->setting, *out_partitions, topic->partitions);
    return status;
}

static void pause_ms(const atomic_bool *stop, int ms) {
    const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
    for (int waited = 0; waited < ms && !atomic_load(stop); waited += STEP_MS)
        nanosleep(&step, NULL);
}

static flinch_status await(rd_kafka_t *client, const flinch__worker_config *config,
                           const needed_topic *topic, const atomic_bool *stop, int *out_partitions,
                           flinch_error *error) {
    for (int pause = PAUSE_MS; !atomic_load(stop);) {
        flinch_status status = look(client, config, topic, out_partitions, error);
        if (status.code != FLINCH_NOT_FOUND && status.code != FLINCH_TRY_AGAIN)
            return status;
        flinch__note(&config->notes, FLINCH_NOTE_WARNING, "waiting",
                     "retry_in_ms=%d reason=\"%.400s\"", pause, error->text);
        rd_kafka_poll(client, 0);
        pause_ms(stop, pause);
        pause = 2 * pause < PAUSE_MAX_MS ? 2 * pause : PAUSE_MAX_MS;
    }
    return flinch_status_of(FLINCH_STOPPED);
}

flinch_status flinch__topics_ready(rd_kafka_t *client, const flinch__worker_config *config,
                                   const atomic_bool *stop, flinch_error *error) {
    int partitions = 0;
    int there = 0;
    FLINCH_TRY(await(client, config, &(needed_topic){config->topic, "input.topic", 0, false}, stop,
                     &partitions, error));
    FLINCH_TRY(await(client, config,
                     &(needed_topic){config->scores_topic, "output.scores", partitions, false},
                     stop, &there, error));
    FLINCH_TRY(
        await(client, config,
              &(needed_topic){config->dead_letters_topic, "output.dead_letters", partitions, false},
              stop, &there, error));
    if (config->state_topic == NULL)
        return flinch_status_of(FLINCH_OK);
    return await(client, config,
                 &(needed_topic){config->state_topic, "output.state", partitions, true}, stop,
                 &there, error);
}
