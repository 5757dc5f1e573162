/* viewer: who looks or writes, as far as what he may see depends on it. See query.h for what
 * follows from it. What nobody said of him he may not see: all zeros see what belongs to no person.
 */
#ifndef PIPELINE_VIEWER_H
#define PIPELINE_VIEWER_H

#include "base/slice.h"

#include <stdint.h>

struct pipeline_viewer {
    struct slice site;         /* in whose name: own patients, own labels; empty: no clinic's */
    const struct slice *names; /* by which teams, referrals and consents may name him, as
                                  "system|value" (urn:painbridge:site, urn:painbridge:client, what
                                  the site is known as) or "Type/id" */
    size_t name_count;
    bool sees_all;     /* persons that nobody of his treats, too: the instance's own systems */
    uint32_t purposes; /* bits of pipeline/consent.h; 0: nothing by consent */
};

#endif
