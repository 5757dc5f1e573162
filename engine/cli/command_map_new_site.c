/* map new-site: the folder a new clinic begins with, from messages that its system sent.
 *
 * The files are gone through twice: which character set the bytes are is known only when all were
 * seen, and without it they cannot be translated. What is written passes `check`; whatever is a
 * question or a suggestion stands in comments. */
#include "base/file.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "cli/translation.h"
#include "mapping/coverage.h"
#include "mapping/survey.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NEW_SITE_NAME_LIMIT 40
#define NEW_SITE_LIST_LIMIT 40  /* of what is told in one comment */
#define NEW_SITE_ROW_LIMIT 500  /* of codes in one table */
#define NEW_SITE_TABLE_LIMIT 64 /* files */

struct new_site {
    struct command_call *call;
    struct command_call files; /* the same call, its operands being the files */
    struct translation translation;
    const struct mapping_leaf_reader *reader;
    struct mapping_survey header, survey; /* of the first and the second pass */
    struct mapping_coverage coverage;
    struct slice name;
    char *folder;
    bool has_failed;
};

/* --- texts ------------------------------------------------------------------------------------ */

/* XML 1.0 2.5: two hyphens may not stand in a comment. */
static void append_told(struct buffer *text, struct slice words, struct arena *arena)
{
    words = command_shown(words, arena);
    for (size_t i = 0; i < words.len; i++) {
        bool is_second = words.ptr[i] == '-' && i > 0 && words.ptr[i - 1] == '-';
        buffer_append_format(text, is_second ? " %c" : "%c", words.ptr[i]);
    }
}

static void append_attribute(struct buffer *text, const char *name, struct slice value)
{
    if (value.len == 0) {
        return;
    }
    buffer_append_format(text, " %s=\"", name);
    for (size_t i = 0; i < value.len; i++) {
        switch (value.ptr[i]) {
        case '&':
            buffer_append(text, SLICE("&amp;"));
            break;
        case '<':
            buffer_append(text, SLICE("&lt;"));
            break;
        case '"':
            buffer_append(text, SLICE("&quot;"));
            break;
        default:
            buffer_append_byte(text, value.ptr[i]);
        }
    }
    buffer_append_byte(text, '"');
}

/* RFC 4180: quotes where the cell has a separator or a quote. */
static void append_cell(struct buffer *text, struct slice cell, struct arena *arena)
{
    cell = command_shown(cell, arena);
    bool is_plain =
        slice_find_byte(cell, ',') == cell.len && slice_find_byte(cell, '"') == cell.len;
    if (is_plain) {
        buffer_append(text, cell);
        return;
    }
    buffer_append_byte(text, '"');
    for (size_t i = 0; i < cell.len; i++) {
        buffer_append_format(text, cell.ptr[i] == '"' ? "\"%c" : "%c", cell.ptr[i]);
    }
    buffer_append_byte(text, '"');
}

/* "2.3 (12), 2.5.1 (3)" */
static void append_items(struct buffer *text, const struct mapping_survey *survey,
                         enum mapping_survey_topic topic)
{
    const struct mapping_survey_item **items = NULL;
    size_t count = mapping_survey_items(survey, topic, &items);
    for (size_t i = 0; i < count && i < NEW_SITE_LIST_LIMIT; i++) {
        buffer_append_format(text, "%s", i > 0 ? ", " : "");
        append_told(text, items[i]->name.len > 0 ? items[i]->name : SLICE("nothing"),
                    survey->arena);
        if (items[i]->place.len > 0) {
            buffer_append_format(text, " %s %.*s",
                                 topic == MAPPING_SURVEY_Z_FIELD ? "behind" : "in",
                                 SLICE_ARG(items[i]->place));
        }
        buffer_append_format(text, " (%zu)", items[i]->count);
    }
    if (count > NEW_SITE_LIST_LIMIT) {
        buffer_append_format(text, " and %zu more", count - NEW_SITE_LIST_LIMIT);
    }
}

static void append_comment(struct buffer *text, const char *title,
                           const struct mapping_survey *survey, enum mapping_survey_topic topic)
{
    buffer_append_format(text, "  <!-- %s: ", title);
    append_items(text, survey, topic);
    buffer_append(text, SLICE(" -->\n"));
}

/* --- the site's own file ---------------------------------------------------------------------- */

static const struct mapping_survey_item *most_frequent(const struct mapping_survey *survey,
                                                       enum mapping_survey_topic topic)
{
    const struct mapping_survey_item **items = NULL;
    return mapping_survey_items(survey, topic, &items) > 0 ? items[0]
                                                           : (struct mapping_survey_item *)NULL;
}

/* What messages without MSH-18 are read as: the widest set that some of them need. */
static struct slice charset_of(const struct mapping_survey *header)
{
    static const struct {
        const char *bytes, *setting;
    } sets[] = {{"windows-1252", "windows-1252"}, {"8859/1", "8859/1"}, {"UTF-8", "UNICODE UTF-8"}};
    const struct mapping_survey_item **items = NULL;
    size_t count = mapping_survey_items(header, MAPPING_SURVEY_BYTES, &items);
    for (size_t set = 0; set < sizeof(sets) / sizeof(sets[0]); set++) {
        for (size_t i = 0; i < count; i++) {
            if (slice_equal(items[i]->name, slice_of(sets[set].bytes))) {
                return slice_of(sets[set].setting);
            }
        }
    }
    return (struct slice){NULL, 0};
}

static struct slice version_of(const struct mapping_survey *survey)
{
    const struct mapping_survey_item *item = most_frequent(survey, MAPPING_SURVEY_VERSION);
    bool is_known = item != NULL && hl7v2_version_of(item->name) != HL7V2_VERSION_UNKNOWN;
    return is_known ? item->name : (struct slice){NULL, 0};
}

/* The shipped map that sees a Z segment which stands behind a segment of its own. */
static const char *map_behind(struct slice segment)
{
    static const struct {
        const char *segment, *map;
    } maps[] = {{"PID", "PID-Patient"},
                {"PV1", "PV1-Encounter"},
                {"OBR", "OBR-DiagnosticReport"},
                {"OBX", "OBX-Observation"}};
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        if (slice_equal(slice_of(maps[i].segment), segment)) {
            return maps[i].map;
        }
    }
    return NULL;
}

static void append_z_segments(struct new_site *site, struct buffer *text)
{
    const struct mapping_survey_item *item = most_frequent(&site->survey, MAPPING_SURVEY_Z_FIELD);
    if (item == NULL) {
        return;
    }
    buffer_append(text, SLICE("\n  <!-- Z segments, which no shipped rule reads: "));
    append_items(text, &site->survey, MAPPING_SURVEY_Z_FIELD);
    const char *map = map_behind(item->place);
    if (map == NULL) {
        buffer_append(text, SLICE(" -->\n"));
        return;
    }
    buffer_append_format(text,
                         ".\n       To keep a field, take this out of the comment:\n"
                         "  <add map=\"%s\">\n"
                         "    <set id=\"%.*s.%.*s\" from=\"%.*s\" "
                         "to=\"extension(urn:%.*s:%.*s).valueString\"/>\n"
                         "  </add>\n  -->\n",
                         map, SLICE_ARG(site->name), SLICE_ARG(item->name), SLICE_ARG(item->name),
                         SLICE_ARG(site->name), SLICE_ARG(item->name));
}

static void append_losses(struct new_site *site, struct buffer *text)
{
    const struct mapping_coverage_row **rows = NULL;
    size_t count = mapping_coverage_lost_rows(&site->coverage, &rows);
    if (count == 0) {
        return;
    }
    buffer_append(text, SLICE("\n  <!-- values that are not written, most of them first:"));
    for (size_t i = 0; i < count && i < NEW_SITE_LIST_LIMIT; i++) {
        buffer_append_format(text, "%s %.*s (%zu)", i > 0 ? "," : "", SLICE_ARG(rows[i]->place),
                             mapping_coverage_lost(&rows[i]->counts));
    }
    buffer_append_format(text,
                         ".\n       What is left out on purpose is said with its reason:\n"
                         "  <drop from=\"%.*s\" because=\"...\"/>\n  -->\n",
                         SLICE_ARG(rows[0]->place));
}

static struct slice site_text(struct new_site *site)
{
    struct buffer text;
    struct arena *arena = site->call->arena;
    const char *zone = option_value(&site->call->options, "time-zone");
    buffer_init(&text, 0);
    buffer_append_format(
        &text,
        "<!-- %.*s: begun by painbridge map new-site from %zu message%s. All that is not said "
        "here\n"
        "     is as shipped. What stands in comments is a question or a suggestion, with how often "
        "it\n"
        "     was seen; look at each, then painbridge check, painbridge map coverage. -->\n",
        SLICE_ARG(site->name), site->header.messages, report_plural(site->header.messages));
    buffer_append_format(&text, "<site id=\"%.*s\"", SLICE_ARG(site->name));
    append_attribute(&text, "version", version_of(&site->header));
    append_attribute(&text, "time-zone", zone != NULL ? slice_of(zone) : SLICE("UTC"));
    append_attribute(&text, "charset", charset_of(&site->header));
    buffer_append(&text, SLICE(">\n"));
    if (zone == NULL) {
        buffer_append(
            &text, SLICE("  <!-- which time zone is the clinic's? UTC is a guess; times without\n"
                         "       an offset are read in it, such as America/Chicago -->\n"));
    }
    append_comment(&text, "times with hours, with and without an offset", &site->survey,
                   MAPPING_SURVEY_OFFSET);
    append_comment(&text, "versions (MSH-12)", &site->header, MAPPING_SURVEY_VERSION);
    append_comment(&text, "messages", &site->header, MAPPING_SURVEY_STRUCTURE);
    append_comment(&text, "senders (MSH-3/MSH-4), what a feed allows", &site->header,
                   MAPPING_SURVEY_SENDER);
    append_comment(&text, "separators", &site->header, MAPPING_SURVEY_DELIMITERS);
    append_comment(&text, "character set by MSH-18", &site->header, MAPPING_SURVEY_CHARSET);
    append_comment(&text, "what the bytes could be", &site->header, MAPPING_SURVEY_BYTES);
    append_comment(&text, "who assigns numbers", &site->survey, MAPPING_SURVEY_AUTHORITY);
    append_z_segments(site, &text);
    append_losses(site, &text);
    buffer_append(&text, SLICE("</site>\n"));
    struct slice made = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return made;
}

/* --- code tables ------------------------------------------------------------------------------ */

/* One table in the making: its head, then a row in a comment for each item. */
struct table {
    struct buffer text;
    size_t columns;  /* between the code and the notes */
    struct map rows; /* codes that it has: one stands in several fields, and is one row */
};

static void begin_table(struct new_site *site, struct table *table, struct slice name,
                        const char *told)
{
    const struct slice *columns = NULL;
    table->columns = mapping_survey_columns(&site->survey, name, &columns);
    buffer_init(&table->text, 0);
    map_init(&table->rows, site->call->arena);
    buffer_append_format(&table->text,
                         "# %s Each row is a comment: take the # away where an answer is filled "
                         "in.\ncode",
                         told);
    for (size_t i = 0; i < table->columns; i++) {
        buffer_append_format(&table->text, ",%.*s", SLICE_ARG(columns[i]));
    }
    buffer_append(&table->text, SLICE(",who,when,why\n"));
}

static void append_row(struct table *table, struct slice code,
                       const struct mapping_survey_item *item, struct arena *arena)
{
    if (map_put(&table->rows, code, table) != NULL) {
        return;
    }
    buffer_append_byte(&table->text, '#');
    append_cell(&table->text, code, arena);
    for (size_t i = 0; i < table->columns + 2; i++) { /* the answer, who and when */
        buffer_append_byte(&table->text, ',');
    }
    buffer_append_format(&table->text, ",seen %zu times in %.*s\n", item->count,
                         SLICE_ARG(item->place));
}

static int write_file(struct new_site *site, struct slice name, struct slice text)
{
    return file_write(file_join(site->call->arena, site->folder, name), text, 0644,
                      &site->call->issues);
}

static int end_table(struct new_site *site, struct table *table, struct slice name)
{
    struct slice file = arena_format(site->call->arena, "codes/%.*s.csv", SLICE_ARG(name));
    int result = write_file(site, file, buffer_slice(&table->text));
    buffer_release(&table->text);
    return result;
}

/* Codes of one field that the table behind it does not know, table by table. */
static int write_code_tables(struct new_site *site)
{
    const struct mapping_survey_item **items = NULL;
    struct map done;
    int result = 0;
    size_t count = mapping_survey_items(&site->survey, MAPPING_SURVEY_CODE, &items);
    map_init(&done, site->call->arena);
    for (size_t i = 0; i < count && result == 0 && done.count < NEW_SITE_TABLE_LIMIT; i++) {
        struct table table;
        if (map_put(&done, items[i]->table, site) != NULL) {
            continue;
        }
        begin_table(site, &table, items[i]->table, "Codes that the shipped table does not know.");
        for (size_t k = i; k < count && k < i + NEW_SITE_ROW_LIMIT; k++) {
            if (slice_equal(items[k]->table, items[i]->table)) {
                append_row(&table, items[k]->name, items[k], site->call->arena);
            }
        }
        result = end_table(site, &table, items[i]->table);
    }
    return result;
}

/* Names of systems or assigners; one that has an OID needs no row. */
static int write_names(struct new_site *site, enum mapping_survey_topic topic, struct slice name,
                       const char *told)
{
    const struct mapping_survey_item **items = NULL;
    struct table table;
    size_t count = mapping_survey_items(&site->survey, topic, &items);
    begin_table(site, &table, name, told);
    for (size_t i = 0; i < count && table.rows.count < NEW_SITE_ROW_LIMIT; i++) {
        if (items[i]->name.len == 0 || slice_find_byte(items[i]->name, '&') < items[i]->name.len) {
            continue;
        }
        append_row(&table, items[i]->name, items[i], site->call->arena);
    }
    if (table.rows.count > 0) {
        return end_table(site, &table, name);
    }
    buffer_release(&table.text);
    return 0;
}

/* Codes of systems that nobody knows, to be sorted into concepts and to be replaced by. */
static int write_local_codes(struct new_site *site)
{
    const struct mapping_survey_item **items = NULL;
    struct arena *arena = site->call->arena;
    struct buffer text;
    size_t count = mapping_survey_items(&site->survey, MAPPING_SURVEY_LOCAL_CODE, &items);
    if (count == 0) {
        return 0;
    }
    buffer_init(&text, 0);
    buffer_append(&text, SLICE("# Local codes. A code with a concept is asked for by "
                               "in codes('concept'); take the # away.\n"
                               "code,code_system,code_display,concept,who,when,why\n"));
    for (size_t i = 0; i < count && i < NEW_SITE_ROW_LIMIT; i++) {
        buffer_append_byte(&text, '#');
        append_cell(&text, items[i]->name, arena);
        buffer_append_byte(&text, ',');
        append_cell(&text, items[i]->table, arena);
        buffer_append_byte(&text, ',');
        append_cell(&text, items[i]->text, arena);
        buffer_append_format(&text, ",,,,seen %zu times in %.*s\n", items[i]->count,
                             SLICE_ARG(items[i]->place));
    }
    int result = write_file(site, SLICE("codes/local.csv"), buffer_slice(&text));
    buffer_release(&text);
    return result;
}

/* --- messages --------------------------------------------------------------------------------- */

/* What is wrong with a message is said by convert; here it is counted. */
static void be_silent(struct input_message *input)
{
    issue_list_init(input->issues, input->arena);
}

static bool look_at_header(struct input_message *input, void *data)
{
    struct new_site *site = data;
    if (input->parsed) {
        struct issue_list none;
        issue_list_init(&none, input->arena);
        mapping_survey_add(&site->header, &input->message, input->header.structure, NULL, 0, &none,
                           input->arena);
    }
    be_silent(input);
    return true;
}

static bool look_at_message(struct input_message *input, void *data)
{
    struct new_site *site = data;
    struct mapping_context context;
    struct mapping_result result;
    struct mapping_leaf *leaves = NULL;
    size_t count = 0;
    bool is_taken =
        translation_prepare(&site->translation, input, &context) &&
        mapping_leaf_read(site->reader, &input->message, input->header.structure, &context,
                          input->arena, &result, &leaves, &count, input->issues) == 0;
    if (is_taken) {
        mapping_coverage_add(&site->coverage, (struct slice){NULL, 0}, leaves, count);
    } else {
        count = input->parsed ? mapping_leaf_list_refused(site->reader, &input->message,
                                                          input->arena, &leaves)
                              : 0;
        mapping_coverage_add_refused(&site->coverage, (struct slice){NULL, 0}, input->issues,
                                     leaves, count);
    }
    if (input->parsed) {
        mapping_survey_add(&site->survey, &input->message, input->header.structure, leaves, count,
                           input->issues, input->arena);
    }
    be_silent(input);
    return true;
}

/* --- the command ------------------------------------------------------------------------------ */

static bool is_name(struct slice name)
{
    bool well = name.len > 0 && name.len <= NEW_SITE_NAME_LIMIT;
    for (size_t i = 0; i < name.len && well; i++) {
        char c = name.ptr[i];
        well = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (i > 0 && c == '-');
    }
    return well;
}

/* --from-samples FILE and the operands behind the name. */
static void gather_files(struct new_site *site)
{
    struct command_call *call = site->call;
    size_t count = 0, more = call->operand_count - 1;
    while (option_value_at(&call->options, "from-samples", count) != NULL) {
        count++;
    }
    site->files = *call;
    site->files.operands = ARENA_ARRAY(call->arena, count + more + 1, char *);
    for (size_t i = 0; i < count; i++) {
        site->files.operands[i] =
            arena_string(call->arena, slice_of(option_value_at(&call->options, "from-samples", i)));
    }
    for (size_t i = 0; i < more; i++) {
        site->files.operands[count + i] = call->operands[i + 1];
    }
    site->files.operand_count = count + more;
}

static enum command_exit read_samples(struct new_site *site)
{
    struct command_call *call = site->call, *files = &site->files;
    enum command_exit exit_code = translation_init(&site->translation, call);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    mapping_survey_init(&site->header, site->translation.program, call->arena);
    mapping_survey_init(&site->survey, site->translation.program, call->arena);
    mapping_coverage_init(&site->coverage, call->arena);
    if (mapping_leaf_reader_new(site->translation.program, NULL, call->arena, &site->reader,
                                &call->issues) != 0) {
        return COMMAND_CONFIGURATION;
    }
    files->issues = call->issues;
    exit_code = input_each_message(files, files->operand_count, HL7V2_CHARSET_UNKNOWN,
                                   look_at_header, site);
    struct slice charset = charset_of(&site->header);
    if (charset.len > 0) {
        site->translation.options.default_charset = hl7v2_charset_of_setting(charset);
    }
    if (exit_code == COMMAND_DONE) {
        exit_code =
            input_each_message(files, files->operand_count,
                               site->translation.options.default_charset, look_at_message, site);
    }
    call->issues = files->issues;
    if (exit_code == COMMAND_DONE && site->header.messages == 0) {
        return command_wrong(call, "there is no HL7 v2 message in these files");
    }
    return exit_code;
}

static int make_folder(struct new_site *site)
{
    const char *folders[] = {site->folder,
                             file_join(site->call->arena, site->folder, SLICE("codes"))};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (mkdir(folders[i], 0755) != 0) {
            issue_report(&site->call->issues,
                         errno == EEXIST ? ISSUE_CONFLICT : ISSUE_CONFIGURATION, ISSUE_ERROR,
                         ISSUE_NOWHERE, "could not make '%s': %s", folders[i], strerror(errno));
            return -1;
        }
    }
    return 0;
}

static int write_files(struct new_site *site)
{
    struct slice own = arena_format(site->call->arena, "%.*s.xml", SLICE_ARG(site->name));
    if (make_folder(site) != 0 || write_file(site, own, site_text(site)) != 0 ||
        write_code_tables(site) != 0 ||
        write_names(site, MAPPING_SURVEY_AUTHORITY, SLICE("authorities"),
                    "Who assigns numbers, and the URI its numbers are known by.") != 0 ||
        write_names(site, MAPPING_SURVEY_SYSTEM, SLICE("systems"),
                    "Code systems that the shipped table does not know.") != 0) {
        return -1;
    }
    return write_local_codes(site);
}

/* The folder becomes that of who has the one around it: an instance's own user writes there too. */
static int write_site(struct new_site *site, const char *around)
{
    if (account_assume_owner(around, &site->call->issues) != 0) {
        return -1;
    }
    int result = write_files(site);
    account_resume();
    return result;
}

/* What was written is read as the engine will. */
static int check_site(struct new_site *site)
{
    struct command_call *call = site->call;
    const struct knowledge *knowledge = &site->translation.knowledge;
    const struct mapping_rules *rules = NULL;
    const struct mapping_program *program = NULL;
    if (mapping_rules_load(knowledge->mappings, knowledge->dictionary, knowledge->definitions,
                           call->arena, &rules, &call->issues) != 0) {
        return -1;
    }
    return mapping_program_load(rules, site->folder, call->arena, &program, &call->issues);
}

static void say_result(const struct new_site *site)
{
    struct arena *arena = site->call->arena;
    if (!site->call->json) {
        printf("%s: begun from %zu message%s; read the comments, then: painbridge check %s\n",
               site->folder, site->header.messages, report_plural(site->header.messages),
               site->folder);
        return;
    }
    struct json *answer = json_object(arena);
    json_add_string(answer, SLICE("folder"), slice_of(site->folder), arena);
    json_add(answer, SLICE("messages"), json_integer(arena, (int64_t)site->header.messages));
    json_add(answer, SLICE("messages_refused"),
             json_integer(arena, (int64_t)site->coverage.refused));
    command_print(answer);
}

enum command_exit command_map_new_site(struct command_call *call)
{
    struct new_site site = {.call = call, .name = slice_of(call->operands[0])};
    const char *to = option_value(&call->options, "to");
    const char *zone = option_value(&call->options, "time-zone");
    if (!is_name(site.name)) {
        return command_wrong(call,
                             "a site's name has small letters, digits and hyphens, at most %d",
                             NEW_SITE_NAME_LIMIT);
    }
    if (zone != NULL && zone_load(call->arena, slice_of(zone)) == NULL) {
        return command_wrong(call, "there is no time zone '%s'", zone);
    }
    const char *around = to != NULL ? to : ".";
    site.folder = file_join(call->arena, around, site.name);
    gather_files(&site);
    if (site.files.operand_count == 0) {
        return command_wrong(call, "messages are missing: --from-samples FILE...");
    }
    if (file_exists(site.folder)) {
        issue_report(&call->issues, ISSUE_CONFLICT, ISSUE_ERROR, ISSUE_NOWHERE,
                     "'%s' is there already", site.folder);
        return COMMAND_REFUSED;
    }
    enum command_exit exit_code = read_samples(&site);
    if (exit_code != COMMAND_DONE) {
        return exit_code;
    }
    if (write_site(&site, around) != 0 || check_site(&site) != 0) {
        return command_failed(call);
    }
    say_result(&site);
    return COMMAND_DONE;
}
