#include "plugin/host/score_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/container_writer.h"

struct flinch__score_file {
    FILE *out;
    char *path;
    flinch__container_writer *avro;                               /* of .avro alone */
    void (*write)(FILE *out, const flinch__score_record *record); /* of the others */
};

static const char *status_name(flinch_score_status status) {
    switch (status) {
    case FLINCH_SCORE_WARMUP:
        return "WARMUP";
    case FLINCH_SCORE_OK:
        return "OK";
    case FLINCH_SCORE_DEGRADED:
        return "DEGRADED";
    }
    return "OK";
}

/* A field of text in quotes, quotes doubled (RFC 4180). */
static void write_csv_text(FILE *out, const char *text, size_t size) {
    fputc('"', out);
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"')
            fputc('"', out);
        fputc(text[i], out);
    }
    fputc('"', out);
}

static const char CSV_HEADER[] =
    "partition,offset,timestamp,stream,status,score,p_value,is_anomaly,reconstruction_error,"
    "sensitivity,feature,value,expected,error_share\n";

/* One row a record, with the first of its reasons. Seventeen digits give a double back whole, nine
 * a float. */
static void write_csv(FILE *out, const flinch__score_record *record) {
    const flinch_score *score = &record->score;
    fprintf(out, "%" PRId32 ",%" PRId64 ",%" PRId64 ",", record->partition, record->offset,
            record->timestamp_ms);
    write_csv_text(out, record->stream, record->stream_size);
    fprintf(out, ",%s,%.17g,%.17g,%s,%.9g,%.9g,", status_name(score->status), score->score,
            score->p_value, score->is_anomaly ? "true" : "false",
            (double)score->reconstruction_error, (double)score->sensitivity);
    if (score->reason_count > 0) {
        write_csv_text(out, record->features[0], record->feature_sizes[0]);
        fprintf(out, ",%.9g,%.9g,%.9g\n", (double)score->reasons[0].value,
                (double)score->reasons[0].expected, (double)score->reasons[0].error_share);
    } else {
        fputs(",,,\n", out);
    }
}

static void write_json_text(FILE *out, const char *text, size_t size) {
    fputc('"', out);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

/* A reading may be NaN (missing), which JSON does not know. */
static void write_json_float(FILE *out, const char *name, float value) {
    if (value != value)
        fprintf(out, ",\"%s\":null", name);
    else
        fprintf(out, ",\"%s\":%.9g", name, (double)value);
}

static void write_json_reason(FILE *out, const flinch__score_record *record, uint32_t i) {
    const flinch_reason *reason = &record->score.reasons[i];
    fputs(i > 0 ? ",{\"feature\":" : "{\"feature\":", out);
    write_json_text(out, record->features[i], record->feature_sizes[i]);
    write_json_float(out, "value", reason->value);
    write_json_float(out, "expected", reason->expected);
    write_json_float(out, "error_share", reason->error_share);
    write_json_float(out, "sensitivity_share", reason->sensitivity_share);
    fputc('}', out);
}

/* The names and the nesting of score.avsc. */
static void write_json(FILE *out, const flinch__score_record *record) {
    const flinch_score *score = &record->score;
    fputs("{\"source\":{\"topic\":", out);
    write_json_text(out, record->topic, record->topic_size);
    fprintf(out, ",\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"timestamp\":%" PRId64,
            record->partition, record->offset, record->timestamp_ms);
    fputs("},\"stream\":", out);
    write_json_text(out, record->stream, record->stream_size);
    fprintf(out, ",\"status\":\"%s\",\"score\":%.17g,\"p_value\":%.17g,\"is_anomaly\":%s",
            status_name(score->status), score->score, score->p_value,
            score->is_anomaly ? "true" : "false");
    write_json_float(out, "reconstruction_error", score->reconstruction_error);
    write_json_float(out, "sensitivity", score->sensitivity);
    fputs(",\"reasons\":[", out);
    for (uint32_t i = 0; i < score->reason_count; i++)
        write_json_reason(out, record, i);
    fputs("],\"model\":{\"id\":", out);
    write_json_text(out, record->model_id, record->model_id_size);
    fprintf(out, ",\"generation\":%" PRIu64 "}}\n", score->generation);
}

static bool ends_with(const char *path, const char *ending) {
    size_t size = strlen(path);
    size_t tail = strlen(ending);
    return size > tail && strcmp(path + size - tail, ending) == 0;
}

flinch_status flinch__score_file_open(const char *path, flinch__score_file **out_file,
                                      flinch_error *error) {
    *out_file = NULL;
    bool standard = strcmp(path, "-") == 0;
    bool csv = standard || ends_with(path, ".csv");
    bool jsonl = ends_with(path, ".jsonl");
    if (!csv && !jsonl && !ends_with(path, ".avro"))
        return flinch_fail(error, FLINCH_INVALID,
                           "--output %s: its ending must be .csv, .jsonl or .avro", path);
    flinch__score_file *file = calloc(1, sizeof *file);
    if (file == NULL)
        return flinch_fail(error, FLINCH_NO_MEMORY, "no memory");
    flinch_status status = flinch_status_of(FLINCH_OK);
    file->path = strdup(path);
    file->out = standard ? stdout : fopen(path, "wb");
    if (file->out == NULL)
        status = flinch_fail(error, FLINCH_NOT_FOUND, "--output %s: %s", path, strerror(errno));
    else if (csv)
        fputs(CSV_HEADER, file->out);
    else if (!jsonl)
        status = flinch__container_writer_new(file->out, flinch__score_schema(), &file->avro);
    if (!flinch_is_ok(status)) {
        free(file->path);
        free(file);
        return status;
    }
    file->write = csv ? write_csv : write_json;
    *out_file = file;
    return status;
}

flinch_status flinch__score_file_add(flinch__score_file *file, const flinch__score_record *record,
                                     flinch_error *error) {
    if (file->avro == NULL) {
        file->write(file->out, record);
    } else {
        uint8_t bytes[8192];
        size_t size = 0;
        flinch_status status = flinch__score_encode(record, -1, bytes, sizeof bytes, &size);
        if (flinch_is_ok(status))
            status = flinch__container_writer_add(file->avro, bytes, size);
        if (!flinch_is_ok(status))
            return flinch_fail(error, status.code, "--output %s: a score was not written",
                               file->path);
    }
    if (ferror(file->out))
        return flinch_fail(error, FLINCH_TRY_AGAIN, "--output %s: %s", file->path, strerror(errno));
    return flinch_status_of(FLINCH_OK);
}

flinch_status flinch__score_file_close(flinch__score_file *file, flinch_error *error) {
    if (file == NULL)
        return flinch_status_of(FLINCH_OK);
    flinch_status status = flinch__container_writer_close(file->avro);
    bool failed = !flinch_is_ok(status) || fflush(file->out) != 0 || ferror(file->out);
    if (file->out != stdout)
        failed = fclose(file->out) != 0 || failed;
    status = failed ? flinch_fail(error, FLINCH_TRY_AGAIN, "--output %s: not written whole: %s",
                                  file->path, strerror(errno))
                    : flinch_status_of(FLINCH_OK);
    free(file->path);
    free(file);
    return status;
}
