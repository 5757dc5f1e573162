/* failure: see failure.h. The table is sorted by SQLSTATE; of the rows that are a prefix of the
 * state, the longest counts. */
#include "store/failure.h"

struct state_row {
    struct slice prefix; /* a class of two characters, or one state of five */
    enum store_failure failure;
};

static const struct state_row state_rows[] = {
    {SLICE_INIT("00"), STORE_DONE},     {SLICE_INIT("08"), STORE_DOWN}, /* connection exception */
    {SLICE_INIT("0A"), STORE_SUSPECT},  /* feature_not_supported: a plan that does not fit any more
                                         */
    {SLICE_INIT("23505"), STORE_RETRY}, /* unique_violation: somebody was first; look again */
    {SLICE_INIT("25006"), STORE_DOWN},  /* read_only_sql_transaction: not the primary any more */
    {SLICE_INIT("25P02"), STORE_RETRY}, /* in_failed_sql_transaction: the one before it failed */
    {SLICE_INIT("25P03"), STORE_DOWN},  /* idle_in_transaction_session_timeout */
    {SLICE_INIT("26"), STORE_SUSPECT},  /* invalid_sql_statement_name: it was prepared elsewhere */
    {SLICE_INIT("28"), STORE_DOWN},     /* invalid authorization: until someone corrects it */
    {SLICE_INIT("3D000"), STORE_DOWN},  /* invalid_catalog_name */
    {SLICE_INIT("40001"), STORE_RETRY}, /* serialization_failure */
    {SLICE_INIT("40P01"), STORE_RETRY}, /* deadlock_detected */
    {SLICE_INIT("42"), STORE_SUSPECT},  /* access rule violation: our statements are always the same
                                         */
    {SLICE_INIT("53"), STORE_SUSPECT},  /* insufficient resources: memory, for this or for all */
    {SLICE_INIT("53100"), STORE_DOWN},  /* disk_full */
    {SLICE_INIT("53300"), STORE_DOWN},  /* too_many_connections */
    {SLICE_INIT("55P03"), STORE_RETRY}, /* lock_not_available */
    {SLICE_INIT("57014"), STORE_RETRY}, /* query_canceled: statement_timeout */
    {SLICE_INIT("57P"), STORE_DOWN},    /* shutdown, crash, cannot connect now */
    {SLICE_INIT("58"), STORE_DOWN},     /* system error */
    {SLICE_INIT("XX"), STORE_SUSPECT},  /* internal error, data or index corrupted: of one page? */
};

static const struct {
    const char *name;
    enum issue_code issue;
} failure_rows[] = {
    [STORE_DONE] = {"done", ISSUE_NONE},
    [STORE_RETRY] = {"retry", ISSUE_RECORD_LOCKED},
    [STORE_REFUSED] = {"refused", ISSUE_APPLICATION},
    [STORE_SUSPECT] = {"suspect", ISSUE_APPLICATION},
    [STORE_DOWN] = {"down", ISSUE_STORE_DOWN},
    [STORE_UNCERTAIN] = {"uncertain", ISSUE_STORE_DOWN},
};

enum store_failure store_failure_of(struct slice sqlstate)
{
    enum store_failure failure = STORE_REFUSED;
    size_t longest = 0;
    for (size_t i = 0; i < sizeof(state_rows) / sizeof(state_rows[0]); i++) {
        const struct state_row *row = &state_rows[i];
        if (row->prefix.len <= longest || !slice_starts_with(sqlstate, row->prefix))
            continue;
        longest = row->prefix.len;
        failure = row->failure;
    }
    return failure;
}

const char *store_failure_name(enum store_failure failure)
{
    return failure_rows[failure].name;
}

enum issue_code store_failure_issue(enum store_failure failure)
{
    return failure_rows[failure].issue;
}
