/* suggest: "did you mean": the nearest of the names that would have been right. */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include "base/slice.h"

/* Edit distance with neighbours swapped as one step (optimal string alignment), ASCII case not
 * counted as a difference; gives up and returns limit + 1 beyond `limit`. */
unsigned suggest_distance(struct slice a, struct slice b, unsigned limit);
/* Index of the name nearest to `wrong`, or count where none is near enough to be worth a word (more
 * than a third of the letters wrong, and more than one). Of equally near ones the first. */
size_t suggest_nearest(struct slice wrong, const struct slice *names, size_t count);

#endif
