/* map export, map import: code tables as FHIR ConceptMaps, and back (mapping/concept_map.h).
 *
 * An import reads all and checks all before it writes the first file, and each file is there as it
 * was or as it will be, never half of it. */
#include "base/file.h"
#include "base/suggest.h"
#include "cli/commands.h"
#include "cli/guess.h"
#include "cli/translation.h"
#include "fhir/resource.h"
#include "fhir/validate.h"
#include "mapping/concept_map.h"

#include <stdio.h>
#include <sys/stat.h>

#define IMPORT_FILE_LIMIT ((size_t)64 << 20)
#define IMPORT_TABLE_LIMIT ((size_t)16 << 20) /* what is read of one file of a table */
#define DAY_LENGTH 10                         /* of 2026-11-22T... */

/* The tables at hand, and whose are meant. */
struct table_work {
    struct command_call *call;
    struct translation translation; /* knowledge and time only */
    const char *folder;             /* of the site, else of the mappings */
    struct slice site;              /* empty: the shipped ones */
    struct concept_map_tables tables;
};

static enum command_exit begin(struct table_work *work, struct command_call *call)
{
    struct mapping_texts base, site_texts = {0};
    const char *site = option_value(&call->options, "site");
    *work = (struct table_work){.call = call};
    enum command_exit exit_code = translation_begin(&work->translation, call);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    work->folder = work->translation.knowledge.mappings;
    if (mapping_texts_of_base(work->folder, call->arena, &base, &call->issues) != 0) {
        return COMMAND_CONFIGURATION;
    }
    if (site != NULL) {
        work->folder = translation_site_folder(&work->translation.knowledge, call, site);
        if (work->folder == NULL ||
            mapping_texts_of_site(work->folder, call->arena, &site_texts, &call->issues) != 0) {
            return COMMAND_CONFIGURATION;
        }
        struct slice file = mapping_texts_site_name(work->folder, call->arena); /* NAME.xml */
        work->site = slice_part(file, 0, file.len - 4);
    }
    concept_map_tables(&base, &site_texts, site != NULL ? 1 : 0, call->arena, &work->tables);
    return COMMAND_DONE;
}

/* --- map export ------------------------------------------------------------------------------- */

static void report_unknown(const struct table_work *work, const char *title)
{
    struct command_call *call = work->call;
    size_t count = 0;
    struct slice *names = ARENA_ARRAY(call->arena, work->tables.count + 1, struct slice);
    for (size_t i = 0; i < work->tables.count; i++) {
        if (slice_equal(work->tables.items[i].site, work->site)) {
            names[count++] = work->tables.items[i].title;
        }
    }
    size_t nearest = suggest_nearest(slice_of(title), names, count);
    struct slice hint = {NULL, 0};
    if (nearest < count) {
        hint = arena_format(call->arena, "did you mean '%.*s'?", SLICE_ARG(names[nearest]));
    } else if (concept_map_table(&work->tables, SLICE(""), slice_of(title)) != NULL) {
        hint = SLICE("it is a shipped table; leave out '--site'");
    }
    issue_add(&call->issues,
              (struct issue){.code = ISSUE_CONFIGURATION,
                             .severity = ISSUE_ERROR,
                             .words = arena_format(call->arena, "there is no table '%s'", title),
                             .hint = hint});
}

static int export_table(const struct table_work *work, const struct concept_map_table *table)
{
    struct json *map = NULL;
    if (concept_map_of_table(&work->tables, table, work->call->arena, &map, &work->call->issues) !=
        0) {
        return -1;
    }
    command_print(map);
    return 0;
}

enum command_exit command_map_export(struct command_call *call)
{
    struct table_work work;
    enum command_exit exit_code = begin(&work, call);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    for (size_t i = 0; i < call->operand_count; i++) {
        const struct concept_map_table *table =
            concept_map_table(&work.tables, work.site, slice_of(call->operands[i]));
        if (table == NULL) {
            report_unknown(&work, call->operands[i]);
        }
        if (table == NULL || export_table(&work, table) != 0) {
            return COMMAND_CONFIGURATION;
        }
    }
    for (size_t i = 0; i < work.tables.count && call->operand_count == 0; i++) {
        if (slice_equal(work.tables.items[i].site, work.site) &&
            export_table(&work, &work.tables.items[i]) != 0) {
            exit_code = COMMAND_CONFIGURATION;
        }
    }
    return exit_code;
}

/* --- map import ------------------------------------------------------------------------------- */

/* A table that is to be written. */
struct made_table {
    struct slice title;
    struct slice text;
    bool changed;
    struct made_table *next;
};

struct import_work {
    struct table_work tables;
    struct concept_map_notes notes;
    struct made_table *made, **last;
};

/* It becomes the name of a file. */
static bool is_table_name(struct slice title)
{
    for (size_t i = 0; i < title.len; i++) {
        char byte = title.ptr[i];
        bool fits = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                    (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.';
        if (!fits || (byte == '.' && i == 0)) {
            return false;
        }
    }
    return title.len > 0;
}

/* By --table, else by the url of the ConceptMap. */
static int name_table(const struct import_work *import, const struct json *map,
                      struct slice *ret_title)
{
    struct command_call *call = import->tables.call;
    const char *given = option_value(&call->options, "table");
    *ret_title = given != NULL ? slice_of(given) : concept_map_title(map);
    if (given != NULL && import->made != NULL) {
        issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "'--table' names one table, and the file has several");
        return -1;
    }
    if (is_table_name(*ret_title)) {
        return 0;
    }
    issue_add(&call->issues, (struct issue){.code = ISSUE_CONFIGURATION,
                                            .severity = ISSUE_ERROR,
                                            .place = issue_place_fhir(SLICE("ConceptMap.url")),
                                            .words = SLICE("this names no code table"),
                                            .hint = SLICE("say which one with '--table NAME'")});
    return -1;
}

/* The second would take the place of the first. */
static int check_once(const struct import_work *import, struct slice title)
{
    for (const struct made_table *made = import->made; made != NULL; made = made->next) {
        if (slice_equal(made->title, title)) {
            issue_report(&import->tables.call->issues, ISSUE_CONFLICT, ISSUE_ERROR, ISSUE_NOWHERE,
                         "table '%.*s' comes twice", SLICE_ARG(title));
            return -1;
        }
    }
    return 0;
}

/* The text of the table, whole or not at all. */
static int make_text(const struct json *map, const struct concept_map_import *order,
                     struct command_call *call, struct slice *ret_text)
{
    struct buffer out;
    buffer_init(&out, IMPORT_TABLE_LIMIT);
    int result = concept_map_to_table(map, order, call->arena, &out, &call->issues);
    if (result == 0 && buffer_overflowed(&out)) {
        issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "table '%.*s' is too large for a file", SLICE_ARG(order->title));
        result = -1;
    }
    *ret_text = arena_copy(call->arena, buffer_slice(&out));
    buffer_release(&out);
    return result;
}

static int import_map(struct import_work *import, const struct json *map)
{
    struct table_work *work = &import->tables;
    struct command_call *call = work->call;
    struct slice title, text;
    if (!slice_equal(fhir_resource_type(map), SLICE("ConceptMap"))) {
        issue_report(&call->issues, ISSUE_STRUCTURE, ISSUE_ERROR,
                     issue_place_file(slice_of(call->operands[0]), 0, 0),
                     "the resource is no ConceptMap");
        return -1;
    }
    if (fhir_validate(work->translation.knowledge.definitions, map, &call->issues) != 0 ||
        name_table(import, map, &title) != 0 || check_once(import, title) != 0) {
        return -1;
    }
    const struct concept_map_table *present = concept_map_table(&work->tables, work->site, title);
    const struct concept_map_import order = {.tables = &work->tables,
                                             .site = work->site,
                                             .title = title,
                                             .present = present ? present->text : SLICE(""),
                                             .notes = import->notes};
    int result = make_text(map, &order, call, &text);
    struct made_table *made = ARENA_NEW(call->arena, struct made_table);
    *made = (struct made_table){.title = title, .text = text};
    made->changed = present == NULL || !slice_equal(present->text, made->text);
    *import->last = made;
    import->last = &made->next;
    return result;
}

/* A ConceptMap, or a Bundle of them as a search answers. */
static int import_text(struct import_work *import, struct slice text)
{
    struct command_call *call = import->tables.call;
    struct json *resource = NULL;
    if (json_parse(text, call->arena, &resource, &call->issues) != 0) {
        guess_add(&call->issues, guess_no_resource(text));
        return -1;
    }
    if (!slice_equal(fhir_resource_type(resource), SLICE("Bundle"))) {
        return import_map(import, resource);
    }
    int result = 0;
    const struct json *entry = json_first(json_get(resource, SLICE("entry")));
    for (; entry != NULL; entry = json_next(entry)) {
        result |= import_map(import, json_get(entry, SLICE("resource")));
    }
    return result;
}

/* One JSON text, or one on each line, as `map export` writes them. */
static int import_file(struct import_work *import, const char *file)
{
    struct command_call *call = import->tables.call;
    struct issue_list unused;
    struct json *first = NULL;
    struct slice text, line;
    int result = 0;
    if (file_read(file, IMPORT_FILE_LIMIT, call->arena, &text, &call->issues) != 0) {
        return -1;
    }
    text = slice_trim(text);
    issue_list_init(&unused, call->arena);
    line = slice_part(text, 0, slice_find_byte(text, '\n'));
    if (text.len == 0) {
        return 0;
    }
    if (line.len == text.len || json_parse(line, call->arena, &first, &unused) != 0) {
        return import_text(import, text);
    }
    while (slice_split(&text, '\n', &line)) {
        if (slice_trim(line).len > 0) {
            result |= import_text(import, line);
        }
    }
    return result;
}

static int write_table(const struct import_work *import, const struct made_table *made)
{
    struct command_call *call = import->tables.call;
    char *codes = file_join(call->arena, import->tables.folder, SLICE("codes"));
    struct slice name = arena_format(call->arena, "%.*s.csv", SLICE_ARG(made->title));
    char *path = file_join(call->arena, codes, name);
    (void)mkdir(codes, 0755); /* where it could not be made, writing says so */
    if (made->changed && file_write(path, made->text, 0644, &call->issues) != 0) {
        return -1;
    }
    if (!call->json) {
        printf("%s: %s\n", path, made->changed ? "written" : "as it was");
        return 0;
    }
    struct json *line = json_object(call->arena);
    json_add_string(line, SLICE("table"), made->title, call->arena);
    json_add_string(line, SLICE("file"), slice_of(path), call->arena);
    json_add(line, SLICE("changed"), json_boolean(call->arena, made->changed));
    command_print(line);
    return 0;
}

enum command_exit command_map_import(struct command_call *call)
{
    struct import_work import = {0};
    const char *who = option_value(&call->options, "who");
    const char *why = option_value(&call->options, "why");
    if (who == NULL || why == NULL || who[0] == '\0' || why[0] == '\0') {
        return command_wrong(call, "say who changes the table and why: '--who NAME --why WORDS'");
    }
    if (!input_is_file(call->operands[0])) {
        return command_wrong(call, "there is no file '%s'", call->operands[0]);
    }
    enum command_exit exit_code = begin(&import.tables, call);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    struct slice now = time_format(import.tables.translation.received, 0, call->arena);
    import.last = &import.made;
    import.notes =
        (struct concept_map_notes){slice_of(who), slice_part(now, 0, DAY_LENGTH), slice_of(why)};
    if (import_file(&import, call->operands[0]) != 0) {
        return COMMAND_CONFIGURATION;
    }
    if (import.made == NULL) {
        issue_report(&call->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "there is no ConceptMap in '%s'", call->operands[0]);
        return COMMAND_CONFIGURATION;
    }
    if (account_assume_owner(import.tables.folder, &call->issues) != 0) {
        return command_failed(call);
    }
    int result = 0;
    for (const struct made_table *made = import.made; result == 0 && made != NULL;
         made = made->next) {
        result = write_table(&import, made);
    }
    account_resume();
    return result == 0 ? COMMAND_DONE : command_failed(call);
}
