#include "fhir/invariant.h"

#include "base/map.h"
#include "fhir/datetime.h"

/* --- what rows and functions ask ----------------------------------------------------------------
 */

/* A member, its `_` companion, or for "value[x]" a member of any type of the choice. */
static bool has_member(const struct json *node, struct slice name)
{
    const bool is_choice = slice_ends_with(name, SLICE("[x]"));
    if (is_choice)
        name = slice_part(name, 0, name.len - 3);
    for (const struct json *member = json_first(node); member; member = json_next(member)) {
        struct slice found = json_name(member);
        if (slice_starts_with(found, SLICE("_")))
            found = slice_after(found, 1);
        if (!slice_starts_with(found, name))
            continue;
        if (found.len == name.len && !is_choice)
            return true;
        if (is_choice && found.len > name.len && found.ptr[name.len] >= 'A' &&
            found.ptr[name.len] <= 'Z')
            return true;
    }
    return false;
}

static bool has_one_of(const struct json *node, const char *names)
{
    for (struct slice rest = slice_of(names), name; slice_split(&rest, '|', &name);) {
        if (has_member(node, name))
            return true;
    }
    return false;
}

static bool has_text(const struct json *node, const char *name, const char *text)
{
    return slice_equal(json_get_text(node, slice_of(name)), slice_of(text));
}

/* A CodeableConcept member with that code in that system. */
static bool has_coding(const struct json *node, const char *name, const char *system,
                       const char *code)
{
    const struct json *codings = json_get(json_get(node, slice_of(name)), SLICE("coding"));
    for (const struct json *coding = json_first(codings); coding; coding = json_next(coding)) {
        if (has_text(coding, "system", system) && has_text(coding, "code", code))
            return true;
    }
    return false;
}

/* True when no text of `texts` comes twice; remembers them. */
static bool is_new(struct map *texts, struct slice text)
{
    return text.len == 0 || !map_put(texts, text, texts);
}

/* --- functions of single rows --------------------------------------------------------------------
 */

#define ALLERGY_VERIFICATION "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
#define CONDITION_VERIFICATION "http://terminology.hl7.org/CodeSystem/condition-ver-status"
#define CONDITION_CLINICAL "http://terminology.hl7.org/CodeSystem/condition-clinical"

static bool ait_1(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return has_one_of(node, "clinicalStatus") ||
           has_coding(node, "verificationStatus", ALLERGY_VERIFICATION, "entered-in-error");
}

static bool ait_2(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return !has_one_of(node, "clinicalStatus") ||
           !has_coding(node, "verificationStatus", ALLERGY_VERIFICATION, "entered-in-error");
}

static bool con_4(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return !has_one_of(node, "abatement[x]") ||
           has_coding(node, "clinicalStatus", CONDITION_CLINICAL, "resolved") ||
           has_coding(node, "clinicalStatus", CONDITION_CLINICAL, "remission") ||
           has_coding(node, "clinicalStatus", CONDITION_CLINICAL, "inactive");
}

static bool con_5(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return !has_one_of(node, "clinicalStatus") ||
           !has_coding(node, "verificationStatus", CONDITION_VERIFICATION, "entered-in-error");
}

static bool app_3(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return (has_one_of(node, "start") && has_one_of(node, "end")) ||
           has_text(node, "status", "proposed") || has_text(node, "status", "cancelled") ||
           has_text(node, "status", "waitlist");
}

static bool bdl_1(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return !has_one_of(node, "total") || has_text(node, "type", "searchset") ||
           has_text(node, "type", "history");
}

static bool every_entry(const struct json *bundle, const char *name, bool wanted)
{
    const struct json *entries = json_get(bundle, SLICE("entry"));
    for (const struct json *entry = json_first(entries); entry; entry = json_next(entry)) {
        if (has_one_of(entry, name) != wanted)
            return false;
    }
    return true;
}

static bool bdl_2(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return has_text(node, "type", "searchset") || every_entry(node, "search", false);
}

static bool bdl_3(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return every_entry(node, "request",
                       has_text(node, "type", "batch") || has_text(node, "type", "transaction") ||
                           has_text(node, "type", "history"));
}

static bool bdl_4(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return every_entry(node, "response",
                       has_text(node, "type", "batch-response") ||
                           has_text(node, "type", "transaction-response") ||
                           has_text(node, "type", "history"));
}

static bool bdl_7(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root;
    if (has_text(node, "type", "history"))
        return true;
    struct map seen;
    map_init(&seen, arena);
    const struct json *entries = json_get(node, SLICE("entry"));
    for (const struct json *entry = json_first(entries); entry; entry = json_next(entry)) {
        const struct slice url = json_get_text(entry, SLICE("fullUrl"));
        const struct json *meta = json_get(json_get(entry, SLICE("resource")), SLICE("meta"));
        const struct slice version = json_get_text(meta, SLICE("versionId"));
        if (url.len > 0 &&
            !is_new(&seen, arena_format(arena, "%.*s %.*s", SLICE_ARG(url), SLICE_ARG(version))))
            return false;
    }
    return true;
}

static bool bdl_8(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    const struct slice url = json_get_text(node, SLICE("fullUrl"));
    return slice_find(url, SLICE("/_history/")) == url.len;
}

static bool bdl_9(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    const struct json *identifier = json_get(node, SLICE("identifier"));
    return !has_text(node, "type", "document") ||
           (has_one_of(identifier, "system") && has_one_of(identifier, "value"));
}

static bool bdl_10(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return !has_text(node, "type", "document") ||
           json_kind(json_get(node, SLICE("timestamp"))) == JSON_STRING;
}

static bool first_entry_is(const struct json *bundle, const char *type)
{
    const struct json *entry = json_first(json_get(bundle, SLICE("entry")));
    return has_text(json_get(entry, SLICE("resource")), "resourceType", type);
}

static bool bdl_11(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return !has_text(node, "type", "document") || first_entry_is(node, "Composition");
}

static bool bdl_12(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return !has_text(node, "type", "message") || first_entry_is(node, "MessageHeader");
}

/* What the member can be told to be without following it: its type when it is a literal one. */
static bool ctm_1(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    if (!has_one_of(node, "onBehalfOf"))
        return true;
    const struct slice member = json_get_text(json_get(node, SLICE("member")), SLICE("reference"));
    const size_t at = slice_find(member, SLICE("Practitioner/"));
    return member.len == 0 || slice_starts_with(member, SLICE("#")) ||
           slice_starts_with(member, SLICE("urn:")) || at < member.len;
}

static bool no_contained_has(const struct json *resource, const char *member, const char *names)
{
    const struct json *list = json_get(resource, SLICE("contained"));
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        const struct json *node = member ? json_get(item, slice_of(member)) : item;
        if (has_one_of(node, names))
            return false;
    }
    return true;
}

static bool dom_2(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return no_contained_has(node, NULL, "contained");
}

/* Remembers every string of the tree that begins with "#"; true when one is "#" alone. */
static bool collect_referred(struct json *json, struct map *referred)
{
    const struct slice text = json_text(json);
    bool has_container = false;
    if (json_kind(json) == JSON_STRING && slice_starts_with(text, SLICE("#"))) {
        map_put(referred, slice_after(text, 1), json);
        has_container = text.len == 1;
    }
    for (struct json *child = json_first(json); child; child = json_next(child))
        has_container = collect_referred(child, referred) || has_container;
    return has_container;
}

static bool dom_3(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root;
    struct json *list = json_get(node, SLICE("contained"));
    if (!list)
        return true;
    struct map referred, ignored;
    map_init(&referred, arena);
    for (struct json *member = json_first(node); member; member = json_next(member))
        collect_referred(member, &referred);
    for (struct json *item = json_first(list); item; item = json_next(item)) {
        map_init(&ignored, arena);
        if (!map_get(&referred, json_get_text(item, SLICE("id"))) &&
            !collect_referred(item, &ignored))
            return false;
    }
    return true;
}

static bool dom_4(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return no_contained_has(node, "meta", "versionId|lastUpdated");
}

static bool dom_5(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return no_contained_has(node, "meta", "security");
}

static bool ext_1(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return has_one_of(node, "extension") != has_one_of(node, "value[x]");
}

static bool grp_1(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return !has_one_of(node, "member") || json_is_true(json_get(node, SLICE("actual")));
}

static bool lst_2(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return has_text(node, "mode", "changes") || every_entry(node, "deleted", false);
}

static bool lst_3(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return has_text(node, "mode", "working") || every_entry(node, "date", false);
}

static bool mdd_1(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return fhir_datetime_in_order(json_get_text(node, SLICE("whenPrepared")),
                                  json_get_text(node, SLICE("whenHandedOver")));
}

/* What makes two codings the same one. */
static struct slice coding_key(const struct json *coding, struct arena *arena)
{
    return arena_format(arena, "%.*s\x1f%.*s\x1f%.*s\x1f%.*s",
                        SLICE_ARG(json_get_text(coding, SLICE("system"))),
                        SLICE_ARG(json_get_text(coding, SLICE("version"))),
                        SLICE_ARG(json_get_text(coding, SLICE("code"))),
                        SLICE_ARG(json_get_text(coding, SLICE("display"))));
}

static bool obs_7(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root;
    const struct json *parts = json_get(node, SLICE("component"));
    if (!parts || !has_one_of(node, "value[x]"))
        return true;
    struct map codings;
    map_init(&codings, arena);
    struct json *own = json_get(json_get(node, SLICE("code")), SLICE("coding"));
    for (struct json *coding = json_first(own); coding; coding = json_next(coding))
        map_put(&codings, coding_key(coding, arena), coding);
    for (const struct json *part = json_first(parts); part; part = json_next(part)) {
        const struct json *list = json_get(json_get(part, SLICE("code")), SLICE("coding"));
        for (const struct json *coding = json_first(list); coding; coding = json_next(coding)) {
            if (map_get(&codings, coding_key(coding, arena)))
                return false;
        }
    }
    return true;
}

static bool is_not_home(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return !has_text(node, "use", "home");
}

static bool inv_1_parameter(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return has_one_of(node, "value[x]") + has_one_of(node, "resource") + has_one_of(node, "part") ==
           1;
}

static bool per_1(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return fhir_datetime_in_order(json_get_text(node, SLICE("start")),
                                  json_get_text(node, SLICE("end")));
}

static bool link_ids_are_new(const struct json *node, struct map *seen)
{
    const struct json *items = json_get(node, SLICE("item"));
    for (const struct json *item = json_first(items); item; item = json_next(item)) {
        if (!is_new(seen, json_get_text(item, SLICE("linkId"))) || !link_ids_are_new(item, seen))
            return false;
    }
    return true;
}

static bool que_2(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root;
    struct map seen;
    map_init(&seen, arena);
    return link_ids_are_new(node, &seen);
}

static bool rat_1(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    const bool has_numerator = has_one_of(node, "numerator");
    return has_numerator == has_one_of(node, "denominator") &&
           (has_numerator || has_one_of(node, "extension"));
}

static bool inv_1_task(const struct json *node, const struct json *root, struct arena *arena)
{
    (void)root, (void)arena;
    return fhir_datetime_in_order(json_get_text(node, SLICE("authoredOn")),
                                  json_get_text(node, SLICE("lastModified")));
}

/* --- the table, sorted by path
 * -------------------------------------------------------------------- */

#define ONE_OF(path, key, names, words)                                                            \
    {                                                                                              \
        path, key, ISSUE_ERROR, FHIR_INVARIANT_ONE_OF, names, NULL, NULL, words                    \
    }
#define NOT_BOTH(path, key, first, second, words)                                                  \
    {                                                                                              \
        path, key, ISSUE_ERROR, FHIR_INVARIANT_NOT_BOTH, first, second, NULL, words                \
    }
#define IMPLIES(path, key, first, second, words)                                                   \
    {                                                                                              \
        path, key, ISSUE_ERROR, FHIR_INVARIANT_IMPLIES, first, second, NULL, words                 \
    }
#define FUNCTION(path, key, function, words)                                                       \
    {                                                                                              \
        path, key, ISSUE_ERROR, FHIR_INVARIANT_FUNCTION, NULL, NULL, function, words               \
    }

/* clang-format off */
static const struct fhir_invariant invariants[] = {
    FUNCTION("AllergyIntolerance", "ait-1", ait_1, "clinicalStatus is needed unless verificationStatus is entered-in-error"),
    FUNCTION("AllergyIntolerance", "ait-2", ait_2, "clinicalStatus cannot be there when verificationStatus is entered-in-error"),
    IMPLIES("Appointment", "app-2", "start", "end", "start and end are both there or neither"),
    IMPLIES("Appointment", "app-2", "end", "start", "start and end are both there or neither"),
    FUNCTION("Appointment", "app-3", app_3, "only proposed, cancelled or waitlisted appointments can be without start and end"),
    ONE_OF("Appointment.participant", "app-1", "type|actor", "type or actor is needed"),
    IMPLIES("Attachment", "att-1", "data", "contentType", "data needs a contentType"),
    FUNCTION("Bundle", "bdl-1", bdl_1, "total is for a searchset or history only"),
    FUNCTION("Bundle", "bdl-2", bdl_2, "entry.search is for a searchset only"),
    FUNCTION("Bundle", "bdl-3", bdl_3, "entry.request is for batch, transaction and history, and needed there"),
    FUNCTION("Bundle", "bdl-4", bdl_4, "entry.response is for batch-response, transaction-response and history, and needed there"),
    FUNCTION("Bundle", "bdl-7", bdl_7, "a fullUrl cannot come twice with one meta.versionId"),
    FUNCTION("Bundle", "bdl-9", bdl_9, "a document needs an identifier with system and value"),
    FUNCTION("Bundle", "bdl-10", bdl_10, "a document needs a timestamp"),
    FUNCTION("Bundle", "bdl-11", bdl_11, "the first resource of a document must be a Composition"),
    FUNCTION("Bundle", "bdl-12", bdl_12, "the first resource of a message must be a MessageHeader"),
    ONE_OF("Bundle.entry", "bdl-5", "resource|request|response", "an entry needs a resource, a request or a response"),
    FUNCTION("Bundle.entry", "bdl-8", bdl_8, "fullUrl cannot name a version"),
    NOT_BOTH("CarePlan.activity", "cpl-3", "detail", "reference", "reference and detail cannot both be there"),
    FUNCTION("CareTeam.participant", "ctm-1", ctm_1, "onBehalfOf is for a Practitioner only"),
    ONE_OF("Composition.section", "cmp-1", "text|entry|section", "a section needs text, entries or sections"),
    NOT_BOTH("Composition.section", "cmp-2", "emptyReason", "entry", "emptyReason is for an empty section only"),
    FUNCTION("Condition", "con-4", con_4, "an abated condition must be inactive, resolved or in remission"),
    FUNCTION("Condition", "con-5", con_5, "clinicalStatus cannot be there when verificationStatus is entered-in-error"),
    ONE_OF("Condition.evidence", "con-2", "code|detail", "evidence needs a code or detail"),
    ONE_OF("Condition.stage", "con-1", "summary|assessment", "a stage needs a summary or an assessment"),
    ONE_OF("Consent", "ppc-1", "policy|policyRule", "a policy or a policyRule is needed"),
    IMPLIES("ContactPoint", "cpt-2", "value", "system", "a value needs a system"),
    FUNCTION("DomainResource", "dom-2", dom_2, "a contained resource cannot contain others"),
    FUNCTION("DomainResource", "dom-3", dom_3, "a contained resource must be referred to, or refer to what contains it"),
    FUNCTION("DomainResource", "dom-4", dom_4, "a contained resource cannot have meta.versionId or meta.lastUpdated"),
    FUNCTION("DomainResource", "dom-5", dom_5, "a contained resource cannot have a security label"),
    FUNCTION("Extension", "ext-1", ext_1, "either a value or extensions must be there, not both"),
    IMPLIES("Goal.target", "gol-1", "detail[x]", "measure", "detail needs a measure"),
    FUNCTION("Group", "grp-1", grp_1, "only an actual group can have members"),
    ONE_OF("Immunization.education", "imm-1", "documentType|reference", "documentType or reference is needed"),
    NOT_BOTH("List", "lst-1", "emptyReason", "entry", "emptyReason is for an empty list only"),
    FUNCTION("List", "lst-2", lst_2, "deleted is for lists of mode changes only"),
    FUNCTION("List", "lst-3", lst_3, "an entry's date is for lists of mode working only"),
    ONE_OF("MedicationAdministration.dosage", "mad-1", "dose|rate[x]", "dose or rate is needed"),
    FUNCTION("MedicationDispense", "mdd-1", mdd_1, "whenHandedOver cannot be before whenPrepared"),
    NOT_BOTH("Observation", "obs-6", "dataAbsentReason", "value[x]", "dataAbsentReason cannot stand beside a value"),
    FUNCTION("Observation", "obs-7", obs_7, "a value cannot stand beside a component of the same code"),
    ONE_OF("Observation.referenceRange", "obs-3", "low|high|text", "low, high or text is needed"),
    ONE_OF("Organization", "org-1", "identifier|name", "a name or an identifier is needed"),
    FUNCTION("Organization.address", "org-2", is_not_home, "an organization's address cannot be of use home"),
    FUNCTION("Organization.telecom", "org-3", is_not_home, "an organization's telecom cannot be of use home"),
    FUNCTION("Parameters.parameter", "inv-1", inv_1_parameter, "a parameter has one of value, resource and part"),
    ONE_OF("Patient.contact", "pat-1", "name|telecom|address|organization", "a contact's details or an organization are needed"),
    FUNCTION("Period", "per-1", per_1, "start cannot be after end"),
    IMPLIES("Quantity", "qty-3", "code", "system", "a unit's code needs a system"),
    FUNCTION("Questionnaire", "que-2", que_2, "a linkId cannot come twice"),
    NOT_BOTH("QuestionnaireResponse.item", "qrs-1", "answer", "item", "an item cannot have both answers and items"),
    FUNCTION("Ratio", "rat-1", rat_1, "numerator and denominator are both there or neither"),
    IMPLIES("ServiceRequest", "prr-1", "orderDetail", "code", "orderDetail needs a code"),
    FUNCTION("Task", "inv-1", inv_1_task, "lastModified cannot be before authoredOn"),
    IMPLIES("Timing.repeat", "tim-1", "duration", "durationUnit", "duration needs a unit"),
    IMPLIES("Timing.repeat", "tim-2", "period", "periodUnit", "period needs a unit"),
    IMPLIES("Timing.repeat", "tim-6", "periodMax", "period", "periodMax needs a period"),
    IMPLIES("Timing.repeat", "tim-7", "durationMax", "duration", "durationMax needs a duration"),
    IMPLIES("Timing.repeat", "tim-8", "countMax", "count", "countMax needs a count"),
    NOT_BOTH("Timing.repeat", "tim-10", "timeOfDay", "when", "timeOfDay and when cannot both be there"),
};
/* clang-format on */

#define INVARIANT_COUNT (sizeof(invariants) / sizeof(invariants[0]))

const struct fhir_invariant *fhir_invariants_all(size_t *ret_count)
{
    *ret_count = INVARIANT_COUNT;
    return invariants;
}

const struct fhir_invariant *fhir_invariants_of(struct slice path, size_t *ret_count)
{
    size_t first = 0;
    while (first < INVARIANT_COUNT && slice_compare(slice_of(invariants[first].path), path) < 0)
        first++;
    size_t end = first;
    while (end < INVARIANT_COUNT && slice_equal(slice_of(invariants[end].path), path))
        end++;
    *ret_count = end - first;
    return end > first ? &invariants[first] : NULL;
}

bool fhir_invariant_holds(const struct fhir_invariant *invariant, const struct json *node,
                          const struct json *root, struct arena *arena)
{
    switch (invariant->kind) {
    case FHIR_INVARIANT_ONE_OF:
        return has_one_of(node, invariant->first);
    case FHIR_INVARIANT_NOT_BOTH:
        return !has_one_of(node, invariant->first) || !has_one_of(node, invariant->second);
    case FHIR_INVARIANT_IMPLIES:
        return !has_one_of(node, invariant->first) || has_one_of(node, invariant->second);
    case FHIR_INVARIANT_FUNCTION:
        break;
    }
    return invariant->holds(node, root, arena);
}
