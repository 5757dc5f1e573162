/* look: what reads and searches of all kinds share (look.c, tables.c). */
#ifndef REST_LOOK_H
#define REST_LOOK_H

#include "rest/bundle_text.h"
#include "rest/call.h"

/* A question of this call, bound to what the caller may see. NULL: the call has ended. */
struct pipeline_question *rest_look_question(struct rest_call *call,
                                             enum pipeline_question_kind kind,
                                             void (*done)(struct pipeline_question *question));
void rest_look_submit(struct rest_call *call, struct pipeline_question *question);
/* The call whose question was answered; NULL when it could not be and the call has ended. */
struct rest_call *rest_look_answered(struct pipeline_question *question);

/* _count: at most 500, whatever was asked for; else 50. -1 with an issue. */
int rest_look_count(struct rest_call *call, uint32_t *ret_count)
    __attribute__((warn_unused_result));
/* FHIR R4 search.html#unknown: the parameter of that index is ignored and told, or with
 * handling=strict refused. A name that we do not know is not repeated: it may be anything. */
void rest_look_leave_out(struct rest_call *call, size_t index);
/* Adds what was told to a searchset, then ends the Bundle and the call. */
void rest_look_end_search(struct rest_call *call, struct rest_bundle *bundle);

#endif
