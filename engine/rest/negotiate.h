/* negotiate: what a client says about form: media types, preferences, entity tags, HTTP dates.
 *
 * Pure functions on header texts; FHIR R4 http.html, RFC 9110, RFC 7240. */
#ifndef REST_NEGOTIATE_H
#define REST_NEGOTIATE_H

#include "base/time.h"

/* FHIR R4 http.html#ops: what comes back of a create or an update. */
enum rest_return { REST_RETURN_REPRESENTATION, REST_RETURN_MINIMAL, REST_RETURN_OUTCOME };

struct rest_preferences {
    enum rest_return what;
    bool is_said;   /* the client said what */
    bool is_strict; /* handling=strict: what is not known is an error */
    bool is_pretty; /* _pretty=true */
};

/* True when an Accept header (empty: none) takes FHIR JSON, R4. */
bool rest_accepts_json(struct slice accept);
/* True when the value of _format means JSON ("+" may have been decoded to a blank). */
bool rest_format_is_json(struct slice format);
/* True when a Content-Type names no charset but UTF-8 and no FHIR version but 4.0. */
bool rest_content_type_fits(struct slice content_type);
/* Reads one Prefer header into *preferences. */
void rest_read_preference(struct slice prefer, struct rest_preferences *preferences);

/* The version in W/"3" or "3". False for any other form. */
bool rest_read_entity_tag(struct slice tag, struct slice *ret_version);
/* If-None-Match of a write: "*" means that there must be none yet (RFC 9110 13.1.2), empty nothing.
 * False for any other form, which must not be ignored. */
bool rest_read_must_be_new(struct slice if_none_match, bool *ret_must_be_new)
    __attribute__((warn_unused_result));
/* True when an If-None-Match (a list, or "*") names this version. */
bool rest_names_version(struct slice if_none_match, uint64_t version);
/* The same of what has no version but a tag. */
bool rest_names_tag(struct slice if_none_match, struct slice tag);

/* "Sun, 22 Nov 2026 02:45:00 GMT" (RFC 9110 5.6.7, IMF-fixdate). */
struct slice rest_print_date(instant when, struct arena *arena);
/* Reads that form only: the obsolete ones are ignored like no header. */
bool rest_read_date(struct slice text, instant *ret_when);

#endif
