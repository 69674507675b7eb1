#include "plugin/host/demo_feed.h"

#include <string.h>
#include <time.h>

#include <librdkafka/rdkafka.h>

#include "schemas/wire.h"

enum { AHEAD = 6000, SCHEMA_ID = 1, PAUSE_MS = 5, LIVE_INTERVAL_MS = 100 };

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void fail(flinch__demo_feed *feed, const char *text) {
    flinch_fail(&feed->error, FLINCH_FATAL, "the demo's producer: %s", text);
    atomic_store(&feed->failed, true);
}

static rd_kafka_t *open_producer(flinch__demo_feed *feed) {
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, NULL);
    if (rd_kafka_conf_set(conf, "bootstrap.servers", feed->servers, text, sizeof text) !=
            RD_KAFKA_CONF_OK ||
        rd_kafka_conf_set(conf, "linger.ms", "5", text, sizeof text) != RD_KAFKA_CONF_OK) {
        fail(feed, text);
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (producer == NULL) {
        fail(feed, text);
        rd_kafka_conf_destroy(conf);
    }
    return producer;
}

/* One record in the registry's wire format. */
static void send_record(flinch__demo_feed *feed, rd_kafka_t *producer,
                        const flinch__demo_record *record) {
    uint8_t framed[4096];
    if (record->size > sizeof framed - FLINCH__WIRE_BYTES) {
        fail(feed, "a record is too long");
        return;
    }
    flinch__wire_write(SCHEMA_ID, framed);
    memcpy(framed + FLINCH__WIRE_BYTES, record->bytes, record->size);
    const rd_kafka_vu_t vus[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = feed->topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = record->partition},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {.ptr = (void *)record->key, .size = strlen(record->key)}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {.ptr = framed, .size = record->size + FLINCH__WIRE_BYTES}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = (int64_t)(1000 * seconds(CLOCK_REALTIME))},
    };
    rd_kafka_error_t *failed = rd_kafka_produceva(producer, vus, sizeof vus / sizeof *vus);
    if (failed != NULL)
        fail(feed, rd_kafka_error_string(failed));
    else
        atomic_fetch_add(&feed->produced, 1);
    if (failed != NULL)
        rd_kafka_error_destroy(failed);
}

static bool goes_on(const flinch__demo_feed *feed) {
    return !atomic_load(&feed->stop) && !atomic_load(&feed->failed);
}

static void send_table(flinch__demo_feed *feed, rd_kafka_t *producer) {
    double start = seconds(CLOCK_MONOTONIC);
    for (uint32_t i = 0; i < feed->table->count && goes_on(feed);) {
        double due = feed->rate > 0 ? feed->rate * (seconds(CLOCK_MONOTONIC) - start) : 1e18;
        if (i >= atomic_load(&feed->received) + AHEAD || i > due) {
            rd_kafka_poll(producer, PAUSE_MS);
            continue;
        }
        send_record(feed, producer, &feed->table->records[i++]);
    }
}

static void send_samples(flinch__demo_feed *feed, rd_kafka_t *producer) {
    uint8_t bytes[1024];
    double next = seconds(CLOCK_MONOTONIC);
    while (goes_on(feed)) {
        flinch__demo_record record = {.bytes = bytes, .key = "this-machine"};
        record.size = (uint32_t)flinch__sampler_read(bytes, sizeof bytes);
        send_record(feed, producer, &record);
        next += LIVE_INTERVAL_MS / 1000.0;
        while (goes_on(feed) && seconds(CLOCK_MONOTONIC) < next)
            rd_kafka_poll(producer, PAUSE_MS);
    }
}

void *flinch__demo_feed_run(void *argument) {
    flinch__demo_feed *feed = argument;
    rd_kafka_t *producer = open_producer(feed);
    if (producer == NULL)
        return NULL;
    if (feed->table != NULL)
        send_table(feed, producer);
    else
        send_samples(feed, producer);
    if (rd_kafka_flush(producer, 10000) != RD_KAFKA_RESP_ERR_NO_ERROR && goes_on(feed))
        fail(feed, "not all records were delivered");
    rd_kafka_destroy(producer);
    return NULL;
}
