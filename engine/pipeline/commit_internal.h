/* commit, inside: the batch that is under way, and the part of the record it works on.
 *
 * A batch is run in steps, each in a file of its own:
 *   commit_load.c    round trip 1: what to ask, and what the answer makes of the working set
 *   commit_apply.c   the items, one after the other, on the working set: pure computing
 *   commit_person.c  in whose record a resource stands, and who may say so
 *   commit_label.c   what is open and what is labelled: which of two faces a write goes to
 *   commit_merge.c   one write on one resource: overlay, survivorship, versions
 *   commit_link.c    acts: which source records are to be whose, and what was decided
 *   commit_move.c    source records that come to another person, with all they said
 *   commit_held.c    who has to wait, who waits no more
 *   commit_columns.c the columns of one statement
 *   commit_audit.c   the note of each item, and how a commit is found again by it
 *   commit_store.c   round trip 2: everything that changed, set by set
 *   commit_index.c   the search values of what changed
 *   commit_consent.c the rules of the consents that changed
 *   commit.c         the queue, the connection, the states
 *
 * All memory of a batch is in its arena; when it is run again it begins anew. What an item gets
 * back is copied into the item's arena. */
#ifndef PIPELINE_COMMIT_INTERNAL_H
#define PIPELINE_COMMIT_INTERNAL_H

#include "base/digest.h"
#include "base/map.h"
#include "pipeline/audit_internal.h"
#include "pipeline/clock.h"
#include "pipeline/commit.h"
#include "pipeline/contribution.h"
#include "store/connection.h"

#define BATCH_ITEM_LIMIT 64
#define BATCH_BYTE_LIMIT (512 * 1024)

/* Numbers that are ours to give out (store schema 0001): the rest of a block, and whole ones. */
#define NUMBER_BLOCK_SIZE 65536
#define NUMBER_BLOCK_LIMIT 64 /* more than one message can need within the arena's ceiling */
struct commit_numbers {
    int64_t next, end;
    int64_t blocks[NUMBER_BLOCK_LIMIT]; /* first number of each */
    size_t block_count;
};

/* --- the working set -------------------------------------------------------------------------- */

struct commit_person {
    int64_t key;
    struct slice patient_id;
    int64_t replaced_by; /* 0: nobody */
    instant created;     /* known where an act may be about the person */
    bool is_new;
    bool is_changed;
    bool is_turned; /* replaced_by is another one than is stored */
};

struct commit_source {
    int64_t key;
    struct slice site, system, value;
    struct commit_person *person; /* NULL: the site about what is nobody's */
    /* known of a new one, and where an act may be about it: */
    struct slice patient_id; /* the id its own Patient would have */
    int64_t home;            /* the person an unlink goes back to */
    bool is_new;
    bool is_moved; /* person or home are other ones than are stored */
};

/* What one source says about a resource with several. A resource's voices stand in ascending order
 * of source_key. */
struct commit_voice {
    int64_t source_key;
    struct slice site; /* of the source */
    instant source_time;
    int64_t inbox_id;
    struct slice marks, body; /* as stored, or as they will be */
    struct slice read_body;   /* as it was read; nowhere when it was not there */
    struct pipeline_contribution contribution;
    bool is_read; /* contribution was made from marks and body */
    bool is_changed;
    bool is_mute; /* its source record is another person's now: kept, and not heard */
    struct commit_voice *next;
};

/* A version that will be in the history and never was in the table. */
struct commit_version {
    struct commit_person *person; /* whom it was about; NULL: nobody */
    int32_t version;
    instant last_updated;
    int64_t source_key;
    instant source_time;
    int64_t inbox_id;
    struct slice body;
    struct commit_version *next;
};

/* Under one type and id there may be two: an open one, and a labelled one that holds what is open,
 * too. The open one stands in the batch's map, with the other one behind `labelled`; where there is
 * only a labelled one it stands there itself. */
struct commit_resource {
    struct slice type, id;
    uint32_t labels;                  /* pipeline/label.h; 0: open */
    struct slice label_site;          /* whose facts are labelled; empty: of several */
    struct commit_resource *labelled; /* of an open one; NULL: none */
    struct commit_resource *open;     /* of one that was only labelled until this batch */
    int64_t number;
    struct commit_person *person; /* whom the body at hand is about; NULL: nobody */
    int64_t stored_person;        /* where the row is now; another one than person: it moves */
    int32_t stored_version;       /* 0: a new resource */
    struct slice read_marks;      /* as stored; nowhere where it had several sources */
    int32_t version;
    instant last_updated;
    bool deleted;
    bool merged;
    int64_t source_key;
    struct slice
        site; /* of the source; not known of a Patient that was not written by this batch */
    instant source_time;
    int64_t inbox_id; /* 0: no message */
    unsigned char hash[DIGEST_SHA256_SIZE];
    struct slice marks, body;
    struct json *tree;           /* of the body at hand; NULL until it is wanted */
    struct commit_voice *voices; /* where merged */
    struct commit_version *passed;
    bool has_new_version;
    bool has_new_marks;
    bool has_lost_voices;  /* what is stored of them goes */
    bool has_first_voices; /* it is new, and what others said before is among its voices */
};

struct commit_key {
    const unsigned char *digest;
    struct commit_resource *resource;
};

/* How the claim of an item's message ended. */
enum commit_claim {
    COMMIT_CLAIM_NONE,      /* no dedupe key */
    COMMIT_CLAIM_MINE,      /* new, or the earlier one had no effect */
    COMMIT_CLAIM_DUPLICATE, /* stored before with this content */
    COMMIT_CLAIM_CLASH      /* stored before with another content */
};

struct commit_entry {
    struct pipeline_item *item;
    enum commit_claim claim;
    bool reclaimed; /* mine, though the key was there: its row is of an earlier message */
    enum pipeline_outcome outcome;
    struct slice first_answer;    /* of a duplicate: what was said the first time, */
    uint64_t first_key;           /* and where that message is */
    struct commit_person *person; /* whom it is about, for inbox and audit; may be NULL */
    struct slice *lanes;          /* in which it waits, or would: see commit_held.c */
    size_t lane_count;
    bool is_behind; /* another one waits before it */
    size_t sight;   /* number of the statement of commit_sight_ask; SIZE_MAX: none */
};

struct commit_batch {
    struct arena *arena;
    const struct pipeline_commit_options *options;
    struct commit_numbers *numbers;
    struct commit_entry *entries;
    size_t count;
    instant now;      /* of the clock, whole milliseconds: last_updated of all versions it makes */
    bool lock_by_key; /* see commit_batch_ask */

    struct map persons;                 /* by key, 8 bytes -> commit_person */
    struct map resources;               /* "Type/id" -> commit_resource */
    struct map keys;                    /* digest -> commit_resource */
    struct map sources;                 /* "site\0system\0value" -> commit_source */
    struct commit_source **source_list; /* for the lookup by site */
    size_t source_count, source_capacity;
    struct commit_key *new_keys;
    size_t new_key_count, new_key_capacity;
    struct commit_decision *decisions; /* made by this batch; see commit_link.c */

    struct map lanes; /* those in which somebody waits */

    struct pipeline_audit_chain audit; /* as it will be when this is stored */
    int64_t audit_first;               /* place of the first row */

    int64_t transaction; /* its id at the server, known before anything is written */

    struct store_request *request;
    /* numbers of statements in the request */
    size_t claims, lanes_found, held_found, persons_found, sources_found, site_sources_found,
        resources_found, linked_sources, linked_resources, linked_decisions;
};

/* --- commit_load.c ---------------------------------------------------------------------------- */

/* How many numbers an item, or a whole batch, may need at most. */
int64_t commit_item_need(const struct pipeline_item *item);
int64_t commit_batch_need(const struct commit_batch *batch);
/* The request of round trip 1. It locks the persons whom the items name: by source record, by
 * Patient, by the id of a resource. That a key stands in the record of somebody else is rare (a
 * merge, a visit of two), and to look all keys up before the locks and once more behind them costs
 * the server a tenth of its time: only with lock_by_key are they looked up for the locks, too. */
void commit_batch_ask(struct commit_batch *batch);
/* Reads its answer into the working set. False when a resource or source record is of a person who
 * is not locked, as a key led there or as it was moved while we waited for a lock: the batch must
 * be run again, with lock_by_key. */
bool commit_batch_read(struct commit_batch *batch);

int64_t commit_number(struct commit_batch *batch);
struct commit_person *commit_find_person(const struct commit_batch *batch, int64_t key);
void commit_add_person(struct commit_batch *batch, struct commit_person *person);
struct commit_resource *commit_find_resource(const struct commit_batch *batch, struct slice type,
                                             struct slice id);
void commit_add_resource(struct commit_batch *batch, struct commit_resource *resource);
/* The batch's own, of which every one is asked for, those behind `labelled` too. */
void commit_add_labelled(struct commit_batch *batch, struct commit_resource *resource);
struct commit_resource *commit_find_key(const struct commit_batch *batch,
                                        const unsigned char *digest);
struct commit_source *commit_find_source(const struct commit_batch *batch, struct slice site,
                                         struct slice system, struct slice value);
/* A site's first source record of a person, or NULL. */
struct commit_source *commit_find_source_of(const struct commit_batch *batch, struct slice site,
                                            const struct commit_person *person);
void commit_add_source(struct commit_batch *batch, struct commit_source *source);
/* The source record by which a Patient write names its person; empty slices where it names none. */
const struct pipeline_person *commit_item_person(const struct pipeline_item *item, size_t write);

/* The voice of a source, made where it has none yet. */
struct commit_voice *commit_need_voice(struct commit_batch *batch, struct commit_resource *resource,
                                       int64_t source_key);

/* --- commit_person.c -------------------------------------------------------------------------- */

/* A person, or whoever has that person's records now. */
struct commit_person *commit_survivor(const struct commit_batch *batch,
                                      struct commit_person *person);
/* True of the Patient of a person who was replaced: it is not found by any value. */
bool commit_is_replaced(const struct commit_resource *resource);
/* The Patient with this id (or of whoever has its records now), or NULL. */
struct commit_person *commit_find_subject(const struct commit_batch *batch,
                                          struct slice patient_id);
/* True when the resource is in the record of another person than this one (NULL: one who is not
 * known yet). What was linked to a person is that person's. */
bool commit_is_anothers(const struct commit_resource *resource, const struct commit_person *person);
/* True when nobody but this site says anything of what the resource holds now. */
bool commit_is_only_source(const struct commit_resource *resource, struct slice site);
/* Makes the body of a write name the person in whose record it will stand (NULL: nobody's), where
 * it names one whose records that person has now. */
void commit_name_subject(const struct commit_batch *batch, const struct pipeline_item *item,
                         size_t number, const struct commit_person *person);

/* --- commit_link.c ---------------------------------------------------------------------------- */

/* What an act does, for the audit: "link" and the like, of the first one of the item. */
struct slice commit_act_name(const struct pipeline_item *item);
/* How many numbers the acts of an item may need at most. */
int64_t commit_act_need(const struct pipeline_item *item);
/* The statement that locks the persons, with those of acts where the batch has any; `reach` as of
 * lock_persons. Its number in the request. */
size_t commit_act_lock(struct commit_batch *batch, const struct store_value *reach, size_t count);
/* What round trip 1 asks for acts, behind all else. */
void commit_act_ask(struct commit_batch *batch);
/* Whether the acts of an item may be; reports why not. */
bool commit_act_may_run(const struct commit_batch *batch, struct pipeline_item *item);
/* Runs the acts of an item, behind its writes. */
void commit_act_run(struct commit_batch *batch, struct commit_entry *entry);
/* Who stays, of two persons who are one: the one with an open source record before the one that has
 * only labelled ones, then the older. */
struct commit_person *commit_choose_survivor(struct commit_person *one, bool one_is_open,
                                             struct commit_person *other, bool other_is_open);
/* Round trip 2: what became of persons and source records, behind those that are new. */
void commit_act_store(struct commit_batch *batch);

/* --- commit_move.c ---------------------------------------------------------------------------- */

/* A site's own view of a Patient, made where a client wrote of it under our id: it goes wherever
 * that Patient's records go. */
bool commit_source_is_view(const struct commit_source *source);
/* The source record with this key, of those at hand; or NULL. */
struct commit_source *commit_source_by_key(const struct commit_batch *batch, int64_t key);
/* Source records of one person come to another one, with everything that came from them alone, and
 * with their word where others spoke, too. The person who has none left is replaced by the other
 * one; one who was replaced and comes to have records is not any more. */
void commit_move_sources(struct commit_batch *batch, struct commit_source *const *moving,
                         size_t count, struct commit_person *target);

/* --- commit_apply.c --------------------------------------------------------------------------- */

/* A new resource without a version, and a new person whose Patient has this id. */
struct commit_resource *commit_make_resource(struct commit_batch *batch, struct slice type,
                                             struct slice id, struct commit_person *person);
struct commit_person *commit_make_person(struct commit_batch *batch, struct slice patient_id);
/* A source record, made where it is not known: as one of this person. `patient_id` is the id its
 * own Patient would have. */
struct commit_source *commit_need_source(struct commit_batch *batch, struct slice site,
                                         struct slice system, struct slice value,
                                         struct commit_person *person, struct slice patient_id);
/* Makes the digest a key of the resource, unless it is known. */
void commit_give_key(struct commit_batch *batch, const unsigned char *digest,
                     struct commit_resource *resource);
/* Reports why a write of the item (SIZE_MAX: none of them) cannot be. False, for the caller to
 * return. */
bool commit_refuse(struct pipeline_item *item, size_t number, enum issue_code code,
                   const char *words);

/* Runs every item that is to have an effect, in order, and sets outcomes. */
void commit_batch_apply(struct commit_batch *batch);

/* --- commit_label.c --------------------------------------------------------------------------- */

/* What a write is labelled with: by its item, by itself, by its body. */
uint32_t commit_write_labels(const struct pipeline_item *item, const struct pipeline_write *write);
/* Of what stands under an id (NULL: nothing does) that which a write with these labels is about; or
 * NULL: for who says nothing under a label what is labelled is not there. */
struct commit_resource *commit_face(struct commit_resource *resource, uint32_t labels);
/* What round trip 1 asks for the items that have a viewer, and whether the viewer of one may see
 * what stands under a type and id; with `labelled`, what is labelled there. */
void commit_sight_ask(struct commit_batch *batch);
bool commit_sight_has(const struct commit_batch *batch, const struct commit_entry *entry,
                      struct slice type, struct slice id, bool labelled);
/* The labelled one of what stands under an id, made where there is none, with all that the open one
 * says; and the open one beside what is labelled (or itself, where it is open). */
struct commit_resource *commit_need_labelled(struct commit_batch *batch,
                                             struct commit_resource *resource,
                                             struct commit_person *person);
struct commit_resource *commit_need_open(struct commit_batch *batch,
                                         struct commit_resource *resource,
                                         struct commit_person *person);
/* Merges a write into what stands under its id: under a label into the labelled one, which is made
 * where there is none; without into the open one and, where there is a labelled one, into that. The
 * one whose version the writer is told is returned. */
struct commit_resource *
commit_label_merge(struct commit_batch *batch, const struct commit_entry *entry,
                   struct pipeline_write *write, struct commit_resource *resource,
                   struct commit_person *person, const struct commit_source *source);

/* --- commit_merge.c --------------------------------------------------------------------------- */

/* SHA-256 of the content of a body without version and time: what stands under meta.source differs
 * with each message that says the same, and is no content. */
void commit_hash_content(struct json *body, unsigned char *ret_hash);

/* One write by one source on its resource, about this person (NULL: nobody). Where the resource was
 * another person's until now, the write is all that is said from here on: nothing that was said of
 * the other one stays in the body. The body's id and references are final. */
void commit_merge(struct commit_batch *batch, const struct commit_entry *entry,
                  struct pipeline_write *write, struct commit_resource *resource,
                  struct commit_person *person, const struct commit_source *source);
/* What survives of all voices of a resource that are heard. */
struct json *commit_survivors(struct commit_batch *batch, struct commit_resource *resource,
                              const struct json *head);
/* A body as text, and the body at hand of a resource as a tree. */
struct slice commit_print(const struct json *body, struct arena *arena);
struct json *commit_tree(struct commit_batch *batch, struct commit_resource *resource);
/* From here on the resource has voices: what it was so far becomes the first. */
void commit_begin_voices(struct commit_batch *batch, struct commit_resource *resource);
/* Makes `body` the version at hand, which is printed with its new number and time; `arena` lives as
 * long as the body. */
void commit_new_version(struct commit_batch *batch, struct commit_resource *resource,
                        struct json *body, struct arena *arena);
/* Makes a new resource that will have voices begin with what was said of another one. */
void commit_begin_with(struct commit_batch *batch, struct commit_resource *resource,
                       struct commit_resource *other);
/* When what the item says was so at its source. */
instant commit_item_time(const struct pipeline_item *item);

/* --- commit_columns.c ------------------------------------------------------------------------- */

#define COMMIT_COLUMN_LIMIT 17

struct commit_columns {
    struct store_column column[COMMIT_COLUMN_LIMIT];
    size_t count;
};

void commit_columns_init(struct commit_columns *columns, const enum store_type *types, size_t count,
                         struct arena *arena);
/* The same, from a list of their types. */
#define COMMIT_COLUMNS_INIT(columns, arena, ...)                                                   \
    commit_columns_init((columns), (const enum store_type[]){__VA_ARGS__},                         \
                        sizeof((const enum store_type[]){__VA_ARGS__}) / sizeof(enum store_type),  \
                        (arena))

/* Their values, as many as there are columns; how many that is. */
size_t commit_columns_values(struct commit_columns *columns, struct store_value *ret_values);
/* Adds the statement, unless there is no row. Its number in the request; where it was not added
 * SIZE_MAX, a number without rows. */
size_t commit_columns_send(struct commit_columns *columns, struct store_request *request,
                           enum store_statement statement);
/* The same, with an instant behind the columns. */
void commit_columns_send_at(struct commit_columns *columns, struct commit_batch *batch,
                            enum store_statement statement, instant at);

/* --- commit_held.c ---------------------------------------------------------------------------- */

/* What round trip 1 asks of lanes, behind the claims and before the persons. */
void commit_held_ask(struct commit_batch *batch);
/* Before any item is applied. */
void commit_held_read(struct commit_batch *batch);
/* Whether the item has to wait; to be asked of each in their order. */
bool commit_held_waits(struct commit_batch *batch, const struct commit_entry *entry);
/* What waits from now on, and what no more. */
void commit_held_store(struct commit_batch *batch);

/* --- commit_audit.c --------------------------------------------------------------------------- */

/* The audit rows of all items: AUDIT_VALUE_COUNT values. */
void commit_audit_store(struct commit_batch *batch, struct store_value *ret_values);
/* Asks what a COMMIT came to, in the order in which it must be answered: the audit is read by a
 * statement that begins when the transaction is known to have ended. */
enum commit_asked { COMMIT_ASKED_ORPHAN, COMMIT_ASKED_TRANSACTION, COMMIT_ASKED_AUDIT };
struct store_request *commit_audit_ask(struct commit_batch *batch);

/* --- commit_consent.c ------------------------------------------------------------------------- */

/* What the consents that changed allow and deny from now on. */
void commit_consent_store(struct commit_batch *batch);

/* --- commit_store.c --------------------------------------------------------------------------- */

/* The request of round trip 2; ends with commit. */
void commit_batch_store(struct commit_batch *batch);

/* A request that writes a note of the only item, which is to be refused, and takes it back: whether
 * the server can store anything at all. */
void commit_batch_probe(struct commit_batch *batch);

/* --- commit_index.c --------------------------------------------------------------------------- */

/* Adds the statements for the search values of everything that changed. */
void commit_batch_index(struct commit_batch *batch);

/* Whether the item is a message that claims a dedupe key. */
bool commit_item_is_keyed(const struct pipeline_item *item);

#endif
