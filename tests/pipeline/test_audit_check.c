/* Chains of the audit: what was done to one is named, whatever it was and wherever. Thousands of
 * chains, each with one thing done to it at a random place by somebody who knows how they are made.
 * Reproduce a run with the seed it prints (environment PAINBRIDGE_SEED). */
#include "pipeline/audit_check.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 300
#define ROUNDS 4000
#define CHAIN 7

static struct pipeline_audit_row rows[ROWS + 2];
static size_t count;
static struct pipeline_audit_chain beginning;
static struct pipeline_audit_point points[ROWS];
static size_t point_count;
static char texts[ROWS + 2][32];
static uint64_t state;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static size_t below(size_t limit)
{
    return (size_t)(next_random() % limit);
}

static struct pipeline_audit_row new_row(size_t number)
{
    snprintf(texts[number], sizeof(texts[number]), "Patient/p%zu/%u", number,
             (unsigned)below(9) + 1);
    return (struct pipeline_audit_row){.recorded = 1793318400000000 + (instant)number * 1000,
                                       .person = (int64_t)below(5),
                                       .inbox_id = (int64_t)below(3),
                                       .kind = SLICE("read"),
                                       .role = SLICE("client"),
                                       .actor = below(2) ? SLICE("one") : SLICE("two"),
                                       .outcome = SLICE("success"),
                                       .entities = slice_of(texts[number])};
}

static void make_chain(void)
{
    struct pipeline_audit_chain head;
    pipeline_audit_begin(&(struct pipeline_audit_beginning){.chain = CHAIN,
                                                            .name = SLICE("door-1/commit"),
                                                            .opened = 1793318400000000},
                         &beginning);
    head = beginning;
    count = 3 + below(ROWS - 3);
    point_count = 0;
    for (size_t i = 0; i < count; i++) {
        rows[i] = new_row(i);
        pipeline_audit_add(&head, &rows[i]);
        if (below(20) > 0 && i + 1 < count)
            continue;
        points[point_count] = (struct pipeline_audit_point){CHAIN, rows[i].place, {0}};
        memcpy(points[point_count++].hash, rows[i].hash, sizeof(rows[i].hash));
    }
}

/* In two parts, as pages come. */
static struct pipeline_audit_verdict judge(void)
{
    struct pipeline_audit_check check;
    struct pipeline_audit_verdict verdict;
    pipeline_audit_check_begin(&check, &beginning, points, point_count);
    size_t page = below(count + 1);
    size_t held = pipeline_audit_check_rows(&check, rows, page);
    if (held == page)
        held += pipeline_audit_check_rows(&check, rows + page, count - page);
    if (held < count)
        pipeline_audit_check_judge(&check, rows + held, count - held, &verdict);
    else
        pipeline_audit_check_end(&check, &verdict);
    return verdict;
}

static void expect(enum pipeline_audit_fault fault, size_t place, size_t or_place)
{
    struct pipeline_audit_verdict verdict = judge();
    ck_assert_str_eq(pipeline_audit_fault_name(verdict.fault), pipeline_audit_fault_name(fault));
    ck_assert_msg(verdict.place == (int64_t)place || verdict.place == (int64_t)or_place,
                  "place %lld is named, and not %zu: %s", (long long)verdict.place, place,
                  verdict.words);
}

static void rehash(size_t at)
{
    pipeline_audit_hash(at > 0 ? rows[at - 1].hash : beginning.hash, &rows[at], rows[at].hash);
}

static void renumber(size_t from)
{
    for (size_t i = from; i < count; i++)
        rows[i].place = (int64_t)i;
}

/* --- the ways --------------------------------------------------------------------------------- */

static void change(void)
{
    size_t at = below(count);
    static const char *const other[] = {"nobody", "somebody"};
    struct pipeline_audit_row *row = &rows[at];
    switch (below(6)) {
    case 0:
        row->actor = slice_of(other[below(2)]);
        break;
    case 1:
        row->person += 1;
        break;
    case 2:
        row->recorded -= 1;
        break;
    case 3:
        row->entities = SLICE("");
        break;
    case 4:
        row->detail = SLICE("x");
        break;
    default:
        row->hash[below(DIGEST_SHA256_SIZE)] ^= 1;
    }
    expect(PIPELINE_AUDIT_CHANGED, at, at);
}

/* With its hash: the last row, where it is sealed, is then not the one that was. */
static void change_with_hash(void)
{
    size_t at = below(count);
    rows[at].actor = SLICE("nobody");
    rehash(at);
    expect(PIPELINE_AUDIT_CHANGED, at, at + 1);
}

/* All that follows too; what tells is a seal. */
static void write_anew(void)
{
    size_t at = below(count), sealed = 0;
    rows[at].actor = SLICE("nobody");
    for (size_t i = at; i < count; i++)
        rehash(i);
    while (points[sealed].place < (int64_t)at)
        sealed++;
    expect(PIPELINE_AUDIT_CHANGED, (size_t)points[sealed].place, at);
}

static void take_out(size_t at, size_t many)
{
    memmove(&rows[at], &rows[at + many], (count - at - many) * sizeof(rows[0]));
    count -= many;
}

static void delete_rows(void)
{
    size_t at = below(count - 1), most = count - at - 1;
    take_out(at, 1 + below(most < 5 ? most : 5));
    expect(PIPELINE_AUDIT_DELETED, at, at);
}

/* The rest is counted anew, so that no place is empty; of one row alone that is left behind nobody
 * can say what it was. */
static void delete_and_renumber(void)
{
    size_t at = below(count - 2);
    take_out(at, 1);
    renumber(at);
    expect(PIPELINE_AUDIT_DELETED, at, at);
}

static void put_in(size_t at, const struct pipeline_audit_row *row)
{
    struct pipeline_audit_row copy = *row;
    memmove(&rows[at + 1], &rows[at], (count - at) * sizeof(rows[0]));
    rows[at] = copy;
    count++;
}

static struct pipeline_audit_row forged(size_t at)
{
    struct pipeline_audit_row row = new_row(ROWS);
    row.chain = CHAIN;
    row.place = (int64_t)at;
    pipeline_audit_hash(at > 0 ? rows[at - 1].hash : beginning.hash, &row, row.hash);
    return row;
}

/* Of two rows at one place either may come first. */
static void insert_beside(void)
{
    size_t at = below(count);
    struct pipeline_audit_row row = below(2) ? forged(at) : rows[below(count)];
    row.place = (int64_t)at;
    put_in(at + below(2), &row);
    expect(PIPELINE_AUDIT_INSERTED, at, at);
}

/* Of two rows that are alike either is the one that came too much. */
static void insert_and_renumber(void)
{
    size_t at = below(count), copied = below(count);
    bool copies = below(2);
    struct pipeline_audit_row row = copies ? rows[copied] : forged(at);
    row.place = (int64_t)at;
    if (!copies && below(2))
        row.hash[0] ^= 1;
    put_in(at, &row);
    renumber(at);
    expect(PIPELINE_AUDIT_INSERTED, at, copies && copied == at ? at + 1 : at);
}

/* What two rows say is exchanged, their places stay. */
static void reorder(void)
{
    size_t a = below(count - 1), b = a + 1 + below(count - a - 1);
    struct pipeline_audit_row row = rows[a];
    rows[a] = rows[b];
    rows[b] = row;
    rows[a].place = (int64_t)a;
    rows[b].place = (int64_t)b;
    expect(PIPELINE_AUDIT_REORDERED, a, a);
}

static void cut_off(void)
{
    count = below(count);
    if (count == 0 && below(2))
        point_count = 1; /* of a seal that names the first rows only */
    expect(PIPELINE_AUDIT_CUT_OFF, count, count);
}

static void leave(void)
{
    expect(PIPELINE_AUDIT_WHOLE, 0, 0);
}

static void run(void (*way)(void))
{
    for (int round = 0; round < ROUNDS / 9; round++) {
        make_chain();
        way();
    }
}

START_TEST(a_chain_that_nobody_touched_is_whole)
{
    run(leave);
}
END_TEST

START_TEST(a_row_that_was_changed_is_named)
{
    run(change);
    run(change_with_hash);
}
END_TEST

START_TEST(a_chain_that_was_written_anew_is_named_where_a_seal_knows_better)
{
    run(write_anew);
}
END_TEST

START_TEST(rows_that_were_deleted_are_named)
{
    run(delete_rows);
    run(delete_and_renumber);
}
END_TEST

START_TEST(a_row_that_was_inserted_is_named)
{
    run(insert_beside);
    run(insert_and_renumber);
}
END_TEST

START_TEST(rows_that_were_reordered_are_named)
{
    run(reorder);
}
END_TEST

START_TEST(an_end_that_was_cut_off_is_named)
{
    run(cut_off);
}
END_TEST

/* The form of what is hashed is part of every stored row: with another one all of them were broken.
 * The figures are SHA-256 of the bytes that audit_row.c describes, made by hand. */
START_TEST(what_is_hashed_stays_what_it_is)
{
    struct pipeline_audit_chain chain;
    struct pipeline_audit_row row = {.recorded = 2,
                                     .person = 3,
                                     .kind = SLICE("read"),
                                     .role = SLICE("client"),
                                     .actor = SLICE("a"),
                                     .outcome = SLICE("success")};
    char hex[2 * DIGEST_SHA256_SIZE + 1];
    pipeline_audit_begin(
        &(struct pipeline_audit_beginning){.chain = 1, .name = SLICE("n"), .opened = 1}, &chain);
    for (size_t i = 0; i < DIGEST_SHA256_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", chain.hash[i]);
    ck_assert_str_eq(hex, "d3a465432b787c3be563284dd9f685dd1a86647fcf77d31ac813e7fc202c0581");
    pipeline_audit_add(&chain, &row);
    for (size_t i = 0; i < DIGEST_SHA256_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", row.hash[i]);
    ck_assert_str_eq(hex, "78bab208d24e2a22d8a9ed1f4f45721e45865097d9b0dd8ae3ffed88b5553459");
    ck_assert_int_eq(chain.place, 1);
}
END_TEST

static void set_up(void)
{
    const char *seed = getenv("PAINBRIDGE_SEED");
    state = seed ? strtoull(seed, NULL, 10) : 20261122;
    printf("seed %llu\n", (unsigned long long)state);
}

static void add(Suite *suite)
{
    TCase *cases = tcase_create("audit_check");
    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_test(cases, a_chain_that_nobody_touched_is_whole);
    tcase_add_test(cases, a_row_that_was_changed_is_named);
    tcase_add_test(cases, a_chain_that_was_written_anew_is_named_where_a_seal_knows_better);
    tcase_add_test(cases, rows_that_were_deleted_are_named);
    tcase_add_test(cases, a_row_that_was_inserted_is_named);
    tcase_add_test(cases, rows_that_were_reordered_are_named);
    tcase_add_test(cases, an_end_that_was_cut_off_is_named);
    tcase_add_test(cases, what_is_hashed_stays_what_it_is);
    suite_add_tcase(suite, cases);
}

int main(void)
{
    return suite_main("audit_check", add);
}
