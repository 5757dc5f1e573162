/* zone: what the clock said in a place, from the system's IANA time zone files (TZif, RFC 8536).
 *
 * The C library knows one zone per process; an engine that serves clinics in several needs many at
 * once, so the files are read here. A zone is immutable after load and may be shared.
 *
 * Local times that do not exist (spring gap) or exist twice (autumn fold) take the offset before
 * the change, and say so (hl7-mllp-ack-rules 10). */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/time.h"

struct zone;

enum zone_certainty {
    ZONE_EXACT, /* one offset was in force */
    ZONE_GAP,   /* the local time was skipped */
    ZONE_FOLD   /* the local time came twice */
};

/* Loads "America/Los_Angeles" into the arena from the system's zoneinfo folder ("UTC" needs no
 * file). NULL where there is no such zone; names with "..", a leading "/" or odd bytes are refused.
 */
const struct zone *zone_load(struct arena *arena, struct slice name);
struct slice zone_name(const struct zone *zone);
/* Offset in minutes east of UTC that was in force at an instant (whole minutes; older offsets with
 * seconds are cut to the minute). */
int zone_offset_at(const struct zone *zone, instant when);
/* Offset for a local reading; *ret_certainty may be NULL. */
int zone_offset_of_local(const struct zone *zone, const struct civil_time *local,
                         enum zone_certainty *ret_certainty);

#endif
