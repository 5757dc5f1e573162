/* inbox: what came in, for the commands of an admin; and what is left to do.
 *
 * These functions wait for their answer: they are for commands, never for a door. A row holds
 * nothing of a patient; only the stored message itself does, and only inbox_find gives it.
 */
#ifndef PIPELINE_INBOX_H
#define PIPELINE_INBOX_H

#include "base/issue.h"
#include "base/time.h"
#include "pipeline/audit.h"

struct store_settings;
struct pipeline_inbox;

/* Connects with the role of the settings, waiting 3 s at most. -1 with an issue. */
int pipeline_inbox_open(const struct store_settings *settings, struct pipeline_inbox **ret_inbox,
                        struct issue_list *issues) __attribute__((warn_unused_result));
/* NULL is well. */
void pipeline_inbox_close(struct pipeline_inbox *inbox);

/* One stored message. */
struct pipeline_inbox_row {
    int64_t id;
    instant received;
    struct slice feed;
    struct slice control_id; /* MSH-10, byte for byte */
    struct slice type;       /* "ORU^R01" */
    struct slice status;     /* accepted, rejected, quarantined, held, dropped */
    struct slice answer;     /* the message that was answered */
};

/* Empty or 0: all. */
struct pipeline_inbox_filter {
    struct slice feed;
    struct slice status;
    int64_t below; /* ids below this one */
    int32_t limit;
};

/* Newest first; texts in the arena. */
int pipeline_inbox_list(struct pipeline_inbox *inbox, const struct pipeline_inbox_filter *filter,
                        struct arena *arena, struct pipeline_inbox_row **ret_rows,
                        size_t *ret_count, struct issue_list *issues)
    __attribute__((warn_unused_result));

struct pipeline_inbox_message {
    struct pipeline_inbox_row row;
    struct slice raw;      /* as received; patient data */
    struct slice revision; /* of the mappings, bytes */
};

/* The message of that id, or the newest with that control id. *ret_found says whether there is
 * one. */
int pipeline_inbox_find(struct pipeline_inbox *inbox, struct slice key, struct arena *arena,
                        struct pipeline_inbox_message *ret_message, bool *ret_found,
                        struct issue_list *issues) __attribute__((warn_unused_result));

/* The messages that the versions of a resource came from, the latest version's first; at most 100.
 */
int pipeline_inbox_sources(struct pipeline_inbox *inbox, struct slice type, struct slice id,
                           struct arena *arena, struct pipeline_inbox_message **ret_messages,
                           size_t *ret_count, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* Notes an act in the audit; its time is now. To be called before it is done. */
int pipeline_inbox_note(struct pipeline_inbox *inbox, const struct pipeline_audit_row *note,
                        struct issue_list *issues) __attribute__((warn_unused_result));
/* Notes in the audit that `actor` looked at the stored bytes of a message. To be called before they
 * are shown. */
int pipeline_inbox_note_look(struct pipeline_inbox *inbox, struct slice actor, int64_t id,
                             instant now, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* Persons that are marked and due, and sendings that are due, at an instant. */
struct pipeline_inbox_work {
    int64_t persons;
    int64_t sendings;
};
int pipeline_inbox_work(struct pipeline_inbox *inbox, instant now,
                        struct pipeline_inbox_work *ret_work, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* Feeds that are paused: nothing is read from their connections. Both are noted in the audit, and
 * do nothing where it is so already. */
int pipeline_inbox_pause(struct pipeline_inbox *inbox, struct slice feed, struct slice actor,
                         instant now, struct issue_list *issues)
    __attribute__((warn_unused_result));
int pipeline_inbox_resume(struct pipeline_inbox *inbox, struct slice feed, struct slice actor,
                          instant now, struct issue_list *issues)
    __attribute__((warn_unused_result));

struct pipeline_inbox_pause {
    struct slice feed;
    instant since;
    struct slice actor;
};
/* By name; texts in the arena. */
int pipeline_inbox_pauses(struct pipeline_inbox *inbox, struct arena *arena,
                          struct pipeline_inbox_pause **ret_pauses, size_t *ret_count,
                          struct issue_list *issues) __attribute__((warn_unused_result));

/* A setting that lives in the database; *ret_value is empty where there is none. */
int pipeline_inbox_read_setting(struct pipeline_inbox *inbox, struct slice name,
                                struct arena *arena, struct slice *ret_value,
                                struct issue_list *issues) __attribute__((warn_unused_result));
int pipeline_inbox_put_setting(struct pipeline_inbox *inbox, struct slice name, struct slice value,
                               struct issue_list *issues) __attribute__((warn_unused_result));

#endif
