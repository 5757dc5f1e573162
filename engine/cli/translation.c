/* translation: see the header. */
#include "cli/translation.h"

#include "base/encode.h"
#include "base/file.h"
#include "cli/instance.h"
#include "mapping/shapes.h"
#include "pipeline/inbound.h"

#include <stdlib.h>

#define TRANSLATION_KEY_LIMIT 4096

const char *translation_site_folder(const struct knowledge *knowledge, struct command_call *call,
                                    const char *site)
{
    const char *chosen = getenv("PAINBRIDGE_DIR");
    const char *instance = chosen != NULL && chosen[0] != '\0' ? chosen : ".";
    const char *places[] = {
        site,
        file_join(call->arena, file_join(call->arena, instance, SLICE("sites")), slice_of(site)),
        file_join(call->arena, knowledge->mappings, slice_of(site)),
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (file_is_folder(places[i])) {
            return places[i];
        }
    }
    issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                 "there is no site '%s': no such folder, nor in '%s/sites' or the mappings", site,
                 instance);
    return NULL;
}

bool translation_is_site(const char *folder, struct command_call *call)
{
    struct slice own = mapping_texts_site_name(folder, call->arena);
    if (file_exists(file_join(call->arena, folder, own))) {
        return true;
    }
    issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR,
                 issue_place_file(slice_of(folder), 0, 0),
                 "is no instance (painbridge.xml), no folder of mappings (v2-to-fhir/) and no "
                 "site's folder (%.*s)",
                 SLICE_ARG(own));
    return false;
}

static int read_time(struct translation *translation, struct command_call *call)
{
    const char *text = option_value(&call->options, "at");
    translation->received = time_now();
    if (text != NULL && !time_parse(slice_of(text), 0, &translation->received)) {
        command_wrong(call, "'--at' must be a time such as 2027-01-04T09:00:00-06:00");
        return -1;
    }
    return 0;
}

int translation_site_texts(const struct translation *translation, struct command_call *call,
                           const struct mapping_texts **ret_texts)
{
    const char *site = option_value(&call->options, "site");
    struct mapping_texts *texts = ARENA_NEW(call->arena, struct mapping_texts);
    *ret_texts = NULL;
    if (site == NULL) {
        return 0;
    }
    const char *folder = translation_site_folder(&translation->knowledge, call, site);
    if (folder == NULL || mapping_texts_of_site(folder, call->arena, texts, &call->issues) != 0) {
        return -1;
    }
    *ret_texts = texts;
    return 0;
}

int translation_of_texts(struct translation *translation, const struct mapping_texts *base,
                         const struct mapping_texts *site_texts, struct issue_list *issues)
{
    const struct knowledge *knowledge = &translation->knowledge;
    if (mapping_rules_make(base, knowledge->dictionary, knowledge->definitions, issues->arena,
                           &translation->rules, issues) != 0 ||
        mapping_program_make(translation->rules, site_texts, issues->arena, &translation->program,
                             issues) != 0) {
        return -1;
    }
    const struct mapping_site *site = mapping_program_site(translation->program);
    translation->site_texts = site_texts;
    translation->shapes = mapping_shapes_make(translation->program, issues->arena);
    translation->zone =
        site->time_zone.len > 0 ? zone_load(issues->arena, site->time_zone) : (struct zone *)NULL;
    translation->options = input_options(
        site->charset.len > 0 ? hl7v2_charset_of_setting(site->charset) : HL7V2_CHARSET_ASCII);
    return 0;
}

enum command_exit translation_begin(struct translation *translation, struct command_call *call)
{
    *translation = (struct translation){0};
    if (read_time(translation, call) != 0) {
        return COMMAND_USAGE;
    }
    const char *mappings = option_value(&call->options, "mappings");
    if (knowledge_load(mappings, call->arena, &translation->knowledge, &call->issues) != 0) {
        return COMMAND_CONFIGURATION;
    }
    return COMMAND_DONE;
}

enum command_exit translation_init(struct translation *translation, struct command_call *call)
{
    struct mapping_texts base;
    const struct mapping_texts *site_texts = NULL;
    enum command_exit exit_code = translation_begin(translation, call);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (translation_site_texts(translation, call, &site_texts) != 0 ||
        mapping_texts_of_base(translation->knowledge.mappings, call->arena, &base, &call->issues) !=
            0 ||
        translation_of_texts(translation, &base, site_texts, &call->issues) != 0) {
        return COMMAND_CONFIGURATION;
    }
    return COMMAND_DONE;
}

/* DIR/secrets/id.key, 64 hex digits. */
static int read_id_key(struct translation *translation, const struct instance *instance,
                       struct issue_list *issues)
{
    struct slice text;
    char *path = instance_path(instance, SLICE("secrets/id.key"), issues->arena);
    if (file_read(path, TRANSLATION_KEY_LIMIT, issues->arena, &text, issues) != 0) {
        return -1;
    }
    if (!decode_hex(slice_trim(text), issues->arena, &translation->id_key)) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "'%s' is no key in hex digits", path);
        return -1;
    }
    return 0;
}

int translation_of_revision(struct translation *translation, const struct knowledge *knowledge,
                            const struct instance *instance, const struct revision *revision,
                            struct issue_list *issues)
{
    const struct instance_feed *feed = &revision->feed;
    const struct mapping_rules *rules = NULL;
    *translation = (struct translation){
        .knowledge = *knowledge,
        .site_texts = &revision->site_texts,
        .zone = zone_load(issues->arena, feed->time_zone),
        .options = {.accept_lf = feed->accept_lf,
                    .max_bytes = (size_t)feed->max_message_bytes,
                    .default_charset = hl7v2_charset_of_setting(feed->charset)},
        .feed = feed->name,
        .site = feed->site_name,
        .mrn_system = revision->site.mrn_system,
        .revision = revision->hash,
        .default_charset = feed->charset,
    };
    if (mapping_rules_make(&revision->base, knowledge->dictionary, knowledge->definitions,
                           issues->arena, &rules, issues) != 0 ||
        mapping_program_make(rules, &revision->site_texts, issues->arena, &translation->program,
                             issues) != 0) {
        return -1;
    }
    return read_id_key(translation, instance, issues);
}

int translation_of_feed(struct translation *translation, const struct knowledge *knowledge,
                        const struct instance *instance, const struct rules_texts *texts,
                        const struct instance_feed *feed, struct issue_list *issues)
{
    struct revision *now = ARENA_NEW(issues->arena, struct revision);
    now->feed = *feed;
    now->site = *feed->site;
    now->base = texts->base;
    now->site_texts = texts->sites[feed->site - instance->sites];
    return translation_of_revision(translation, knowledge, instance, now, issues);
}

bool translation_prepare(const struct translation *translation, struct input_message *input,
                         struct mapping_context *ret_context)
{
    struct hl7v2_header_rules rules = {.message = &translation->options};
    if (!input->parsed ||
        hl7v2_header_check(&input->message, &input->header, &rules, input->issues) != 0 ||
        issue_list_failed(input->issues)) {
        return false;
    }
    struct mapping_context context = {.received = translation->received,
                                      .zone = translation->zone,
                                      .default_charset = translation->default_charset,
                                      .site = translation->site,
                                      .mrn_system = translation->mrn_system,
                                      .revision = translation->revision,
                                      .id_key = translation->id_key,
                                      .as_text = translation->as_text,
                                      .shapes = translation->shapes};
    if (mapping_program_site(translation->program)->id.len == 0) {
        /* without --site the sender is a site of this name, so that systems and keys have one */
        context.site = SLICE("local");
        context.mrn_system = SLICE("urn:painbridge:site:local:mrn");
    }
    context.source =
        pipeline_inbound_source(translation->feed, input->header.control_id, input->arena);
    if (translation->feed.len > 0)
        context.message = context.source;
    else /* no feed: the control id is all there is */
        context.source = slice_after(context.source, slice_find_byte(context.source, '#'));
    *ret_context = context;
    return true;
}

bool translation_run(const struct translation *translation, struct input_message *input, bool trace,
                     struct mapping_result *ret_result)
{
    struct mapping_context context;
    if (!translation_prepare(translation, input, &context)) {
        return false;
    }
    context.trace = trace;
    return mapping_to_fhir(translation->program, &input->message, input->header.structure, &context,
                           input->arena, ret_result, input->issues) == 0 &&
           ret_result->hold_count == 0;
}
