/* held: messages that wait, and how they go on. What the commands of an admin ask and do.
 *
 * A rule may say `hold` (mappings/README.md): then the message is stored and answered AA or CA with
 * a warning, and nothing of it is in the record until it is let go on. What holds where:
 *
 *   the same source record, by the same feed   later messages wait behind it, in their order, also
 *                                              those that would not wait by themselves
 *   everybody else                             goes on
 *   a resend                                   is a duplicate: the answer that was given first
 *   a message that is refused                  has no effect, so it waits for nobody
 *
 * A message is about the source records its Patients name (system and number of the first MR, else
 * of the first identifier that can link); a message with two of them stands in two lanes. One that
 * names a person by another number than before is about another record and does not wait, and a
 * merge (A40 and its like) waits in the lanes of the Patients it makes: that the record it merges
 * away has something waiting does not stop it, and what waits there is applied to whoever has that
 * record by then.
 *
 * Going on is in one transaction for each message: its effects, its status `accepted`, the revision
 * by which it was translated now, and the end of its waiting. Several share a commit as they do
 * when they come, or the lane of a busy patient would grow faster than it gets shorter. Whoever is
 * killed between two commits has let the first messages go on and not the others. Two that let go
 * on at once do not meet in a message, and who lines up in a lane meanwhile is found, because both
 * lock its end (commit_held.c).
 *
 * What nobody can or wants to map is let go for good instead: it keeps its bytes and its answer,
 * gets the status `dropped`, and who did so and why is noted. It never has an effect, a resend of
 * it is a duplicate, and those behind it wait for it no more.
 *
 * Order over all doors is that of the commits that put the messages there. */
#ifndef PIPELINE_HELD_H
#define PIPELINE_HELD_H

#include "pipeline/commit.h"
#include "pipeline/inbox.h"

/* What some messages wait for. */
struct pipeline_held_cause {
    struct slice cause; /* its name: "unmapped-1f0c39a2b4"; "behind" for those that wait for nothing
                           but an earlier one */
    struct slice kind;  /* unmapped, invalid, required, clash, behind */
    struct slice site;
    struct slice feeds;               /* names, separated by blanks */
    struct slice rule, place;         /* of the first of them; "" for behind */
    struct slice table, code, system; /* of what is unmapped, else "" */
    int64_t count;
    instant oldest;        /* when the first of them was received */
    struct slice examples; /* keys of at most three messages, the first ones, separated by blanks */
};

/* All causes, those with the most messages first, `behind` last; texts in the arena. */
int pipeline_held_causes(struct pipeline_inbox *inbox, struct arena *arena,
                         struct pipeline_held_cause **ret_causes, size_t *ret_count,
                         struct issue_list *issues) __attribute__((warn_unused_result));
/* The causes of one message: their names, kinds, rules and places alone. */
int pipeline_held_causes_of(struct pipeline_inbox *inbox, int64_t key, struct arena *arena,
                            struct pipeline_held_cause **ret_causes, size_t *ret_count,
                            struct issue_list *issues) __attribute__((warn_unused_result));

/* How many wait, by feed. */
struct pipeline_held_count {
    struct slice feed;
    int64_t count;
    instant oldest;
};
int pipeline_held_counts(struct pipeline_inbox *inbox, struct arena *arena,
                         struct pipeline_held_count **ret_counts, size_t *ret_count,
                         struct issue_list *issues) __attribute__((warn_unused_result));

struct pipeline_held_message {
    int64_t key;
    int64_t position;
    instant received;
    struct slice feed;
    struct slice raw; /* patient data */
};
/* Which to take: those with one of these causes or keys, and those that wait for nothing any more
 * but stood behind; without any cause and key, all. */
struct pipeline_held_choice {
    const struct slice *causes;
    size_t cause_count;
    const int64_t *keys;
    size_t key_count;
};
/* The next ones behind a position (0: from the beginning), in their order, some 8 MiB of them;
 * none: that were all. Who is chosen and stands behind one that is not is among them, though it
 * cannot go on: then it waits for that one alone. */
int pipeline_held_next(struct pipeline_inbox *inbox, const struct pipeline_held_choice *choice,
                       int64_t position, struct arena *arena,
                       struct pipeline_held_message **ret_messages, size_t *ret_count,
                       struct issue_list *issues) __attribute__((warn_unused_result));

/* A message that waits, to be let go for good. Filled by the caller up to the line; it must live
 * until done(). */
struct pipeline_drop {
    struct arena *arena;
    uint64_t message_key;
    instant received;               /* as stored */
    struct slice actor;             /* the account that does it, for the audit */
    struct pipeline_drop_note note; /* who says so, and why: UTF-8 without NUL */
    void (*done)(struct pipeline_drop *drop);
    void *owner;
    /* ---- result ---- */
    enum pipeline_outcome outcome; /* COMMITTED: it is gone. DUPLICATE: it waits no more. FAILED,
                                      UNAVAILABLE, UNKNOWN: as always */
    struct pipeline_item item;     /* the module's own; its issues say why it failed */
};
/* Hands it to the committer. Those behind it can go on then; nobody has let them yet. */
void pipeline_held_drop(struct pipeline_commit *commit, struct pipeline_drop *drop);

/* When and by whom a message was let go for good, and why. */
struct pipeline_held_dropped {
    instant when;
    struct slice who, why;
};
/* *ret_found is false where it was not. */
int pipeline_held_dropped(struct pipeline_inbox *inbox, int64_t key, struct arena *arena,
                          struct pipeline_held_dropped *ret_dropped, bool *ret_found,
                          struct issue_list *issues) __attribute__((warn_unused_result));

#endif
