/* mllp: the frames of the Minimal Lower Layer Protocol, release 1, as a state machine over bytes.
 *
 *   block = SB content EB CR          SB = 0B, EB = 1C, CR = 0D
 *
 *              0B                     1C                  0D
 *     IDLE ----------> BODY ----------------> EB_SEEN -----------> IDLE, a frame stands
 *      | other: dropped  | 0B: dropped as      | 1C: the first was data, stay
 *      | and counted     | truncated, BODY     | 0B: dropped as truncated, BODY
 *                        | too long: CLOSED    | other: 1C was data, malformed, BODY
 *
 * No sockets and no clock here; net/mllp_server.h and net/mllp_client.h put it on connections. Fed
 * byte by byte it gives the same frames as fed whole. It never holds more than max_message_bytes.
 *
 * HL7 Transport Specification MLLP release 1; a release 2 commit block (06 or 15 alone) is dropped
 * and counted. */
#ifndef NET_MLLP_H
#define NET_MLLP_H

#include "base/buffer.h"

#define MLLP_START_BLOCK '\x0b'
#define MLLP_END_BLOCK '\x1c'
#define MLLP_CARRIAGE_RETURN '\x0d'

struct mllp_limits {
    size_t max_message_bytes;  /* content of a block; 0: 16 MiB */
    size_t max_garbage_bytes;  /* in a row, between blocks; 0: 64 KiB */
    unsigned max_empty_blocks; /* in a row; 0: 100 */
};

/* What has been seen since mllp_reader_init. */
struct mllp_counters {
    uint64_t frames;           /* MLLP_FRAME_WHOLE and MLLP_FRAME_MALFORMED */
    uint64_t malformed_frames; /* of these, with an end block byte in the content */
    uint64_t garbage_bytes;    /* between blocks; line ends right after a block are not counted */
    uint64_t empty_blocks;
    uint64_t truncated_frames;
    uint64_t oversized_frames;
    uint64_t release_2_blocks;
};

enum mllp_frame_kind {
    MLLP_FRAME_WHOLE,
    MLLP_FRAME_MALFORMED, /* whole, but with a 1C inside: to be answered with an error */
    MLLP_FRAME_OVERSIZED, /* the first max_message_bytes of one that is longer: to be answered with
                             a rejection; nothing comes after it */
    MLLP_FRAME_TRUNCATED  /* a fragment whose end never came: never to be processed or answered */
};

struct mllp_frame {
    enum mllp_frame_kind kind;
    struct slice content; /* lent by the reader until its next call */
};

enum mllp_state { MLLP_IDLE, MLLP_BODY, MLLP_END_BLOCK_SEEN, MLLP_CLOSED };

/* A plain value; read state and counters, write nothing. */
struct mllp_reader {
    enum mllp_state state;
    struct mllp_limits limits;
    struct mllp_counters counters;
    size_t block_bytes; /* limits.max_message_bytes when the block being read began */
    struct buffer body;
    bool malformed;        /* of the block being read */
    bool lent;             /* body was given out and is to be emptied first */
    bool after_block;      /* in IDLE, with nothing but line ends since a block */
    size_t garbage_in_row; /* bytes */
    unsigned empty_in_row; /* blocks */
};

/* limits: copied; 0 in a field takes the default above. */
void mllp_reader_init(struct mllp_reader *reader, const struct mllp_limits *limits);
void mllp_reader_release(struct mllp_reader *reader);
/* Another max_message_bytes (0: the default) from the next block on. */
void mllp_reader_limit(struct mllp_reader *reader, size_t max_message_bytes);
/* Reads on, and cuts what it has read off the front of *bytes. 1: a frame of any kind is in
 * ret_frame, call again with the rest. 0: all read, wants more. -1: the connection must be closed
 * (too much garbage, too many empty blocks, or after an oversized frame); stays so. */
int mllp_reader_feed(struct mllp_reader *reader, struct slice *bytes, struct mllp_frame *ret_frame)
    __attribute__((warn_unused_result));
/* The connection has ended. 1: a truncated frame is in ret_frame; 0: nothing was left. */
int mllp_reader_end(struct mllp_reader *reader, struct mllp_frame *ret_frame)
    __attribute__((warn_unused_result));

/* Appends SB, content, EB, CR. The content may hold no SB and no EB; that is the writer's duty. */
void mllp_frame_append(struct buffer *buffer, struct slice content);

#endif
