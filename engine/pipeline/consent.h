/* consent: what a FHIR Consent allows and denies, as rules that a look is judged by. Pure.
 *
 * FHIR R4 consent.html; 42 CFR 2.31 for what a written consent must say. What is not understood
 * allows nothing and what may deny does deny:
 *
 *   counts at all   status active; scope patient-privacy; not said to be unverified
 *   permit          policyRule 42CFRPart2 (or its consent type 42CFRPart2CD); a purpose that we
 * know (2.31(a)(5)); recipients, if actors are named, by a role that we know; not narrowed by
 * class, code, data or a period of the data, which are not judged; no modifierExtension; said by
 * the site whose facts it opens and no other: who may receive cannot permit itself deny an actor, a
 * label, a purpose or a policy is named: a refusal of some treatment that came as an HL7 v2 CON
 * segment says nothing of information. Whom we cannot tell is everybody, and so are
 *                   more actors than anybody names (256 rules)
 *
 * Nested provisions are exceptions: they deny, and permit nothing. A denial wins over what is
 * permitted (domain rules, "Decision"). Whom an actor means is its identifier, "system|value" (in
 * the systems urn:painbridge:site and urn:painbridge:client the site or client of that name); a
 * reference by id is nobody whom we could tell. Actors in the role CST (custodian) are those whose
 * facts it is about; none: those of the site that says so, and of a denial everybody's. Recipients
 * have the roles IRCP and PRCP (information recipient); none named: whoever treats the person
 * (2.31(a)(4), "my treating providers"). */
#ifndef PIPELINE_CONSENT_H
#define PIPELINE_CONSENT_H

#include "base/time.h"
#include "fhir/json.h"

/* Bits as they are stored. http://terminology.hl7.org/CodeSystem/v3-ActReason. */
enum pipeline_purpose {
    PIPELINE_PURPOSE_TREATMENT = 1 << 0,  /* TREAT */
    PIPELINE_PURPOSE_PAYMENT = 1 << 1,    /* HPAYMT */
    PIPELINE_PURPOSE_OPERATIONS = 1 << 2, /* HOPERAT */
    PIPELINE_PURPOSE_EMERGENCY = 1 << 3,  /* ETREAT */
    PIPELINE_PURPOSE_RESEARCH = 1 << 4    /* HRESCH */
};

/* No bound: before and behind all that can be stored. */
#define PIPELINE_CONSENT_EVER (INT64_C(-62135596800) * TIME_SECOND)  /* 0001-01-01T00:00:00Z */
#define PIPELINE_CONSENT_NEVER (INT64_C(253402300800) * TIME_SECOND) /* 10000-01-01T00:00:00Z */

struct pipeline_consent_rule {
    bool permits;
    struct slice discloser; /* a site, whose facts; empty: every one's */
    struct slice recipient; /* one of the viewer's names; empty: whoever treats the person */
    uint32_t labels;        /* pipeline/label.h; PIPELINE_LABEL_OPEN: what has none, too */
    uint32_t purposes;      /* all of them; 0, of a denial: whatever it is for */
    instant lower, upper;   /* from lower to before upper */
};

/* The rules of a Consent that the site recorded (empty: nobody's). Days are days in UTC. How many;
 * none: it allows and denies nothing. Texts are the Consent's or live in the arena. */
size_t pipeline_consent_rules(const struct json *consent, struct slice site, struct arena *arena,
                              struct pipeline_consent_rule **ret_rules);

#endif
