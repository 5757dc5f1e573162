/* revision: the files that decide what becomes of a feed's messages, as they were when the engine
 * took them.
 *
 * What a message becomes is a function of its bytes, the time it was received and its revision: the
 * program, the shipped rules and code tables, its site's, and the settings of site and feed. Each
 * message is stored with the name of its revision; so that `why` can answer years later, every
 * revision is kept before the first message can be stored under it:
 *
 *   DIR/revisions/HASH      the bytes of one file; HASH is their SHA-256 in hex
 *
 * A revision is such a file itself, a list of names and hashes in the form of sha256sum. A name
 * that ends with "/" is a list again, of what stands below it:
 *
 *   5f1c...  feeds/mission-oru.xml
 *   09ab...  mappings/                  -> 77de...  codes/v2-0001.csv
 *   c4e2...  program                       ...
 *   d81f...  sites/mission/             -> 31b0...  mission.xml
 *
 * What was kept once is never written again, equal content is kept once, and nothing here is ever
 * removed. No secret and nothing of a patient is part of a revision. */
#ifndef CLI_REVISION_H
#define CLI_REVISION_H

#include "cli/knowledge.h"

#define REVISION_FOLDER "revisions"

/* The revision of each feed of the instance, in its order: 64 hex digits in the arena. With `keep`
 * all of them are on disk when it returns. -1 with an issue where they could not be kept. */
int revision_of_feeds(const struct instance *instance, const struct rules_texts *texts, bool keep,
                      struct arena *arena, struct slice **ret_revisions, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* A revision that was kept, whole. */
struct revision {
    struct slice hash;
    struct slice program; /* "painbridge 0.1.0" */
    struct instance_site site;
    struct instance_feed feed;
    struct mapping_texts base, site_texts;
    struct slice *base_hashes, *site_hashes; /* of each text */
};

/* Reads one from DIR/revisions into the arena of the issues; every byte is checked against its
 * hash. `mappings` is what the folder of the shipped rules is called in traces. -1 with an issue
 * that says which file is missing (ISSUE_NOT_FOUND) or is not what it was. */
int revision_open(const struct instance *instance, const char *mappings, struct slice hash,
                  struct revision *ret_revision, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* Where a kept file stands, from DIR on: "revisions/5f1c...". */
struct slice revision_place(struct slice hash, struct arena *arena);

/* Looks whether a revision could be opened, without parsing it. -1 with an issue for each file that
 * is missing or is not what it was. */
int revision_check(const struct instance *instance, struct slice hash, struct issue_list *issues)
    __attribute__((warn_unused_result));
/* The same for every file that was ever kept, whether a message names it or not. */
int revision_check_all(const struct instance *instance, struct issue_list *issues)
    __attribute__((warn_unused_result));

#endif
