/* Counters that several processes share, and their print. */
#include "pipeline/metrics.h"
#include "support/suite.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static bool prints(struct pipeline_metrics *metrics, const char *line)
{
    struct buffer out;
    buffer_init(&out, 0);
    pipeline_metrics_print(metrics, &out);
    struct slice text = buffer_slice(&out);
    bool found = slice_find(text, slice_of(line)) < text.len;
    buffer_release(&out);
    return found;
}

START_TEST(a_counter_adds_up_by_its_labels)
{
    struct pipeline_metrics *metrics = pipeline_metrics_open(-1);
    pipeline_metrics_add(metrics, PIPELINE_METRIC_ACKS, SLICE("mission"), SLICE("AA"), 1);
    pipeline_metrics_add(metrics, PIPELINE_METRIC_ACKS, SLICE("mission"), SLICE("AA"), 2);
    pipeline_metrics_add(metrics, PIPELINE_METRIC_ACKS, SLICE("mission"), SLICE("AE"), 5);
    ck_assert_int_eq(
        3, pipeline_metrics_value(metrics, PIPELINE_METRIC_ACKS, SLICE("mission"), SLICE("AA")));
    ck_assert(prints(metrics, "painbridge_acks_total{feed=\"mission\",code=\"AA\"} 3\n"));
    ck_assert(prints(metrics, "# TYPE painbridge_acks_total counter\n"));
    pipeline_metrics_close(metrics);
}
END_TEST

START_TEST(a_gauge_holds_the_last_value_and_needs_no_label)
{
    struct pipeline_metrics *metrics = pipeline_metrics_open(-1);
    struct slice none = {NULL, 0};
    pipeline_metrics_set(metrics, PIPELINE_METRIC_DATABASE_UP, none, none, 1);
    pipeline_metrics_set(metrics, PIPELINE_METRIC_DATABASE_UP, none, none, 0);
    ck_assert(prints(metrics, "\npainbridge_database_up 0\n"));
    pipeline_metrics_close(metrics);
}
END_TEST

START_TEST(a_histogram_counts_each_observation_in_its_bucket_and_all_above)
{
    struct pipeline_metrics *metrics = pipeline_metrics_open(-1);
    pipeline_metrics_observe(metrics, PIPELINE_METRIC_MESSAGE_SECONDS, SLICE("mllp"), 700);
    pipeline_metrics_observe(metrics, PIPELINE_METRIC_MESSAGE_SECONDS, SLICE("mllp"), 60000000);
    ck_assert(prints(metrics, "_bucket{door=\"mllp\",le=\"0.0005\"} 0\n"));
    ck_assert(prints(metrics, "_bucket{door=\"mllp\",le=\"0.001\"} 1\n"));
    ck_assert(prints(metrics, "_bucket{door=\"mllp\",le=\"10\"} 1\n"));
    ck_assert(prints(metrics, "_bucket{door=\"mllp\",le=\"+Inf\"} 2\n"));
    ck_assert(prints(metrics, "_sum{door=\"mllp\"} 60.000700\n"));
    ck_assert(prints(metrics, "_count{door=\"mllp\"} 2\n"));
    pipeline_metrics_close(metrics);
}
END_TEST

START_TEST(a_label_value_cannot_break_out_of_its_quotes)
{
    struct pipeline_metrics *metrics = pipeline_metrics_open(-1);
    pipeline_metrics_add(metrics, PIPELINE_METRIC_DUPLICATES, SLICE("a\"} 9\nx\\"),
                         (struct slice){NULL, 0}, 1);
    ck_assert(prints(metrics, "{feed=\"a\\\"} 9?x\\\\\"} 1\n"));
    pipeline_metrics_close(metrics);
}
END_TEST

START_TEST(a_full_table_counts_what_is_new_as_other)
{
    struct pipeline_metrics *metrics = pipeline_metrics_open(-1);
    char label[32];
    pipeline_metrics_add(metrics, PIPELINE_METRIC_ACKS, SLICE("other"), SLICE("other"), 1);
    for (int i = 0; i < 5000; i++) {
        int length = snprintf(label, sizeof label, "feed-%d", i);
        pipeline_metrics_add(metrics, PIPELINE_METRIC_ACKS, (struct slice){label, (size_t)length},
                             SLICE("AA"), 1);
    }
    ck_assert_int_gt(
        pipeline_metrics_value(metrics, PIPELINE_METRIC_ACKS, SLICE("other"), SLICE("other")),
        2900);
    pipeline_metrics_close(metrics);
}
END_TEST

START_TEST(processes_count_together_and_the_numbers_outlive_them)
{
    int descriptor = pipeline_metrics_create(false);
    ck_assert_int_ge(descriptor, 0);
    for (int i = 0; i < 4; i++) {
        pid_t child = fork();
        if (child == 0) {
            struct pipeline_metrics *own = pipeline_metrics_open(descriptor);
            for (int turn = 0; turn < 1000; turn++)
                pipeline_metrics_add(own, PIPELINE_METRIC_ACKS, SLICE("f"), SLICE("AA"), 1);
            _exit(own ? 0 : 1);
        }
    }
    int status = 0;
    while (wait(&status) > 0)
        ck_assert_int_eq(0, status);
    struct pipeline_metrics *metrics = pipeline_metrics_open(descriptor);
    ck_assert_int_eq(
        4000, pipeline_metrics_value(metrics, PIPELINE_METRIC_ACKS, SLICE("f"), SLICE("AA")));
    pipeline_metrics_close(metrics);
    close(descriptor);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("metrics");
    tcase_add_test(tests, a_counter_adds_up_by_its_labels);
    tcase_add_test(tests, a_gauge_holds_the_last_value_and_needs_no_label);
    tcase_add_test(tests, a_histogram_counts_each_observation_in_its_bucket_and_all_above);
    tcase_add_test(tests, a_label_value_cannot_break_out_of_its_quotes);
    tcase_add_test(tests, a_full_table_counts_what_is_new_as_other);
    tcase_add_test(tests, processes_count_together_and_the_numbers_outlive_them);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("metrics", add);
}
