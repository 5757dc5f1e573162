/* xml: the one XML door. Everything else reads a tree of plain structs; only xml.c calls libxml2.
 *
 * Configuration and mapping files (and FHIR XML later) come through here. Not a door for attacks:
 * no DOCTYPE, no entities but the five of XML and character references, nothing from disk or
 * network, at most `max_depth` deep, `max_bytes` long, `max_elements` elements. Each element and
 * attribute knows its line and column, which is what an admin needs most.
 *
 * All text is UTF-8 and lives in the arena. Comments and processing instructions are skipped. */
#ifndef BASE_XML_H
#define BASE_XML_H

#include "base/issue.h"

struct xml_attribute {
    struct slice name; /* local name */
    struct slice value;
    unsigned line, column;             /* of the name, from 1; column in bytes */
    unsigned value_line, value_column; /* of the first byte inside the quotes */
    bool value_exact; /* false where the value had references: columns inside it are not the file's
                       */
};

struct xml_element {
    struct slice name;       /* local name */
    struct slice name_space; /* namespace URI or empty */
    struct xml_attribute *attributes;
    size_t attribute_count;
    struct slice text; /* all character data directly in this element, in order, as one piece */
    struct xml_element *parent, *first_child, *last_child, *next;
    unsigned line, column; /* of the "<" */
};

struct xml_document {
    struct slice file;
    struct slice source; /* the whole text, for printing the line an issue is at */
    struct xml_element *root;
};

struct xml_limits {
    size_t max_bytes;    /* 0: 16 MiB */
    size_t max_elements; /* 0: 200000 */
    unsigned max_depth;  /* 0: 64 */
    /* Children of the root with this name are checked to be well formed and not kept: what a tool
     * reads and a server never needs costs it no memory. Empty: all are kept. */
    struct slice passed_over;
};

/* -1 with issues (ISSUE_SYNTAX, place file:line:column) when the text is not well formed, has a
 * DOCTYPE or passes a limit. `file` names it in issues. */
int xml_parse(struct slice file, struct slice text, struct xml_limits limits, struct arena *arena,
              struct xml_document *ret_document, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* The attribute, or NULL. */
const struct xml_attribute *xml_attribute(const struct xml_element *element, const char *name);
/* Its value, or the empty slice where it is not there. */
struct slice xml_value(const struct xml_element *element, const char *name);
/* The first child of that name (NULL: any) after `previous` (NULL: from the start), or NULL. */
const struct xml_element *xml_child(const struct xml_element *parent, const char *name,
                                    const struct xml_element *previous);
struct issue_place xml_place(const struct xml_document *document,
                             const struct xml_element *element);
/* Place of the attribute's value, `offset` bytes into it, `length` bytes long. */
struct issue_place xml_value_place(const struct xml_document *document,
                                   const struct xml_attribute *attribute, size_t offset,
                                   size_t length);

#endif
