/* write: create and update of one resource. FHIR R4 http.html#create, #update. */
#include "fhir/id.h"
#include "fhir/resource.h"
#include "rest/look.h"
#include "rest/plan.h"

static void written(struct rest_plan *plan, bool well)
{
    struct rest_call *call = plan->call;
    const struct rest_plan_entry *entry = &plan->entries[0];
    if (!well) {
        rest_call_end_failed(call);
        return;
    }
    call->entity_version = entry->version;
    call->last_modified = entry->last_updated;
    call->location = rest_plan_location(plan, entry);
    if (rest_call_shows(call, entry->type))
        call->body = entry->text;
    rest_call_end(call, entry->created ? 201 : 200);
}

static void run(struct rest_call *call, const struct rest_plan_entry *entry)
{
    struct rest_plan *plan = ARENA_NEW(call->arena, struct rest_plan);
    plan->entries = ARENA_NEW(call->arena, struct rest_plan_entry);
    plan->entries[0] = *entry;
    plan->count = 1;
    plan->call = call;
    plan->done = written;
    rest_plan_run(plan);
}

static bool has_right_type(struct rest_call *call)
{
    if (slice_equal(fhir_resource_type(call->resource), call->type))
        return true;
    rest_call_fail(call, ISSUE_STRUCTURE, "the resource's type is not that of the address");
    return false;
}

/* Sets call->limits; what is to be written must be within them. */
static bool is_within_limits(struct rest_call *call)
{
    struct access_decision decision;
    if (rest_call_decide(call, &decision) != 0) {
        rest_call_end_failed(call);
        return false;
    }
    if (rest_call_allows(call, (struct slice){0}, call->resource))
        return true;
    rest_call_fail(call, ISSUE_FORBIDDEN, "the token's scope does not allow this resource");
    return false;
}

void rest_create(struct rest_call *call)
{
    if (!has_right_type(call) || !is_within_limits(call))
        return;
    run(call, &(struct rest_plan_entry){.type = call->type,
                                        .condition = call->if_none_exist,
                                        .resource = call->resource});
}

/* If-Match: a version that is none of ours can never hold (RFC 9110 13.1.1). FHIR R4
 * http.html#concurrency: it is one version; "*" would say that there must be one, and is refused
 * like any other form that we do not judge, because ignoring it would change what it protects. */
static bool read_expected_version(struct rest_call *call, uint64_t *ret_version)
{
    struct slice text;
    *ret_version = 0;
    if (call->if_match.len == 0)
        return true;
    if (!rest_read_entity_tag(call->if_match, &text)) {
        rest_call_fail(call, ISSUE_SYNTAX, "If-Match is not one entity tag");
        return false;
    }
    if (slice_to_uint64(text, INT32_MAX, ret_version) && *ret_version > 0)
        return true;
    rest_call_fail(call, ISSUE_PRECONDITION, "the resource has another version");
    return false;
}

/* An update within limits, while what is stored is looked at. */
struct limited {
    struct rest_call *call;
    struct rest_plan_entry entry;
};

/* What is stored must be within the limits too, and still be that when it is written. */
static void looked(struct pipeline_question *question)
{
    struct limited *limited = question->owner;
    struct rest_call *call = question->owner = limited->call;
    struct rest_plan_entry *entry = &limited->entry;
    if (!rest_look_answered(question))
        return;
    const struct pipeline_found *found = question->count > 0 ? &question->found[0] : NULL;
    if (found &&
        (!slice_equal(found->id, entry->id) || !rest_call_allows(call, found->body, NULL))) {
        rest_call_fail(call, ISSUE_FORBIDDEN, "the token's scope does not allow this resource");
        return;
    }
    if (!found)
        entry->must_be_new = true;
    else if (entry->expected_version == 0)
        entry->expected_version = found->version;
    run(call, entry);
}

static void run_update(struct rest_call *call, const struct rest_plan_entry *entry)
{
    if (call->limits.count == 0) {
        run(call, entry);
        return;
    }
    struct pipeline_question *question = rest_look_question(call, PIPELINE_QUESTION_READ, looked);
    struct limited *limited = ARENA_NEW(call->arena, struct limited);
    if (!question)
        return;
    *limited = (struct limited){call, *entry};
    question->owner = limited;
    rest_look_submit(call, question);
}

void rest_update(struct rest_call *call)
{
    bool by_condition = call->route->interaction == ACCESS_CONDITIONAL_UPDATE;
    struct slice id = fhir_resource_id(call->resource);
    uint64_t expected = 0;
    bool must_be_new = false;
    if (!has_right_type(call) || !is_within_limits(call) || !read_expected_version(call, &expected))
        return;
    if (!rest_read_must_be_new(call->if_none_match, &must_be_new)) {
        rest_call_fail(call, ISSUE_NOT_SUPPORTED, "If-None-Match of a write takes * only");
        return;
    }
    if (by_condition && call->query.len == 0) {
        rest_call_fail(call, ISSUE_PRECONDITION, "an update needs an id or a condition");
        return;
    }
    /* FHIR R4 http.html#update: the id is in the resource and is that of the address */
    if (!by_condition && (!fhir_id_is_valid(call->id) || !slice_equal(id, call->id))) {
        rest_call_fail(call, ISSUE_STRUCTURE, "the resource's id is not that of the address");
        return;
    }
    run_update(
        call, &(struct rest_plan_entry){.type = call->type,
                                        .id = by_condition ? id : call->id,
                                        .condition = by_condition ? call->query : (struct slice){0},
                                        .is_update = true,
                                        .must_be_new = must_be_new,
                                        .expected_version = expected,
                                        .resource = call->resource});
}
