/* The records of a file through the same streams as a topic's: what score and eval share. */
#ifndef FLINCH_HOST_OFFLINE_H
#define FLINCH_HOST_OFFLINE_H

#include "consumer/feeder.h"
#include "plugin/host/cli.h"
#include "plugin/host/loader.h"
#include "plugin/host/records.h"
#include "plugin/host/setup.h"

typedef struct flinch__offline flinch__offline;

/* A record that has its score. */
typedef struct flinch__offline_score {
    uint64_t record; /* in the file, from 0 on */
    int64_t timestamp_ms;
    double extra; /* of the verb's field; NaN if there is none */
    const flinch__route *route;
    const flinch_score *score;
} flinch__offline_score;

/* Takes the scores, in the file's order. */
typedef flinch_status flinch__offline_take(void *context, const flinch__offline_score *score,
                                           flinch_error *error);

/* What the verb asks for. */
typedef struct flinch__offline_request {
    const flinch__cli *cli; /* its options `time` and `stream` */
    const char *extra; /* a field whose number is handed on, never a feature of auto; or NULL */
    flinch__offline_take *take;
    void *context;
} flinch__offline_request;

struct flinch__offline {
    flinch__offline_request request;
    const char *path;
    const char *name;   /* of the file, without its folder */
    const char *stream; /* of all records, unless a field says */
    const flinch__config *config;
    flinch__loader loader;
    flinch__records records;
    flinch__setup setup;
    int time_capture;  /* index of the time field, or −1 */
    int extra_capture; /* of the verb's field, or −1 */
    flinch__plan *plan;
    flinch__feeder feeder;
    flinch__row row;
    flinch__route *routes[FLINCH__FEEDER_ROWS];
    int64_t times[FLINCH__FEEDER_ROWS];
    double extras[FLINCH__FEEDER_ROWS];
    uint32_t waiting; /* rows fed and not taken */
    uint64_t taken;
    double started_at;
    double told_at;
};

/* Opens the file. NOT_FOUND or BAD_DATA with text. [main] */
FLINCH_MUST_CHECK flinch_status flinch__offline_open(flinch__offline *offline, const char *path,
                                                     const flinch__offline_request *request,
                                                     flinch_error *error);
void flinch__offline_close(flinch__offline *offline);

/* Makes detector, features and plan; warns of features that are missing in every record. `config`
 * must outlive the offline. INVALID or BAD_DATA with text. [main] */
FLINCH_MUST_CHECK flinch_status flinch__offline_prepare(flinch__offline *offline,
                                                        const flinch__config *config,
                                                        flinch_error *error);

/* Feeds all records and hands out every score, with progress on a terminal. [main] */
FLINCH_MUST_CHECK flinch_status flinch__offline_run(flinch__offline *offline, flinch_error *error);

/* Seconds since prepare ended, and records a second. */
double flinch__offline_seconds(const flinch__offline *offline);
double flinch__offline_rate(const flinch__offline *offline);

#endif
