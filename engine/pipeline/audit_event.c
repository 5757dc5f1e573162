/* audit_event: see the header. */
#include "pipeline/audit_event.h"

#include "base/encode.h"
#include "fhir/resource.h"

#define DICOM "http://dicom.nema.org/resources/ontology/DCM"
#define LIFECYCLE "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
#define INTERACTION "http://hl7.org/fhir/restful-interaction"
#define EVENT_TYPE "http://terminology.hl7.org/CodeSystem/audit-event-type"
#define ENTITY_TYPE "http://terminology.hl7.org/CodeSystem/audit-entity-type"
#define OBJECT_ROLE "http://terminology.hl7.org/CodeSystem/object-role"
#define ACT_REASON "http://terminology.hl7.org/CodeSystem/v3-ActReason"
#define PARTICIPATION "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
#define SOURCE_TYPE "http://terminology.hl7.org/CodeSystem/security-source-type"

struct code {
    const char *system, *code, *display;
};

#define REST                                                                                       \
    {                                                                                              \
        EVENT_TYPE, "rest", "Restful Operation"                                                    \
    }
#define IMPORT                                                                                     \
    {                                                                                              \
        DICOM, "110107", "Import"                                                                  \
    }
#define EXPORT                                                                                     \
    {                                                                                              \
        DICOM, "110106", "Export"                                                                  \
    }
#define PATIENT_RECORD                                                                             \
    {                                                                                              \
        DICOM, "110110", "Patient Record"                                                          \
    }
#define ACTIVITY                                                                                   \
    {                                                                                              \
        DICOM, "110100", "Application Activity"                                                    \
    }
#define SECURITY                                                                                   \
    {                                                                                              \
        DICOM, "110113", "Security Alert"                                                          \
    }
#define AUTHENTICATION                                                                             \
    {                                                                                              \
        DICOM, "110114", "User Authentication"                                                     \
    }

/* What each act is elsewhere. The first row is for what has none of its own. */
static const struct act {
    const char *kind;
    struct code type, subtype;
    const char *action;
    bool to_actor; /* data flows to the actor */
} acts[] = {
    {"", ACTIVITY, {0}, "E", false},
    {"message",
     IMPORT,
     {LIFECYCLE, "receive", "Receive/Retain Record Lifecycle Event"},
     "C",
     false},
    {"hold", IMPORT, {0}, "E", false},
    {"duplicate", IMPORT, {0}, "E", false},
    {"clash", IMPORT, {0}, "E", false},
    {"release",
     IMPORT,
     {LIFECYCLE, "receive", "Receive/Retain Record Lifecycle Event"},
     "C",
     false},
    {"drop", IMPORT, {0}, "E", false},
    {"create", REST, {INTERACTION, "create", "create"}, "C", false},
    {"update", REST, {INTERACTION, "update", "update"}, "U", false},
    {"transaction", REST, {INTERACTION, "transaction", "transaction"}, "E", false},
    {"read", REST, {INTERACTION, "read", "read"}, "R", true},
    {"vread", REST, {INTERACTION, "vread", "vread"}, "R", true},
    {"history", REST, {INTERACTION, "history-instance", "history-instance"}, "R", true},
    {"search", REST, {INTERACTION, "search-type", "search-type"}, "E", false},
    {"show",
     PATIENT_RECORD,
     {LIFECYCLE, "access", "Access/View Record Lifecycle Event"},
     "R",
     true},
    {"export", EXPORT, {LIFECYCLE, "extract", "Extract Record Lifecycle Event"}, "R", true},
    {"disclose", EXPORT, {LIFECYCLE, "disclose", "Disclose Record Lifecycle Event"}, "R", true},
    {"link", PATIENT_RECORD, {LIFECYCLE, "link", "Link Record Lifecycle Event"}, "U", false},
    {"unlink", PATIENT_RECORD, {LIFECYCLE, "unlink", "Unlink Record Lifecycle Event"}, "U", false},
    {"merge", PATIENT_RECORD, {LIFECYCLE, "merge", "Merge Record Lifecycle Event"}, "U", false},
    {"move", PATIENT_RECORD, {0}, "U", false},
    {"login", AUTHENTICATION, {DICOM, "110122", "Login"}, "E", false},
    {"refuse", SECURITY, {0}, "E", false},
    {"activate", SECURITY, {DICOM, "110131", "Software Configuration"}, "U", false},
    {"lost", SECURITY, {0}, "E", false},
};

/* A FHIR request is what its versions say: one that is new, one that is not, several. */
static struct slice kind_of(const struct pipeline_audit_row *row)
{
    struct slice rest = row->entities, entity;
    if (!slice_equal(row->kind, SLICE("write")))
        return row->kind;
    if (slice_find_byte(rest, ' ') < rest.len)
        return SLICE("transaction");
    if (!slice_split(&rest, '/', &entity) || !slice_split(&rest, '/', &entity))
        return SLICE("update");
    return slice_equal(rest, SLICE("1")) ? SLICE("create") : SLICE("update");
}

static const struct act *act_of(struct slice kind)
{
    for (size_t i = 1; i < sizeof(acts) / sizeof(acts[0]); i++) {
        if (slice_equal(kind, slice_of(acts[i].kind)))
            return &acts[i];
    }
    return &acts[0];
}

static struct json *coding(const struct code *code, struct arena *arena)
{
    struct json *json = json_object(arena);
    json_add_string(json, SLICE("system"), slice_of(code->system), arena);
    json_add_string(json, SLICE("code"), slice_of(code->code), arena);
    if (code->display)
        json_add_string(json, SLICE("display"), slice_of(code->display), arena);
    return json;
}

static struct json *concept_of(const struct code *code, struct arena *arena)
{
    struct json *json = json_object(arena);
    json_append(json_add(json, SLICE("coding"), json_array(arena)), coding(code, arena));
    return json;
}

/* --- agents ----------------------------------------------------------------------------------- */

static const struct code source_role = {DICOM, "110153", "Source Role ID"};
static const struct code destination_role = {DICOM, "110152", "Destination Role ID"};

static struct json *identifier(const char *what, struct slice value, struct arena *arena)
{
    struct json *who = json_object(arena);
    struct json *json = json_add(who, SLICE("identifier"), json_object(arena));
    json_add_string(json, SLICE("system"), arena_format(arena, PIPELINE_AUDIT_SYSTEM ":%s", what),
                    arena);
    json_add_string(json, SLICE("value"), value, arena);
    return who;
}

/* `kind` is 2 for an address, 5 for a URL (FHIR R4 network-type). */
static void add_network(struct json *agent, struct slice address, const char *kind,
                        struct arena *arena)
{
    if (address.len == 0)
        return;
    struct json *network = json_add(agent, SLICE("network"), json_object(arena));
    json_add_string(network, SLICE("address"), address, arena);
    json_add_string(network, SLICE("type"), slice_of(kind), arena);
}

static void add_actor(struct json *agents, const struct pipeline_audit_row *row,
                      const struct act *act, struct arena *arena)
{
    struct json *agent = json_append(agents, json_object(arena));
    json_add(agent, SLICE("type"),
             concept_of(act->to_actor ? &destination_role : &source_role, arena));
    const struct code role = {PIPELINE_AUDIT_SYSTEM ":role", arena_string(arena, row->role), NULL};
    json_append(json_add(agent, SLICE("role"), json_array(arena)), concept_of(&role, arena));
    if (row->actor.len > 0) {
        json_add(agent, SLICE("who"), identifier(role.code, row->actor, arena));
        json_add_string(agent, SLICE("name"), row->actor, arena);
    }
    json_add(agent, SLICE("requestor"), json_boolean(arena, row->user.len == 0));
    if (row->site.len > 0)
        json_add(agent, SLICE("location"), identifier("site", row->site, arena));
    add_network(agent, row->address, "2", arena);
}

/* Who is signed in at the actor: one who receives, or one who says. */
static void add_user(struct json *agents, const struct pipeline_audit_row *row,
                     const struct act *act, struct arena *arena)
{
    static const struct code recipient = {PARTICIPATION, "IRCP", "information recipient"};
    static const struct code author = {PARTICIPATION, "AUT", "author (originator)"};
    bool asks = act->to_actor || slice_equal(row->kind, SLICE("search"));
    if (row->user.len == 0)
        return;
    struct json *agent = json_append(agents, json_object(arena));
    json_add(agent, SLICE("type"), concept_of(asks ? &recipient : &author, arena));
    json_add(agent, SLICE("who"), identifier("user", row->user, arena));
    json_add_string(agent, SLICE("name"), row->user, arena);
    json_add(agent, SLICE("requestor"), json_boolean(arena, true));
}

static void add_ourselves(struct json *agents, const struct pipeline_audit_origin *origin,
                          const struct act *act, struct arena *arena)
{
    struct json *agent = json_append(agents, json_object(arena));
    json_add(agent, SLICE("type"),
             concept_of(act->to_actor ? &source_role : &destination_role, arena));
    json_add(agent, SLICE("who"), identifier("engine", origin->name, arena));
    json_add(agent, SLICE("requestor"), json_boolean(arena, false));
    add_network(agent, origin->base_url, "5", arena);
}

/* --- entities --------------------------------------------------------------------------------- */

static struct json *add_entity(struct json *entities, const char *type, const char *type_display,
                               const char *role, const char *role_display, struct arena *arena)
{
    struct json *entity = json_append(entities, json_object(arena));
    const struct code kind = {ENTITY_TYPE, type, type_display};
    json_add(entity, SLICE("type"), coding(&kind, arena));
    if (role) {
        const struct code part = {OBJECT_ROLE, role, role_display};
        json_add(entity, SLICE("role"), coding(&part, arena));
    }
    return entity;
}

static struct json *add_object(struct json *entities, const char *role, const char *display,
                               struct arena *arena)
{
    return add_entity(entities, "2", "System Object", role, display, arena);
}

static void add_reference(struct json *entity, struct slice reference, struct arena *arena)
{
    json_add_string(json_add(entity, SLICE("what"), json_object(arena)), SLICE("reference"),
                    reference, arena);
}

/* "Type/id/3", "Type/id", or what is no resource: "feed/lab". */
static void add_named(struct json *entities, struct slice name, struct arena *arena)
{
    struct slice rest = name, type, id;
    bool is_resource = name.ptr[0] >= 'A' && name.ptr[0] <= 'Z';
    struct json *entity = add_object(entities, is_resource ? "4" : NULL, "Domain Resource", arena);
    if (!is_resource || !slice_split(&rest, '/', &type) || !slice_split(&rest, '/', &id)) {
        json_add_string(entity, SLICE("name"), name, arena);
        return;
    }
    const char *history = rest.len > 0 ? "/_history/" : "";
    add_reference(entity,
                  arena_format(arena, "%.*s/%.*s%s%.*s", SLICE_ARG(type), SLICE_ARG(id), history,
                               SLICE_ARG(rest)),
                  arena);
}

/* FHIR R4 auditevent.html: the query as it was, in base64. */
static void add_query(struct json *entities, const struct pipeline_audit_row *row,
                      struct arena *arena)
{
    struct json *entity = add_object(entities, "24", "Query", arena);
    struct slice query =
        arena_format(arena, "%.*s?%.*s", SLICE_ARG(row->entities), SLICE_ARG(row->detail));
    json_add_string(entity, SLICE("query"), encode_base64(query, arena), arena);
}

static void add_message(struct json *entities, const struct pipeline_audit_row *row,
                        struct arena *arena)
{
    struct json *entity = add_object(entities, "3", "Report", arena);
    json_add(entity, SLICE("what"),
             identifier("message", arena_format(arena, "%lld", (long long)row->inbox_id), arena));
}

static void add_entities(struct json *event, const struct pipeline_audit_row *row,
                         struct slice patient, struct arena *arena)
{
    struct json *entities = json_array(arena);
    bool is_search = slice_equal(row->kind, SLICE("search"));
    struct slice rest = is_search ? (struct slice){0} : row->entities;
    if (patient.len > 0)
        add_reference(add_entity(entities, "1", "Person", "1", "Patient", arena),
                      arena_format(arena, "Patient/%.*s", SLICE_ARG(patient)), arena);
    for (struct slice name; slice_split(&rest, ' ', &name);) {
        if (name.len > 0)
            add_named(entities, name, arena);
    }
    if (is_search)
        add_query(entities, row, arena);
    if (row->inbox_id > 0)
        add_message(entities, row, arena);
    if (json_count(entities) > 0)
        json_add(event, SLICE("entity"), entities);
}

/* --- the event -------------------------------------------------------------------------------- */

struct slice pipeline_audit_event_id(const struct pipeline_audit_row *row, struct arena *arena)
{
    return arena_format(arena, "%lld-%lld", (long long)row->chain, (long long)row->place);
}

bool pipeline_audit_event_read_id(struct slice id, int64_t *ret_chain, int64_t *ret_place)
{
    uint64_t chain, place;
    struct slice first;
    if (!slice_split(&id, '-', &first) || !slice_to_uint64(first, INT64_MAX, &chain) ||
        !slice_to_uint64(id, INT64_MAX, &place))
        return false;
    *ret_chain = (int64_t)chain;
    *ret_place = (int64_t)place;
    return true;
}

/* What went wrong is the name of an issue; the words of a reason stand behind it. */
static void add_outcome(struct json *event, const struct pipeline_audit_row *row,
                        struct arena *arena)
{
    bool well = slice_equal(row->outcome, SLICE("success"));
    bool is_search = slice_equal(row->kind, SLICE("search"));
    struct slice detail = is_search ? (struct slice){0} : row->detail;
    struct slice words = well ? (struct slice){0} : row->outcome;
    if (detail.len > 0 && words.len > 0)
        words = arena_format(arena, "%.*s: %.*s", SLICE_ARG(words), SLICE_ARG(detail));
    else if (detail.len > 0)
        words = detail;
    json_add_string(event, SLICE("outcome"), well ? SLICE("0") : SLICE("4"), arena);
    if (words.len > 0)
        json_add_string(event, SLICE("outcomeDesc"), words, arena);
}

static void add_subtypes(struct json *event, const struct act *act, struct slice kind,
                         struct arena *arena)
{
    struct json *subtypes = json_add(event, SLICE("subtype"), json_array(arena));
    const struct code own = {PIPELINE_AUDIT_SYSTEM, arena_string(arena, kind), NULL};
    if (act->subtype.code)
        json_append(subtypes, coding(&act->subtype, arena));
    json_append(subtypes, coding(&own, arena));
}

struct json *pipeline_audit_event(const struct pipeline_audit_row *row, struct slice patient,
                                  const struct pipeline_audit_origin *origin, struct arena *arena)
{
    static const struct code server = {SOURCE_TYPE, "4", "Application Server"};
    const struct act *act = act_of(kind_of(row));
    struct slice recorded = time_format(row->recorded, 0, arena);
    struct json *event = fhir_resource_new(SLICE("AuditEvent"), arena);
    fhir_resource_set_id(event, pipeline_audit_event_id(row, arena), arena);
    struct json *meta = json_add(event, SLICE("meta"), json_object(arena));
    json_add_string(meta, SLICE("versionId"), SLICE("1"), arena);
    json_add_string(meta, SLICE("lastUpdated"), recorded, arena);
    json_add(event, SLICE("type"), coding(&act->type, arena));
    add_subtypes(event, act, row->kind, arena);
    json_add_string(event, SLICE("action"), slice_of(act->action), arena);
    json_add_string(event, SLICE("recorded"), recorded, arena);
    add_outcome(event, row, arena);
    if (row->purpose.len > 0) {
        const struct code purpose = {ACT_REASON, arena_string(arena, row->purpose), NULL};
        json_append(json_add(event, SLICE("purposeOfEvent"), json_array(arena)),
                    concept_of(&purpose, arena));
    }
    struct json *agents = json_add(event, SLICE("agent"), json_array(arena));
    add_actor(agents, row, act, arena);
    add_user(agents, row, act, arena);
    add_ourselves(agents, origin, act, arena);
    struct json *source = json_add(event, SLICE("source"), json_object(arena));
    json_add(source, SLICE("observer"), identifier("engine", origin->name, arena));
    json_append(json_add(source, SLICE("type"), json_array(arena)), coding(&server, arena));
    add_entities(event, row, patient, arena);
    return event;
}
