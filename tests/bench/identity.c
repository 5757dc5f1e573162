/* identity: how well, and how fast, records are found to be of one person.
 *
 *   identity FOLDER [--show KIND] [--need PRECISION RECALL] < RECORDS
 *
 * FOLDER holds the mappings; RECORDS are the lines of tests/identity/people.mjs, where each record
 * says which person it is of. They come in as clinics would send them, one after the other: of each
 * the blocks are made, those who share one are its candidates, and it is linked, given to review,
 * or left alone, by the functions the engine uses and in the same way.
 *
 * Prints what was compared, precision and recall of pairs by themselves (a pair counts where its
 * comparison says "same") and of the persons that came of it (a pair counts where both ended in one
 * person), the pairs for review, the recall by what was done to the records, and the cost. With
 * --need it ends with 1 where either of both is below. --show prints the levels of each pair that
 * was wrongly linked ("false"), missed ("missed") or given to review ("review"). */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/map.h"
#include "pipeline/match.h"
#include "support/people.h"

#define CEILING ((size_t)8 << 30)

struct member {
    uint32_t *records;
    size_t count, capacity;
};

struct record {
    int64_t truth;
    const struct pipeline_demographics *demographics;
    int64_t blocks[PIPELINE_BLOCK_LIMIT];
    size_t block_count;
    const struct json *made;
    size_t parent;  /* union of what was linked; itself: a person's first record */
    size_t next;    /* the person's next record, a ring */
    size_t visited; /* number of the record, plus one, whose candidate it is */
};

/* How often each kind of error is in a true pair, and in one that was found. */
struct kind {
    struct slice name;
    size_t pairs, found;
};

struct bench {
    struct arena *arena;
    const struct match_table *table;
    struct record *records;
    size_t count;
    struct map blocks; /* block to struct member */
    const char *show;
    /* ---- what came of it ---- */
    size_t compared, said_same, rightly_same, links, reviews, missed_blocks;
    size_t *candidate_counts;
    double seconds;
    struct map kinds;
};

static void insist(bool well, const char *words)
{
    if (well)
        return;
    fprintf(stderr, "identity: %s\n", words);
    exit(2);
}

static double cpu_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- reading ---------------------------------------------------------------------------------- */

static struct slice read_all(FILE *file, struct arena *arena)
{
    struct buffer buffer;
    buffer_init(&buffer, CEILING);
    for (;;) {
        char *room = buffer_reserve(&buffer, 1 << 20);
        size_t size = room ? fread(room, 1, 1 << 20, file) : 0;
        if (size == 0)
            break;
        buffer_commit(&buffer, size);
    }
    struct slice copy = arena_copy(arena, buffer_slice(&buffer));
    buffer_release(&buffer);
    return copy;
}

static void read_record(struct bench *bench, struct slice text)
{
    struct json *line = NULL;
    struct record *record = &bench->records[bench->count];
    insist(json_parse(text, bench->arena, &line, NULL) == 0, "a line is no JSON");
    *record = (struct record){.parent = bench->count, .next = bench->count};
    insist(json_to_int64(json_get(line, SLICE("person")), &record->truth), "a line has no person");
    record->made = json_get(line, SLICE("made"));
    record->demographics =
        pipeline_demographics_of(bench->table, people_patient(line, bench->arena), bench->arena);
    record->block_count = pipeline_match_blocks(record->demographics, record->blocks);
    bench->count++;
}

static void read_records(struct bench *bench, struct slice text)
{
    size_t lines = 1;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    bench->records = ARENA_ARRAY(bench->arena, lines, struct record);
    bench->candidate_counts = ARENA_ARRAY(bench->arena, lines, size_t);
    for (struct slice rest = text, line; slice_split(&rest, '\n', &line);)
        if (line.len > 0)
            read_record(bench, line);
}

/* --- linking ---------------------------------------------------------------------------------- */

static size_t person_of(struct bench *bench, size_t record)
{
    struct record *records = bench->records;
    while (records[record].parent != record)
        record = records[record].parent = records[records[record].parent].parent;
    return record;
}

static void link_records(struct bench *bench, size_t a, size_t b)
{
    struct record *records = bench->records;
    size_t one = person_of(bench, a), two = person_of(bench, b);
    if (one == two)
        return;
    size_t older = one < two ? one : two, newer = one + two - older;
    records[newer].parent = older;
    size_t next = records[older].next;
    records[older].next = records[newer].next;
    records[newer].next = next;
}

static struct member *members_of(struct bench *bench, const int64_t *block, bool make)
{
    struct slice key = {(const char *)block, sizeof(*block)};
    struct member *member = map_get(&bench->blocks, key);
    if (member || !make)
        return member;
    member = ARENA_NEW(bench->arena, struct member);
    map_put(&bench->blocks, key, member);
    return member;
}

static void add_member(struct bench *bench, struct member *member, size_t record)
{
    if (member->count == member->capacity) {
        size_t capacity = member->capacity ? 2 * member->capacity : 4;
        member->records =
            arena_grow(bench->arena, member->records, member->capacity * sizeof(uint32_t),
                       capacity * sizeof(uint32_t));
        member->capacity = capacity;
    }
    member->records[member->count++] = (uint32_t)record;
}

/* All records of each person that shares a block, those of one person side by side. */
static size_t find_candidates(struct bench *bench, size_t record,
                              struct pipeline_candidate *candidates)
{
    struct record *records = bench->records;
    size_t count = 0, cap = (size_t)pipeline_match_block_cap(bench->table);
    for (size_t i = 0; i < records[record].block_count; i++) {
        const struct member *member = members_of(bench, &records[record].blocks[i], false);
        for (size_t j = 0; member && member->count <= cap && j < member->count; j++) {
            size_t first = member->records[j], at = first;
            if (records[first].visited == record + 1)
                continue;
            do {
                records[at].visited = record + 1;
                candidates[count++] = (struct pipeline_candidate){
                    (int64_t)person_of(bench, at) + 1, (int64_t)at, records[at].demographics};
                at = records[at].next;
            } while (at != first);
        }
    }
    return count;
}

static void show(struct bench *bench, const char *kind, size_t a, size_t b,
                 const struct pipeline_match *match)
{
    if (!bench->show || strcmp(bench->show, kind) != 0)
        return;
    struct slice words = pipeline_match_words(match, bench->arena);
    printf("%s: lines %zu and %zu: %.*s\n", kind, a + 1, b + 1, SLICE_ARG(words));
}

static void add_record(struct bench *bench, size_t record, struct pipeline_candidate *candidates,
                       struct arena *scratch)
{
    struct pipeline_match_person *persons = NULL;
    struct record *records = bench->records;
    size_t count = find_candidates(bench, record, candidates);
    bench->candidate_counts[record] = count;
    bench->compared += count;
    double began = cpu_now();
    size_t person_count = pipeline_match_persons(bench->table, records[record].demographics,
                                                 candidates, count, scratch, &persons);
    bench->seconds += cpu_now() - began;
    for (size_t i = 0; i < person_count; i++) {
        size_t other = (size_t)persons[i].source_key;
        bool is_same = persons[i].match.verdict == PIPELINE_SAME;
        bool is_right = records[other].truth == records[record].truth;
        if (!is_same) {
            bench->reviews++;
            show(bench, is_right ? "review-same" : "review-different", record, other,
                 &persons[i].match);
            continue;
        }
        bench->links++;
        if (!is_right)
            show(bench, "false", record, other, &persons[i].match);
        link_records(bench, record, other);
    }
    for (size_t i = 0; i < count; i++) {
        struct pipeline_match match = pipeline_match_compare(
            bench->table, records[record].demographics, candidates[i].demographics);
        if (match.verdict != PIPELINE_SAME)
            continue;
        bench->said_same++;
        bench->rightly_same +=
            records[(size_t)candidates[i].source_key].truth == records[record].truth;
    }
    for (size_t i = 0; i < records[record].block_count; i++)
        add_member(bench, members_of(bench, &records[record].blocks[i], true), record);
}

/* --- what came of it -------------------------------------------------------------------------- */

static void count_kind(struct bench *bench, struct slice name, bool found)
{
    struct kind *kind = map_get(&bench->kinds, name);
    if (!kind) {
        kind = ARENA_NEW(bench->arena, struct kind);
        kind->name = name;
        map_put(&bench->kinds, name, kind);
    }
    kind->pairs++;
    kind->found += found;
}

static void count_kinds(struct bench *bench, const struct record *a, const struct record *b,
                        bool found)
{
    struct map seen;
    map_init(&seen, bench->arena);
    const struct json *lists[] = {a->made, b->made};
    for (size_t i = 0; i < 2; i++)
        for (const struct json *each = json_first(lists[i]); each; each = json_next(each))
            if (!map_put(&seen, json_text(each), bench))
                count_kind(bench, json_text(each), found);
    if (seen.count == 0)
        count_kind(bench, SLICE("(nothing)"), found);
}

struct figures {
    size_t true_pairs, linked_pairs, right_pairs;
};

static int compare_truth(const void *a, const void *b)
{
    const struct record *const *one = a, *const *two = b;
    return ((*one)->truth > (*two)->truth) - ((*one)->truth < (*two)->truth);
}

static bool share_block(struct bench *bench, const struct record *a, const struct record *b)
{
    for (size_t i = 0; i < a->block_count; i++)
        for (size_t j = 0; j < b->block_count; j++)
            if (a->blocks[i] == b->blocks[j] && members_of(bench, &a->blocks[i], false)->count <=
                                                    (size_t)pipeline_match_block_cap(bench->table))
                return true;
    return false;
}

static void count_true_pair(struct bench *bench, const struct record *a, const struct record *b,
                            struct figures *figures)
{
    size_t one = (size_t)(a - bench->records), two = (size_t)(b - bench->records);
    bool found = person_of(bench, one) == person_of(bench, two);
    figures->true_pairs++;
    figures->right_pairs += found;
    count_kinds(bench, a, b, found);
    struct pipeline_match match =
        pipeline_match_compare(bench->table, a->demographics, b->demographics);
    bool shared = found || share_block(bench, a, b);
    bench->missed_blocks += !shared;
    show(bench, found ? "found" : shared ? "missed" : "missed-by-block", one, two, &match);
}

static struct figures count_pairs(struct bench *bench)
{
    struct figures figures = {0};
    const struct record **sorted = ARENA_ARRAY(bench->arena, bench->count, const struct record *);
    size_t *sizes = ARENA_ARRAY(bench->arena, bench->count, size_t);
    for (size_t i = 0; i < bench->count; i++) {
        sorted[i] = &bench->records[i];
        figures.linked_pairs += sizes[person_of(bench, i)]++;
    }
    qsort(sorted, bench->count, sizeof(*sorted), compare_truth);
    for (size_t i = 0; i < bench->count; i++)
        for (size_t j = i + 1; j < bench->count && sorted[j]->truth == sorted[i]->truth; j++)
            count_true_pair(bench, sorted[i], sorted[j], &figures);
    return figures;
}

static int compare_sizes(const void *a, const void *b)
{
    const size_t *one = a, *two = b;
    return (*one > *two) - (*one < *two);
}

static double share(size_t part, size_t whole)
{
    return whole ? (double)part / (double)whole : 1;
}

static void print_figures(struct bench *bench, const struct figures *figures)
{
    size_t *counts = bench->candidate_counts, count = bench->count;
    qsort(counts, count, sizeof(*counts), compare_sizes);
    printf("records %zu, blocks %zu, true pairs %zu\n", count, bench->blocks.count,
           figures->true_pairs);
    printf("compared %zu pairs, %.0f ns each; candidates of a record: mean %.1f, p99 %zu, "
           "most %zu\n",
           bench->compared, bench->seconds * 1e9 / (double)(bench->compared + !bench->compared),
           share(bench->compared, count), counts[count * 99 / 100], counts[count - 1]);
    printf("pairs by themselves: precision %.5f (%zu wrong), recall %.4f\n",
           share(bench->rightly_same, bench->said_same), bench->said_same - bench->rightly_same,
           share(bench->rightly_same, figures->true_pairs));
    printf("persons: precision %.5f (%zu wrong), recall %.4f (%zu missed, %zu of them by their "
           "blocks)\n",
           share(figures->right_pairs, figures->linked_pairs),
           figures->linked_pairs - figures->right_pairs,
           share(figures->right_pairs, figures->true_pairs),
           figures->true_pairs - figures->right_pairs, bench->missed_blocks);
    printf("for review: %.1f in 1,000 records\n", 1000 * share(bench->reviews, count));
    for (size_t i = 0; i < bench->kinds.count; i++) {
        const struct kind *kind = bench->kinds.entries[i].value;
        printf("  %-32.*s %6zu pairs, recall %.3f\n", SLICE_ARG(kind->name), kind->pairs,
               share(kind->found, kind->pairs));
    }
}

static const struct match_table *load_table(const char *folder, struct arena *arena)
{
    const struct match_table *table = NULL;
    struct mapping_texts texts;
    struct issue_list issues;
    issue_list_init(&issues, arena);
    int result = mapping_texts_of_base(folder, arena, &texts, &issues);
    if (result == 0)
        result = pipeline_match_table_load(&texts, arena, &table, &issues);
    for (size_t i = 0; i < issues.count; i++)
        fprintf(stderr, "%.*s: %.*s\n", SLICE_ARG(issue_place_text(&issues.items[i].place, arena)),
                SLICE_ARG(issue_words(&issues.items[i])));
    insist(result == 0, "could not load the tables");
    return table;
}

int main(int count, char **arguments)
{
    double need[2] = {0, 0};
    struct bench bench = {.arena = arena_new(CEILING)};
    insist(count > 1, "usage: identity FOLDER [--show KIND] [--need PRECISION RECALL] < RECORDS");
    for (int i = 2; i < count; i++) {
        if (strcmp(arguments[i], "--show") == 0 && i + 1 < count)
            bench.show = arguments[++i];
        else if (strcmp(arguments[i], "--need") == 0 && i + 2 < count) {
            need[0] = strtod(arguments[++i], NULL);
            need[1] = strtod(arguments[++i], NULL);
        } else
            insist(false, "what is not understood stands among the arguments");
    }
    bench.table = load_table(arguments[1], bench.arena);
    map_init(&bench.blocks, bench.arena);
    map_init(&bench.kinds, bench.arena);
    read_records(&bench, read_all(stdin, bench.arena));
    insist(bench.count > 0, "there is no record");
    struct pipeline_candidate *candidates =
        ARENA_ARRAY(bench.arena, bench.count, struct pipeline_candidate);
    struct arena *scratch = arena_new(0);
    for (size_t i = 0; i < bench.count; i++) {
        add_record(&bench, i, candidates, scratch);
        arena_reset(scratch);
    }
    struct figures figures = count_pairs(&bench);
    print_figures(&bench, &figures);
    bool well = share(figures.right_pairs, figures.linked_pairs) >= need[0] &&
                share(figures.right_pairs, figures.true_pairs) >= need[1];
    arena_free(scratch);
    arena_free(bench.arena);
    return well ? 0 : 1;
}
