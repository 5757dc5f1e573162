/* shapes: what was learnt of the messages before, so that the next like them is mapped faster.
 *
 * The messages of one feed are alike: the same segments with the same fields filled, whose codes
 * are of the same few tables. What the rules asked of such a segment and what they wrote is kept
 * (see mapping/run_shape.h), and done again without the rules where all answers are the same. What
 * comes out is the same to the byte, with shapes or without.
 *
 * One mapping_shapes is for one program, one feed and one thread. It holds bytes of messages and so
 * must be treated as they are; it goes, wiped, with the arena that it was made in, which has to
 * last as long as what was mapped with it (results point into it) and no longer than the program.
 * No text longer than 256 bytes is in it; beyond MAPPING_SHAPES_LIMIT bytes it learns nothing more.
 */
#ifndef MAPPING_SHAPES_H
#define MAPPING_SHAPES_H

#include "base/arena.h"

#define MAPPING_SHAPES_LIMIT ((size_t)1024 * 1024)

struct mapping_program;
struct mapping_shapes;

/* Nothing learnt yet: 2 KiB of the arena. What is learnt has memory of its own, and is freed with
 * the arena. */
struct mapping_shapes *mapping_shapes_make(const struct mapping_program *program,
                                           struct arena *arena);
/* Bytes of what was learnt. */
size_t mapping_shapes_used(const struct mapping_shapes *shapes);

#endif
