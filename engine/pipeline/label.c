/* label: see label.h. */
#include "pipeline/label.h"

#include "fhir/resource.h"

#define ACT_CODE SLICE_INIT("http://terminology.hl7.org/CodeSystem/v3-ActCode")
#define CONFIDENTIALITY SLICE_INIT("http://terminology.hl7.org/CodeSystem/v3-Confidentiality")

static const struct slice act_code = ACT_CODE;

static const struct {
    uint32_t bit;
    struct slice code;
} labels_known[] = {
    {PIPELINE_LABEL_PART2, SLICE_INIT("42CFRPart2")},
    {PIPELINE_LABEL_SUBSTANCE, SLICE_INIT("SUD")},
    {PIPELINE_LABEL_DEPENDENCE, SLICE_INIT("OPIOIDUD")},
    {PIPELINE_LABEL_ALCOHOL, SLICE_INIT("ETH")},
    {PIPELINE_LABEL_PSYCHIATRY, SLICE_INIT("PSY")},
    {PIPELINE_LABEL_MENTAL, SLICE_INIT("MH")},
    {PIPELINE_LABEL_HIV, SLICE_INIT("HIV")},
    {PIPELINE_LABEL_VIOLENCE, SLICE_INIT("SDV")},
};

/* What comes with labels. */
static const struct {
    uint32_t of; /* any of these */
    struct slice system, code;
} obligations[] = {
    {PIPELINE_LABELS_ALL, CONFIDENTIALITY, SLICE_INIT("R")},
    {PIPELINE_LABELS_ALL, ACT_CODE, SLICE_INIT("PERSISTLABEL")},
    {PIPELINE_LABEL_PART2, ACT_CODE, SLICE_INIT("NORDSCLCD")},
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

uint32_t pipeline_label_of(struct slice system, struct slice code)
{
    if (!slice_equal(system, act_code))
        return 0;
    for (size_t i = 0; i < COUNT(labels_known); i++) {
        if (slice_equal(code, labels_known[i].code))
            return labels_known[i].bit;
    }
    return 0;
}

uint32_t pipeline_labels_of(const struct json *body)
{
    const struct json *security = json_get(json_get(body, SLICE("meta")), SLICE("security"));
    uint32_t labels = 0;
    for (const struct json *coding = json_first(security); coding; coding = json_next(coding))
        labels |= pipeline_label_of(json_get_text(coding, SLICE("system")),
                                    json_get_text(coding, SLICE("code")));
    return labels;
}

void pipeline_labels_put(struct json *body, uint32_t labels, struct arena *arena)
{
    if (!labels)
        return;
    for (size_t i = 0; i < COUNT(labels_known); i++) {
        if (labels & labels_known[i].bit)
            fhir_resource_add_security(body, act_code, labels_known[i].code, arena);
    }
    for (size_t i = 0; i < COUNT(obligations); i++) {
        if (labels & obligations[i].of)
            fhir_resource_add_security(body, obligations[i].system, obligations[i].code, arena);
    }
}

struct slice pipeline_label_notice(struct slice body, struct slice notice, struct arena *arena)
{
    struct json *tree = NULL;
    if (json_parse(body, arena, &tree, NULL) != 0 || json_kind(tree) != JSON_OBJECT)
        return body;
    struct json *meta = fhir_resource_meta(tree, arena);
    struct json *list = json_get_or_add(meta, SLICE("extension"), JSON_ARRAY, arena);
    struct json *extension = json_append(list, json_object(arena));
    json_add_string(extension, SLICE("url"), SLICE("urn:painbridge:redisclosure-notice"), arena);
    json_add_string(extension, SLICE("valueString"), notice, arena);
    struct buffer text;
    buffer_init(&text, body.len + notice.len + 128);
    json_print(tree, &text);
    struct slice made = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return made;
}
