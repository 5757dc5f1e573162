/* instance: reads the directory of an instance into plain structs. */
#include "cli/instance_internal.h"

#include "base/file.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INSTANCE_FILE_LIMIT ((size_t)4 << 20)
#define INSTANCE_SETTINGS_FILE "painbridge.xml"

static void wrong_at(struct issue_list *issues, struct issue_place place, const char *rule,
                     struct slice words)
{
    issue_add(issues, (struct issue){.code = ISSUE_CONFIGURATION,
                                     .severity = ISSUE_ERROR,
                                     .place = place,
                                     .words = words,
                                     .rule = slice_of(rule)});
}

/* Place of an attribute of the root. */
static struct issue_place root_place(const struct xml_document *document, const char *name)
{
    const struct xml_attribute *attribute = xml_attribute(document->root, name);
    if (attribute == NULL) {
        return xml_place(document, document->root);
    }
    return xml_value_place(document, attribute, 0, attribute->value.len);
}

/* "feeds/mission.xml" -> "mission" */
static struct slice file_stem(struct slice file)
{
    size_t start = 0;
    for (size_t i = 0; i < file.len; i++) {
        if (file.ptr[i] == '/') {
            start = i + 1;
        }
    }
    struct slice name = slice_after(file, start);
    return slice_ends_with(name, SLICE(".xml")) ? slice_part(name, 0, name.len - 4) : name;
}

static int check_name(const struct xml_document *document, const char *attribute, struct slice name,
                      struct issue_list *issues)
{
    if (slice_equal(name, file_stem(document->file))) {
        return 0;
    }
    wrong_at(issues, root_place(document, attribute), "name-differs",
             arena_format(issues->arena, "'%s' must be the name of its file, '%.*s'", attribute,
                          SLICE_ARG(file_stem(document->file))));
    return -1;
}

static const struct instance_site *check_site(const struct xml_document *document,
                                              const struct instance *instance, struct slice name,
                                              struct issue_list *issues)
{
    const struct instance_site *site = instance_site(instance, name);
    if (site == NULL) {
        wrong_at(issues, root_place(document, "site"), "site-unknown",
                 arena_format(issues->arena, "there is no site '%.*s'", SLICE_ARG(name)));
    }
    return site;
}

/* --- what goes beyond rows, by kind ------------------------------------------------------------
 */

/* "system|value" each. */
static bool are_identifiers(struct slice text)
{
    struct slice word;
    while (slice_split(&text, ' ', &word)) {
        size_t bar = slice_find_byte(word, '|');
        if (word.len > 0 && (bar == 0 || bar + 1 >= word.len)) {
            return false;
        }
    }
    return true;
}

static int finish_site(const struct xml_document *document, const struct instance *instance,
                       void *record, struct issue_list *issues)
{
    (void)instance;
    struct instance_site *site = record;
    site->file = document->file;
    site->text = document->source;
    if (!are_identifiers(site->known_as)) {
        wrong_at(issues, root_place(document, "known-as"), "known-as-form",
                 SLICE("each is an identifier as system|value, such as "
                       "http://hl7.org/fhir/sid/us-npi|1234567893"));
        return -1;
    }
    if (site->mrn_system.len == 0) {
        site->mrn_system =
            arena_format(issues->arena, "urn:painbridge:site:%.*s:mrn", SLICE_ARG(site->name));
    }
    return 0;
}

/* "APP/FACILITY"; false without exactly one "/". */
static bool split_party(struct slice text, struct instance_party *ret_party)
{
    size_t slash = slice_find_byte(text, '/');
    struct slice facility = slice_after(text, slash + 1);
    if (slash == text.len || slice_find_byte(facility, '/') != facility.len) {
        return false;
    }
    *ret_party = (struct instance_party){slice_part(text, 0, slash), facility};
    return true;
}

static void read_allowed(const struct xml_document *document, struct instance_feed *feed,
                         struct issue_list *issues)
{
    const struct xml_element *entry = NULL;
    size_t count = 0;
    while ((entry = xml_child(document->root, "allow", entry)) != NULL) {
        count++;
    }
    if (count == 0) {
        wrong_at(issues, xml_place(document, document->root), "allow-missing",
                 SLICE("a feed needs at least one <allow application=\"\" facility=\"\"/>"));
        return;
    }
    feed->allowed = ARENA_ARRAY(issues->arena, count, struct instance_party);
    while ((entry = xml_child(document->root, "allow", entry)) != NULL) {
        struct instance_party party = {xml_value(entry, "application"),
                                       xml_value(entry, "facility")};
        if (party.application.len == 0 || party.facility.len == 0) {
            wrong_at(issues, xml_place(document, entry), "allow-empty",
                     SLICE("says no application or no facility: write \"*\" where any may send"));
        }
        feed->allowed[feed->allowed_count++] = party;
    }
}

static int finish_feed(const struct xml_document *document, const struct instance *instance,
                       void *record, struct issue_list *issues)
{
    struct instance_feed *feed = record;
    size_t before = issues->count;
    feed->file = document->file;
    feed->text = document->source;
    feed->site = check_site(document, instance, feed->site_name, issues);
    if (feed->receiving.len > 0 && !split_party(feed->receiving, &feed->ours)) {
        wrong_at(issues, xml_place(document, xml_child(document->root, "options", NULL)),
                 "receiving-form", SLICE("'receiving' must be APP/FACILITY"));
    }
    read_allowed(document, feed, issues);
    if (issues->count > before) {
        return -1;
    }
    if (feed->time_zone.len == 0) {
        feed->time_zone = feed->site->time_zone;
    }
    if (feed->charset.len == 0) {
        feed->charset = feed->site->charset;
    }
    return 0;
}

static int finish_client(const struct xml_document *document, const struct instance *instance,
                         void *record, struct issue_list *issues)
{
    struct instance_client *client = record;
    client->file = document->file;
    bool named = client->site.len > 0;
    return named && check_site(document, instance, client->site, issues) == NULL ? -1 : 0;
}

static int finish_destination(const struct xml_document *document, const struct instance *instance,
                              void *record, struct issue_list *issues)
{
    struct instance_destination *destination = record;
    destination->file = document->file;
    return check_site(document, instance, destination->site, issues) != NULL ? 0 : -1;
}

/* An issuer whose tokens nobody could judge would be refused in silence. */
static int finish_issuer(const struct xml_document *document, const struct instance *instance,
                         void *record, struct issue_list *issues)
{
    struct instance_issuer *issuer = record;
    size_t before = issues->count;
    bool asked = issuer->introspection.len > 0;
    issuer->file = document->file;
    if (issuer->jwks.len == 0 && !asked) {
        wrong_at(issues, xml_place(document, document->root), "keys-missing",
                 SLICE("an issuer needs jwks or introspection"));
    }
    if (asked && !slice_starts_with(issuer->introspection, SLICE("https://"))) {
        wrong_at(issues, root_place(document, "introspection"), "url-form",
                 SLICE("'introspection' must begin with https://"));
    }
    if (asked && (issuer->introspection_client.len == 0 || issuer->introspection_secret.len == 0)) {
        wrong_at(issues, root_place(document, "introspection"), "secret-missing",
                 SLICE("introspection needs introspection-client and introspection-secret"));
    }
    if (issuer->site.len > 0) {
        check_site(document, instance, issuer->site, issues);
    }
    return issues->count > before ? -1 : 0;
}

/* --- one file --------------------------------------------------------------------------------- */

/* A kind of file: where it is, how it is read, and where its records stand in the instance. Each
 * record begins with its name. */
static const struct instance_kind_row {
    const char *folder;
    bool nested; /* FOLDER/NAME/NAME.xml, not FOLDER/NAME.xml */
    const struct setting_table *table;
    const char *name_attribute;
    size_t record_size;
    size_t list_offset, count_offset;
    int (*finish)(const struct xml_document *document, const struct instance *instance,
                  void *record, struct issue_list *issues);
} kinds[] = {
    [INSTANCE_SITE] = {"sites", true, &instance_site_table, "id", sizeof(struct instance_site),
                       offsetof(struct instance, sites), offsetof(struct instance, site_count),
                       finish_site},
    [INSTANCE_FEED] = {"feeds", false, &instance_feed_table, "name", sizeof(struct instance_feed),
                       offsetof(struct instance, feeds), offsetof(struct instance, feed_count),
                       finish_feed},
    [INSTANCE_CLIENT] = {"clients", false, &instance_client_table, "name",
                         sizeof(struct instance_client), offsetof(struct instance, clients),
                         offsetof(struct instance, client_count), finish_client},
    [INSTANCE_DESTINATION] = {"destinations", false, &instance_destination_table, "name",
                              sizeof(struct instance_destination),
                              offsetof(struct instance, destinations),
                              offsetof(struct instance, destination_count), finish_destination},
    [INSTANCE_ISSUER] = {"issuers", false, &instance_issuer_table, "name",
                         sizeof(struct instance_issuer), offsetof(struct instance, issuers),
                         offsetof(struct instance, issuer_count), finish_issuer},
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

const struct setting_table *instance_table(enum instance_kind kind)
{
    return kinds[kind].table;
}

struct slice instance_file(enum instance_kind kind, struct slice name, struct arena *arena)
{
    if (kinds[kind].nested) {
        return arena_format(arena, "%s/%.*s/%.*s.xml", kinds[kind].folder, SLICE_ARG(name),
                            SLICE_ARG(name));
    }
    return arena_format(arena, "%s/%.*s.xml", kinds[kind].folder, SLICE_ARG(name));
}

int instance_parse(enum instance_kind kind, struct slice file, struct slice text,
                   const struct instance *instance, void *ret_record, struct issue_list *issues)
{
    const struct instance_kind_row *row = &kinds[kind];
    struct xml_limits limits = {.max_bytes = INSTANCE_FILE_LIMIT};
    struct xml_document document;
    void *record = arena_alloc(issues->arena, row->record_size);
    if (xml_parse(file, text, limits, issues->arena, &document, issues) != 0 ||
        settings_read(row->table, &document, record, row->record_size, issues) != 0) {
        return -1;
    }
    struct slice name = xml_value(document.root, row->name_attribute);
    if (check_name(&document, row->name_attribute, name, issues) != 0 ||
        row->finish(&document, instance, record, issues) != 0) {
        return -1;
    }
    memcpy(ret_record, record, row->record_size);
    return 0;
}

/* --- the directory ---------------------------------------------------------------------------- */

/* Names of a kind, from what stands in its folder; no folder, no names. */
static int list_names(const struct instance *instance, const struct instance_kind_row *row,
                      struct slice **ret_names, size_t *ret_count, struct issue_list *issues)
{
    char *folder = file_join(issues->arena, instance->directory, slice_of(row->folder));
    *ret_names = NULL;
    *ret_count = 0;
    if (!file_is_folder(folder)) {
        return 0;
    }
    const char *suffix = row->nested ? "" : ".xml";
    if (file_list(folder, suffix, issues->arena, ret_names, ret_count, issues) != 0) {
        return -1;
    }
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret_names)[i] = file_stem((*ret_names)[i]);
    }
    return 0;
}

static int read_kind(struct instance *instance, enum instance_kind kind, struct issue_list *issues)
{
    const struct instance_kind_row *row = &kinds[kind];
    struct slice *names;
    size_t name_count;
    if (list_names(instance, row, &names, &name_count, issues) != 0) {
        return -1;
    }
    unsigned char *records = arena_array(issues->arena, name_count, row->record_size);
    size_t count = 0;
    int result = 0;
    for (size_t i = 0; i < name_count; i++) {
        struct slice file = instance_file(kind, names[i], issues->arena);
        char *path = file_join(issues->arena, instance->directory, file);
        struct slice text;
        if (!file_exists(path) || slice_starts_with(names[i], SLICE("."))) {
            continue;
        }
        if (file_read(path, INSTANCE_FILE_LIMIT, issues->arena, &text, issues) != 0 ||
            instance_parse(kind, slice_of(path), text, instance, records + count * row->record_size,
                           issues) != 0) {
            result = -1;
            continue;
        }
        count++;
    }
    memcpy((unsigned char *)instance + row->list_offset, &records, sizeof(records));
    memcpy((unsigned char *)instance + row->count_offset, &count, sizeof(count));
    return result;
}

static int read_settings(struct instance *instance, struct issue_list *issues)
{
    struct arena *arena = issues->arena;
    char *path = file_join(arena, instance->directory, SLICE(INSTANCE_SETTINGS_FILE));
    struct xml_limits limits = {.max_bytes = INSTANCE_FILE_LIMIT};
    struct xml_document document;
    struct slice text;
    struct instance_settings *settings = &instance->settings;
    if (file_read(path, INSTANCE_FILE_LIMIT, arena, &text, issues) != 0 ||
        xml_parse(slice_of(path), text, limits, arena, &document, issues) != 0 ||
        settings_read(&instance_settings_table, &document, settings, sizeof(*settings), issues) !=
            0) {
        return -1;
    }
    if (settings->base_url.len == 0) {
        settings->base_url =
            arena_format(arena, "https://localhost:%" PRId64, settings->https_port);
    }
    return 0;
}

bool instance_is(const char *directory)
{
    struct arena *arena = arena_new(0);
    bool found = file_exists(file_join(arena, directory, SLICE(INSTANCE_SETTINGS_FILE)));
    arena_free(arena);
    return found;
}

int instance_open(const char *directory, struct instance *ret_instance, struct issue_list *issues)
{
    char *real = realpath(directory, NULL);
    if (real == NULL || !instance_is(real)) {
        free(real);
        issue_add(issues, (struct issue){
                              .code = ISSUE_CONFIGURATION,
                              .severity = ISSUE_ERROR,
                              .words = arena_format(
                                  issues->arena, "there is no " INSTANCE_SETTINGS_FILE " in '%s'",
                                  directory),
                              .hint = SLICE("the instance's folder is the first operand; without "
                                            "one it is PAINBRIDGE_DIR, or the folder at hand")});
        return -1;
    }
    struct instance instance = {.directory = arena_string(issues->arena, slice_of(real))};
    free(real);
    if (account_of_path(instance.directory, &instance.account, issues) != 0) {
        return -1;
    }
    int result = read_settings(&instance, issues);
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
        result |= read_kind(&instance, (enum instance_kind)kind, issues);
    }
    if (result == 0) {
        *ret_instance = instance;
    }
    return result;
}

/* --- looking things up ------------------------------------------------------------------------ */

#define INSTANCE_FIND(list, number)                                                                \
    for (size_t i = 0; i < (number); i++) {                                                        \
        if (slice_equal((list)[i].name, name)) {                                                   \
            return &(list)[i];                                                                     \
        }                                                                                          \
    }                                                                                              \
    return NULL

const struct instance_site *instance_site(const struct instance *instance, struct slice name)
{
    INSTANCE_FIND(instance->sites, instance->site_count);
}

const struct instance_feed *instance_feed(const struct instance *instance, struct slice name)
{
    INSTANCE_FIND(instance->feeds, instance->feed_count);
}

const struct instance_client *instance_client(const struct instance *instance, struct slice name)
{
    INSTANCE_FIND(instance->clients, instance->client_count);
}

const struct instance_destination *instance_destination(const struct instance *instance,
                                                        struct slice name)
{
    INSTANCE_FIND(instance->destinations, instance->destination_count);
}

char *instance_path(const struct instance *instance, struct slice path, struct arena *arena)
{
    if (slice_starts_with(path, SLICE("/"))) {
        return arena_string(arena, path);
    }
    return file_join(arena, instance->directory, path);
}

int instance_assume(const struct instance *instance, struct issue_list *issues)
{
    return account_assume(&instance->account, issues);
}

/* --- the data folder -------------------------------------------------------------------------- */

static bool is_data_folder(const char *folder, struct arena *arena)
{
    return file_is_folder(file_join(arena, folder, SLICE("mappings"))) &&
           file_is_folder(file_join(arena, folder, SLICE("fhir")));
}

/* The folder without its last name; "/" stays. */
static void go_up(char *folder)
{
    char *slash = strrchr(folder, '/');
    if (slash == folder) {
        slash++;
    }
    *slash = '\0';
}

int instance_data_folder(struct arena *arena, char **ret_folder, struct issue_list *issues)
{
    const char *chosen = getenv("PAINBRIDGE_DATA");
    if (chosen != NULL && chosen[0] != '\0') {
        if (!is_data_folder(chosen, arena)) {
            issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                         "PAINBRIDGE_DATA has no mappings/ and fhir/");
            return -1;
        }
        *ret_folder = arena_string(arena, slice_of(chosen));
        return 0;
    }
    char *program = realpath("/proc/self/exe", NULL);
    char *folder = arena_string(arena, slice_of(program != NULL ? program : "/"));
    free(program);
    while (folder[1] != '\0') {
        go_up(folder);
        char *shared = file_join(arena, folder, SLICE("share/painbridge"));
        if (is_data_folder(folder, arena) || is_data_folder(shared, arena)) {
            *ret_folder = is_data_folder(folder, arena) ? folder : shared;
            return 0;
        }
    }
    issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                 "could not find mappings/ and fhir/ above the program or in share/painbridge");
    return -1;
}
