/* consent: see consent.h. */
#include "pipeline/consent.h"

#include "fhir/datetime.h"
#include "pipeline/label.h"

#define ACT_CODE SLICE("http://terminology.hl7.org/CodeSystem/v3-ActCode")
#define ACT_REASON SLICE("http://terminology.hl7.org/CodeSystem/v3-ActReason")
#define SCOPE_SYSTEM SLICE("http://terminology.hl7.org/CodeSystem/consentscope")
#define SITE_SYSTEM SLICE("urn:painbridge:site")

static const struct {
    struct slice code;
    uint32_t bit;
} purposes_known[] = {
    {SLICE_INIT("TREAT"), PIPELINE_PURPOSE_TREATMENT},
    {SLICE_INIT("HPAYMT"), PIPELINE_PURPOSE_PAYMENT},
    {SLICE_INIT("HOPERAT"), PIPELINE_PURPOSE_OPERATIONS},
    {SLICE_INIT("ETREAT"), PIPELINE_PURPOSE_EMERGENCY},
    {SLICE_INIT("HRESCH"), PIPELINE_PURPOSE_RESEARCH},
};

enum actor_role { ROLE_UNKNOWN, ROLE_RECIPIENT, ROLE_DISCLOSER };

static const struct {
    struct slice code;
    enum actor_role role;
} roles_known[] = {
    {SLICE_INIT("IRCP"), ROLE_RECIPIENT},
    {SLICE_INIT("PRCP"), ROLE_RECIPIENT},
    {SLICE_INIT("CST"), ROLE_DISCLOSER},
};

/* By these a permit is narrower than we can tell. */
static const struct slice narrowing[] = {SLICE_INIT("class"), SLICE_INIT("code"),
                                         SLICE_INIT("data"), SLICE_INIT("dataPeriod")};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Rules of one provision. Nobody names so many; who does it in a denial means everybody. */
#define RULE_LIMIT 256

static bool has_coding(const struct json *concept_, struct slice system, struct slice code)
{
    const struct json *codings = json_get(concept_, SLICE("coding"));
    for (const struct json *coding = json_first(codings); coding; coding = json_next(coding)) {
        if (slice_equal(json_get_text(coding, SLICE("system")), system) &&
            slice_equal(json_get_text(coding, SLICE("code")), code))
            return true;
    }
    return false;
}

/* --- whom it names ---------------------------------------------------------------------------- */

static enum actor_role role_of(const struct json *actor)
{
    const struct json *codings = json_get(json_get(actor, SLICE("role")), SLICE("coding"));
    for (const struct json *coding = json_first(codings); coding; coding = json_next(coding)) {
        for (size_t i = 0; i < COUNT(roles_known); i++) {
            if (slice_equal(json_get_text(coding, SLICE("code")), roles_known[i].code))
                return roles_known[i].role;
        }
    }
    return ROLE_UNKNOWN;
}

/* Whose facts they are is a site by its name alone. Empty: it names nobody whom we could tell. */
static struct slice name_of(const struct json *actor, struct arena *arena)
{
    const struct json *identifier =
        json_get(json_get(actor, SLICE("reference")), SLICE("identifier"));
    struct slice system = json_get_text(identifier, SLICE("system"));
    struct slice value = json_get_text(identifier, SLICE("value"));
    if (value.len == 0 || system.len == 0)
        return (struct slice){0};
    if (role_of(actor) == ROLE_DISCLOSER)
        return slice_equal(system, SITE_SYSTEM) ? value : (struct slice){0};
    return arena_format(arena, "%.*s|%.*s", SLICE_ARG(system), SLICE_ARG(value));
}

struct names {
    struct slice *items;
    size_t count;
};

static struct names names_in(const struct json *provision, enum actor_role role,
                             struct arena *arena)
{
    const struct json *actors = json_get(provision, SLICE("actor"));
    struct names names = {ARENA_ARRAY(arena, json_count(actors) + 1, struct slice), 0};
    for (const struct json *actor = json_first(actors); actor; actor = json_next(actor)) {
        struct slice name = name_of(actor, arena);
        if (role_of(actor) == role && name.len > 0)
            names.items[names.count++] = name;
    }
    return names;
}

/* --- what it speaks of ------------------------------------------------------------------------ */

/* The known purposes; *ret_all: none is unknown. */
static uint32_t purposes_of(const struct json *provision, bool *ret_all)
{
    const struct json *list = json_get(provision, SLICE("purpose"));
    uint32_t purposes = 0;
    *ret_all = true;
    for (const struct json *coding = json_first(list); coding; coding = json_next(coding)) {
        uint32_t bit = 0;
        for (size_t i = 0; i < COUNT(purposes_known); i++) {
            if (slice_equal(json_get_text(coding, SLICE("system")), ACT_REASON) &&
                slice_equal(json_get_text(coding, SLICE("code")), purposes_known[i].code))
                bit = purposes_known[i].bit;
        }
        purposes |= bit;
        *ret_all &= bit != 0;
    }
    return purposes;
}

static uint32_t labels_of(const struct json *provision)
{
    const struct json *list = json_get(provision, SLICE("securityLabel"));
    uint32_t labels = 0;
    for (const struct json *coding = json_first(list); coding; coding = json_next(coding))
        labels |= pipeline_label_of(json_get_text(coding, SLICE("system")),
                                    json_get_text(coding, SLICE("code")));
    return labels;
}

static bool read_bound(const struct json *period, struct slice name, instant open, bool is_end,
                       instant *ret_bound)
{
    struct slice text = json_get_text(period, name);
    struct fhir_datetime datetime;
    instant lower, upper;
    *ret_bound = open;
    if (text.len == 0)
        return true;
    if (!fhir_datetime_parse(text, &datetime))
        return false;
    fhir_datetime_bounds(&datetime, 0, &lower, &upper);
    *ret_bound = is_end ? upper + 1 : lower;
    return true;
}

static bool read_period(const struct json *provision, struct pipeline_consent_rule *rule)
{
    const struct json *period = json_get(provision, SLICE("period"));
    return read_bound(period, SLICE("start"), PIPELINE_CONSENT_EVER, false, &rule->lower) &&
           read_bound(period, SLICE("end"), PIPELINE_CONSENT_NEVER, true, &rule->upper);
}

/* --- rules ------------------------------------------------------------------------------------ */

struct reading {
    struct arena *arena;
    struct slice site;
    bool is_part2; /* the policy is 42 CFR Part 2 */
    bool has_policy;
    bool may_permit; /* nothing in it changes its meaning in a way that we do not know */
    struct pipeline_consent_rule *rules;
    size_t count, capacity;
};

static void add_rule(struct reading *reading, const struct pipeline_consent_rule *rule)
{
    if (reading->count == reading->capacity) {
        size_t capacity = reading->capacity ? reading->capacity * 2 : 8;
        reading->rules = arena_grow(reading->arena, reading->rules,
                                    reading->capacity * sizeof(*rule), capacity * sizeof(*rule));
        reading->capacity = capacity;
    }
    reading->rules[reading->count++] = *rule;
}

/* One for each discloser and recipient; who is not named is `rule`'s own. */
static void add_rules(struct reading *reading, struct pipeline_consent_rule *rule,
                      const struct names *disclosers, const struct names *recipients)
{
    for (size_t i = 0; i < (disclosers->count ? disclosers->count : 1); i++) {
        for (size_t k = 0; k < (recipients->count ? recipients->count : 1); k++) {
            struct pipeline_consent_rule each = *rule;
            if (disclosers->count > 0)
                each.discloser = disclosers->items[i];
            if (recipients->count > 0)
                each.recipient = recipients->items[k];
            add_rule(reading, &each);
        }
    }
}

static bool is_narrowed(const struct json *provision)
{
    for (size_t i = 0; i < COUNT(narrowing); i++) {
        if (json_get(provision, narrowing[i]))
            return true;
    }
    const struct json *actions = json_get(provision, SLICE("action"));
    for (const struct json *action = json_first(actions); action; action = json_next(action)) {
        if (has_coding(action, SLICE("http://terminology.hl7.org/CodeSystem/consentaction"),
                       SLICE("access")) ||
            has_coding(action, SLICE("http://terminology.hl7.org/CodeSystem/consentaction"),
                       SLICE("disclose")))
            return false;
    }
    return actions != NULL;
}

/* Only who discloses may say that it will. */
static bool is_own_to_give(const struct reading *reading, const struct names *disclosers)
{
    for (size_t i = 0; i < disclosers->count; i++) {
        if (slice_equal(disclosers->items[i], reading->site))
            return reading->site.len > 0;
    }
    return disclosers->count == 0 && reading->site.len > 0;
}

static void read_permit(struct reading *reading, const struct json *provision)
{
    struct pipeline_consent_rule rule = {.permits = true, .discloser = reading->site};
    struct names disclosers = names_in(provision, ROLE_DISCLOSER, reading->arena);
    struct names recipients = names_in(provision, ROLE_RECIPIENT, reading->arena);
    bool knows_purposes;
    rule.purposes = purposes_of(provision, &knows_purposes);
    rule.labels = json_get(provision, SLICE("securityLabel")) ? labels_of(provision)
                                                              : (uint32_t)PIPELINE_LABELS_ALL;
    /* an actor whose part we do not know, or whom nobody can be, may be whom it is all about */
    if (disclosers.count + recipients.count != json_count(json_get(provision, SLICE("actor"))) ||
        !is_own_to_give(reading, &disclosers))
        return;
    disclosers.count = 0; /* the site itself, as the rule has it */
    if (recipients.count > RULE_LIMIT || !reading->is_part2 || !reading->may_permit ||
        rule.purposes == 0 || rule.labels == 0 || is_narrowed(provision) ||
        !read_period(provision, &rule))
        return;
    add_rules(reading, &rule, &disclosers, &recipients);
}

static void read_deny(struct reading *reading, const struct json *provision)
{
    struct pipeline_consent_rule rule = {.permits = false};
    struct names disclosers = names_in(provision, ROLE_DISCLOSER, reading->arena);
    struct names recipients = names_in(provision, ROLE_RECIPIENT, reading->arena);
    bool knows_purposes;
    bool says_what = json_get(provision, SLICE("actor")) || json_get(provision, SLICE("purpose")) ||
                     json_get(provision, SLICE("securityLabel"));
    if (!says_what && !reading->has_policy)
        return;
    rule.purposes = purposes_of(provision, &knows_purposes);
    if (!knows_purposes)
        rule.purposes = 0;
    rule.labels = labels_of(provision);
    /* whom we cannot tell is everybody */
    if (disclosers.count + recipients.count != json_count(json_get(provision, SLICE("actor"))) ||
        disclosers.count * recipients.count > RULE_LIMIT ||
        disclosers.count + recipients.count > RULE_LIMIT) {
        disclosers.count = 0;
        recipients.count = 0;
    }
    if (rule.labels == 0)
        rule.labels = PIPELINE_LABELS_ALL | (reading->is_part2 ? 0 : PIPELINE_LABEL_OPEN);
    if (!read_period(provision, &rule)) {
        rule.lower = PIPELINE_CONSENT_EVER;
        rule.upper = PIPELINE_CONSENT_NEVER;
    }
    add_rules(reading, &rule, &disclosers, &recipients);
}

/* An exception says nothing of what stands around it, so it permits nothing: R4 does not say which
 * of the outer provision's bounds hold for it. */
static void read_exceptions(struct reading *reading, const struct json *provision)
{
    const struct json *nested = json_get(provision, SLICE("provision"));
    for (const struct json *each = json_first(nested); each; each = json_next(each)) {
        if (slice_equal(json_get_text(each, SLICE("type")), SLICE("deny")))
            read_deny(reading, each);
        read_exceptions(reading, each);
    }
}

static void read_provision(struct reading *reading, const struct json *provision)
{
    struct slice type = json_get_text(provision, SLICE("type"));
    if (slice_equal(type, SLICE("permit")))
        read_permit(reading, provision);
    if (slice_equal(type, SLICE("deny")))
        read_deny(reading, provision);
    read_exceptions(reading, provision);
}

/* Who was asked, and did not confirm it, has not consented. */
static bool is_unverified(const struct json *consent)
{
    const struct json *list = json_get(consent, SLICE("verification"));
    for (const struct json *each = json_first(list); each; each = json_next(each)) {
        if (json_is_true(json_get(each, SLICE("verified"))))
            return false;
    }
    return list != NULL;
}

size_t pipeline_consent_rules(const struct json *consent, struct slice site, struct arena *arena,
                              struct pipeline_consent_rule **ret_rules)
{
    const struct json *policy = json_get(consent, SLICE("policyRule"));
    struct reading reading = {.arena = arena, .site = site};
    reading.is_part2 = has_coding(policy, ACT_CODE, SLICE("42CFRPart2")) ||
                       has_coding(policy, ACT_CODE, SLICE("42CFRPart2CD"));
    reading.has_policy = json_get(policy, SLICE("coding")) != NULL;
    reading.may_permit =
        !json_get(consent, SLICE("modifierExtension")) &&
        !json_get(json_get(consent, SLICE("provision")), SLICE("modifierExtension"));
    *ret_rules = NULL;
    if (!slice_equal(json_get_text(consent, SLICE("status")), SLICE("active")) ||
        !has_coding(json_get(consent, SLICE("scope")), SCOPE_SYSTEM, SLICE("patient-privacy")) ||
        is_unverified(consent))
        return 0;
    read_provision(&reading, json_get(consent, SLICE("provision")));
    *ret_rules = reading.rules;
    return reading.count;
}
