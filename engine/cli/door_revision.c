/* door_revision: see the header. */
#include "cli/door_revision.h"
#include "base/digest.h"
#include "base/encode.h"
#include "cli/inspection.h"
#include "cli/revision.h"
#include "mapping/concept_map.h"
#include "mapping/shapes.h"
#include "net/revocation.h"
#include "pipeline/label.h"

#include <malloc.h>
#include <stdlib.h>

/* The programs of some dozens of sites, and the files that they are made of. */
#define REVISION_CEILING ((size_t)256 * 1024 * 1024)
#define OWN_EXPIRIES 3 /* the authority, the server, the lists */

static struct slice kept(const struct door_revision *revision, struct slice text)
{
    return arena_copy(revision->feeds.arena, text);
}

static const struct mapping_program *program_of(const struct rules *rules,
                                                const struct instance *instance,
                                                const struct instance_feed *feed)
{
    for (size_t i = 0; i < instance->site_count; i++)
        if (slice_equal(instance->sites[i].name, feed->site_name))
            return rules->programs[i];
    return NULL;
}

/* "*" as application is any sender: no list at all. */
static void allow_senders(const struct door_revision *revision, const struct instance_feed *feed,
                          struct hl7v2_header_rules *rules)
{
    struct hl7v2_party *parties =
        ARENA_ARRAY(revision->feeds.arena, feed->allowed_count + 1, struct hl7v2_party);
    for (size_t i = 0; i < feed->allowed_count; i++) {
        if (slice_equal(feed->allowed[i].application, SLICE("*")))
            return;
        struct slice facility = feed->allowed[i].facility;
        if (slice_equal(facility, SLICE("*")))
            facility = (struct slice){NULL, 0};
        parties[i] = (struct hl7v2_party){kept(revision, feed->allowed[i].application),
                                          kept(revision, facility)};
    }
    rules->allowed_senders = parties;
    rules->allowed_sender_count = feed->allowed_count;
}

static enum hl7v2_ack_mode ack_mode_of(const struct instance_feed *feed)
{
    static const enum hl7v2_ack_mode MODES[] = {
        [INSTANCE_ACK_AUTO] = HL7V2_ACK_MODE_AUTO,
        [INSTANCE_ACK_ORIGINAL] = HL7V2_ACK_MODE_ORIGINAL,
        [INSTANCE_ACK_ENHANCED] = HL7V2_ACK_MODE_ENHANCED,
    };
    return MODES[feed->ack_mode];
}

static enum hl7v2_strictness content_of(const struct instance_feed *feed)
{
    static const enum hl7v2_strictness STRICTNESS[] = {
        [INSTANCE_CONTENT_IGNORE] = HL7V2_PASS,
        [INSTANCE_CONTENT_WARN] = HL7V2_WARN,
        [INSTANCE_CONTENT_REFUSE] = HL7V2_REFUSE,
    };
    return STRICTNESS[feed->content];
}

static void fill_feed(const struct door_revision *revision, const struct instance_feed *from,
                      struct feed_entry *entry)
{
    struct pipeline_feed *feed = &entry->feed;
    struct slice zone = from->time_zone.len > 0 ? from->time_zone : from->site->time_zone;
    struct slice charset = from->charset.len > 0 ? from->charset : from->site->charset;
    feed->name = kept(revision, from->name);
    feed->site = kept(revision, from->site_name);
    feed->labels = from->site->part2 ? PIPELINE_LABEL_PART2 : 0;
    feed->zone = zone_load(revision->feeds.arena, kept(revision, zone));
    feed->default_charset = kept(revision, charset);
    feed->mrn_system = kept(revision, from->site->mrn_system);
    feed->message.accept_lf = from->accept_lf;
    feed->message.max_bytes = (size_t)from->max_message_bytes;
    feed->message.default_charset = hl7v2_charset_of_setting(charset);
    feed->rules.message = &feed->message;
    feed->rules.processing_ids = kept(revision, from->processing_ids);
    feed->rules.receiving = (struct hl7v2_party){kept(revision, from->ours.application),
                                                 kept(revision, from->ours.facility)};
    allow_senders(revision, from, &feed->rules);
    feed->ack_mode = ack_mode_of(from);
    feed->content = content_of(from);
    feed->typed_response = from->typed_response;
    feed->batch_errors_only = from->batch_ack_only_errors;
    feed->reject_when_unavailable = from->on_storage_failure == INSTANCE_STORAGE_REJECT;
    feed->window_days = from->control_id_window;
    feed->grace_milliseconds = from->storage_grace > 0 ? from->storage_grace * 1000 : 1;
    entry->limits = (struct mllp_link_limits){(size_t)from->max_message_bytes,
                                              from->frame_timeout * TIME_SECOND,
                                              from->idle_timeout * TIME_SECOND};
    entry->max_connections = (unsigned)from->max_connections;
}

static void add_expiry(struct door_revision *revision, struct slice name, instant when)
{
    revision->expiries[revision->expiry_count++] = (struct door_expiry){name, when};
}

/* What ours ends on: read again here, because the contexts tell of no list. */
static int add_expiries(struct door_revision *revision, const struct instance *instance,
                        struct issue_list *issues)
{
    const struct instance_settings *settings = &instance->settings;
    struct arena *arena = revision->feeds.arena;
    const char *authority = instance_path(instance, settings->ca, arena);
    struct certificate ca, server;
    struct revocation_list *lists = NULL;
    size_t count = 0;
    instant first = INT64_MAX;
    if (certificate_read(authority, arena, &ca, issues) != 0 ||
        certificate_read(instance_path(instance, settings->certificate, arena), arena, &server,
                         issues) != 0 ||
        (settings->crl.len > 0 && revocation_read(instance_path(instance, settings->crl, arena),
                                                  authority, arena, &lists, &count, issues) != 0))
        return -1;
    for (size_t i = 0; i < count; i++)
        first = lists[i].expires < first ? lists[i].expires : first;
    add_expiry(revision, SLICE("ca"), ca.not_after);
    add_expiry(revision, SLICE("server"), server.not_after);
    if (first < INT64_MAX)
        add_expiry(revision, SLICE("crl"), first);
    return 0;
}

static int add_feed(struct door_revision *revision, const struct instance *instance,
                    const struct rules *rules, const struct instance_feed *from,
                    struct feed_entry *entry, struct issue_list *issues)
{
    struct arena *arena = revision->feeds.arena;
    struct certificate *certificates = NULL;
    size_t count = 0;
    char *path = instance_path(instance, from->certificate, arena);
    if (certificate_read_all(path, arena, &certificates, &count, issues) != 0)
        return -1;
    struct slice *fingerprints = ARENA_ARRAY(arena, count, struct slice);
    for (size_t i = 0; i < count; i++)
        fingerprints[i] = certificates[i].fingerprint;
    *entry = (struct feed_entry){.fingerprints = fingerprints, .fingerprint_count = count};
    add_expiry(revision, arena_format(arena, "feed %.*s", SLICE_ARG(from->name)),
               certificates[0].not_after);
    fill_feed(revision, from, entry);
    entry->feed.program = program_of(rules, instance, from);
    entry->feed.shapes = mapping_shapes_make(entry->feed.program, revision->feeds.arena);
    return 0;
}

/* Where each feed points into its own entry (rules.message), entries never move after this. */
static int add_feeds(struct door_revision *revision, const struct instance *instance,
                     const struct rules *rules, struct feed_entry *entries,
                     struct issue_list *issues)
{
    int result = 0;
    for (size_t i = 0; i < instance->feed_count; i++)
        if (add_feed(revision, instance, rules, &instance->feeds[i], &entries[i], issues) != 0)
            result = -1;
    revision->feeds.entries = entries;
    revision->feeds.count = instance->feed_count;
    revision->feeds.max_connections = (unsigned)instance->settings.mllp_connections;
    return result == 0 ? inspection_shared_certificates(instance, issues) : result;
}

/* One hash over the revisions of all sites' programs. */
static struct slice mapping_hash(const struct rules *rules, struct arena *arena)
{
    unsigned char sum[DIGEST_SHA256_SIZE];
    struct digest *digest = digest_new();
    for (size_t i = 0; i < rules->program_count; i++)
        digest_add(digest, mapping_program_revision(rules->programs[i]));
    digest_finish(digest, sum);
    return encode_hex((struct slice){(const char *)sum, sizeof sum}, arena);
}

/* Every message is stored with the name of what it was made under, so that has to be kept before
 * the first one comes. */
static int keep_revisions(struct door_revision *revision, const struct instance *instance,
                          const struct rules *rules, struct feed_entry *entries,
                          struct issue_list *issues)
{
    struct slice *revisions = NULL;
    if (revision_of_feeds(instance, &rules->texts, /* keep= */ true, revision->feeds.arena,
                          &revisions, issues) != 0)
        return -1;
    for (size_t i = 0; i < instance->feed_count; i++)
        entries[i].feed.revision = revisions[i];
    return 0;
}

static struct slice body_of(const struct concept_map_tables *tables,
                            const struct concept_map_table *table, struct arena *arena)
{
    struct arena *work = arena_new(0);
    struct json *map = NULL;
    struct buffer text;
    struct slice body = {NULL, 0};
    buffer_init(&text, 0);
    if (concept_map_of_table(tables, table, work, &map, NULL) == 0) {
        json_print(map, &text);
        body = arena_copy(arena, buffer_slice(&text));
    }
    buffer_release(&text);
    arena_free(work);
    return body;
}

/* Here and not when somebody asks: the loop has other things to do. A table that FHIR cannot hold
 * (a cell with control characters) is not shown; `map export` says why. */
static void make_tables(struct door_revision *revision, const struct rules *rules,
                        struct arena *scratch)
{
    struct concept_map_tables from;
    struct arena *arena = revision->feeds.arena;
    concept_map_tables(&rules->texts.base, rules->texts.sites, rules->program_count, scratch,
                       &from);
    struct pipeline_table *tables = ARENA_ARRAY(arena, from.count + 1, struct pipeline_table);
    size_t count = 0;
    for (size_t i = 0; i < from.count; i++) {
        const struct concept_map_table *table = &from.items[i];
        struct slice body = body_of(&from, table, arena);
        if (body.len > 0)
            tables[count++] = (struct pipeline_table){
                kept(revision, table->id), kept(revision, table->url), kept(revision, table->name),
                kept(revision, table->title), body};
    }
    revision->tables = (struct pipeline_tables){tables, count};
}

static int open_contexts(struct door_revision *revision, const struct instance *instance,
                         struct issue_list *issues)
{
    const struct instance_settings *settings = &instance->settings;
    struct arena *arena = revision->feeds.arena;
    struct tls_settings tls = {
        .role = TLS_SERVER_MUTUAL,
        .certificate_path = instance_path(instance, settings->certificate, arena),
        .key_path = instance_path(instance, settings->key, arena),
        .authority_path = instance_path(instance, settings->ca, arena),
        .revocation_path =
            settings->crl.len > 0 ? instance_path(instance, settings->crl, arena) : NULL,
    };
    if (tls_context_new(&tls, &revision->mllp, issues) != 0)
        return -1;
    tls.role = TLS_SERVER;
    tls.authority_path = NULL;
    tls.revocation_path = NULL;
    return tls_context_new(&tls, &revision->https, issues);
}

/* What is wrong outlives the arenas. */
static void keep_issues(struct issue_list *issues)
{
    for (size_t i = 0; i < issues->count; i++) {
        struct issue *issue = &issues->items[i];
        issue->place.name = arena_copy(issues->arena, issue->place.name);
        issue->words = arena_copy(issues->arena, issue->words);
        issue->hint = arena_copy(issues->arena, issue->hint);
        issue->rule = arena_copy(issues->arena, issue->rule);
    }
}

static int fill_revision(struct door_revision *revision, const struct knowledge *knowledge,
                         const struct instance *instance, struct arena *scratch,
                         struct issue_list *issues)
{
    struct arena *arena = revision->feeds.arena;
    struct feed_entry *entries = ARENA_ARRAY(arena, instance->feed_count + 1, struct feed_entry);
    struct rules rules;
    revision->expiries =
        ARENA_ARRAY(arena, instance->feed_count + OWN_EXPIRIES, struct door_expiry);
    if (rules_load(knowledge, instance, scratch, arena, &rules, issues) != 0 ||
        add_expiries(revision, instance, issues) != 0 ||
        add_feeds(revision, instance, &rules, entries, issues) != 0 ||
        open_contexts(revision, instance, issues) != 0 ||
        keep_revisions(revision, instance, &rules, entries, issues) != 0)
        return -1;
    revision->mapping = mapping_hash(&rules, arena);
    revision->match = rules.match;
    make_tables(revision, &rules, scratch);
    return 0;
}

int door_revision_build(const struct knowledge *knowledge, const struct instance *instance,
                        struct door_revision **ret_revision, struct issue_list *issues)
{
    struct door_revision *revision = calloc(1, sizeof *revision);
    if (!revision)
        abort();
    revision->feeds.arena = arena_new(REVISION_CEILING);
    struct arena *scratch = arena_new(REVISION_CEILING);
    int result = fill_revision(revision, knowledge, instance, scratch, issues);
    keep_issues(issues);
    arena_free(scratch);
    if (result != 0) {
        door_revision_free(revision);
        return -1;
    }
    /* Loading took much that is free again, between what stays: a worker idles for days. */
    malloc_trim(0);
    *ret_revision = revision;
    return 0;
}

void door_revision_free(struct door_revision *revision)
{
    if (!revision)
        return;
    arena_free(revision->feeds.arena);
    tls_context_free(revision->mllp);
    tls_context_free(revision->https);
    free(revision);
}
