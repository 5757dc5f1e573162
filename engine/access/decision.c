/* decision: see decision.h. */
#include "access/decision.h"

#include "pipeline/consent.h"

/* What an interaction needs. A conditional interaction looks before it writes: it would otherwise
 * tell who is there to a caller who may not ask. */
static const unsigned needs[ACCESS_INTERACTION_COUNT] = {
    [ACCESS_METRICS] = ACCESS_MAY_READ,
    [ACCESS_READ] = ACCESS_MAY_READ,
    [ACCESS_VREAD] = ACCESS_MAY_READ,
    [ACCESS_HISTORY] = ACCESS_MAY_READ,
    [ACCESS_SEARCH] = ACCESS_MAY_SEARCH,
    [ACCESS_CREATE] = ACCESS_MAY_CREATE,
    [ACCESS_UPDATE] = ACCESS_MAY_UPDATE,
    [ACCESS_TRANSLATE] = ACCESS_MAY_READ,
    [ACCESS_CONDITIONAL_UPDATE] = ACCESS_MAY_UPDATE | ACCESS_MAY_SEARCH,
};

unsigned access_needs(enum access_interaction interaction)
{
    return needs[interaction];
}

static bool may(const struct access_principal *principal, unsigned needed, struct slice type,
                enum access_whose whose)
{
    unsigned granted = access_scopes_permissions(&principal->granted, type, whose);
    unsigned allowed = access_scopes_permissions(&principal->allowed, type, whose);
    return (granted & allowed & needed) == needed;
}

static bool may_all(const struct access_principal *principal, unsigned needed, struct slice type)
{
    return may(principal, needed, type, ACCESS_OF_ALL) ||
           (principal->user.len > 0 && may(principal, needed, type, ACCESS_OF_USER));
}

static int refuse(struct issue_list *issues, const char *words)
{
    issue_report(issues, ISSUE_FORBIDDEN, ISSUE_ERROR, ISSUE_NOWHERE, "%s", words);
    return -1;
}

int access_decide(const struct access_principal *principal, enum access_interaction interaction,
                  struct slice type, struct access_decision *ret_decision,
                  struct issue_list *issues)
{
    unsigned needed = needs[interaction];
    bool writes = (needed & ACCESS_MAY_WRITE) != 0;
    struct slice wanted = type.len > 0 ? type : SLICE("*");
    if (may_all(principal, needed, wanted)) {
        if (writes && principal->site.len == 0)
            return refuse(issues, "the client belongs to no site and cannot write");
        *ret_decision = (struct access_decision){0};
        return 0;
    }
    if (writes || type.len == 0 || principal->patient.len == 0 ||
        !may(principal, needed, wanted, ACCESS_OF_PATIENT))
        return refuse(issues, "the token's scope does not allow this");
    *ret_decision = (struct access_decision){.patient = principal->patient};
    return 0;
}

/* The names that every principal may have. Each says of what kind it is, so that nobody is taken
 * for another one of the same name; what a token says of its user is no name, as its issuer could
 * write there what it likes. */
#define OWN_NAMES 2

static size_t count_words(struct slice text)
{
    size_t count = 0;
    for (struct slice word; slice_split(&text, ' ', &word);)
        count += word.len > 0;
    return count;
}

struct pipeline_viewer access_viewer(const struct access_principal *principal, struct arena *arena)
{
    size_t more = count_words(principal->known_as), count = 0;
    struct slice *names = ARENA_ARRAY(arena, OWN_NAMES + more, struct slice);
    struct slice rest = principal->known_as, word;
    names[count++] =
        arena_format(arena, "urn:painbridge:client|%.*s", SLICE_ARG(principal->client));
    if (principal->site.len > 0)
        names[count++] =
            arena_format(arena, "urn:painbridge:site|%.*s", SLICE_ARG(principal->site));
    while (slice_split(&rest, ' ', &word)) {
        if (word.len > 0)
            names[count++] = word;
    }
    return (struct pipeline_viewer){.site = principal->site,
                                    .names = names,
                                    .name_count = count,
                                    .sees_all = principal->is_hub,
                                    .purposes = PIPELINE_PURPOSE_TREATMENT};
}
