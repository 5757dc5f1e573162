/* settings: configuration files by tables.
 *
 * A file of the instance (painbridge.xml, a feed, a client, a destination, the head of a site) is
 * an XML root with attributes and a few child elements with attributes. Every attribute that may
 * stand there is a row: element, name, type, range, default, whether a running engine takes a
 * change, and the sentence that explains it. From the same rows come the check of a file, the
 * struct that the program reads, and the commented file that `init` writes.
 *
 * Nothing is silently ignored: an unknown element or attribute, a value outside its range and a
 * missing required value are issues with file:line:column and a suggestion. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "base/buffer.h"
#include "base/xml.h"

enum setting_type {
    SETTING_TEXT,   /* struct slice; minimum and maximum are lengths in bytes */
    SETTING_NAME,   /* struct slice; letters, digits, '-', '_', '.', begins with letter or digit */
    SETTING_NUMBER, /* int64_t within minimum..maximum */
    SETTING_FLAG,   /* bool; yes or no */
    SETTING_CHOICE, /* int; number of the word in `choices`, from 0 */
    SETTING_ZONE    /* struct slice; an IANA time zone that this system knows */
};

/* When a changed value takes effect in a running engine. */
enum setting_effect {
    SETTING_AT_START, /* at the next start of serve */
    SETTING_AT_RELOAD /* at SIGHUP */
};

struct setting {
    const char *element; /* child element, or "" for the root itself */
    const char *name;    /* attribute */
    enum setting_type type;
    int64_t minimum, maximum;
    const char *choices; /* "original enhanced auto" */
    const char *initial; /* as written; NULL: must be there */
    enum setting_effect effect;
    size_t offset; /* of the field in the struct that is filled */
    const char *help;
};

/* A child element that may repeat and that the owner of the table reads itself; its attributes. */
struct setting_list {
    const char *element;
    const char *attributes; /* names, blank between; every one is required */
    const char *help;
};

struct setting_table {
    const char *root;
    const char *help; /* what the file is for; lines end with \n */
    const struct setting *rows;
    size_t row_count;
    const struct setting_list *lists;
    size_t list_count;
    bool open; /* other child elements are another's business (site files hold mapping rules) */
};

/* Fills *ret_target, a struct with the fields the rows point at. -1 with issues, all that are found
 * and not only the first; the target is then untouched. Texts live in the document's arena. */
int settings_read(const struct setting_table *table, const struct xml_document *document,
                  void *ret_target, size_t target_size, struct issue_list *issues)
    __attribute__((warn_unused_result));

/* A value that differs from the default, for settings_write. */
struct setting_value {
    const char *element;
    const char *name;
    struct slice value;
};

/* Appends a whole file: every setting with its explanation, type, range and default as comments;
 * those in `values` are set, the others stand as they are by default. `entries` is the XML of the
 * list elements, whole lines, or empty. */
void settings_write(const struct setting_table *table, const struct setting_value *values,
                    size_t value_count, struct slice entries, struct buffer *out);

/* Appends text with the five characters of XML escaped. */
void settings_escape(struct slice text, struct buffer *out);

/* The row of an attribute anywhere in the table, where '-' and '_' count as the same; or NULL. */
const struct setting *settings_find(const struct setting_table *table, struct slice name);
/* True when the text is a value the row takes. */
bool settings_accepts(const struct setting *row, struct slice text);
/* What the row takes, for people: "a number from 1 to 65535". */
struct slice settings_range(const struct setting *row, struct arena *arena);

#endif
