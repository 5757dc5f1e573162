/* revision: see the header. */
#include "cli/revision.h"

#include "base/buffer.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define REVISION_FILE_LIMIT ((size_t)64 << 20)
#define REVISION_HASH_LENGTH ((size_t)2 * DIGEST_SHA256_SIZE)
/* Lists inside lists: a revision, and a folder in it. */
#define REVISION_DEPTH 2

static const struct slice PROGRAM_NAME = SLICE_INIT("program");
static const struct slice BASE_NAME = SLICE_INIT("mappings/");
static const struct slice PROGRAM = SLICE_INIT("painbridge " PAINBRIDGE_VERSION "\n");

static struct slice hash_of(struct slice bytes, struct arena *arena)
{
    unsigned char digest[DIGEST_SHA256_SIZE];
    digest_sha256(bytes, digest);
    return encode_hex((struct slice){(const char *)digest, sizeof(digest)}, arena);
}

struct slice revision_place(struct slice hash, struct arena *arena)
{
    return arena_format(arena, REVISION_FOLDER "/%.*s", SLICE_ARG(hash));
}

static char *path_of(const struct instance *instance, struct slice hash, struct arena *arena)
{
    return instance_path(instance, revision_place(hash, arena), arena);
}

/* --- keeping ---------------------------------------------------------------------------------- */

struct keeper {
    const struct instance *instance;
    bool keep; /* else only the hashes are made */
    struct arena *arena;
    struct issue_list *issues;
    bool failed;
};

/* What stands there may have been damaged since. */
static bool holds(const char *path, struct slice bytes)
{
    struct arena *arena = arena_new(0);
    struct issue_list passed_over;
    struct slice kept;
    issue_list_init(&passed_over, arena);
    bool same = file_exists(path) &&
                file_read(path, REVISION_FILE_LIMIT, arena, &kept, &passed_over) == 0 &&
                slice_equal(kept, bytes);
    arena_free(arena);
    return same;
}

static struct slice keep_file(struct keeper *keeper, struct slice bytes)
{
    struct slice hash = hash_of(bytes, keeper->arena);
    if (!keeper->keep || keeper->failed)
        return hash;
    const char *path = path_of(keeper->instance, hash, keeper->arena);
    keeper->failed = !holds(path, bytes) && file_write(path, bytes, 0444, keeper->issues) != 0;
    return hash;
}

static void list_file(struct keeper *keeper, struct buffer *list, struct slice name,
                      struct slice bytes)
{
    struct slice hash = keep_file(keeper, bytes);
    buffer_append_format(list, "%.*s  %.*s\n", SLICE_ARG(hash), SLICE_ARG(name));
}

/* A folder's list. Its files are kept before it is: a list that is there is whole. */
static struct slice keep_texts(struct keeper *keeper, const struct mapping_texts *texts)
{
    struct buffer list;
    buffer_init(&list, 0);
    for (size_t i = 0; i < texts->count; i++)
        list_file(keeper, &list, texts->items[i].name, texts->items[i].text);
    struct slice copy = arena_copy(keeper->arena, buffer_slice(&list));
    buffer_release(&list);
    return copy;
}

static struct slice keep_feed(struct keeper *keeper, const struct instance_feed *feed,
                              struct slice base_list, const struct slice *site_lists)
{
    struct arena *arena = keeper->arena;
    struct buffer list;
    buffer_init(&list, 0);
    list_file(keeper, &list, arena_format(arena, "feeds/%.*s.xml", SLICE_ARG(feed->name)),
              feed->text);
    list_file(keeper, &list, BASE_NAME, base_list);
    list_file(keeper, &list, PROGRAM_NAME, PROGRAM);
    list_file(keeper, &list, arena_format(arena, "sites/%.*s/", SLICE_ARG(feed->site_name)),
              site_lists[feed->site - keeper->instance->sites]);
    struct slice hash = keep_file(keeper, buffer_slice(&list));
    buffer_release(&list);
    return hash;
}

static int make_folder(const struct instance *instance, struct issue_list *issues)
{
    char *folder = instance_path(instance, SLICE(REVISION_FOLDER), issues->arena);
    if (mkdir(folder, 0755) == 0 || errno == EEXIST)
        return 0;
    issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                 "could not make the folder '%s': %s", folder, strerror(errno));
    return -1;
}

int revision_of_feeds(const struct instance *instance, const struct rules_texts *texts, bool keep,
                      struct arena *arena, struct slice **ret_revisions, struct issue_list *issues)
{
    struct arena *scratch = arena_new(0);
    struct keeper keeper = {.instance = instance, .keep = keep, .arena = scratch, .issues = issues};
    keeper.failed = keep && make_folder(instance, issues) != 0;
    struct slice base = keep_texts(&keeper, &texts->base);
    struct slice *sites = ARENA_ARRAY(scratch, instance->site_count + 1, struct slice);
    for (size_t i = 0; i < instance->site_count; i++)
        sites[i] = keep_texts(&keeper, &texts->sites[i]);
    struct slice *revisions = ARENA_ARRAY(arena, instance->feed_count + 1, struct slice);
    for (size_t i = 0; i < instance->feed_count; i++)
        revisions[i] = arena_copy(arena, keep_feed(&keeper, &instance->feeds[i], base, sites));
    arena_free(scratch);
    if (keeper.failed)
        return -1;
    *ret_revisions = revisions;
    return 0;
}

/* --- reading back ----------------------------------------------------------------------------- */

static bool is_hash(struct slice text)
{
    bool well = text.len == REVISION_HASH_LENGTH;
    for (size_t i = 0; i < text.len && well; i++)
        well = (text.ptr[i] >= '0' && text.ptr[i] <= '9') ||
               (text.ptr[i] >= 'a' && text.ptr[i] <= 'f');
    return well;
}

/* One kept file, whose bytes must be those it was kept for. */
static int read_kept(const struct instance *instance, struct slice hash, struct slice name,
                     struct arena *arena, struct slice *ret_bytes, struct issue_list *issues)
{
    char *path = path_of(instance, hash, arena);
    struct issue_place place = issue_place_file(arena_copy(issues->arena, slice_of(path)), 0, 0);
    if (!is_hash(hash) || !file_exists(path)) {
        issue_report(issues, ISSUE_NOT_FOUND, ISSUE_ERROR, place, "missing: it was kept for %.*s",
                     SLICE_ARG(name));
        return -1;
    }
    if (file_read(path, REVISION_FILE_LIMIT, arena, ret_bytes, issues) != 0)
        return -1;
    if (slice_equal(hash_of(*ret_bytes, arena), hash))
        return 0;
    issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, place,
                 "it is not what was kept for %.*s: its SHA-256 is not its name", SLICE_ARG(name));
    return -1;
}

/* One file of a revision, as it is met. */
typedef int take_kept(void *data, struct slice name, struct slice hash, struct slice bytes);

struct walk {
    const struct instance *instance;
    struct arena *arena;
    struct issue_list *issues;
    take_kept *take;
    void *data;
};

static int walk_list(const struct walk *walk, struct slice list, struct slice prefix,
                     unsigned depth);

static int walk_line(const struct walk *walk, struct slice line, struct slice prefix,
                     unsigned depth)
{
    struct slice hash = slice_part(line, 0, REVISION_HASH_LENGTH);
    struct slice rest = slice_after(line, hash.len + 2);
    struct slice name = arena_format(walk->arena, "%.*s%.*s", SLICE_ARG(prefix), SLICE_ARG(rest));
    struct slice bytes;
    if (rest.len == 0 || depth > REVISION_DEPTH) {
        issue_report(walk->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "a kept list of files is no list");
        return -1;
    }
    if (read_kept(walk->instance, hash, name, walk->arena, &bytes, walk->issues) != 0)
        return -1;
    if (slice_ends_with(name, SLICE("/")))
        return walk_list(walk, bytes, name, depth + 1);
    return walk->take(walk->data, name, hash, bytes);
}

/* Every line is looked at, so that all that is missing is named. */
static int walk_list(const struct walk *walk, struct slice list, struct slice prefix,
                     unsigned depth)
{
    int result = 0;
    for (struct slice line; slice_split(&list, '\n', &line);)
        if (line.len > 0)
            result |= walk_line(walk, line, prefix, depth);
    return result;
}

static int walk_revision(const struct walk *walk, struct slice hash)
{
    struct slice list;
    if (read_kept(walk->instance, hash, SLICE("a revision"), walk->arena, &list, walk->issues) != 0)
        return -1;
    return walk_list(walk, list, SLICE(""), 1);
}

/* --- one revision ----------------------------------------------------------------------------- */

struct opening {
    struct revision *revision;
    struct instance settings; /* the one site, for the feed to refer to */
    struct slice site_folder; /* "sites/mission/" */
    struct slice feed_file, feed_text;
    struct arena *arena;
};

static void add_text(struct mapping_texts *texts, struct slice **hashes, struct slice name,
                     struct slice text, struct slice hash, struct arena *arena)
{
    size_t count = texts->count;
    texts->items = arena_grow(arena, texts->items, count * sizeof(*texts->items),
                              (count + 1) * sizeof(*texts->items));
    *hashes = arena_grow(arena, *hashes, count * sizeof(hash), (count + 1) * sizeof(hash));
    texts->items[count] = (struct mapping_text){name, text};
    (*hashes)[count] = hash;
    texts->count++;
}

/* "sites/mission/mission.xml" -> "sites/mission/" */
static struct slice site_folder_of(struct slice name)
{
    struct slice inside = slice_after(name, SLICE("sites/").len);
    return slice_part(name, 0, name.len - inside.len + slice_find_byte(inside, '/') + 1);
}

static int take_file(void *data, struct slice name, struct slice hash, struct slice bytes)
{
    struct opening *opening = data;
    struct revision *revision = opening->revision;
    if (slice_equal(name, PROGRAM_NAME))
        revision->program = slice_trim(bytes);
    if (slice_starts_with(name, SLICE("feeds/"))) {
        opening->feed_file = name;
        opening->feed_text = bytes;
    }
    if (slice_starts_with(name, BASE_NAME))
        add_text(&revision->base, &revision->base_hashes, slice_after(name, BASE_NAME.len), bytes,
                 hash, opening->arena);
    if (slice_starts_with(name, SLICE("sites/"))) {
        opening->site_folder = site_folder_of(name);
        add_text(&revision->site_texts, &revision->site_hashes,
                 slice_after(name, opening->site_folder.len), bytes, hash, opening->arena);
    }
    return 0;
}

/* The settings, read as they were when they were in force. */
static int read_settings(struct opening *opening, const struct instance *instance,
                         struct issue_list *issues)
{
    struct revision *revision = opening->revision;
    struct arena *arena = opening->arena;
    char *folder = instance_path(
        instance, slice_part(opening->site_folder, 0, opening->site_folder.len - 1), arena);
    revision->site_texts.folder = folder;
    struct slice name = mapping_texts_site_name(folder, arena);
    const struct mapping_text *own = mapping_texts_get(&revision->site_texts, name);
    if (!own || opening->feed_text.len == 0) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "a kept revision names no site or no feed");
        return -1;
    }
    opening->settings.sites = &revision->site;
    opening->settings.site_count = 1;
    if (instance_parse(INSTANCE_SITE, slice_of(file_join(arena, folder, name)), own->text,
                       &opening->settings, &revision->site, issues) != 0)
        return -1;
    return instance_parse(INSTANCE_FEED,
                          slice_of(instance_path(instance, opening->feed_file, arena)),
                          opening->feed_text, &opening->settings, &revision->feed, issues);
}

int revision_open(const struct instance *instance, const char *mappings, struct slice hash,
                  struct revision *ret_revision, struct issue_list *issues)
{
    struct arena *arena = issues->arena;
    struct revision *revision = ARENA_NEW(arena, struct revision);
    struct opening opening = {.revision = revision, .arena = arena};
    const struct walk walk = {instance, arena, issues, take_file, &opening};
    revision->hash = hash;
    revision->base.folder = mappings;
    if (walk_revision(&walk, hash) != 0 || read_settings(&opening, instance, issues) != 0)
        return -1;
    *ret_revision = *revision;
    return 0;
}

/* --- looking ---------------------------------------------------------------------------------- */

static int pass_over(void *data, struct slice name, struct slice hash, struct slice bytes)
{
    (void)data, (void)name, (void)hash, (void)bytes;
    return 0;
}

int revision_check(const struct instance *instance, struct slice hash, struct issue_list *issues)
{
    struct arena *arena = arena_new(0);
    const struct walk walk = {instance, arena, issues, pass_over, NULL};
    int result = walk_revision(&walk, hash);
    arena_free(arena);
    return result;
}

int revision_check_all(const struct instance *instance, struct issue_list *issues)
{
    struct slice *names;
    size_t count;
    int result = 0;
    char *folder = instance_path(instance, SLICE(REVISION_FOLDER), issues->arena);
    if (!file_is_folder(folder))
        return 0;
    if (file_list(folder, "", issues->arena, &names, &count, issues) != 0)
        return -1;
    struct arena *arena = arena_new(0);
    for (size_t i = 0; i < count; i++) {
        struct slice bytes;
        if (!is_hash(names[i])) /* what a process that was killed was about to write */
            continue;
        result |= read_kept(instance, names[i], SLICE("a revision"), arena, &bytes, issues);
        arena_reset(arena);
    }
    arena_free(arena);
    return result;
}
