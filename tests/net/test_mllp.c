/* The rules of the MLLP reader, each row named by what it shows. Every row is fed whole, byte by
 * byte and in pieces of every length up to 7, and must give the same each time. */
#include "net/mllp.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "support/same.h"
#include "support/suite.h"

#define SB "\x0b"
#define EB "\x1c"
#define CR "\x0d"
#define BLOCK(content) SB content EB CR

/* Events are written as text: W, M, O, T and the content in brackets, X where it must be closed, E
 * for a fragment at the end of the connection. */
struct row {
    const char *rule;
    struct slice input;
    const char *events;
    struct mllp_counters counters;
};

static const char kind_letters[] = {[MLLP_FRAME_WHOLE] = 'W',
                                    [MLLP_FRAME_MALFORMED] = 'M',
                                    [MLLP_FRAME_OVERSIZED] = 'O',
                                    [MLLP_FRAME_TRUNCATED] = 'T'};

static void note(struct buffer *events, char letter, struct slice content)
{
    buffer_append_byte(events, letter);
    buffer_append_byte(events, '[');
    buffer_append(events, content);
    buffer_append_byte(events, ']');
}

/* True while the connection may go on. */
static bool feed_piece(struct mllp_reader *reader, struct slice piece, struct buffer *events)
{
    struct mllp_frame frame;
    int result;
    while ((result = mllp_reader_feed(reader, &piece, &frame)) == 1)
        note(events, kind_letters[frame.kind], frame.content);
    if (result < 0)
        buffer_append_byte(events, 'X');
    return result == 0;
}

static void feed_all(struct mllp_reader *reader, struct slice input, size_t piece_length,
                     struct buffer *events)
{
    bool open = true;
    for (size_t at = 0; at < input.len && open; at += piece_length) {
        /* A copy of its own, so that a read beyond the piece is seen. */
        struct slice piece = slice_part(input, at, piece_length);
        char *copy = malloc(piece.len);
        memcpy(copy, piece.ptr, piece.len);
        open = feed_piece(reader, (struct slice){copy, piece.len}, events);
        free(copy);
    }
    struct mllp_frame frame;
    if (open && mllp_reader_end(reader, &frame) == 1)
        note(events, 'E', frame.content);
}

static void check_row(const struct row *row, const struct mllp_limits *limits)
{
    const size_t lengths[] = {row->input.len, 1, 2, 3, 4, 5, 6, 7};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct mllp_reader reader;
        struct buffer events;
        mllp_reader_init(&reader, limits);
        buffer_init(&events, 0);
        feed_all(&reader, row->input, lengths[i], &events);
        struct slice got = buffer_slice(&events);
        ck_assert_msg(slice_equal(got, slice_of(row->events)),
                      "%s, pieces of %zu: got '%.*s', not '%s'", row->rule, lengths[i],
                      SLICE_ARG(got), row->events);
        ck_assert_msg(memcmp(&reader.counters, &row->counters, sizeof(reader.counters)) == 0,
                      "%s, pieces of %zu: other counters", row->rule, lengths[i]);
        buffer_release(&events);
        mllp_reader_release(&reader);
    }
}

static const struct row rows[] = {
    {"1.1 a block is SB content EB CR", SLICE_INIT(BLOCK("MSH|a")), "W[MSH|a]", {.frames = 1}},
    {"1.2 release 2 commit blocks are dropped and counted",
     SLICE_INIT(BLOCK("\x06") BLOCK("\x15") BLOCK("MSH")),
     "W[MSH]",
     {.frames = 1, .release_2_blocks = 2}},
    {"1.3 many blocks on one connection come in order",
     SLICE_INIT(BLOCK("one") BLOCK("two") BLOCK("three")),
     "W[one]W[two]W[three]",
     {.frames = 3}},
    {"1.4 bytes of UTF-8 and NUL are content like others",
     SLICE_INIT(BLOCK("\xc3\xa9\xe2\x82\xac")),
     "W[\xc3\xa9\xe2\x82\xac]",
     {.frames = 1}},
    {"1.5 end block without CR was data and makes it malformed",
     SLICE_INIT(BLOCK("a" EB "b")),
     "M[a\x1c"
     "b]",
     {.frames = 1, .malformed_frames = 1}},
    {"1.5 two end blocks: the first was data",
     SLICE_INIT(BLOCK("a" EB)),
     "M[a\x1c]",
     {.frames = 1, .malformed_frames = 1}},
    {"1.5 a malformed block does not stain the next",
     SLICE_INIT(BLOCK("a" EB "b") BLOCK("c")),
     "M[a\x1c"
     "b]W[c]",
     {.frames = 2, .malformed_frames = 1}},
    {"1.6 bytes before a block are dropped and counted",
     SLICE_INIT("junk" BLOCK("a")),
     "W[a]",
     {.frames = 1, .garbage_bytes = 4}},
    {"1.6 line ends after a block are not counted",
     SLICE_INIT(BLOCK("a") "\r\n\n" BLOCK("b") "\r\n"),
     "W[a]W[b]",
     {.frames = 2}},
    {"1.6 line ends where no block was before are counted",
     SLICE_INIT("\r\n" BLOCK("a")),
     "W[a]",
     {.frames = 1, .garbage_bytes = 2}},
    {"1.6 a frame without its start block is garbage",
     SLICE_INIT("MSH|a" EB CR BLOCK("b")),
     "W[b]",
     {.frames = 1, .garbage_bytes = 7}},
    {"1.7 start block in a block drops what was before it",
     SLICE_INIT(SB "half" BLOCK("whole")),
     "T[half]W[whole]",
     {.frames = 1, .truncated_frames = 1}},
    {"1.7 start block after an end block without CR too",
     SLICE_INIT(SB "half" EB BLOCK("whole")),
     "T[half\x1c]W[whole]",
     {.frames = 1, .truncated_frames = 1}},
    {"1.8 end of connection in a block gives a fragment",
     SLICE_INIT(BLOCK("a") SB "half"),
     "W[a]E[half]",
     {.frames = 1, .truncated_frames = 1}},
    {"1.8 end of connection before the final CR too",
     SLICE_INIT(SB "half" EB),
     "E[half]",
     {.truncated_frames = 1}},
    {"1.12 an empty block is dropped and counted",
     SLICE_INIT(SB EB CR BLOCK("a")),
     "W[a]",
     {.frames = 1, .empty_blocks = 1}},
};

START_TEST(each_rule_of_framing_holds_for_any_split)
{
    check_row(&rows[_i], NULL);
}
END_TEST

static const struct mllp_limits small = {
    .max_message_bytes = 4, .max_garbage_bytes = 5, .max_empty_blocks = 3};

static const struct row limit_rows[] = {
    {"1.9 content of the greatest length is taken",
     SLICE_INIT(BLOCK("1234")),
     "W[1234]",
     {.frames = 1}},
    {"1.9 one byte more: its beginning is given and nothing after it",
     SLICE_INIT(BLOCK("12345") BLOCK("a")),
     "O[1234]X",
     {.oversized_frames = 1}},
    {"1.9 an end block byte in the content counts too",
     SLICE_INIT(BLOCK("123" EB "4")),
     "O[123\x1c]X",
     {.oversized_frames = 1}},
    {"1.6 the greatest garbage is borne",
     SLICE_INIT("12345" BLOCK("a") "12345" BLOCK("b")),
     "W[a]W[b]",
     {.frames = 2, .garbage_bytes = 10}},
    {"1.6 more garbage in a row closes", SLICE_INIT("123456"), "X", {.garbage_bytes = 6}},
    {"1.12 empty blocks in a row close",
     SLICE_INIT(SB EB CR SB EB CR SB EB CR),
     "X",
     {.empty_blocks = 3}},
    {"1.12 a block between them begins the row anew",
     SLICE_INIT(SB EB CR SB EB CR BLOCK("a") SB EB CR SB EB CR),
     "W[a]",
     {.frames = 1, .empty_blocks = 4}},
};

START_TEST(each_limit_holds_for_any_split)
{
    check_row(&limit_rows[_i], &small);
}
END_TEST

START_TEST(limits_not_said_are_those_of_the_rules)
{
    struct mllp_reader reader;
    mllp_reader_init(&reader, NULL);
    ck_assert_uint_eq(reader.limits.max_message_bytes, 16U * 1024 * 1024);
    ck_assert_uint_eq(reader.limits.max_garbage_bytes, 64U * 1024);
    ck_assert_uint_eq(reader.limits.max_empty_blocks, 100);
    mllp_reader_release(&reader);
}
END_TEST

START_TEST(a_closed_reader_stays_closed)
{
    struct mllp_reader reader;
    struct mllp_frame frame;
    mllp_reader_init(&reader, &small);
    struct slice garbage = SLICE("123456");
    ck_assert_int_eq(mllp_reader_feed(&reader, &garbage, &frame), -1);
    struct slice good = SLICE(BLOCK("a"));
    ck_assert_int_eq(mllp_reader_feed(&reader, &good, &frame), -1);
    ck_assert_int_eq(mllp_reader_end(&reader, &frame), 0);
    mllp_reader_release(&reader);
}
END_TEST

START_TEST(what_is_appended_is_read_back)
{
    struct buffer wire;
    buffer_init(&wire, 0);
    mllp_frame_append(&wire, SLICE("MSH|^~\\&\rMSA|AA|1\r"));
    CK_SAME(buffer_slice(&wire), BLOCK("MSH|^~\\&\rMSA|AA|1\r"));
    buffer_release(&wire);
}
END_TEST

/* The shared corpus: what its manifest expects, in this reader's events. */
static const struct {
    const char *file;
    unsigned whole, malformed, truncated;
    bool open;
} corpus[] = {
    {"ws1-truncated-then-close.bin", 0, 0, 1, true}, {"ws2-two-frames.bin", 2, 0, 0, true},
    {"ws3-missing-sb.bin", 0, 0, 0, true},           {"ws4-missing-cr-after-eb.bin", 0, 0, 1, true},
    {"ws5-garbage-first.bin", 1, 0, 0, true},        {"ws6-sb-in-frame.bin", 1, 0, 1, true},
    {"ws7-frame-with-only-cr.bin", 1, 0, 0, true},
};

START_TEST(files_of_the_shared_corpus_give_what_the_manifest_says)
{
    struct arena *arena = arena_new(0);
    struct slice name = arena_format(arena, "samples/badinput/mllp/%s", corpus[_i].file);
    char *path = suite_need_shared(name.ptr);
    struct slice bytes;
    ck_assert_int_eq(file_read(path, 1 << 20, arena, &bytes, NULL), 0);
    struct mllp_reader reader;
    struct buffer events;
    mllp_reader_init(&reader, NULL);
    buffer_init(&events, 0);
    feed_all(&reader, bytes, 1, &events);
    ck_assert_uint_eq(reader.counters.frames, corpus[_i].whole);
    ck_assert_uint_eq(reader.counters.malformed_frames, corpus[_i].malformed);
    ck_assert_uint_eq(reader.counters.truncated_frames, corpus[_i].truncated);
    buffer_release(&events);
    mllp_reader_release(&reader);
    free(path);
    arena_free(arena);
}
END_TEST

static void add(Suite *suite)
{
    TCase *framing = tcase_create("framing");
    tcase_add_loop_test(framing, each_rule_of_framing_holds_for_any_split, 0,
                        sizeof(rows) / sizeof(rows[0]));
    tcase_add_loop_test(framing, each_limit_holds_for_any_split, 0,
                        sizeof(limit_rows) / sizeof(limit_rows[0]));
    tcase_add_test(framing, limits_not_said_are_those_of_the_rules);
    tcase_add_test(framing, a_closed_reader_stays_closed);
    tcase_add_test(framing, what_is_appended_is_read_back);
    tcase_add_loop_test(framing, files_of_the_shared_corpus_give_what_the_manifest_says, 0,
                        sizeof(corpus) / sizeof(corpus[0]));
    suite_add_tcase(suite, framing);
}

int main(void)
{
    return suite_main("mllp", add);
}
