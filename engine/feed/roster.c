/* roster: see the header. */
#include "feed/roster.h"

#include "base/map.h"

/* One MSH segment and its index. */
#define HEADER_ARENA ((size_t)1024 * 1024)
#define HEADER_BYTES ((size_t)16 * 1024)

struct feed_roster {
    struct map by_fingerprint; /* of struct feed_candidate, the first of its certificate */
};

/* --- who it may be ---------------------------------------------------------------------------- */

static void add_candidate(struct feed_roster *roster, struct arena *arena,
                          const struct feed_entry *entry, struct slice fingerprint)
{
    struct feed_candidate *candidate = ARENA_NEW(arena, struct feed_candidate);
    candidate->entry = entry;
    candidate->next = map_put(&roster->by_fingerprint, fingerprint, candidate);
}

/* From the last to the first, each before those that are there: so they stand in their order. */
const struct feed_roster *feed_roster_new(const struct feed_set *set)
{
    struct feed_roster *roster = ARENA_NEW(set->arena, struct feed_roster);
    map_init(&roster->by_fingerprint, set->arena);
    for (size_t i = set->count; i-- > 0;)
        for (size_t j = 0; j < set->entries[i].fingerprint_count; j++)
            if (set->entries[i].fingerprints[j].len == FEED_FINGERPRINT_SIZE)
                add_candidate(roster, set->arena, &set->entries[i],
                              set->entries[i].fingerprints[j]);
    return roster;
}

const struct feed_candidate *feed_roster_find(const struct feed_roster *roster,
                                              struct slice fingerprint)
{
    return map_get(&roster->by_fingerprint, fingerprint);
}

struct mllp_link_limits feed_candidate_limits(const struct feed_candidate *candidates)
{
    struct mllp_link_limits widest = candidates->entry->limits;
    for (const struct feed_candidate *each = candidates->next; each; each = each->next) {
        const struct mllp_link_limits *limits = &each->entry->limits;
        if (limits->max_message_bytes > widest.max_message_bytes)
            widest.max_message_bytes = limits->max_message_bytes;
        if (limits->frame_timeout > widest.frame_timeout)
            widest.frame_timeout = limits->frame_timeout;
        if (limits->idle_timeout > widest.idle_timeout)
            widest.idle_timeout = limits->idle_timeout;
    }
    return widest;
}

/* --- who it is -------------------------------------------------------------------------------- */

static bool begins_line(struct slice frame, size_t at)
{
    return at == 0 || frame.ptr[at - 1] == '\r' || frame.ptr[at - 1] == '\n';
}

/* The first MSH segment; empty where there is none. */
static struct slice first_header(struct slice frame)
{
    size_t at = 0;
    while (at < frame.len) {
        at += slice_find(slice_after(frame, at), SLICE("MSH"));
        if (at < frame.len && begins_line(frame, at))
            break;
        at++;
    }
    struct slice header = slice_part(slice_after(frame, at), 0, HEADER_BYTES);
    header = slice_part(header, 0, slice_find_byte(header, '\r'));
    return slice_part(header, 0, slice_find_byte(header, '\n'));
}

const struct feed_entry *feed_candidate_find(const struct feed_candidate *candidates,
                                             struct slice frame)
{
    const struct feed_candidate *chosen = candidates;
    if (!candidates->next)
        return candidates->entry;
    struct arena *arena = arena_new(HEADER_ARENA);
    struct issue_list passed_over;
    struct hl7v2_message message;
    issue_list_init(&passed_over, arena);
    if (hl7v2_message_parse(first_header(frame), NULL, arena, &message, &passed_over) != 0)
        chosen = NULL;
    while (chosen && !hl7v2_header_is_allowed(&message, &chosen->entry->feed.rules))
        chosen = chosen->next;
    arena_free(arena);
    return chosen ? chosen->entry : NULL;
}

const struct feed_entry *feed_candidate_choose(const struct feed_candidate *candidates,
                                               struct slice frame)
{
    const struct feed_entry *found = feed_candidate_find(candidates, frame);
    return found ? found : candidates->entry;
}
