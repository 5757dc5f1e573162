/* items: what a door would hand to commit, made by hand, for the suites and the bench of this
 * room. Keys are plain texts here; every top-level element is marked with a rule of its name. */
#ifndef TESTS_PIPELINE_ITEMS_H
#define TESTS_PIPELINE_ITEMS_H

#include "fhir/id.h"
#include "pipeline/commit.h"

#include <stdlib.h>
#include <string.h>

struct test_item {
    struct pipeline_item item;
    struct arena *arena;
    bool done;
    int answers; /* how often an answer was asked for */
};

static inline struct fhir_id *test_key(struct test_item *test, const char *type, const char *key)
{
    struct fhir_id *id = ARENA_NEW(test->arena, struct fhir_id);
    struct slice part = slice_of(key);
    fhir_id_derive(FHIR_ID_PUBLIC_KEY, slice_of(type), SLICE("key"), &part, 1, test->arena, id);
    return id;
}

static inline void test_answer(struct pipeline_item *item, enum pipeline_outcome outcome,
                               struct slice control_id, struct buffer *out)
{
    struct test_item *test = item->owner;
    test->answers++;
    buffer_append(out, outcome == PIPELINE_KEY_CLASH ? SLICE("AE ") : SLICE("AA "));
    buffer_append(out, item->control_id);
    buffer_append(out, SLICE(" by "));
    buffer_append(out, control_id);
}

static inline void test_done(struct pipeline_item *item)
{
    struct test_item *test = item->owner;
    test->done = true;
}

/* A message without writes. `content` is its raw text; `day` is when it happened, in days. */
static inline struct test_item *test_item_new(const char *site, const char *control,
                                              const char *content, int day)
{
    struct test_item *test = calloc(1, sizeof(*test));
    test->arena = arena_new(0);
    test->item = (struct pipeline_item){
        .arena = test->arena,
        .owner = test,
        .source = arena_format(test->arena, "%s-feed", site),
        .site = arena_copy(test->arena, slice_of(site)),
        .received = time_now(),
        .source_time = INT64_C(20000) * TIME_DAY + day * TIME_DAY,
        .revision = SLICE("00ff"),
        .raw = arena_copy(test->arena, slice_of(content)),
        .message_type = SLICE("ADT^A08"),
        .sending_application = SLICE("APP"),
        .sending_facility = SLICE("\xe9"), /* as sent: not UTF-8 */
        .control_id = arena_copy(test->arena, slice_of(control)),
        .answer = test_answer,
        .done = test_done,
        .writes = ARENA_ARRAY(test->arena, 32, struct pipeline_write),
        .persons = ARENA_ARRAY(test->arena, 4, struct pipeline_person),
    };
    digest_sha256(slice_of(content), test->item.content_hash);
    issue_list_init(&test->item.issues, test->arena);
    return test;
}

static inline void test_item_free(struct test_item *test)
{
    arena_free(test->arena);
    free(test);
}

static inline void test_mark_all(struct test_item *test, struct pipeline_write *write)
{
    write->marks = ARENA_ARRAY(test->arena, json_count(write->body) + 1, struct pipeline_mark);
    for (const struct json *each = json_first(write->body); each; each = json_next(each))
        write->marks[write->mark_count++] =
            (struct pipeline_mark){.element = json_name(each), .rule = json_name(each)};
}

/* Adds a write; keys are separated by blanks. The subject is nobody. */
static inline struct pipeline_write *test_write(struct test_item *test, const char *type,
                                                const char *keys, const char *body)
{
    struct pipeline_write *write = &test->item.writes[test->item.write_count++];
    write->type = arena_copy(test->arena, slice_of(type));
    write->digests = ARENA_ARRAY(test->arena, 4, const unsigned char *);
    for (struct slice rest = slice_of(keys), key; slice_split(&rest, ' ', &key);) {
        const struct fhir_id *id = test_key(test, type, arena_string(test->arena, key));
        if (write->digest_count == 0)
            write->id = fhir_id_slice(id);
        write->digests[write->digest_count++] = id->digest;
    }
    struct slice text =
        arena_format(test->arena, "{\"resourceType\":\"%s\"%s%s}", type, *body ? "," : "", body);
    if (json_parse(text, test->arena, &write->body, &test->item.issues) != 0)
        abort();
    test_mark_all(test, write);
    return write;
}

/* The same for a Patient with its record number; the write is its own subject. */
static inline struct pipeline_write *test_patient(struct test_item *test, const char *record,
                                                  const char *body)
{
    struct pipeline_person *person = &test->item.persons[test->item.person_count++];
    *person = (struct pipeline_person){.write = test->item.write_count,
                                       .site = test->item.site,
                                       .system = SLICE("urn:records"),
                                       .value = arena_copy(test->arena, slice_of(record)),
                                       .links = ARENA_ARRAY(test->arena, 4, const unsigned char *)};
    struct slice key = arena_format(test->arena, "%.*s/%s", SLICE_ARG(test->item.site), record);
    struct pipeline_write *write = test_write(test, "Patient", key.ptr, body);
    write->subject =
        (struct pipeline_subject){.kind = PIPELINE_SUBJECT_WRITE, .write = person->write};
    return write;
}

/* The Patient of the message is the subject of its last write. */
static inline struct pipeline_write *test_of_patient(struct pipeline_write *write)
{
    write->subject = (struct pipeline_subject){.kind = PIPELINE_SUBJECT_WRITE, .write = 0};
    return write;
}

static inline void test_clear(struct test_item *test, struct pipeline_write *write,
                              const char *element)
{
    if (!write->clears)
        write->clears = ARENA_ARRAY(test->arena, 8, struct pipeline_clear);
    write->clears[write->clear_count++] =
        (struct pipeline_clear){slice_of(element), slice_of(element)};
}

#endif
