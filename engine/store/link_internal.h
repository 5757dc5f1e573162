/* link: the settings as libpq wants them. For this room only. */
#ifndef STORE_LINK_INTERNAL_H
#define STORE_LINK_INTERNAL_H

#include "base/arena.h"
#include "store/settings.h"

#include <libpq-fe.h>

/* Begins to connect, without waiting. NULL only where there is no memory. */
PGconn *store_link_start(const struct store_settings *settings, enum store_use use);
/* Connects and waits. The state of the result says whether it worked. */
PGconn *store_link_open(const struct store_settings *settings, enum store_use use);
/* The last words of libpq about the link, on one line; no record's values are among them. */
struct slice store_link_words(const PGconn *link, struct arena *arena);

#endif
