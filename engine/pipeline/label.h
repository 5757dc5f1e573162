/* label: security labels: which facts may only be shown by consent. Pure.
 *
 * A label is a Coding in meta.security (FHIR R4 security-labels.html). Inside, labels are bits, so
 * that what is made of several facts has the labels of all of them (the high-water mark of HL7's
 * Data Segmentation for Privacy) by one operation. 42 CFR Part 2 protects by where a fact comes
 * from: a site of which the settings say `part2` labels all it sends. The codes are those of
 * http://terminology.hl7.org/CodeSystem/v3-ActCode, seen active in HL7's terminology (UTG). */
#ifndef PIPELINE_LABEL_H
#define PIPELINE_LABEL_H

#include "fhir/json.h"

/* Bits as they are stored: never given to another label. */
enum pipeline_label {
    PIPELINE_LABEL_PART2 = 1 << 0,      /* 42CFRPart2: records of a Part 2 program */
    PIPELINE_LABEL_SUBSTANCE = 1 << 1,  /* SUD */
    PIPELINE_LABEL_DEPENDENCE = 1 << 2, /* OPIOIDUD */
    PIPELINE_LABEL_ALCOHOL = 1 << 3,    /* ETH */
    PIPELINE_LABEL_PSYCHIATRY = 1 << 4, /* PSY */
    PIPELINE_LABEL_MENTAL = 1 << 5,     /* MH */
    PIPELINE_LABEL_HIV = 1 << 6,        /* HIV */
    PIPELINE_LABEL_VIOLENCE = 1 << 7,   /* SDV */
    PIPELINE_LABEL_OPEN = 1 << 30       /* no label: what is open; only in rules of consents */
};

#define PIPELINE_LABELS_ALL (((uint32_t)1 << 8) - 1)

/* The bits of the labels in meta.security; 0 where there are none that we know, or no body. */
uint32_t pipeline_labels_of(const struct json *body);
/* The bit of one Coding, 0 for another one. */
uint32_t pipeline_label_of(struct slice system, struct slice code);
/* Puts labels into meta.security, where they are not there: their codes, confidentiality R
 * (restricted) and what the receiver is obliged to (PERSISTLABEL; of Part 2 NORDSCLCD, "no
 * redisclosure without consent directive"). None: does nothing. */
void pipeline_labels_put(struct json *body, uint32_t labels, struct arena *arena);

/* A stored body with the notice that 42 CFR 2.32 wants on each disclosure, as an extension of its
 * meta (urn:painbridge:redisclosure-notice). What is no JSON object comes back as it is. */
struct slice pipeline_label_notice(struct slice body, struct slice notice, struct arena *arena);

#endif
