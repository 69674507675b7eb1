#include "plugin/host/config_kafka.h"

#include <string.h>

/* With the prefix that they have in the configuration, so that suggestions can point to them. */
#define PREFIX "kafka."
enum { PREFIX_SIZE = sizeof PREFIX - 1 };

static const char *const ALLOWED[] = {
    PREFIX "bootstrap.servers",
    PREFIX "client.id",
    PREFIX "client.rack",
    PREFIX "broker.address.family",
    PREFIX "broker.address.ttl",
    PREFIX "message.max.bytes",
    PREFIX "receive.message.max.bytes",
    PREFIX "metadata.max.age.ms",
    PREFIX "topic.metadata.refresh.interval.ms",
    PREFIX "socket.timeout.ms",
    PREFIX "socket.connection.setup.timeout.ms",
    PREFIX "socket.send.buffer.bytes",
    PREFIX "socket.receive.buffer.bytes",
    PREFIX "socket.keepalive.enable",
    PREFIX "socket.nagle.disable",
    PREFIX "connections.max.idle.ms",
    PREFIX "reconnect.backoff.ms",
    PREFIX "reconnect.backoff.max.ms",
    PREFIX "retry.backoff.ms",
    PREFIX "security.protocol",
    PREFIX "ssl.cipher.suites",
    PREFIX "ssl.curves.list",
    PREFIX "ssl.sigalgs.list",
    PREFIX "ssl.key.location",
    PREFIX "ssl.certificate.location",
    PREFIX "ssl.certificate.pem",
    PREFIX "ssl.ca.location",
    PREFIX "ssl.ca.pem",
    PREFIX "ssl.crl.location",
    PREFIX "ssl.keystore.location",
    PREFIX "sasl.mechanism",
    PREFIX "sasl.mechanisms",
    PREFIX "sasl.username",
    PREFIX "sasl.kerberos.service.name",
    PREFIX "sasl.kerberos.principal",
    PREFIX "sasl.kerberos.keytab",
    PREFIX "sasl.kerberos.min.time.before.relogin",
    PREFIX "sasl.oauthbearer.method",
    PREFIX "sasl.oauthbearer.client.id",
    PREFIX "sasl.oauthbearer.scope",
    PREFIX "sasl.oauthbearer.extensions",
    PREFIX "sasl.oauthbearer.token.endpoint.url",
    PREFIX "group.instance.id",
    PREFIX "session.timeout.ms",
    PREFIX "heartbeat.interval.ms",
    PREFIX "max.poll.interval.ms",
    PREFIX "queued.min.messages",
    PREFIX "queued.max.messages.kbytes",
    PREFIX "fetch.wait.max.ms",
    PREFIX "fetch.min.bytes",
    PREFIX "fetch.max.bytes",
    PREFIX "fetch.message.max.bytes",
    PREFIX "max.partition.fetch.bytes",
    PREFIX "fetch.error.backoff.ms",
    PREFIX "check.crcs",
    PREFIX "transaction.timeout.ms",
    PREFIX "queue.buffering.max.messages",
    PREFIX "queue.buffering.max.kbytes",
    PREFIX "linger.ms",
    PREFIX "queue.buffering.max.ms",
    PREFIX "batch.num.messages",
    PREFIX "batch.size",
    PREFIX "compression.type",
    PREFIX "compression.codec",
    PREFIX "compression.level",
    PREFIX "request.timeout.ms",
    PREFIX "message.timeout.ms",
    PREFIX "delivery.timeout.ms",
};

static const char *const SECRETS[] = {
    PREFIX "sasl.password",
    PREFIX "sasl.oauthbearer.client.secret",
    PREFIX "sasl.oauthbearer.config",
    PREFIX "ssl.key.password",
    PREFIX "ssl.key.pem",
    PREFIX "ssl.keystore.password",
};

typedef struct refusal {
    const char *name;
    const char *reason;
} refusal;

static const char OFFSETS[] = "flinch commits offsets itself, with the scores";
static const char ORDER[] = "exactly-once and the order of scores depend on it";
static const char CODE[] = "it makes the client run or load code";
static const char CHECKING[] = "it would switch off the verification of the other side";
static const char GUARDED[] = "flinch chooses it: another choice breaks recovery";

static const refusal REFUSED[] = {
    {"metadata.broker.list", "use bootstrap.servers"},
    {"group.id", "use input.group"},
    {"transactional.id", "flinch makes it from input.group, input.instance and the worker"},
    {"enable.auto.commit", OFFSETS},
    {"auto.commit.enable", OFFSETS},
    {"auto.commit.interval.ms", OFFSETS},
    {"enable.auto.offset.store", OFFSETS},
    {"offset.store.method", OFFSETS},
    {"offset.store.path", OFFSETS},
    {"auto.offset.reset", "use input.start"},
    {"isolation.level", "flinch reads committed records alone"},
    {"enable.idempotence", ORDER},
    {"enable.gapless.guarantee", ORDER},
    {"acks", ORDER},
    {"request.required.acks", ORDER},
    {"retries", ORDER},
    {"message.send.max.retries", ORDER},
    {"max.in.flight", ORDER},
    {"max.in.flight.requests.per.connection", ORDER},
    {"queuing.strategy", ORDER},
    {"partitioner", "a score goes to the partition of its record"},
    {"partition.assignment.strategy", GUARDED},
    {"enable.partition.eof", GUARDED},
    {"delivery.report.only.error", GUARDED},
    {"allow.auto.create.topics", GUARDED},
    {"statistics.interval.ms", "flinch has metrics of its own"},
    {"plugin.library.paths", CODE},
    {"ssl.engine.location", CODE},
    {"ssl.engine.id", CODE},
    {"ssl.providers", CODE},
    {"sasl.kerberos.kinit.cmd", CODE},
    {"interceptors", CODE},
    {"enable.ssl.certificate.verification", CHECKING},
    {"ssl.endpoint.identification.algorithm", CHECKING},
    {"enable.sasl.oauthbearer.unsecure.jwt", CHECKING},
    {"debug", "its lines can hold credentials and records; use log.level"},
    {"log_level", "use log.level"},
};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static bool is_listed(const char *const *names, size_t count, const char *property) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i] + PREFIX_SIZE, property) == 0)
            return true;
    return false;
}

flinch__kafka_rule flinch__kafka_rule_of(const char *property, const char **out_reason) {
    *out_reason = NULL;
    if (is_listed(ALLOWED, COUNT_OF(ALLOWED), property))
        return FLINCH_KAFKA_ALLOWED;
    if (is_listed(SECRETS, COUNT_OF(SECRETS), property))
        return FLINCH_KAFKA_SECRET;
    for (size_t i = 0; i < COUNT_OF(REFUSED); i++)
        if (strcmp(REFUSED[i].name, property) == 0)
            *out_reason = REFUSED[i].reason;
    size_t size = strlen(property);
    if (size > 3 && strcmp(property + size - 3, "_cb") == 0)
        *out_reason = "callbacks are not for a configuration file";
    return *out_reason == NULL ? FLINCH_KAFKA_UNKNOWN : FLINCH_KAFKA_REFUSED;
}

void flinch__kafka_suggest(flinch__suggestion *suggestion) {
    for (size_t i = 0; i < COUNT_OF(ALLOWED); i++)
        flinch__suggest_offer(suggestion, ALLOWED[i]);
    for (size_t i = 0; i < COUNT_OF(SECRETS); i++)
        flinch__suggest_offer(suggestion, SECRETS[i]);
}

void flinch__kafka_print_reference(FILE *out) {
    fprintf(out, "\nProperties of librdkafka that `kafka:` passes on:\n");
    for (size_t i = 0; i < COUNT_OF(ALLOWED); i++)
        fprintf(out, "    %s\n", ALLOWED[i] + PREFIX_SIZE);
    for (size_t i = 0; i < COUNT_OF(SECRETS); i++)
        fprintf(out, "    %s (never shown)\n", SECRETS[i] + PREFIX_SIZE);
    fprintf(out, "\nProperties that it refuses, and why:\n");
    for (size_t i = 0; i < COUNT_OF(REFUSED); i++)
        fprintf(out, "    %-40s %s\n", REFUSED[i].name, REFUSED[i].reason);
}
