/* The loop: timers, foreign descriptors, signals, work on another thread, listening sockets. */
#include "net/loop.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

#include "fixture.h"
#include "support/same.h"
#include "support/suite.h"

static struct net_loop *loop;
static unsigned calls;

static void begin(void)
{
    loop = net_loop_new();
    calls = 0;
}

static void end(void)
{
    net_loop_free(loop);
}

static void count_call(void *data)
{
    (void)data;
    calls++;
}

static void count_and_stop(void *data)
{
    calls++;
    if (!data || calls == *(const unsigned *)data)
        net_loop_stop(loop);
}

START_TEST(a_timer_fires_once_and_not_before_its_time)
{
    struct net_timer *timer = net_timer_new(loop, count_call, NULL);
    instant before = time_monotonic();
    net_timer_start(timer, TIME_SECOND / 20, 0);
    net_loop_run(loop);
    ck_assert_int_ge(time_monotonic() - before, TIME_SECOND / 20 - TIME_SECOND / 1000);
    ck_assert_uint_eq(calls, 1);
    net_timer_free(timer);
}
END_TEST

START_TEST(a_timer_repeats_until_it_is_stopped)
{
    const unsigned enough = 3;
    struct net_timer *timer = net_timer_new(loop, count_and_stop, (void *)(uintptr_t)&enough);
    net_timer_start(timer, TIME_SECOND / 1000, TIME_SECOND / 1000);
    net_loop_run(loop);
    ck_assert_uint_eq(calls, 3);
    net_timer_stop(timer);
    net_loop_run(loop);
    ck_assert_uint_eq(calls, 3);
    net_timer_free(timer);
}
END_TEST

START_TEST(a_freed_timer_is_silent)
{
    struct net_timer *timer = net_timer_new(loop, count_call, NULL);
    net_timer_start(timer, 0, 0);
    net_timer_free(timer);
    net_loop_run(loop);
    ck_assert_uint_eq(calls, 0);
    net_timer_free(NULL);
}
END_TEST

struct watched {
    int descriptor;
    unsigned seen;
};

static void watch_ready(void *data, unsigned events)
{
    struct watched *watched = data;
    watched->seen |= events;
    calls++;
    net_loop_stop(loop);
}

START_TEST(a_foreign_descriptor_is_watched_for_what_was_asked)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    struct watched reader = {.descriptor = ends[0]};
    struct watched writer = {.descriptor = ends[1]};
    struct net_watch *read_watch = net_loop_watch(loop, ends[0], watch_ready, &reader);
    struct net_watch *write_watch = net_loop_watch(loop, ends[1], watch_ready, &writer);
    net_loop_run(loop); /* nothing is watched for yet: returns */
    ck_assert_uint_eq(calls, 0);
    net_watch_set(write_watch, NET_WRITABLE);
    net_loop_run(loop);
    ck_assert_uint_eq(writer.seen, NET_WRITABLE);
    net_watch_set(write_watch, 0);
    net_watch_set(read_watch, NET_READABLE);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    net_loop_run(loop);
    ck_assert_uint_eq(reader.seen, NET_READABLE);
    net_watch_free(read_watch);
    net_watch_free(write_watch);
    net_loop_run(loop);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(the_end_of_a_pipe_counts_as_readable)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    struct watched reader = {.descriptor = ends[0]};
    struct net_watch *watch = net_loop_watch(loop, ends[0], watch_ready, &reader);
    net_watch_set(watch, NET_READABLE);
    close(ends[1]);
    net_loop_run(loop);
    ck_assert_uint_eq(reader.seen, NET_READABLE);
    net_watch_free(watch);
    net_loop_run(loop);
    close(ends[0]);
}
END_TEST

START_TEST(a_plain_file_cannot_be_watched)
{
    int descriptor = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    ck_assert_ptr_null(net_loop_watch(loop, descriptor, watch_ready, NULL));
    close(descriptor);
}
END_TEST

START_TEST(a_signal_is_told_on_the_loop)
{
    struct net_signal *signal = net_loop_signal(loop, SIGHUP, count_and_stop, NULL);
    struct net_timer *timer = net_timer_new(loop, count_call, NULL);
    net_timer_start(timer, 10 * TIME_SECOND, 0);
    kill(getpid(), SIGHUP);
    net_loop_run(loop);
    ck_assert_uint_eq(calls, 1);
    net_timer_free(timer);
    net_signal_free(signal);
}
END_TEST

struct work {
    pthread_t worked, done;
};

static void work_elsewhere(void *data)
{
    struct work *work = data;
    work->worked = pthread_self();
}

static void work_done(void *data)
{
    struct work *work = data;
    work->done = pthread_self();
    calls++;
}

START_TEST(work_runs_on_another_thread_and_ends_on_this_one)
{
    struct work work;
    net_loop_work(loop, work_elsewhere, work_done, &work);
    ck_assert_uint_eq(calls, 0);
    net_loop_run(loop);
    ck_assert_uint_eq(calls, 1);
    ck_assert(!pthread_equal(work.worked, pthread_self()));
    ck_assert(pthread_equal(work.done, pthread_self()));
}
END_TEST

START_TEST(a_listening_socket_is_inherited_only_where_it_is_asked_for)
{
    struct arena *arena = arena_new(0);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    for (int inherited = 0; inherited < 2; inherited++) {
        int descriptor = -1;
        ck_assert_int_eq(net_socket_listen("127.0.0.1", 0, inherited, &descriptor, &issues), 0);
        ck_assert_uint_gt(net_socket_port(descriptor), 0);
        ck_assert_int_eq((fcntl(descriptor, F_GETFD) & FD_CLOEXEC) == 0, inherited);
        close(descriptor);
    }
    arena_free(arena);
}
END_TEST

START_TEST(a_port_that_is_taken_is_an_issue)
{
    struct arena *arena = arena_new(0);
    struct issue_list issues;
    issue_list_init(&issues, arena);
    int first = -1;
    int second = -1;
    ck_assert_int_eq(net_socket_listen("127.0.0.1", 0, false, &first, &issues), 0);
    ck_assert_int_eq(
        net_socket_listen("127.0.0.1", net_socket_port(first), false, &second, &issues), -1);
    ck_assert_int_eq(second, -1);
    ck_assert_int_eq(issues.items[0].code, ISSUE_CONFIGURATION);
    ck_assert_int_eq(net_socket_listen("no.such.host.invalid", 0, false, &second, &issues), -1);
    close(first);
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *turns = tcase_create("turns");
    tcase_add_checked_fixture(turns, begin, end);
    tcase_add_test(turns, a_timer_fires_once_and_not_before_its_time);
    tcase_add_test(turns, a_timer_repeats_until_it_is_stopped);
    tcase_add_test(turns, a_freed_timer_is_silent);
    tcase_add_test(turns, a_foreign_descriptor_is_watched_for_what_was_asked);
    tcase_add_test(turns, the_end_of_a_pipe_counts_as_readable);
    tcase_add_test(turns, a_plain_file_cannot_be_watched);
    tcase_add_test(turns, a_signal_is_told_on_the_loop);
    tcase_add_test(turns, work_runs_on_another_thread_and_ends_on_this_one);
    tcase_add_test(turns, a_listening_socket_is_inherited_only_where_it_is_asked_for);
    tcase_add_test(turns, a_port_that_is_taken_is_an_issue);
    suite_add_tcase(suite, turns);
}

int main(void)
{
    return suite_main("loop", add);
}
