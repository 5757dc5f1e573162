/* load: clinics that send as fast as they are answered, for the benchmark.
 *
 *   load PORT TLS-FOLDER FEEDS SECONDS [WINDOW]
 *
 * One connection for each feed (feed-0, feed-1 ...: certificates TLS-FOLDER/feed-N.pem), WINDOW
 * messages unanswered on each (1: lock-step, as most EHRs send). Every message is an ORU^R01 of
 * about 1.4 KB with a patient out of 1,000 of that feed, a new order and eight results. Prints one
 * JSON line: messages, seconds, per_second, not_accepted, and the answer times in milliseconds. */
#include "net/mllp_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESULTS 8
#define SAMPLES 1000000

struct bench {
    struct net_loop *loop;
    struct net_timer *timer;
    size_t open;
    uint64_t answered, not_accepted, failed;
    bool ending;
    instant began;
    uint32_t *samples; /* answer times in microseconds */
    size_t sample_count;
};

struct sender {
    struct bench *bench;
    struct mllp_client *client;
    struct tls_context *tls;
    unsigned number;
    uint64_t sent;
    unsigned window, unanswered;
    instant *sent_at; /* ring of `window` */
    uint64_t answers;
};

/* Runs differ in their control ids and order numbers, so that none is a duplicate of an earlier
 * one. */
static void write_message(const struct sender *sender, struct buffer *out)
{
    uint64_t n = sender->sent;
    unsigned f = sender->number;
    unsigned long long run = (unsigned long long)sender->bench->began % 100000000;
    unsigned long long order = (unsigned long long)n;
    buffer_append_format(
        out,
        "MSH|^~\\&|APP%u|MISSION|PAINBRIDGE|HUB|20260310093000-0800||ORU^R01^ORU_R01|%llu-%u-%llu|"
        "P|"
        "2.5.1\rPID|1||M%u-%llu^^^MISSION^MR||TESTCASE^ALMA^Q||19710405|F|||12 ELM "
        "ST^^OAKLAND^CA^94601||(415)555-0101\rPV1|1|O|CLINIC^^^MISSION||||1234567893^RIVERA^LUZ^^^^"
        "MD|||"
        "||||||||V%u-%llu\rORC|RE|P%llu-%u-%llu^APP|F%llu-%u-%llu^LAB\rOBR|1|P%llu-%u-%llu^APP|F%"
        "llu-%u-"
        "%llu^LAB|24323-8^Comprehensive metabolic "
        "panel^LN|||20260310092000-0800|||||||||1234567893^RIVERA^LUZ||||||20260310093000-0800|||"
        "F\r",
        f, run, f, order, f, order % 1000, f, order % 1000, run, f, order, run, f, order, run, f,
        order, run, f, order);
    for (int i = 1; i <= RESULTS; i++)
        buffer_append_format(
            out,
            "OBX|%d|NM|%d-%d^Analyte %d of the panel^LN||%llu.%d|mmol/L|3.5-5.1|N|||F|"
            "||20260310092000-0800\r",
            i, 2340 + i, i % 10, i, 3 + order % 7, i);
}

static void send_next(struct sender *sender)
{
    struct buffer out;
    buffer_init(&out, 0);
    write_message(sender, &out);
    sender->sent_at[sender->sent % sender->window] = time_monotonic();
    sender->sent++;
    sender->unanswered++;
    mllp_client_send(sender->client, buffer_slice(&out));
    buffer_release(&out);
}

static void sender_opened(void *data, struct mllp_client *client)
{
    struct sender *sender = data;
    sender->client = client;
    while (sender->unanswered < sender->window)
        send_next(sender);
}

static void sender_frame(void *data, struct mllp_client *client, const struct mllp_frame *frame)
{
    struct sender *sender = data;
    struct bench *bench = sender->bench;
    instant took = time_monotonic() - sender->sent_at[sender->answers++ % sender->window];
    if (bench->sample_count < SAMPLES)
        bench->samples[bench->sample_count++] = (uint32_t)took;
    bench->answered++;
    bench->not_accepted += slice_find(frame->content, SLICE("\rMSA|AA|")) == frame->content.len;
    sender->unanswered--;
    if (!bench->ending)
        send_next(sender);
    else if (sender->unanswered == 0)
        mllp_client_finish(client);
}

static void sender_closed(void *data, enum connection_end end, struct slice words)
{
    struct sender *sender = data;
    if (!sender->bench->ending || sender->unanswered > 0) {
        fprintf(stderr, "load: feed-%u closed (%d): %.*s\n", sender->number, end, SLICE_ARG(words));
        sender->bench->failed++;
    }
    if (--sender->bench->open == 0)
        net_loop_stop(sender->bench->loop);
}

static void time_is_up(void *data)
{
    struct bench *bench = data;
    bench->ending = true;
}

static int compare_samples(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static double percentile(const struct bench *bench, double part)
{
    if (bench->sample_count == 0)
        return 0;
    size_t index = (size_t)((double)(bench->sample_count - 1) * part);
    return bench->samples[index] / 1000.0;
}

static bool sender_start(struct sender *sender, struct bench *bench, unsigned number,
                         const char *folder, unsigned port, unsigned window)
{
    static const struct mllp_client_handlers HANDLERS = {sender_opened, sender_frame,
                                                         sender_closed};
    struct arena *arena = arena_new(0);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    *sender = (struct sender){.bench = bench, .number = number, .window = window};
    sender->sent_at = calloc(window, sizeof(instant));
    struct tls_settings settings = {
        .role = TLS_CLIENT,
        .certificate_path = arena_format(arena, "%s/feed-%u.pem", folder, number).ptr,
        .key_path = arena_format(arena, "%s/feed-%u.key", folder, number).ptr,
        .authority_path = arena_format(arena, "%s/ca.pem", folder).ptr,
    };
    bool well = sender->sent_at && tls_context_new(&settings, &sender->tls, &issues) == 0;
    arena_free(arena);
    if (!well)
        return false;
    bench->open++;
    (void)mllp_client_open(bench->loop, "localhost", port, sender->tls, NULL, &HANDLERS, sender);
    return true;
}

static void print_result(struct bench *bench)
{
    double seconds = (double)(time_monotonic() - bench->began) / 1e6;
    qsort(bench->samples, bench->sample_count, sizeof(uint32_t), compare_samples);
    printf("{\"messages\":%llu,\"seconds\":%.2f,\"per_second\":%.0f,\"not_accepted\":%llu,"
           "\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f}\n",
           (unsigned long long)bench->answered, seconds, (double)bench->answered / seconds,
           (unsigned long long)bench->not_accepted, percentile(bench, 0.5), percentile(bench, 0.99),
           percentile(bench, 1));
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: load PORT TLS-FOLDER FEEDS SECONDS [WINDOW]\n");
        return 2;
    }
    unsigned port = (unsigned)strtoul(argv[1], NULL, 10);
    unsigned feeds = (unsigned)strtoul(argv[3], NULL, 10);
    unsigned window = argc > 5 ? (unsigned)strtoul(argv[5], NULL, 10) : 1;
    struct bench bench = {.loop = net_loop_new(), .began = time_monotonic()};
    bench.samples = calloc(SAMPLES, sizeof(uint32_t));
    struct sender *senders = calloc(feeds, sizeof *senders);
    if (!bench.samples || !senders)
        return 1;
    for (unsigned i = 0; i < feeds; i++) {
        if (!sender_start(&senders[i], &bench, i, argv[2], port, window)) {
            fprintf(stderr, "load: feed-%u has no usable certificate in %s\n", i, argv[2]);
            return 1;
        }
    }
    bench.timer = net_timer_new(bench.loop, time_is_up, &bench);
    net_timer_start(bench.timer, (instant)(strtod(argv[4], NULL) * (double)TIME_SECOND), 0);
    net_loop_run(bench.loop);
    print_result(&bench);
    for (unsigned i = 0; i < feeds; i++) {
        tls_context_free(senders[i].tls);
        free(senders[i].sent_at);
    }
    net_timer_free(bench.timer);
    net_loop_free(bench.loop);
    free(senders);
    free(bench.samples);
    return bench.failed > 0 ? 1 : 0;
}
