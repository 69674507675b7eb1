#include "plugin/host/demo.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>

#include "plugin/host/demo_board.h"
#include "plugin/host/demo_broker.h"
#include "plugin/host/demo_feed.h"
#include "plugin/host/demo_view.h"
#include "plugin/host/setup.h"

enum { READER_POLL_MS = 20, STALL_SECONDS = 60 };
static const double DRAW_EVERY_SECONDS = 0.4;
static const char INPUT[] = "connections";
static const char SCORES[] = "connections.scores";
static const char DEAD_LETTERS[] = "connections.dlq";

const char *flinch__demo_config(bool live) {
    if (live)
        return "features:\n"
               "  - {field: cpu_user, transform: rate}\n"
               "  - {field: cpu_system, transform: rate}\n"
               "  - {field: cpu_iowait, transform: rate}\n"
               "  - {field: context_switches, transform: rate}\n"
               "  - {field: forks, transform: rate}\n"
               "  - {field: running}\n"
               "  - {field: memory_used_mb}\n"
               "  - {field: memory_dirty_mb}\n"
               "  - {field: disk_read_kb, transform: rate}\n"
               "  - {field: disk_written_kb, transform: rate}\n"
               "  - {field: net_received_kb, transform: rate}\n"
               "  - {field: net_sent_kb, transform: rate}\n"
               "  - {field: load}\n"
               "  - {field: stalled_cpu_us, transform: rate}\n"
               "  - {field: stalled_memory_us, transform: rate}\n"
               "  - {field: stalled_io_us, transform: rate}\n"
               "detector: {type: cae, warmup: 128}\n"
               "commit: {interval: 50ms}\n";
    return "features:\n"
           "  - duration\n  - src_bytes\n  - dst_bytes\n  - land\n  - wrong_fragment\n"
           "  - urgent\n  - hot\n  - num_failed_logins\n  - logged_in\n  - num_compromised\n"
           "  - root_shell\n  - su_attempted\n  - num_root\n  - num_file_creations\n"
           "  - num_shells\n  - num_access_files\n  - num_outbound_cmds\n  - is_host_login\n"
           "  - is_guest_login\n  - count\n  - srv_count\n  - serror_rate\n"
           "  - srv_serror_rate\n  - rerror_rate\n  - srv_rerror_rate\n  - same_srv_rate\n"
           "  - diff_srv_rate\n  - srv_diff_host_rate\n  - dst_host_count\n"
           "  - dst_host_srv_count\n  - dst_host_same_srv_rate\n  - dst_host_diff_srv_rate\n"
           "  - dst_host_same_src_port_rate\n  - dst_host_srv_diff_host_rate\n"
           "  - dst_host_serror_rate\n  - dst_host_srv_serror_rate\n"
           "  - dst_host_rerror_rate\n  - dst_host_srv_rerror_rate\n"
           "  - {field: flag, one_hot: [SF, S0, REJ, RSTO, RSTR, S1, S2, S3, SH, OTH, RSTOS0]}\n";
}

/* Everything that runs. */
typedef struct demo {
    const flinch__demo_options *options;
    flinch__demo_table table;
    flinch__demo_broker *broker;
    flinch__setup setup;
    flinch__property properties[2];
    flinch__stats stats;
    flinch__worker_config worker_config;
    flinch__worker *worker;
    atomic_bool stop_worker;
    flinch_status worker_status;
    flinch_error worker_error;
    atomic_bool worker_ended;
    flinch__demo_feed feed;
    rd_kafka_t *reader;
    flinch__board board;
    flinch__view view;
    pthread_t threads[2];
    int started; /* of threads */
} demo;

static double monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void *run_worker(void *argument) {
    demo *d = argument;
    d->worker_status = flinch__worker_run(d->worker, &d->stop_worker, &d->worker_error);
    atomic_store(&d->worker_ended, true);
    return NULL;
}

/* The worker is that of `run`: the same settings, but for the broker and the schema. */
static flinch_status open_worker(demo *d, flinch_error *error) {
    const flinch__config *config = d->options->config;
    const char *schema = d->options->live ? flinch__sampler_schema() : d->table.schema;
    flinch__setup_request request = {
        .config = config, .detector = d->options->detector, .schema = schema};
    FLINCH_TRY(flinch__setup_init(&d->setup, &request, error));
    d->properties[0] =
        (flinch__property){"bootstrap.servers", flinch__demo_broker_servers(d->broker)};
    /* The demonstration broker keeps an empty fetch for the whole wait, whatever arrives. */
    d->properties[1] = (flinch__property){"fetch.wait.max.ms", "20"};
    d->worker_config = (flinch__worker_config){
        .properties = d->properties,
        .property_count = 2,
        .topic = INPUT,
        .group = "flinch-demo",
        .transactional_id = "flinch-demo-0",
        .scores_topic = SCORES,
        .dead_letters_topic = DEAD_LETTERS,
        .score_schema_id = -1,
        .start = FLINCH_START_EARLIEST,
        .score_backlog = true,
        .stream_by = FLINCH_STREAM_BY_PARTITION,
        .exactly_once = true,
        .commit_interval_ms = config->commit_interval_ms,
        .transaction_ms = 60000,
        .blueprint = d->setup.blueprint,
        .decoder = {.want = flinch__setup_want(&d->setup),
                    .framing = FLINCH_FRAMING_CONFLUENT,
                    .schema = schema},
        .notes = {.note = flinch__log_note, .context = (void *)d->options->log},
        .stats = &d->stats,
    };
    return flinch__worker_new(&d->worker_config, &d->worker, error);
}

/* Reads the scores from their topic, committed ones alone, as any consumer of them would. */
static flinch_status open_reader(demo *d, flinch_error *error) {
    static const flinch__property SETTINGS[] = {{"group.id", "flinch-demo-reader"},
                                                {"isolation.level", "read_committed"},
                                                {"enable.auto.commit", "false"},
                                                {"fetch.wait.max.ms", "20"}};
    char text[256] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, NULL);
    rd_kafka_conf_res_t set = rd_kafka_conf_set(
        conf, "bootstrap.servers", flinch__demo_broker_servers(d->broker), text, sizeof text);
    for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS && set == RD_KAFKA_CONF_OK; i++)
        set = rd_kafka_conf_set(conf, SETTINGS[i].name, SETTINGS[i].value, text, sizeof text);
    d->reader =
        set == RD_KAFKA_CONF_OK ? rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text) : NULL;
    if (d->reader == NULL) {
        rd_kafka_conf_destroy(conf);
        return flinch_fail(error, FLINCH_FATAL, "the demo's reader: %s", text);
    }
    rd_kafka_poll_set_consumer(d->reader);
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(FLINCH__DEMO_PARTITIONS);
    for (int p = 0; p < FLINCH__DEMO_PARTITIONS; p++)
        rd_kafka_topic_partition_list_add(list, SCORES, p)->offset = 0;
    rd_kafka_resp_err_t err = rd_kafka_assign(d->reader, list);
    rd_kafka_topic_partition_list_destroy(list);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR
               ? flinch_status_of(FLINCH_OK)
               : flinch_fail(error, FLINCH_FATAL, "the demo's reader: %s", rd_kafka_err2str(err));
}

static flinch_status start_threads(demo *d, flinch_error *error) {
    d->feed.servers = flinch__demo_broker_servers(d->broker);
    d->feed.topic = INPUT;
    d->feed.table = d->options->live ? NULL : &d->table;
    d->feed.rate = d->options->rate;
    if (pthread_create(&d->threads[0], NULL, run_worker, d) != 0)
        return flinch_fail(error, FLINCH_FATAL, "no thread for the worker");
    d->started = 1;
    if (pthread_create(&d->threads[1], NULL, flinch__demo_feed_run, &d->feed) != 0)
        return flinch_fail(error, FLINCH_FATAL, "no thread for the producer");
    d->started = 2;
    return flinch_status_of(FLINCH_OK);
}

static flinch_status take_score(demo *d, const rd_kafka_message_t *message, bool print,
                                flinch_error *error) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return flinch_status_of(FLINCH_OK);
    flinch__score_record record;
    if (!flinch_is_ok(flinch__score_decode(message->payload, message->len, &record)))
        return flinch_fail(error, FLINCH_FATAL, "a score that came back is not readable");
    uint64_t anomalies = d->board.anomalies;
    flinch_status status = flinch__board_add(&d->board, &record);
    atomic_store(&d->feed.received, d->board.received);
    if (print && d->board.anomalies > anomalies)
        flinch__view_print_newest(&d->view, &d->board);
    return status;
}

static bool is_over(const demo *d) {
    const flinch__demo_options *options = d->options;
    double seconds = d->board.now - d->board.started_at;
    return atomic_load(options->stop) || (options->seconds > 0 && seconds >= options->seconds) ||
           (d->board.expected > 0 && d->board.received == d->board.expected);
}

static flinch_status check_threads(const demo *d, double last_progress, flinch_error *error) {
    if (atomic_load(&d->worker_ended))
        return flinch_fail(error, FLINCH_FATAL, "the worker ended: %s", d->worker_error.text);
    if (atomic_load(&d->feed.failed))
        return flinch_fail(error, FLINCH_FATAL, "%s", d->feed.error.text);
    if (d->board.now - last_progress > STALL_SECONDS)
        return flinch_fail(error, FLINCH_FATAL, "no score for %d seconds", STALL_SECONDS);
    return flinch_status_of(FLINCH_OK);
}

/* Reads scores and shows them until the end. */
static flinch_status watch(demo *d, flinch_error *error) {
    bool print = !d->view.terminal && !d->options->json && d->options->live;
    double drawn_at = 0;
    double progress_at = monotonic();
    while (!is_over(d)) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(d->reader, READER_POLL_MS);
        d->board.now = monotonic();
        if (message != NULL) {
            if (d->board.received == 0)
                d->board.started_at = d->board.now;
            progress_at = d->board.now;
            flinch_status status = take_score(d, message, print, error);
            rd_kafka_message_destroy(message);
            FLINCH_TRY(status);
        }
        FLINCH_TRY(check_threads(d, progress_at, error));
        if (d->view.terminal && d->board.now - drawn_at >= DRAW_EVERY_SECONDS) {
            flinch__view_draw(&d->view, &d->board);
            drawn_at = d->board.now;
        }
    }
    if (!d->options->json && !print && (d->view.terminal || d->board.line_count > 0))
        flinch__view_draw(&d->view, &d->board);
    return flinch_status_of(FLINCH_OK);
}

static void introduce(const demo *d) {
    if (d->options->json)
        return;
    printf(d->options->live
               ? "flinch demo --live: this machine, ten samples a second -> Kafka -> scores.\n"
               : "flinch demo: 74,016 recorded connections to web and mail servers, attacks among\n"
                 "them (KDD Cup 1999) -> Kafka -> flinch -> scores, as they come. The column\n"
                 "truth is for you: flinch never sees it.\n");
    printf("The broker is a demonstration in this process: nothing in it is durable.\n\n");
    fflush(stdout);
}

static flinch_status open_parts(demo *d, flinch_error *error) {
    const char *topics[] = {INPUT, SCORES, DEAD_LETTERS, NULL};
    if (!d->options->live)
        FLINCH_TRY(flinch__demo_table_load(&d->table, error));
    d->board = (flinch__board){.table = d->options->live ? NULL : &d->table,
                               .expected = d->options->live ? 0 : d->table.count,
                               .alarm_rate = d->options->config->alarm_rate,
                               .rate = d->options->live ? 0 : d->options->rate,
                               .started_at = monotonic()};
    FLINCH_TRY(flinch__demo_broker_open(topics, FLINCH__DEMO_PARTITIONS, &d->broker, error));
    FLINCH_TRY(open_worker(d, error));
    FLINCH_TRY(open_reader(d, error));
    return start_threads(d, error);
}

/* Ends the threads first, then what they use. */
static void close_parts(demo *d) {
    atomic_store(&d->feed.stop, true);
    if (d->started > 1)
        pthread_join(d->threads[1], NULL);
    atomic_store(&d->stop_worker, true);
    if (d->started > 0)
        pthread_join(d->threads[0], NULL);
    flinch__worker_free(d->worker);
    if (d->reader != NULL) {
        rd_kafka_consumer_close(d->reader);
        rd_kafka_destroy(d->reader);
    }
    flinch__demo_broker_close(d->broker);
    flinch__setup_fini(&d->setup);
    flinch__demo_table_free(&d->table);
    flinch__board_fini(&d->board);
}

flinch_status flinch__demo_run(const flinch__demo_options *options, flinch_error *error) {
    demo *d = calloc(1, sizeof *d);
    if (d == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory for the demo");
    bool terminal = isatty(STDOUT_FILENO) && !options->json;
    d->options = options;
    d->view = (flinch__view){
        .out = stdout, .terminal = terminal, .colour = terminal && getenv("NO_COLOR") == NULL};
    introduce(d);
    flinch_status status = open_parts(d, error);
    if (flinch_is_ok(status))
        status = watch(d, error);
    if (flinch_is_ok(status) && !options->json)
        flinch__view_summary(&d->view, &d->board);
    if (flinch_is_ok(status) && options->json)
        flinch__view_json(&d->view, &d->board);
    close_parts(d);
    free(d);
    return status;
}
