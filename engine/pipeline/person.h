/* person: which source records are whose, for the commands. What is to become of them is said by
 * acts (struct pipeline_act), which are handed to the committer. */
#ifndef PIPELINE_PERSON_H
#define PIPELINE_PERSON_H

#include "pipeline/inbox.h"

/* A record of one site. The number is patient data. */
struct pipeline_record {
    int64_t key;
    struct slice site;
    struct slice system, value; /* the number; system "Patient": what a client of the site wrote
                                   under our own id */
    struct slice patient;       /* the Patient that answers for it */
    struct slice own_patient;   /* the id its own Patient has or would have */
};

/* The records of one person, named by the id of a Patient, or by the key of one of them; or where
 * `name` is empty, a page of all behind the key `after`, in the order of their keys. Texts in the
 * arena. -1 with issues where the database could not be used. */
int pipeline_person_records(struct pipeline_inbox *inbox, struct slice name, int64_t after,
                            int32_t limit, struct arena *arena,
                            struct pipeline_record **ret_records, size_t *ret_count,
                            struct issue_list *issues) __attribute__((warn_unused_result));

#endif
