/* test_translate: a message as a test has it translated: the time, the sender and the rules of a
 * feed without a feed. */
#include "mapping/test_internal.h"

static struct mapping_context context_of(const struct mapping_program *program,
                                         struct slice charset, struct arena *arena)
{
    const struct mapping_site *site = mapping_program_site(program);
    struct mapping_context context = {
        .received = TEST_TIME,
        .zone = site->time_zone.len ? zone_load(arena, site->time_zone) : NULL,
        .default_charset = charset,
        .source = SLICE("urn:painbridge:test"),
        .message = SLICE("urn:painbridge:test"),
        .trace = true};
    if (site->id.len == 0) {
        context.site = SLICE("local");
        context.mrn_system = SLICE("urn:painbridge:site:local:mrn");
    }
    return context;
}

void test_translate(const struct mapping_program *program, const struct map_source *map,
                    struct slice bytes, struct slice charset, struct arena *arena,
                    struct test_translation *ret_translation)
{
    struct test_translation *made = ret_translation;
    struct hl7v2_message_options options = {.accept_lf = true,
                                            .accept_text_controls = true,
                                            .default_charset = hl7v2_charset_of_setting(charset)};
    struct hl7v2_header_rules rules = {.message = &options};
    *made = (struct test_translation){.parsed = false};
    issue_list_init(&made->issues, arena);
    made->parsed = hl7v2_message_parse(bytes, &options, arena, &made->message, &made->issues) == 0;
    if (!made->parsed)
        return;
    hl7v2_header_read(&made->message, &made->header);
    if (!map && hl7v2_header_check(&made->message, &made->header, &rules, &made->issues) != 0)
        return;
    struct mapping_context context = context_of(program, charset, arena);
    struct slice structure = map ? test_structure_of(map, arena) : made->header.structure;
    made->translated = mapping_to_fhir(program, &made->message, structure, &context, arena,
                                       &made->result, &made->issues) == 0;
}
