/* settings: where the database is, and who we are there. A plain struct that the caller fills; its
 * slices must live as long as what was made from it. */
#ifndef STORE_SETTINGS_H
#define STORE_SETTINGS_H

#include "base/slice.h"

/* What a connection is for; decides which statements it prepares and how the server plans them. */
enum store_use {
    STORE_USE_BARE,  /* none: migrations, the cli's own questions */
    STORE_USE_WRITE, /* pipeline/commit: every plan goes by index, whatever the statistics say */
    STORE_USE_READ,  /* pipeline/query and the lists of the cli: the server plans as it sees fit */
    STORE_USE_VERIFY /* pipeline/verify: reads everything, with memory to join it */
};

/* TLS is always on, and the server's certificate is always checked against host and ca_file
 * (libpq's verify-full). */
struct store_settings {
    struct slice host; /* as the certificate names it */
    int64_t port;
    struct slice database;
    struct slice user;              /* painbridge_door and the like */
    struct slice password;          /* SCRAM */
    struct slice ca_file;           /* PEM */
    struct slice application;       /* how the server lists us: "door-1"; may be empty */
    int64_t connect_milliseconds;   /* 0: 10,000 */
    int64_t statement_milliseconds; /* the server ends a statement that takes longer; 0: 60,000 */
    bool plans_once; /* statements that find what they ask for by keys, whatever their parameters
                        are: planned once and by index; to plan them costs more than to run them */
};

#endif
