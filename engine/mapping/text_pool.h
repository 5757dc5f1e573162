/* text_pool: texts of files that go, of which equal ones are kept once.
 *
 * A program refers to texts of its rules and tables everywhere; HL7's guide says the same words
 * thousands of times. Who wants to give the files back keeps their texts in a pool first. Internal
 * to the room. */
#ifndef MAPPING_TEXT_POOL_H
#define MAPPING_TEXT_POOL_H

#include "base/map.h"

struct text_pool {
    struct arena *arena; /* of the texts */
    struct map known;    /* a text to itself */
    char *at, *end;      /* what is left of the block at hand */
};

/* The texts go into `arena`; what the pool itself needs into `scratch`. */
void text_pool_init(struct text_pool *pool, struct arena *arena, struct arena *scratch);
/* The kept text. Without a pool (NULL) the text itself, which then has to live on. */
struct slice text_pool_keep(struct text_pool *pool, struct slice text);

#endif
