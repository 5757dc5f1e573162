/* query_search: the parameters of a search, as FHIR writes them, made into something to look for.
 *
 * FHIR R4 search.html: which prefixes, modifiers and forms a value may have is said by the type of
 * the parameter; several values with a comma between are alternatives, a repeated parameter must
 * hold each time. What stands here is pure: it takes names and values that were decoded already.
 *
 * Served are token (with :not and the forms code, system|code, |code, system|), reference (id,
 * Type/id, our own absolute URL, :Type), date and _lastUpdated (eq ne lt gt le ge sa eb ap), string
 * (its beginning; :exact, :contains), uri, number and quantity (with the same prefixes), _id.
 * Chains, :missing, :text, :in, :above and :below are refused with words. */
#ifndef PIPELINE_QUERY_SEARCH_H
#define PIPELINE_QUERY_SEARCH_H

#include "base/issue.h"
#include "base/time.h"

struct fhir_search_table;
struct pipeline_search;

struct pipeline_search_options {
    const struct fhir_search_table *table;
    struct slice type;     /* what is searched, a resource type that exists */
    struct slice base_url; /* of this server, without a slash at its end */
    int offset_minutes;    /* of dates without a zone */
    instant now;           /* for the prefix ap */
};

/* A search without parameters: every resource of the type. Lives in the arena. */
struct pipeline_search *pipeline_search_new(const struct pipeline_search_options *options,
                                            struct arena *arena);

/* Adds one parameter. `name` may carry a modifier ("status:not"). 1: it counts; 0: there is no such
 * parameter for this type and nothing was done; -1: an ISSUE_NOT_SUPPORTED or ISSUE_DATA_TYPE was
 * added, which names the parameter only where we know it and never the value. */
int pipeline_search_add(struct pipeline_search *search, struct slice name, struct slice value,
                        struct issue_list *issues) __attribute__((warn_unused_result));

/* _sort: `_lastUpdated` or one date parameter of the type, "-" in front for newest first. Not said:
 * by last update, oldest first, so that what changes while somebody turns pages is never missed. 1,
 * 0 and -1 as above. */
int pipeline_search_sort(struct pipeline_search *search, struct slice value,
                         struct issue_list *issues) __attribute__((warn_unused_result));

/* How many at most; 0 for only their number. */
void pipeline_search_limit(struct pipeline_search *search, uint32_t limit);
/* Counts all that match (pipeline_question.total). */
void pipeline_search_count_all(struct pipeline_search *search);
/* Goes on behind a pipeline_found.cursor of the same search. False for a text that is none. */
bool pipeline_search_continue(struct pipeline_search *search, struct slice cursor)
    __attribute__((warn_unused_result));

#endif
