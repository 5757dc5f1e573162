/* audit_limit: see the header. */
#include "pipeline/audit_limit.h"

/* Begins a minute where none is at hand; whether there is room in it. */
static bool has_room(struct pipeline_audit_count *count, unsigned most, instant now)
{
    if (count->since == 0 || now - count->since >= TIME_MINUTE)
        *count = (struct pipeline_audit_count){.since = now};
    return count->count < most;
}

bool pipeline_audit_limit_take(struct pipeline_audit_limit *limit, struct slice address,
                               instant now, size_t *ret_passed_over)
{
    struct pipeline_audit_count *place =
        &limit->places[slice_hash(address) % PIPELINE_AUDIT_PLACES];
    if (!has_room(place, PIPELINE_AUDIT_OF_ADDRESS, now) ||
        !has_room(&limit->all, PIPELINE_AUDIT_OF_ALL, now)) {
        limit->passed_over++;
        return false;
    }
    place->count++;
    limit->all.count++;
    *ret_passed_over = limit->passed_over;
    limit->passed_over = 0;
    return true;
}
