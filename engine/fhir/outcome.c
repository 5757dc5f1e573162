#include "fhir/outcome.h"

#include "fhir/resource.h"

static struct slice diagnostics_of(const struct issue *issue, struct arena *arena)
{
    struct slice words = issue_words(issue);
    if (issue->place.kind == ISSUE_PLACE_FILE)
        words = arena_format(arena, "%.*s: %.*s", SLICE_ARG(issue_place_text(&issue->place, arena)),
                             SLICE_ARG(words));
    if (issue->hint.len == 0)
        return words;
    return arena_format(arena, "%.*s; %.*s", SLICE_ARG(words), SLICE_ARG(issue->hint));
}

/* FHIR R4 operationoutcome.html: `expression` is a subset of FHIRPath, `location` its deprecated
 * forerunner. A place in an HL7 v2 message has no FHIRPath; it goes to `expression` all the same,
 * which is where readers look, in HL7's own notation. */
static void add_expression(struct json *entry, const struct issue *issue, struct arena *arena)
{
    if (issue->place.kind != ISSUE_PLACE_FHIR && issue->place.kind != ISSUE_PLACE_V2)
        return;
    const struct slice text = issue_place_text(&issue->place, arena);
    if (text.len == 0)
        return;
    struct json *expression = json_add(entry, SLICE("expression"), json_array(arena));
    json_append(expression, json_string(arena, text));
}

static struct json *outcome_new(struct arena *arena, struct json **ret_list)
{
    struct json *outcome = fhir_resource_new(SLICE("OperationOutcome"), arena);
    *ret_list = json_add(outcome, SLICE("issue"), json_array(arena));
    return outcome;
}

static void add_issue(struct json *list, const struct issue *issue, struct arena *arena)
{
    const struct issue_kind *kind = issue_kind(issue->code);
    struct json *entry = json_append(list, json_object(arena));
    json_add_string(entry, SLICE("severity"), slice_of(issue_severity_name(issue->severity)),
                    arena);
    json_add_string(entry, SLICE("code"), slice_of(kind->fhir_type), arena);

    struct json *details = json_add(entry, SLICE("details"), json_object(arena));
    struct json *codings = json_add(details, SLICE("coding"), json_array(arena));
    struct json *coding = json_append(codings, json_object(arena));
    json_add_string(coding, SLICE("system"), SLICE(FHIR_OUTCOME_ISSUE_SYSTEM), arena);
    json_add_string(coding, SLICE("code"), slice_of(kind->name), arena);

    json_add_string(entry, SLICE("diagnostics"), diagnostics_of(issue, arena), arena);
    add_expression(entry, issue, arena);
}

struct json *fhir_outcome_of_list(const struct issue_list *issues, struct arena *arena)
{
    static const struct issue all_well = {.code = ISSUE_NONE,
                                          .severity = ISSUE_INFORMATION,
                                          .words = SLICE_INIT("no issues were found")};
    struct json *list;
    struct json *outcome = outcome_new(arena, &list);
    for (size_t i = 0; i < issues->count; i++)
        add_issue(list, &issues->items[i], arena);
    if (issues->dropped > 0) {
        const struct issue more = {
            .code = ISSUE_NONE,
            .severity = ISSUE_INFORMATION,
            .words = arena_format(arena, "%zu more issues are not shown", issues->dropped)};
        add_issue(list, &more, arena);
    }
    if (!json_first(list))
        add_issue(list, &all_well, arena);
    return outcome;
}

struct json *fhir_outcome_of_issue(const struct issue *issue, struct arena *arena)
{
    struct json *list;
    struct json *outcome = outcome_new(arena, &list);
    add_issue(list, issue, arena);
    return outcome;
}
