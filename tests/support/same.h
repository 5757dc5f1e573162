/* same: slices against literals in tests, with both texts in the words of a failure. */
#ifndef SUPPORT_SAME_H
#define SUPPORT_SAME_H

#include "base/slice.h"

#include <check.h>

#define CK_SAME(got, literal)                                                                      \
    do {                                                                                           \
        struct slice ck_got = (got);                                                               \
        struct slice ck_want = slice_of(literal);                                                  \
        ck_assert_msg(slice_equal(ck_got, ck_want), "%s is '%.*s', not '%.*s'", #got,              \
                      SLICE_ARG(ck_got), SLICE_ARG(ck_want));                                      \
    } while (0)

#endif
