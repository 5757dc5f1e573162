/* loop, for the files of this room: libuv's own loop, and what its connections share. */
#ifndef NET_LOOP_INTERNAL_H
#define NET_LOOP_INTERNAL_H

#include <openssl/bio.h>
#include <uv.h>

#include "net/loop.h"

/* Largest read from a socket, and the largest record of TLS (RFC 8446 5.1). Each loop has one
 * buffer of each, so that an idle connection needs none. */
#define NET_READ_BYTES ((size_t)64 << 10)
#define NET_RECORD_BYTES ((size_t)16 << 10)

/* Something with bytes to send at the end of the turn; a member of a connection. */
struct net_flush {
    struct net_flush *next;
    bool queued;
    void (*flush)(struct net_flush *flush);
};

struct net_loop {
    uv_loop_t uv;
    uv_prepare_t before_wait; /* the end of a turn */
    struct net_flush *flushes;
    uv_timer_t trim; /* see net_loop_trim_later */
    char *read_bytes;
    char *record_bytes;
    BIO_METHOD *session_bio; /* of net/connection.c; NULL until the first TLS connection */
};

/* flush(entry) is called once before the loop waits again. */
void net_loop_flush_later(struct net_loop *loop, struct net_flush *entry);
/* Forgets it. */
void net_loop_flush_never(struct net_loop *loop, struct net_flush *entry);
/* Gives memory that was freed back to the system, some seconds from now: a burst of handshakes
 * leaves holes of 32 KiB for each connection between what stays (measured: 50 KiB a connection
 * before, 25 after). */
void net_loop_trim_later(struct net_loop *loop);
/* Microseconds to libuv's milliseconds, rounded up. */
uint64_t net_loop_milliseconds(instant duration);

/* malloc that ends the process where there is no memory; zeroed. Given back by free. */
void *net_allocate(size_t size);

#endif
