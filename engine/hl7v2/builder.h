/* builder: writes a message segment by segment.
 *
 * Values go in as UTF-8 text and are escaped and put into the charset once, at the end. Fields may
 * be set in any order; what is not set is empty; trailing empty fields and parts are not printed.
 * The first segment must be MSH (or BHS, FHS): its fields 1 and 2 are written by the builder. Lives
 * in its arena. */
#ifndef HL7V2_BUILDER_H
#define HL7V2_BUILDER_H

#include "base/buffer.h"
#include "hl7v2/place.h"

struct hl7v2_builder;

/* delimiters NULL: |^~\& */
struct hl7v2_builder *hl7v2_builder_new(struct arena *arena,
                                        const struct hl7v2_delimiters *delimiters,
                                        enum hl7v2_charset charset);
/* Begins a segment; what follows goes into it. Its number among its id is counted. */
void hl7v2_builder_segment(struct hl7v2_builder *builder, uint32_t id);
/* Sets a value of the current segment. Numbers from 1; a 0 counts as 1. An empty text sets nothing.
 * Setting the same place again replaces. */
void hl7v2_builder_set(struct hl7v2_builder *builder, unsigned field, unsigned repetition,
                       unsigned component, unsigned subcomponent, struct slice text);
/* The same for formatted text (FT, TX): a line feed becomes the escape \.br\ (HL7 v2.5.1 2.7.6). */
void hl7v2_builder_set_lines(struct hl7v2_builder *builder, unsigned field, unsigned repetition,
                             unsigned component, unsigned subcomponent, struct slice text);
/* The same for bytes that are already in the delimiters and charset of this message (a raw field of
 * the message that is answered); a whole field. */
void hl7v2_builder_set_raw(struct hl7v2_builder *builder, unsigned field, struct slice raw);
/* The delete indicator at this place. */
void hl7v2_builder_set_delete(struct hl7v2_builder *builder, unsigned field, unsigned repetition,
                              unsigned component, unsigned subcomponent);
/* Sets by place: segment and sequence name a segment already begun, or the next of its id, which is
 * then begun at the end. -1 where the sequence leaves a gap, or the place names each. */
int hl7v2_builder_set_place(struct hl7v2_builder *builder, const struct hl7v2_place *place,
                            struct slice text) __attribute__((warn_unused_result));
/* Appends the message, each segment ended by CR. -1 with an issue (a character that the charset
 * does not have), nothing appended. */
int hl7v2_builder_print(const struct hl7v2_builder *builder, struct buffer *out,
                        struct issue_list *issues) __attribute__((warn_unused_result));

#endif
