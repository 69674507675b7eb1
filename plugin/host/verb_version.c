/* flinch version: what this program is made of, for bug reports. */
#include <cblas.h>
#include <curl/curl.h>
#include <jansson.h>
#include <libfyaml.h>
#include <librdkafka/rdkafka.h>
#include <sysexits.h>
#include <zlib.h>

#include "plugin/host/verbs.h"

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

typedef struct part {
    const char *name;
    const char *version;
} part;

static void print_text(FILE *out, const part *parts, size_t count) {
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%-12s %s\n", parts[i].name, parts[i].version);
}

static void print_json(FILE *out, const part *parts, size_t count) {
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++)
        json_object_set_new(object, parts[i].name, json_string(parts[i].version));
    json_dumpf(object, out, JSON_PRESERVE_ORDER | JSON_COMPACT);
    fputc('\n', out);
    json_decref(object);
}

int flinch__verb_version(const flinch__cli *cli) {
    const part parts[] = {
        {"flinch", FLINCH_VERSION},
        {"compiler", COMPILER},
        {"librdkafka", rd_kafka_version_str()},
        {"avro-c", FLINCH_AVRO_VERSION},
        {"openblas", openblas_get_config()},
        {"blas-core", openblas_get_corename()}, /* the bits of a score depend on it */
        {"libfyaml", fy_library_version()},
        {"libcurl", curl_version()},
        {"jansson", jansson_version_str()},
        {"zlib", zlibVersion()},
    };
    size_t count = sizeof parts / sizeof *parts;
    if (cli->json)
        print_json(cli->out, parts, count);
    else
        print_text(cli->out, parts, count);
    return EX_OK;
}
