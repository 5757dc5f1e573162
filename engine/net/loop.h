/* loop: one thread's event loop, over libuv.
 *
 * Everything in this room happens on the thread that runs the loop: callbacks are never called from
 * another thread, and never from within the call that set them up. Only net_loop_work runs its
 * first function elsewhere.
 *
 * Life: make the loop, make what stands on it, run, stop, free what stands on it, free the loop.
 * Freed timers, watches and signals are silent at once; their memory goes when the loop has turned
 * once more, which net_loop_free sees to. A process that means to exec starts its children before
 * the first loop is made. Durations are microseconds (base/time.h). */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/issue.h"
#include "base/time.h"

struct net_loop;

/* A loop of its own. Writing to a closed socket is an error code and not SIGPIPE from here on, for
 * the whole process. Ends the process where the system has no descriptors left. */
struct net_loop *net_loop_new(void);
/* All connections and servers on it must have been freed or closed. NULL is well. */
void net_loop_free(struct net_loop *loop);
/* Runs until net_loop_stop, or until nothing is left that could wake it. */
void net_loop_run(struct net_loop *loop);
/* Lets net_loop_run return after the current turn; may be called from a callback only. */
void net_loop_stop(struct net_loop *loop);
/* The monotonic time at the beginning of this turn (time_monotonic's scale). */
instant net_loop_now(const struct net_loop *loop);

/* --- timers ----------------------------------------------------------------------------------- */

struct net_timer;

/* A timer that is not running. Resolution 1 ms. */
struct net_timer *net_timer_new(struct net_loop *loop, void (*expired)(void *data), void *data);
/* Calls expired after `delay`, then every `repeat` (0: once). Started again, it begins anew. */
void net_timer_start(struct net_timer *timer, instant delay, instant repeat);
void net_timer_stop(struct net_timer *timer);
void net_timer_free(struct net_timer *timer);

/* --- foreign descriptors: a libpq socket, a pipe ---------------------------------------------- */

enum net_event { NET_READABLE = 1, NET_WRITABLE = 2 };

struct net_watch;

/* Watches a descriptor that somebody else owns and closes (after net_watch_free). ready gets the
 * NET_ events that hold; an error or a hangup counts as readable. Watches for nothing until
 * net_watch_set. NULL where the descriptor cannot be watched (a plain file). */
struct net_watch *net_loop_watch(struct net_loop *loop, int descriptor,
                                 void (*ready)(void *data, unsigned events), void *data);
/* Which NET_ events to watch for; 0 for none. */
void net_watch_set(struct net_watch *watch, unsigned events);
void net_watch_free(struct net_watch *watch);

/* --- signals ---------------------------------------------------------------------------------- */

struct net_signal;

/* Calls received on the loop's thread each time the process gets the signal. */
struct net_signal *net_loop_signal(struct net_loop *loop, int number, void (*received)(void *data),
                                   void *data);
void net_signal_free(struct net_signal *signal);

/* --- work elsewhere --------------------------------------------------------------------------- */

/* Runs work(data) on a thread of the pool and then done(data) on the loop's thread. `data` belongs
 * to the work until done is called. For what takes long: reading mappings or certificates anew. */
void net_loop_work(struct net_loop *loop, void (*work)(void *data), void (*done)(void *data),
                   void *data);

/* --- listening sockets ------------------------------------------------------------------------ */

/* Opens a listening TCP socket: `host` is an IP address or a name ("::" and "0.0.0.0" for all),
 * port 0 lets the system choose. The descriptor is not inherited by exec unless `inherited`. It
 * belongs to the caller. -1 with ISSUE_CONFIGURATION where it could not. */
int net_socket_listen(const char *host, unsigned port, bool inherited, int *ret_descriptor,
                      struct issue_list *issues) __attribute__((warn_unused_result));
/* The port a socket is bound to, 0 where it is none. */
unsigned net_socket_port(int descriptor);

#endif
