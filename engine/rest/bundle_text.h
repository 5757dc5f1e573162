/* bundle_text: Bundles around bodies that stay as they are stored.
 *
 * fhir/bundle makes Bundles of trees; a search answers with fifty stored texts that nobody needs to
 * parse. Here the frame is written as text and the bodies go in as they are. Members stand in the
 * order of the definition (FHIR R4 bundle.html). */
#ifndef REST_BUNDLE_TEXT_H
#define REST_BUNDLE_TEXT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/time.h"

struct rest_bundle {
    struct buffer text;
    bool has_entries;
};

/* What happened to an entry. */
struct rest_entry_response {
    int status;
    struct slice location; /* may be empty */
    uint64_t version;      /* 0: none */
    instant last_modified; /* with version */
    struct slice outcome;  /* text of an OperationOutcome, or empty */
};

/* link: relation and url, in pairs; an empty url is left out. total < 0: not said. */
void rest_bundle_begin(struct rest_bundle *bundle, const char *type, int64_t total,
                       const struct slice *links, size_t link_count);
/* An entry; body and what is empty are left out. mode: "match", "outcome" or NULL. */
void rest_bundle_add_match(struct rest_bundle *bundle, struct slice full_url, struct slice body,
                           const char *mode);
/* method NULL: without `request`. */
void rest_bundle_add_response(struct rest_bundle *bundle, struct slice full_url, struct slice body,
                              const char *method, struct slice url,
                              const struct rest_entry_response *response);
/* The whole as text in the arena; ends the bundle. False where it outgrew its ceiling. */
bool rest_bundle_end(struct rest_bundle *bundle, struct arena *arena, struct slice *ret_text);

#endif
