/* event: message types, trigger events and the structures they are sent in (HL7 table 0354). */
#ifndef HL7V2_EVENT_H
#define HL7V2_EVENT_H

#include "base/slice.h"

struct hl7v2_event {
    struct slice structure; /* "ADT_A01" for A04; empty unless HL7V2_EVENT_KNOWN */
    bool is_response;       /* the type is only sent in answer to another message: ACK, ORR, RRI */
};

enum hl7v2_event_knowledge {
    HL7V2_EVENT_TYPE_UNKNOWN, /* MSH-9.1 is not in the table */
    HL7V2_EVENT_UNKNOWN,      /* the type is, but not with this event */
    HL7V2_EVENT_KNOWN
};

/* MSH-9.1 and MSH-9.2 as sent. ACK is known with any event and with none. ret_event is always
 * stored. */
enum hl7v2_event_knowledge hl7v2_event_find(struct slice type, struct slice event,
                                            struct hl7v2_event *ret_event);

/* True when some message of the table is sent in this structure. */
bool hl7v2_event_is_structure(struct slice name);

#endif
