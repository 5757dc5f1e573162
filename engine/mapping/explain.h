/* explain: what a rule is, by whom each part of it was said.
 *
 * A rule of the base may run in several ways for a site: each of the site's words about it is one,
 * where its condition holds, and what is left over is the base rule's. Each way lists the
 * attributes as they count, each with the file and line where it is written. */
#ifndef MAPPING_EXPLAIN_H
#define MAPPING_EXPLAIN_H

#include "mapping/program.h"

struct mapping_texts;

struct mapping_explained_attribute {
    struct slice name, value, file;
    unsigned line, column;
};

struct mapping_explained_way {
    struct slice word; /* "change", "replace", "drop"; empty: as the base has it */
    struct slice when; /* where the site says so; empty: everywhere */
    struct slice because, file;
    unsigned line, column;
    struct mapping_explained_attribute *attributes; /* none for a drop */
    size_t attribute_count;
};

struct mapping_explained_rule {
    struct slice id, word; /* "pid.gender", "set" */
    struct slice owner;    /* the map or structure it stands in: "PID-Patient" */
    struct slice parent;   /* id of the rule around it, or of the map */
    struct slice file;
    unsigned line, column;
    struct mapping_explained_way *ways; /* in the order in which they are asked */
    size_t way_count;
    struct slice *inside; /* ids of the rules in it, then of those that the site adds */
    size_t inside_count;
};

/* `id` is that of a rule, of a map ("PID-Patient") or of a structure ("ORU_R01"). `site_texts` may
 * be NULL. -1 with an issue (ISSUE_NOT_FOUND, with the nearest id) where there is none, or where
 * the site cannot be read. */
int mapping_explain_rule(const struct mapping_rules *rules, const struct mapping_texts *site_texts,
                         struct slice id, struct arena *arena,
                         struct mapping_explained_rule *ret_explained, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* What a base rule's own `when` says; empty where it has none or is none of the base. */
struct slice mapping_explain_when(const struct mapping_program *program, struct slice id);

#endif
