/* audit_export: see the header. */
#include "cli/audit_export.h"

#include "base/encode.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANIFEST_LIMIT 65536
#define CHUNK 65536

/* --- writing ---------------------------------------------------------------------------------- */

struct writing {
    const struct audit_export *export;
    FILE *file;
    struct digest *digest;
    struct arena *line;
    struct pipeline_audit_point heads[PIPELINE_SEAL_HEADS];
    size_t head_count;
    size_t count;
};

static int failed(const struct audit_export *export, const char *path)
{
    issue_report(export->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                 "could not write '%s': %s", path, strerror(errno));
    return -1;
}

/* From the newest to the oldest: the first row of a chain is its last one. */
static void note_head(struct writing *writing, const struct pipeline_audit_row *row)
{
    for (size_t i = 0; i < writing->head_count; i++) {
        if (writing->heads[i].chain == row->chain) {
            return;
        }
    }
    if (writing->head_count == PIPELINE_SEAL_HEADS) {
        return;
    }
    struct pipeline_audit_point *head = &writing->heads[writing->head_count++];
    *head = (struct pipeline_audit_point){.chain = row->chain, .place = row->place};
    memcpy(head->hash, row->hash, sizeof(head->hash));
}

static int write_event(void *data, const struct pipeline_audit_row *row, struct slice patient)
{
    struct writing *writing = data;
    struct buffer text;
    arena_reset(writing->line);
    buffer_init(&text, 0);
    json_print(pipeline_audit_event(row, patient, writing->export->origin, writing->line), &text);
    buffer_append_byte(&text, '\n');
    struct slice line = buffer_slice(&text);
    digest_add(writing->digest, line);
    bool well = fwrite(line.ptr, 1, line.len, writing->file) == line.len;
    buffer_release(&text);
    note_head(writing, row);
    writing->count++;
    return well ? 0 : failed(writing->export, writing->export->path);
}

static void add_time(struct json *object, struct slice name, instant when, struct arena *arena)
{
    if (when > 0) {
        json_add_string(object, name, time_format(when, 0, arena), arena);
    }
}

static struct slice hex_of(const unsigned char *hash, struct arena *arena)
{
    return encode_hex((struct slice){(const char *)hash, DIGEST_SHA256_SIZE}, arena);
}

static int print_manifest(const struct writing *writing, const unsigned char *sha256,
                          struct slice *ret_payload)
{
    const struct audit_export *export = writing->export;
    struct arena *arena = export->arena;
    int64_t seal;
    struct slice token;
    unsigned char seal_hash[DIGEST_SHA256_SIZE];
    if (pipeline_audit_last_seal(export->inbox, arena, &seal, &token, export->issues) != 0) {
        return -1;
    }
    struct json *payload = json_object(arena);
    struct json *manifest = json_add(payload, SLICE("export"), json_object(arena));
    add_time(manifest, SLICE("made"), time_now(), arena);
    add_time(manifest, SLICE("from"), export->search->from, arena);
    add_time(manifest, SLICE("to"), export->search->before, arena);
    if (export->search->patient.len > 0) {
        json_add_string(manifest, SLICE("patient"), export->search->patient, arena);
    }
    json_add(manifest, SLICE("events"), json_integer(arena, (int64_t)writing->count));
    json_add_string(manifest, SLICE("sha256"), hex_of(sha256, arena), arena);
    if (seal > 0) {
        digest_sha256(token, seal_hash);
        json_add(manifest, SLICE("seal"), json_integer(arena, seal));
        json_add_string(manifest, SLICE("seal_sha256"), hex_of(seal_hash, arena), arena);
    }
    struct json *heads = json_add(manifest, SLICE("heads"), json_array(arena));
    for (size_t i = 0; i < writing->head_count; i++) {
        struct json *head = json_append(heads, json_object(arena));
        json_add(head, SLICE("chain"), json_integer(arena, writing->heads[i].chain));
        json_add(head, SLICE("place"), json_integer(arena, writing->heads[i].place));
        json_add_string(head, SLICE("hash"), hex_of(writing->heads[i].hash, arena), arena);
    }
    struct buffer text;
    buffer_init(&text, 0);
    json_print(payload, &text);
    *ret_payload = arena_copy(arena, buffer_slice(&text));
    buffer_release(&text);
    return 0;
}

static const char *manifest_path(const char *path, struct arena *arena)
{
    return arena_format(arena, "%s.manifest", path).ptr;
}

static int write_manifest(const struct writing *writing, const unsigned char *sha256)
{
    const struct audit_export *export = writing->export;
    struct slice payload, token;
    if (print_manifest(writing, sha256, &payload) != 0) {
        return -1;
    }
    if (audit_key_sign(export->key, payload, export->arena, &token) != 0) {
        issue_report(export->issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not sign the manifest with secrets/audit.key");
        return -1;
    }
    return file_write(manifest_path(export->path, export->arena),
                      arena_format(export->arena, "%.*s\n", SLICE_ARG(token)), 0600,
                      export->issues);
}

int audit_export_write(const struct audit_export *export, size_t *ret_count)
{
    unsigned char sha256[DIGEST_SHA256_SIZE];
    int descriptor = open(export->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    if (file == NULL) {
        return failed(export, export->path);
    }
    struct writing writing = {
        .export = export, .file = file, .digest = digest_new(), .line = arena_new(0)};
    int result =
        pipeline_audit_list(export->inbox, export->search, write_event, &writing, export->issues);
    digest_finish(writing.digest, sha256);
    arena_free(writing.line);
    bool flushed = fflush(file) == 0 && fsync(descriptor) == 0;
    if (fclose(file) != 0 || !flushed) {
        result = failed(export, export->path);
    }
    if (result == 0) {
        result = write_manifest(&writing, sha256);
    }
    if (result != 0) {
        unlink(export->path);
    }
    *ret_count = writing.count;
    return result;
}

/* --- verifying -------------------------------------------------------------------------------- */

static int hash_file(const char *path, unsigned char *ret_hash, int64_t *ret_lines,
                     struct issue_list *issues)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        issue_report(issues, ISSUE_CONFIGURATION, ISSUE_ERROR, ISSUE_NOWHERE,
                     "could not read '%s': %s", path, strerror(errno));
        return -1;
    }
    struct digest *digest = digest_new();
    char *chunk = malloc(CHUNK);
    if (chunk == NULL) {
        abort();
    }
    int64_t lines = 0;
    for (size_t size; (size = fread(chunk, 1, CHUNK, file)) > 0;) {
        digest_add(digest, (struct slice){chunk, size});
        for (size_t i = 0; i < size; i++) {
            lines += chunk[i] == '\n';
        }
    }
    free(chunk);
    fclose(file);
    digest_finish(digest, ret_hash);
    *ret_lines = lines;
    return 0;
}

int audit_export_verify(const char *path, struct audit_key *key, struct arena *arena,
                        int64_t *ret_count, const char **ret_why, struct issue_list *issues)
{
    unsigned char hash[DIGEST_SHA256_SIZE];
    struct slice token, payload;
    struct json *json = NULL;
    int64_t lines = 0, events = -1;
    if (file_read(manifest_path(path, arena), MANIFEST_LIMIT, arena, &token, issues) != 0 ||
        hash_file(path, hash, &lines, issues) != 0) {
        return -1;
    }
    *ret_count = lines;
    if (audit_key_read(key, slice_trim(token), arena, &payload) != 0 ||
        json_parse(payload, arena, &json, NULL) != 0) {
        *ret_why = "the manifest is not signed by this instance's audit key";
        return 1;
    }
    const struct json *manifest = json_get(json, SLICE("export"));
    if (!json_to_int64(json_get(manifest, SLICE("events")), &events)) {
        *ret_why = "the manifest is of something else than an export";
        return 1;
    }
    if (events != lines) {
        *ret_why =
            lines < events ? "events are missing" : "there are more events than were written";
        return 1;
    }
    *ret_why = "the events are not those that were written";
    return slice_equal(json_get_text(manifest, SLICE("sha256")), hex_of(hash, arena)) ? 0 : 1;
}
