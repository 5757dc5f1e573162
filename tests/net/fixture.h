/* fixture: what the tests with real sockets share: a folder with certificates, a listening socket
 * on the loopback, and a foreign program run beside the loop. */
#ifndef TESTS_NET_FIXTURE_H
#define TESTS_NET_FIXTURE_H

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "net/certificate.h"
#include "net/loop.h"
#include "net/tls.h"

struct fixture {
    struct arena *arena;
    struct issue_list issues;
    struct net_loop *loop;
    char folder[sizeof("/tmp/painbridge-net-XXXXXX")];
    int descriptor;
    unsigned port;
};

static inline const char *fixture_path(struct fixture *fixture, const char *name)
{
    return file_join(fixture->arena, fixture->folder, slice_of(name));
}

static inline struct certificate_files fixture_files(struct fixture *fixture, const char *name)
{
    return (struct certificate_files){
        fixture_path(fixture, arena_format(fixture->arena, "%s.pem", name).ptr),
        fixture_path(fixture, arena_format(fixture->arena, "%s.key", name).ptr)};
}

/* Makes NAME.pem and NAME.key, signed by AUTHORITY.pem; valid from `from` to `to` days from now. */
static inline void fixture_certificate(struct fixture *fixture, const char *authority,
                                       const char *name, enum certificate_use use, int from, int to)
{
    struct certificate_files by = fixture_files(fixture, authority);
    struct certificate_files made = fixture_files(fixture, name);
    struct certificate_subject subject = {.common_name = slice_of(name),
                                          .use = use,
                                          .not_before = time_now() + from * TIME_DAY,
                                          .not_after = time_now() + to * TIME_DAY};
    if (use == CERTIFICATE_SERVER) {
        subject.names = certificate_local_names;
        subject.name_count = CERTIFICATE_LOCAL_NAME_COUNT;
    }
    ck_assert_int_eq(certificate_make(&by, &made, &subject, &fixture->issues), 0);
}

static inline void fixture_authority(struct fixture *fixture, const char *name)
{
    struct certificate_files files = fixture_files(fixture, name);
    ck_assert_int_eq(certificate_make_authority(&files, slice_of(name), time_now() - TIME_DAY,
                                                time_now() + 10 * TIME_DAY, &fixture->issues),
                     0);
}

/* An authority "ca", a server "server", a client "client", a loop and a listening socket. */
static inline void fixture_begin(struct fixture *fixture)
{
    *fixture = (struct fixture){.arena = arena_new(0), .folder = "/tmp/painbridge-net-XXXXXX"};
    issue_list_init(&fixture->issues, fixture->arena);
    ck_assert_ptr_nonnull(mkdtemp(fixture->folder));
    fixture_authority(fixture, "ca");
    fixture_certificate(fixture, "ca", "server", CERTIFICATE_SERVER, -1, 5);
    fixture_certificate(fixture, "ca", "client", CERTIFICATE_CLIENT, -1, 5);
    fixture->loop = net_loop_new();
    ck_assert_int_eq(
        net_socket_listen("127.0.0.1", 0, false, &fixture->descriptor, &fixture->issues), 0);
    fixture->port = net_socket_port(fixture->descriptor);
}

static inline int fixture_remove(const char *path, const struct stat *status, int kind,
                                 struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void fixture_end(struct fixture *fixture)
{
    close(fixture->descriptor);
    net_loop_free(fixture->loop);
    nftw(fixture->folder, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
    arena_free(fixture->arena);
}

/* A context by the names of its files in the folder; NULL for none. */
static inline struct tls_context *fixture_tls(struct fixture *fixture, enum tls_role role,
                                              const char *own, const char *authority,
                                              const char *revoked)
{
    struct certificate_files files = {NULL, NULL};
    if (own)
        files = fixture_files(fixture, own);
    struct tls_settings settings = {
        .role = role,
        .certificate_path = files.certificate_path,
        .key_path = files.key_path,
        .authority_path = authority ? fixture_files(fixture, authority).certificate_path : NULL,
        .revocation_path = revoked ? fixture_path(fixture, revoked) : NULL};
    struct tls_context *context = NULL;
    ck_assert_int_eq(tls_context_new(&settings, &context, &fixture->issues), 0);
    return context;
}

/* --- time
 * ------------------------------------------------------------------------------------------ */

static inline void fixture_stop(void *data)
{
    net_loop_stop(data);
}

/* Turns the loop for that long, or until somebody stops it. */
static inline void fixture_turn(struct fixture *fixture, instant duration)
{
    struct net_timer *timer = net_timer_new(fixture->loop, fixture_stop, fixture->loop);
    net_timer_start(timer, duration, 0);
    net_loop_run(fixture->loop);
    net_timer_free(timer);
}

/* Turns the loop until *done, at most 10 s. */
static inline void fixture_until(struct fixture *fixture, const bool *done)
{
    for (int i = 0; i < 2000 && !*done; i++)
        fixture_turn(fixture, 5 * TIME_SECOND / 1000);
    ck_assert_msg(*done, "nothing came in 10 s");
}

/* --- a foreign peer
 * ---------------------------------------------------------------------------------- */

/* Runs a shell command in the folder while the loop turns; gives back all it has printed. */
static inline struct slice fixture_peer(struct fixture *fixture, const char *command)
{
    struct slice shell =
        arena_format(fixture->arena, "cd %s && ( %s ) > peer.out 2>&1", fixture->folder, command);
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", shell.ptr, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    for (int i = 0; i < 2000 && waitpid(child, &status, WNOHANG) == 0; i++)
        fixture_turn(fixture, 5 * TIME_SECOND / 1000);
    struct slice output = {NULL, 0};
    ck_assert_int_eq(
        file_read(fixture_path(fixture, "peer.out"), 1 << 20, fixture->arena, &output, NULL), 0);
    return output;
}

static inline bool fixture_says(struct slice output, const char *words)
{
    return slice_find(output, slice_of(words)) < output.len;
}

#endif
