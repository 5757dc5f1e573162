/* metrics: see the header. The memory is an array of series; a series is found by hashing metric
 * and labels, claimed by one atomic compare-and-swap, and never given back.
 *
 *   FREE --claim--> WRITING (labels being copied) --> READY
 *
 * A process that dies between claim and READY leaves one dead row, which readers skip. */
#include "pipeline/metrics.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SERIES_LIMIT 2048
#define LABEL_SIZE 60
#define BUCKET_COUNT 14

enum metric_kind { COUNTER, GAUGE, HISTOGRAM };
enum series_state { SERIES_FREE, SERIES_WRITING, SERIES_READY };

struct metric_row {
    const char *name;
    enum metric_kind kind;
    const char *labels[2];
    const char *help;
};

static const struct metric_row ROWS[PIPELINE_METRIC_COUNT] = {
#define PIPELINE_METRICS_ROW(id, name, kind, label, label_2, help)                                 \
    {name, kind, {label, label_2}, help},
    PIPELINE_METRICS_TABLE(PIPELINE_METRICS_ROW)
#undef PIPELINE_METRICS_ROW
};

/* Upper bounds in microseconds; one more bucket takes the rest. */
static const int64_t BOUNDS[BUCKET_COUNT] = {250,    500,     1000,    2500,    5000,
                                             10000,  25000,   50000,   100000,  250000,
                                             500000, 1000000, 2500000, 10000000};

struct series_label {
    char text[LABEL_SIZE];
    uint32_t len;
};

struct series {
    _Atomic uint32_t state;
    uint32_t metric;
    struct series_label labels[2];
    _Atomic int64_t value; /* of a histogram: sum in microseconds */
    _Atomic int64_t buckets[BUCKET_COUNT + 1];
};

struct pipeline_metrics {
    struct series series[SERIES_LIMIT];
};

int pipeline_metrics_create(bool inherited)
{
    int descriptor = memfd_create("painbridge-metrics", inherited ? 0 : MFD_CLOEXEC);
    if (descriptor < 0)
        return -1;
    if (ftruncate(descriptor, sizeof(struct pipeline_metrics)) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

struct pipeline_metrics *pipeline_metrics_open(int descriptor)
{
    int flags = descriptor < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    if (descriptor >= 0 && lseek(descriptor, 0, SEEK_END) != (off_t)sizeof(struct pipeline_metrics))
        return NULL;
    void *memory =
        mmap(NULL, sizeof(struct pipeline_metrics), PROT_READ | PROT_WRITE, flags, descriptor, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void pipeline_metrics_close(struct pipeline_metrics *metrics)
{
    if (metrics)
        munmap(metrics, sizeof *metrics);
}

static struct slice label_cut(const char *name, struct slice label)
{
    return name ? slice_part(label, 0, LABEL_SIZE) : (struct slice){NULL, 0};
}

static struct slice label_slice(const struct series_label *label)
{
    return (struct slice){label->text, label->len};
}

static void label_set(struct series_label *label, struct slice text)
{
    if (text.len > 0)
        memcpy(label->text, text.ptr, text.len);
    label->len = (uint32_t)text.len;
}

static bool series_is(const struct series *series, enum pipeline_metric metric,
                      const struct slice labels[2])
{
    return series->metric == metric && slice_equal(label_slice(&series->labels[0]), labels[0]) &&
           slice_equal(label_slice(&series->labels[1]), labels[1]);
}

static bool series_claim(struct series *series, enum pipeline_metric metric,
                         const struct slice labels[2])
{
    uint32_t expected = SERIES_FREE;
    if (!atomic_compare_exchange_strong(&series->state, &expected, SERIES_WRITING))
        return false;
    series->metric = metric;
    label_set(&series->labels[0], labels[0]);
    label_set(&series->labels[1], labels[1]);
    atomic_store(&series->state, SERIES_READY);
    return true;
}

/* The state of a row, once nobody is writing its labels; a row whose writer died stays WRITING and
 * is passed over. */
static uint32_t series_settled(const struct series *series)
{
    uint32_t state = atomic_load(&series->state);
    for (int turn = 0; state == SERIES_WRITING && turn < 100000; turn++)
        state = atomic_load(&series->state);
    return state;
}

/* The series, claimed where it is new and `claim` says so; NULL where the table is full. */
static struct series *series_find(struct pipeline_metrics *metrics, enum pipeline_metric metric,
                                  const struct slice labels[2], bool claim)
{
    uint64_t hash = slice_hash(labels[0]) ^ (slice_hash(labels[1]) * 31) ^ ((uint64_t)metric << 17);
    for (size_t step = 0; step < SERIES_LIMIT; step++) {
        struct series *series = &metrics->series[(hash + step) % SERIES_LIMIT];
        if (claim && series_claim(series, metric, labels))
            return series;
        uint32_t state = series_settled(series);
        if (state == SERIES_READY && series_is(series, metric, labels))
            return series;
        if (state == SERIES_FREE)
            return NULL;
    }
    return NULL;
}

static struct series *series_of(struct pipeline_metrics *metrics, enum pipeline_metric metric,
                                struct slice label, struct slice label_2)
{
    const struct metric_row *row = &ROWS[metric];
    struct slice labels[2] = {label_cut(row->labels[0], label), label_cut(row->labels[1], label_2)};
    struct series *series = series_find(metrics, metric, labels, true);
    if (series)
        return series;
    struct slice other[2] = {label_cut(row->labels[0], SLICE("other")),
                             label_cut(row->labels[1], SLICE("other"))};
    return series_find(metrics, metric, other, true);
}

void pipeline_metrics_add(struct pipeline_metrics *metrics, enum pipeline_metric metric,
                          struct slice label, struct slice label_2, int64_t amount)
{
    struct series *series = metrics ? series_of(metrics, metric, label, label_2) : NULL;
    if (series)
        atomic_fetch_add(&series->value, amount);
}

void pipeline_metrics_set(struct pipeline_metrics *metrics, enum pipeline_metric metric,
                          struct slice label, struct slice label_2, int64_t value)
{
    struct series *series = metrics ? series_of(metrics, metric, label, label_2) : NULL;
    if (series)
        atomic_store(&series->value, value);
}

void pipeline_metrics_observe(struct pipeline_metrics *metrics, enum pipeline_metric metric,
                              struct slice label, instant duration)
{
    struct series *series =
        metrics ? series_of(metrics, metric, label, (struct slice){NULL, 0}) : NULL;
    if (!series)
        return;
    size_t bucket = 0;
    while (bucket < BUCKET_COUNT && duration > BOUNDS[bucket])
        bucket++;
    atomic_fetch_add(&series->buckets[bucket], 1);
    atomic_fetch_add(&series->value, duration);
}

int64_t pipeline_metrics_value(struct pipeline_metrics *metrics, enum pipeline_metric metric,
                               struct slice label, struct slice label_2)
{
    const struct metric_row *row = &ROWS[metric];
    struct slice labels[2] = {label_cut(row->labels[0], label), label_cut(row->labels[1], label_2)};
    const struct series *series = metrics ? series_find(metrics, metric, labels, false) : NULL;
    return series ? atomic_load(&series->value) : 0;
}

/* Prometheus text format: backslash, quote and line feed are escaped in label values; other control
 * characters are not for a metrics page at all. */
static void print_label_value(struct slice text, struct buffer *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        if (byte == '\\' || byte == '"')
            buffer_append_byte(out, '\\');
        buffer_append_byte(out, (unsigned char)byte < 0x20 ? '?' : byte);
    }
}

/* {feed="a",code="AA"} with one more label where `extra` is not NULL; nothing when there is none.
 */
static void print_labels(const struct series *series, const char *extra, const char *extra_value,
                         struct buffer *out)
{
    const struct metric_row *row = &ROWS[series->metric];
    const char *before = "{";
    for (size_t i = 0; i < 2 && row->labels[i]; i++) {
        buffer_append_format(out, "%s%s=\"", before, row->labels[i]);
        print_label_value(label_slice(&series->labels[i]), out);
        buffer_append_byte(out, '"');
        before = ",";
    }
    if (extra) {
        buffer_append_format(out, "%s%s=\"%s\"", before, extra, extra_value);
        before = ",";
    }
    if (before[0] == ',')
        buffer_append_byte(out, '}');
}

static void print_histogram(const struct series *series, struct buffer *out)
{
    const char *name = ROWS[series->metric].name;
    int64_t total = 0;
    for (size_t i = 0; i <= BUCKET_COUNT; i++) {
        char bound[32] = "+Inf";
        if (i < BUCKET_COUNT)
            snprintf(bound, sizeof bound, "%g", (double)BOUNDS[i] / 1e6);
        total += atomic_load(&series->buckets[i]);
        buffer_append_format(out, "%s_bucket", name);
        print_labels(series, "le", bound, out);
        buffer_append_format(out, " %lld\n", (long long)total);
    }
    buffer_append_format(out, "%s_sum", name);
    print_labels(series, NULL, NULL, out);
    buffer_append_format(out, " %.6f\n%s_count", (double)atomic_load(&series->value) / 1e6, name);
    print_labels(series, NULL, NULL, out);
    buffer_append_format(out, " %lld\n", (long long)total);
}

static void print_series(const struct series *series, struct buffer *out)
{
    if (ROWS[series->metric].kind == HISTOGRAM) {
        print_histogram(series, out);
        return;
    }
    buffer_append(out, slice_of(ROWS[series->metric].name));
    print_labels(series, NULL, NULL, out);
    buffer_append_format(out, " %lld\n", (long long)atomic_load(&series->value));
}

void pipeline_metrics_print(const struct pipeline_metrics *metrics, struct buffer *out)
{
    static const char *const KINDS[] = {"counter", "gauge", "histogram"};
    for (uint32_t metric = 0; metric < PIPELINE_METRIC_COUNT; metric++) {
        buffer_append_format(out, "# HELP %s %s\n# TYPE %s %s\n", ROWS[metric].name,
                             ROWS[metric].help, ROWS[metric].name, KINDS[ROWS[metric].kind]);
        for (size_t i = 0; i < SERIES_LIMIT; i++) {
            const struct series *series = &metrics->series[i];
            if (atomic_load(&series->state) == SERIES_READY && series->metric == metric)
                print_series(series, out);
        }
    }
}
