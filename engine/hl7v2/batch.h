/* batch: many messages in one piece: FHS/BHS/BTS/FTS (HL7 v2.5.1 2.10.3) and plain files of
 * messages.
 *
 *   file  = [FHS] { [BHS] { message } [BTS] } [FTS]
 *
 * Messages are slices of the input, byte-exact; each is a transaction of its own. A batch that
 * arrives over the wire is all or nothing as to its shape: a count that does not match, a missing
 * trailer, a nested BHS or a second MSH without BHS refuses the whole (section 7). Files of
 * `convert` are read with hl7v2_batch_split, which is forgiving. */
#ifndef HL7V2_BATCH_H
#define HL7V2_BATCH_H

#include "base/buffer.h"
#include "hl7v2/ack.h"

struct hl7v2_batch {
    bool enveloped; /* FHS or BHS is there; false: one plain message */
    struct slice *messages;
    size_t message_count;
    struct slice file_header;  /* the FHS segment or empty */
    struct slice batch_header; /* the first BHS segment or empty */
    size_t batch_count;        /* number of BHS */
};

/* Splits one frame. 0 with the messages (a frame without envelope and with one MSH gives that
 * one). -1 with the reason: ISSUE_NOT_A_MESSAGE (structure: row 100) or ISSUE_BATCH_COUNT. Segments
 * are found by their line ends (LF too with accept_lf); the messages themselves are not parsed. */
int hl7v2_batch_parse(struct slice frame, const struct hl7v2_message_options *options,
                      struct arena *arena, struct hl7v2_batch *ret_batch, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* All messages of a file, whatever holds them together: MLLP frames (0B .. 1C 0D), FHS/BHS/BTS/FTS,
 * or just one MSH after another; CR, LF or CRLF; a byte order mark and blank lines are skipped.
 * Text before the first MSH that is none of these becomes a piece of its own, so that it can be
 * reported. The slices are byte-exact and may hold LF: parse them with accept_lf. */
size_t hl7v2_batch_split(struct slice file, struct arena *arena, struct slice **ret_messages);

/* The batch answer of section 7: BHS with BHS-12 = their BHS-11, the answers one after another as
 * they stand, BTS with their number; in FHS/FTS when theirs had an FHS. options as for
 * hl7v2_ack_write (control_id becomes BHS-11). */
int hl7v2_batch_write(const struct hl7v2_batch *batch, const struct slice *answers, size_t count,
                      const struct hl7v2_ack_options *options, struct arena *arena,
                      struct buffer *out) __attribute__((warn_unused_result));

#endif
