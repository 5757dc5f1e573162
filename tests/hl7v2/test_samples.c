/* All the public messages of the shared folder, hostile ones included. */
#include <stdlib.h>

#include "base/file.h"
#include "hl7v2/ack.h"
#include "hl7v2/batch.h"
#include "hl7v2/grouping.h"
#include "hl7v2/hash.h"
#include "hl7v2/support.h"
#include "hl7v2/text.h"

static const struct hl7v2_message_options LENIENT = {.accept_lf = true};

/* Every part of every field, decoded; returns how many bytes of the segment they make up, with the
 * separators between them: all of it. */
static size_t walk_component(const struct hl7v2_message *message, struct slice component,
                             struct arena *arena)
{
    unsigned count = hl7v2_message_subcomponent_count(message, component);
    size_t bytes = count > 1 ? count - 1 : 0;
    for (unsigned i = 1; i <= count; i++) {
        struct slice part = hl7v2_message_subcomponent(message, component, i), text;
        if (hl7v2_text_decode(message, part, arena, &text, NULL) == 0)
            ck_assert(text.ptr != NULL || text.len == 0);
        bytes += part.len;
    }
    return bytes;
}

static size_t walk_repetition(const struct hl7v2_message *message, struct slice repetition,
                              struct arena *arena)
{
    unsigned count = hl7v2_message_component_count(message, repetition);
    size_t bytes = count > 1 ? count - 1 : 0;
    for (unsigned i = 1; i <= count; i++)
        bytes += walk_component(message, hl7v2_message_component(message, repetition, i), arena);
    return bytes;
}

static size_t walk_segment(const struct hl7v2_message *message, size_t segment, struct arena *arena)
{
    size_t bytes = 3;
    for (unsigned field = 1; field <= message->segments[segment].field_count; field++) {
        struct slice value = hl7v2_message_field(message, segment, field);
        unsigned count = hl7v2_message_repetition_count(message, value);
        bytes += count > 1 ? count - 1 : 0;
        bytes += hl7v2_message_is_literal(message, value) ? 0 : 1;
        for (unsigned i = 1; i <= count; i++)
            bytes += walk_repetition(message, hl7v2_message_repetition(message, value, i), arena);
    }
    return bytes;
}

static void answer(const struct hl7v2_message *message, struct arena *arena,
                   struct issue_list *issues)
{
    struct hl7v2_header header;
    const struct hl7v2_header_rules rules = {.message = &LENIENT};
    const struct hl7v2_ack_options options = {.control_id = SLICE("1")};
    struct buffer out;
    struct hl7v2_message again;
    struct hl7v2_ack ack;
    buffer_init(&out, 0);
    hl7v2_header_read(message, &header);
    bool refused = hl7v2_header_check(message, &header, &rules, issues) != 0;
    ck_assert(!refused || issue_list_failed(issues));
    ck_assert_int_eq(hl7v2_ack_write(message, &header, refused ? HL7V2_ACK_AE : HL7V2_ACK_AA,
                                     &options, issues, arena, &out),
                     0);
    ck_assert_int_eq(hl7v2_message_parse(buffer_slice(&out), NULL, arena, &again, NULL), 0);
    ck_assert_int_eq(hl7v2_ack_parse(&again, arena, &ack, NULL), 0);
    buffer_release(&out);
}

static bool look_at(struct slice text, const struct hl7v2_dictionary *dictionary)
{
    struct arena *arena = arena_new(0);
    struct issue_list issues;
    struct hl7v2_message message;
    struct hl7v2_grouping grouping;
    unsigned char hash[DIGEST_SHA256_SIZE];
    issue_list_init(&issues, arena);
    bool parsed_well = hl7v2_message_parse(text, &LENIENT, arena, &message, &issues) == 0;
    ck_assert(parsed_well || issue_list_failed(&issues));
    if (parsed_well) {
        for (size_t i = 0; i < message.segment_count; i++)
            ck_assert_uint_eq(walk_segment(&message, i, arena),
                              hl7v2_message_segment(&message, i).len);
        struct hl7v2_header header;
        hl7v2_header_read(&message, &header);
        const struct hl7v2_structure *structure =
            hl7v2_dictionary_structure(dictionary, header.structure);
        ck_assert_int_eq(hl7v2_grouping_make(&message, structure, NULL, arena, &grouping, &issues),
                         0);
        for (size_t i = 0; i < message.segment_count; i++)
            ck_assert_uint_lt(grouping.segment_group[i], grouping.group_count);
        hl7v2_content_hash(&message, hash);
        answer(&message, arena, &issues);
    }
    arena_free(arena);
    return parsed_well;
}

static const struct hl7v2_dictionary *shipped(void)
{
    const struct hl7v2_dictionary *dictionary = NULL;
    ck_assert_int_eq(hl7v2_dictionary_load(PAINBRIDGE_SOURCE_DIR "/mappings/dictionary", test_arena,
                                           &dictionary, &test_issues),
                     0);
    return dictionary;
}

static size_t walk_folder(const char *folder, size_t *ret_parsed)
{
    const struct hl7v2_dictionary *dictionary = shipped();
    struct slice *names;
    size_t count, messages = 0;
    ck_assert_int_eq(file_list(folder, ".hl7", test_arena, &names, &count, &test_issues), 0);
    *ret_parsed = 0;
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_new(0);
        struct slice bytes, *pieces;
        ck_assert_int_eq(
            file_read(file_join(arena, folder, names[i]), 64 << 20, arena, &bytes, &test_issues),
            0);
        size_t found = hl7v2_batch_split(bytes, arena, &pieces);
        messages += found;
        for (size_t piece = 0; piece < found; piece++)
            *ret_parsed += look_at(pieces[piece], dictionary);
        struct hl7v2_batch batch;
        (void)!hl7v2_batch_parse(bytes, &LENIENT, arena, &batch, NULL);
        arena_free(arena);
    }
    ck_assert_uint_gt(count, 20);
    return messages;
}

START_TEST(every_public_message_is_parsed_or_refused_and_its_segments_add_up)
{
    size_t well;
    char *folder = suite_need_shared("samples/v2/messages");
    size_t messages = walk_folder(folder, &well);
    free(folder);
    ck_assert_uint_ge(messages, 814);
    /* The rest are fragments and fuzzed bytes without a usable MSH. */
    ck_assert_msg(well * 100 >= messages * 93, "%zu of %zu", well, messages);
}
END_TEST

START_TEST(every_hostile_message_is_parsed_or_refused)
{
    size_t well;
    char *folder = suite_need_shared("samples/badinput/hl7v2");
    walk_folder(folder, &well);
    free(folder);
    ck_assert_uint_gt(well, 0);
}
END_TEST

static void add(Suite *suite)
{
    TCase *cases = test_case(suite, "samples");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, every_public_message_is_parsed_or_refused_and_its_segments_add_up);
    tcase_add_test(cases, every_hostile_message_is_parsed_or_refused);
}

int main(void)
{
    return suite_main("samples", add);
}
