/* arena: zeroed and aligned pieces, growth, the ceiling, and what happens at the end of a turn. */
#include "base/arena.h"
#include "support/same.h"
#include "support/suite.h"

#include <stdalign.h>
#include <string.h>

static bool all_zero(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

START_TEST(pieces_are_zero_and_aligned_in_every_turn)
{
    static const size_t sizes[] = {0, 1, 7, 16, 1000, 9000, 20000, 100000, 3000000, 5};
    struct arena *arena = arena_new(0);
    for (int turn = 0; turn < 3; turn++) {
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            char *piece = arena_alloc(arena, sizes[i]);
            ck_assert_ptr_nonnull(piece);
            ck_assert_uint_eq((uintptr_t)piece % alignof(max_align_t), 0);
            ck_assert(all_zero(piece, sizes[i]));
            memset(piece, 0xA5, sizes[i]);
        }
        arena_reset(arena);
    }
    arena_free(arena);
}
END_TEST

START_TEST(pieces_do_not_overlap)
{
    enum { COUNT = 5000 };
    struct arena *arena = arena_new(0);
    unsigned **pieces = ARENA_ARRAY(arena, COUNT, unsigned *);
    for (unsigned i = 0; i < COUNT; i++) {
        pieces[i] = ARENA_ARRAY(arena, 1 + i % 50, unsigned);
        for (unsigned k = 0; k < 1 + i % 50; k++)
            pieces[i][k] = i;
    }
    for (unsigned i = 0; i < COUNT; i++)
        for (unsigned k = 0; k < 1 + i % 50; k++)
            ck_assert_uint_eq(pieces[i][k], i);
    arena_free(arena);
}
END_TEST

START_TEST(newest_piece_grows_in_place_and_keeps_its_bytes)
{
    struct arena *arena = arena_new(0);
    char *piece = arena_alloc(arena, 10);
    memcpy(piece, "0123456789", 10);
    char *grown = arena_grow(arena, piece, 10, 100);
    ck_assert_ptr_eq(grown, piece);
    ck_assert_mem_eq(grown, "0123456789", 10);
    ck_assert(all_zero(grown + 10, 90));
    char *behind = arena_alloc(arena, 10);
    memset(behind, 'x', 10);
    char *moved = arena_grow(arena, grown, 100, 200);
    ck_assert_ptr_ne(moved, grown);
    ck_assert_mem_eq(moved, "0123456789", 10);
    ck_assert(all_zero(moved + 10, 190));
    ck_assert_mem_eq(behind, "xxxxxxxxxx", 10);
    ck_assert_ptr_nonnull(arena_grow(arena, NULL, 0, 8));
    arena_free(arena);
}
END_TEST

START_TEST(growth_step_by_step_across_blocks_keeps_all)
{
    struct arena *arena = arena_new(0);
    char *piece = NULL;
    for (size_t size = 0; size < 200000; size += 997) {
        piece = arena_grow(arena, piece, size, size + 997);
        ck_assert(all_zero(piece + size, 997));
        memset(piece + size, (int)(size / 997 % 251 + 1), 997);
        if (size % 3 == 0)
            arena_alloc(arena, 1);
    }
    for (size_t at = 0; at < 200000; at++)
        if ((unsigned char)piece[at] != at / 997 % 251 + 1)
            ck_abort_msg("byte %zu was not kept", at);
    arena_free(arena);
}
END_TEST

START_TEST(ceiling_is_reported_until_the_reset_and_allocation_goes_on)
{
    struct arena *arena = arena_new(1000);
    arena_alloc(arena, 900);
    ck_assert(!arena_exceeded(arena));
    ck_assert_uint_ge(arena_used(arena), 900);
    char *beyond = arena_alloc(arena, 50000);
    ck_assert(all_zero(beyond, 50000));
    ck_assert(arena_exceeded(arena));
    arena_reset(arena);
    ck_assert(!arena_exceeded(arena));
    ck_assert_uint_eq(arena_used(arena), 0);
    arena_free(arena);
}
END_TEST

START_TEST(copies_carry_a_nul_that_does_not_count)
{
    struct arena *arena = arena_new(0);
    struct slice copy = arena_copy(arena, SLICE("a\0b"));
    ck_assert_uint_eq(copy.len, 3);
    ck_assert_mem_eq(copy.ptr, "a\0b\0", 4);
    ck_assert_str_eq(arena_string(arena, slice_part(SLICE("PID|1"), 0, 3)), "PID");
    ck_assert_uint_eq(arena_copy(arena, (struct slice){NULL, 0}).len, 0);
    CK_SAME(arena_format(arena, "%s-%d", "PID", 5), "PID-5");
    arena_free(arena);
}
END_TEST

struct order {
    char text[8];
    size_t count;
};

struct word {
    struct order *order;
    char letter;
};

static void note(void *data)
{
    struct word *word = data;
    word->order->text[word->order->count++] = word->letter;
}

START_TEST(release_callbacks_run_once_and_last_registered_first)
{
    struct order order = {{0}, 0};
    struct word first = {&order, 'a'}, second = {&order, 'b'};
    struct arena *arena = arena_new(0);
    arena_on_release(arena, note, &first);
    arena_on_release(arena, note, &second);
    arena_reset(arena);
    ck_assert_str_eq(order.text, "ba");
    arena_on_release(arena, note, &first);
    arena_free(arena);
    ck_assert_str_eq(order.text, "baa");
    arena_free(NULL);
}
END_TEST

static void add(Suite *suite)
{
    TCase *tests = tcase_create("arena");
    tcase_add_test(tests, pieces_are_zero_and_aligned_in_every_turn);
    tcase_add_test(tests, pieces_do_not_overlap);
    tcase_add_test(tests, newest_piece_grows_in_place_and_keeps_its_bytes);
    tcase_add_test(tests, growth_step_by_step_across_blocks_keeps_all);
    tcase_add_test(tests, ceiling_is_reported_until_the_reset_and_allocation_goes_on);
    tcase_add_test(tests, copies_carry_a_nul_that_does_not_count);
    tcase_add_test(tests, release_callbacks_run_once_and_last_registered_first);
    suite_add_tcase(suite, tests);
}

int main(void)
{
    return suite_main("arena", add);
}
