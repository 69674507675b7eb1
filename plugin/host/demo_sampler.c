#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/host/demo_source.h"

/* The fields of a sample, in the order of the schema; all doubles. */
enum {
    CPU_USER,
    CPU_SYSTEM,
    CPU_IOWAIT,
    SWITCHES,
    FORKS,
    RUNNING,
    MEMORY_USED,
    MEMORY_DIRTY,
    DISK_READ,
    DISK_WRITTEN,
    NET_RECEIVED,
    NET_SENT,
    LOAD,
    STALLED_CPU,
    STALLED_MEMORY,
    STALLED_IO,
    FIELDS
};

const char *flinch__sampler_schema(void) {
    return "{\"type\":\"record\",\"name\":\"Sample\",\"namespace\":\"flinch.live\",\"fields\":["
           "{\"name\":\"cpu_user\",\"type\":\"double\"},"
           "{\"name\":\"cpu_system\",\"type\":\"double\"},"
           "{\"name\":\"cpu_iowait\",\"type\":\"double\"},"
           "{\"name\":\"context_switches\",\"type\":\"double\"},"
           "{\"name\":\"forks\",\"type\":\"double\"},"
           "{\"name\":\"running\",\"type\":\"double\"},"
           "{\"name\":\"memory_used_mb\",\"type\":\"double\"},"
           "{\"name\":\"memory_dirty_mb\",\"type\":\"double\"},"
           "{\"name\":\"disk_read_kb\",\"type\":\"double\"},"
           "{\"name\":\"disk_written_kb\",\"type\":\"double\"},"
           "{\"name\":\"net_received_kb\",\"type\":\"double\"},"
           "{\"name\":\"net_sent_kb\",\"type\":\"double\"},"
           "{\"name\":\"load\",\"type\":\"double\"},"
           "{\"name\":\"stalled_cpu_us\",\"type\":\"double\"},"
           "{\"name\":\"stalled_memory_us\",\"type\":\"double\"},"
           "{\"name\":\"stalled_io_us\",\"type\":\"double\"}]}";
}

/* Calls `line` for each line of a file; a file that is not there has none. */
static void each_line(const char *path, void (*line)(const char *text, double *sample),
                      double *sample) {
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return;
    char text[1024];
    while (fgets(text, sizeof text, file) != NULL)
        line(text, sample);
    fclose(file);
}

/* Adds to a field that begins as NaN. */
static void add(double *field, double value) {
    *field = isnan(*field) ? value : *field + value;
}

static bool number_after(const char *text, const char *word, double *out) {
    size_t size = strlen(word);
    if (strncmp(text, word, size) != 0)
        return false;
    char *end = NULL;
    *out = strtod(text + size, &end);
    return end != text + size;
}

static void stat_line(const char *text, double *sample) {
    double value[5];
    if (strncmp(text, "cpu ", 4) == 0) {
        char *at = (char *)text + 4;
        for (size_t i = 0; i < 5; i++)
            value[i] = strtod(at, &at);
        sample[CPU_USER] = value[0] + value[1];
        sample[CPU_SYSTEM] = value[2];
        sample[CPU_IOWAIT] = value[4];
    } else if (number_after(text, "ctxt ", value)) {
        sample[SWITCHES] = value[0];
    } else if (number_after(text, "processes ", value)) {
        sample[FORKS] = value[0];
    } else if (number_after(text, "procs_running ", value)) {
        sample[RUNNING] = value[0];
    }
}

static void memory_line(const char *text, double *sample) {
    double kb;
    if (number_after(text, "MemTotal:", &kb))
        add(&sample[MEMORY_USED], kb / 1024);
    else if (number_after(text, "MemAvailable:", &kb))
        add(&sample[MEMORY_USED], -kb / 1024);
    else if (number_after(text, "Dirty:", &kb))
        sample[MEMORY_DIRTY] = kb / 1024;
}

/* "major minor name reads merged sectors ms writes merged sectors …"; whole disks and partitions
 * are not told apart: a partition counts twice, always alike. */
static void disk_line(const char *text, double *sample) {
    char *at = (char *)text;
    strtol(at, &at, 10);
    strtol(at, &at, 10);
    at += strspn(at, " ");
    if (strncmp(at, "loop", 4) == 0 || strncmp(at, "ram", 3) == 0)
        return;
    at += strcspn(at, " \n");
    double v[7];
    for (size_t i = 0; i < 7; i++) {
        const char *before = at;
        v[i] = strtod(at, &at);
        if (at == before)
            return;
    }
    add(&sample[DISK_READ], v[2] / 2);
    add(&sample[DISK_WRITTEN], v[6] / 2);
}

/* "  eth0: bytes packets errs drop fifo frame compressed multicast bytes …" */
static void net_line(const char *text, double *sample) {
    const char *colon = strchr(text, ':');
    if (colon == NULL)
        return;
    double v[9];
    char *at = (char *)colon + 1;
    for (size_t i = 0; i < 9; i++)
        v[i] = strtod(at, &at);
    add(&sample[NET_RECEIVED], v[0] / 1024);
    add(&sample[NET_SENT], v[8] / 1024);
}

static void load_line(const char *text, double *sample) {
    sample[LOAD] = strtod(text, NULL);
}

static double stalled(const char *path) {
    char text[256];
    double total = (double)NAN;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return (double)NAN;
    if (fgets(text, sizeof text, file) != NULL) {
        const char *at = strstr(text, "total=");
        total = at != NULL ? strtod(at + 6, NULL) : (double)NAN;
    }
    fclose(file);
    return total;
}

size_t flinch__sampler_read(uint8_t *bytes, size_t capacity) {
    double sample[FIELDS];
    for (size_t i = 0; i < FIELDS; i++)
        sample[i] = (double)NAN;
    each_line("/proc/stat", stat_line, sample);
    each_line("/proc/meminfo", memory_line, sample);
    each_line("/proc/diskstats", disk_line, sample);
    each_line("/proc/net/dev", net_line, sample);
    each_line("/proc/loadavg", load_line, sample);
    sample[STALLED_CPU] = stalled("/proc/pressure/cpu");
    sample[STALLED_MEMORY] = stalled("/proc/pressure/memory");
    sample[STALLED_IO] = stalled("/proc/pressure/io");
    if (capacity < sizeof sample)
        return 0;
    memcpy(bytes, sample, sizeof sample); /* Avro's doubles are little-endian, as ours */
    return sizeof sample;
}
