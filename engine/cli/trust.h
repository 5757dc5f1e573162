/* trust: whose tokens are good for what, made of an instance's files.
 *
 * A keeper (access/token.h) is made whole on whatever thread builds a revision, and then belongs to
 * the loop that serves. Keys in files are read here, and one that cannot be used makes the whole
 * reload fail: a slip in one client's file never leaves that client without keys unseen. Keys at a
 * URL are fetched when they are wanted; nothing is fetched here. */
#ifndef CLI_TRUST_H
#define CLI_TRUST_H

#include "access/token.h"
#include "cli/instance.h"

struct trust_options {
    struct slice own_keys;   /* of the instance's own issuer, a JWK Set */
    struct net_fetch *fetch; /* borrowed; must outlive the keeper */
    struct log *log;
};

/* -1 with every fault of every key file. */
int trust_keeper(const struct instance *instance, const struct trust_options *options,
                 struct access_keeper **ret_keeper, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* Reads the files only; what `check` asks. */
int trust_check(const struct instance *instance, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
