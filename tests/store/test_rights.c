/* What each role of the database may not do, by the statement that somebody would try who has its
 * password, and what SQLSTATE the server answers (PostgreSQL appendix A: 42501 is
 * insufficient_privilege). And what must hold for every table and function, also of those that are
 * yet to come. */
#include "store/migrate.h"

#include "support/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL "door judge courier reader"
#define FORBIDDEN "42501"

static struct arena *arena;

static void set_up(void)
{
    struct issue_list issues;
    arena = arena_new(0);
    issue_list_init(&issues, arena);
    struct store_settings owner = database_settings("painbridge_owner");
    size_t count = 0;
    ck_assert_int_eq(store_migrate(&owner, &count, &issues), 0);
}

static void tear_down(void)
{
    arena_free(arena);
}

/* Runs a statement as the role and takes it back; its SQLSTATE, empty where it succeeded. */
static struct slice state_of(const char *role, const char *database, const char *sql)
{
    struct store_settings as = database_settings("painbridge_owner");
    const char *user = arena_format(arena, "painbridge_%s", role).ptr;
    setenv("PGPASSWORD", user, 1);
    setenv("STATEMENT", sql, 1);
    struct slice command = arena_format(
        arena,
        "psql -X -q -At -v VERBOSITY=sqlstate 'host=localhost port=%lld dbname=%s user=%s "
        "sslmode=verify-full sslrootcert=%.*s' -c 'begin' -c \"$STATEMENT\" -c 'rollback' 2>&1",
        (long long)as.port, database, user, SLICE_ARG(as.ca_file));
    FILE *lines = popen(command.ptr, "r");
    ck_assert_ptr_nonnull(lines);
    char line[400];
    struct slice state = {"", 0};
    while (fgets(line, sizeof line, lines))
        if (strncmp(line, "ERROR:  ", 8) == 0)
            state = slice_trim(arena_copy(arena, slice_of(line + 8)));
        else if (strstr(line, "FATAL: "))
            state = SLICE("FATAL");
    pclose(lines);
    return state;
}

static bool has_word(const char *words, const char *word)
{
    struct slice rest = slice_of(words), one;
    while (slice_split(&rest, ' ', &one))
        if (slice_equal(one, slice_of(word)))
            return true;
    return slice_equal(rest, slice_of(word));
}

/* --- what is refused -------------------------------------------------------------------------- */

/* Each is tried by each of the roles. */
static const struct attempt {
    const char *roles, *sql;
    const char *state; /* NULL: FORBIDDEN */
} attempts[] = {
    /* what was written stays */
    {ALL, "delete from audit", NULL},
    {ALL, "update audit set outcome = 'success'", NULL},
    {ALL, "truncate audit", NULL},
    {ALL, "update audit_chain set name = ''", NULL},
    {ALL, "delete from audit_chain", NULL},
    {ALL, "update audit_seal set token = ''", NULL},
    {ALL, "delete from audit_seal", NULL},
    {"door courier reader", "insert into audit_seal select * from audit_seal where false", NULL},
    {ALL, "drop table audit", NULL},
    {ALL, "alter table audit disable trigger all", NULL},
    {ALL, "alter table audit detach partition x", NULL},
    {ALL, "delete from inbox", NULL},
    {ALL, "update inbox set raw = ''", NULL},
    {ALL, "update inbox set answer = ''", NULL},
    {ALL, "truncate inbox", NULL},
    {ALL, "delete from resource_history", NULL},
    {ALL, "update resource_history set body = ''", NULL},
    {ALL, "truncate resource_history", NULL},
    {ALL, "delete from shared_resource_history", NULL},
    {ALL, "update shared_resource_history set body = ''", NULL},
    {ALL, "delete from resource", NULL},
    {ALL, "delete from shared_resource", NULL},
    {ALL, "delete from person", NULL},
    {ALL, "delete from source_record", NULL},
    {ALL, "delete from message_key", NULL},
    {ALL, "delete from resource_place", NULL},
    {ALL, "delete from resource_key", NULL},
    {ALL, "update resource_key set id = ''", NULL},
    {ALL, "delete from held_drop", NULL},
    {ALL, "update held_drop set who = 'nobody'", NULL},
    {ALL, "delete from outbox", NULL},
    {ALL, "update schema_version set version = 0", NULL},
    {ALL, "delete from instance_setting", NULL},
    /* each keeps to its work */
    {"judge courier reader", "insert into inbox select * from inbox", NULL},
    {"judge courier reader", "insert into message_key select * from message_key", NULL},
    {"judge courier reader", "update message_key set accepted = true", NULL},
    {"judge courier reader", "update inbox set status = 'accepted'", NULL},
    {"judge courier reader", "update instance_setting set value = ''", NULL},
    {"judge courier reader", "delete from held_message", NULL},
    {"judge courier reader", "delete from feed_pause", NULL},
    {"judge courier", "select raw from inbox", NULL},
    {"judge courier", "select * from message_key", NULL},
    {"judge courier", "select * from held_cause", NULL},
    {"courier", "select * from resource_history", NULL},
    {"courier", "select * from contribution", NULL},
    {"courier", "select * from index_string", NULL},
    {"courier", "update outbox set destination = 'elsewhere'", NULL},
    {"courier", "update outbox set person_key = 1", NULL},
    {"courier reader", "insert into outbox select * from outbox", NULL},
    {"courier reader", "update resource set body = ''", NULL},
    {"courier reader", "insert into resource select * from resource", NULL},
    {"courier reader", "update person set replaced_by = 1", NULL},
    {"courier reader", "update source_record set person_key = 1", NULL},
    {"courier reader", "delete from contribution", NULL},
    {"courier reader", "delete from index_token", NULL},
    {"courier reader", "delete from marked_person", NULL},
    {"door judge reader", "update outbox set state = 'delivered'", NULL},
    {"reader", "select ensure_partitions(now())", NULL},
    {"reader", "select nextval('number_block')", NULL},
    /* nobody makes anything */
    {ALL, "create table mine (x integer)", NULL},
    {ALL, "create temporary table mine (x integer)", NULL},
    {ALL, "create function mine() returns integer language sql as 'select 1'", NULL},
    {ALL, "create schema mine", NULL},
    {ALL, "create view mine as select 1", NULL},
    {ALL, "create trigger mine before update on inbox execute function confirm_rows()", NULL},
    {ALL, "create extension dblink", NULL},
    {ALL, "create extension postgres_fdw", NULL},
    {ALL, "create index mine on inbox (feed)", NULL},
    {ALL, "create role mine", NULL},
    {ALL, "create publication mine for all tables", NULL},
    {ALL, "do $$ begin create table mine (x integer); end $$", NULL},
    {ALL, "alter table inbox owner to painbridge_door", NULL},
    {ALL, "alter function ensure_partitions owner to painbridge_door", NULL},
    {ALL, "lock table audit in access exclusive mode", NULL},
    /* nobody becomes another */
    {ALL, "set role painbridge_owner", NULL},
    {ALL, "set role postgres", NULL},
    {ALL, "set session authorization painbridge_owner", NULL},
    {ALL, "alter role painbridge_owner password 'x'", NULL},
    {ALL, "alter role painbridge_door superuser", NULL},
    {ALL, "grant painbridge_owner to painbridge_door", "*"},
    {ALL, "select * from pg_authid", NULL},
    {ALL, "select * from pg_shadow", NULL},
    {ALL, "select * from pg_statistic", NULL},
    {ALL, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres'", "*"},
    /* nobody touches the machine or its settings */
    {ALL, "copy audit to program 'cat > /dev/null'", NULL},
    {ALL, "copy audit to '/tmp/audit'", NULL},
    {ALL, "copy audit from program 'id'", NULL},
    {ALL, "select pg_read_file('postgresql.conf')", NULL},
    {ALL, "select pg_read_binary_file('/etc/passwd')", NULL},
    {ALL, "select pg_ls_dir('/')", NULL},
    {ALL, "select pg_stat_file('/')", NULL},
    {ALL, "select lo_create(0)", NULL},
    {ALL, "select lo_creat(-1)", NULL},
    {ALL, "select lo_from_bytea(0, '')", NULL},
    {ALL, "select lo_import('/etc/passwd')", NULL},
    {ALL, "select lo_export(1, '/tmp/x')", NULL},
    {ALL, "select pg_reload_conf()", NULL},
    {ALL, "select pg_switch_wal()", NULL},
    {ALL, "alter system set fsync = off", "*"},
    {ALL, "set log_statement = 'all'", NULL},
    {ALL, "set session_replication_role = replica", NULL},
    {ALL, "checkpoint", NULL},
};

/* The privilege is asked before anything else, but for statements that some other rule refuses. */
START_TEST(what_is_not_a_roles_work_is_refused)
{
    const struct attempt *attempt = &attempts[_i];
    static const char *const roles[] = {"door", "judge", "courier", "reader"};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (!has_word(attempt->roles, roles[i]))
            continue;
        struct slice state = state_of(roles[i], "painbridge", attempt->sql);
        bool well = attempt->state ? state.len > 0 : slice_equal(state, SLICE(FORBIDDEN));
        ck_assert_msg(well, "%s: %s: '%.*s'", roles[i], attempt->sql, SLICE_ARG(state));
    }
}
END_TEST

START_TEST(no_role_gets_into_another_database)
{
    static const char *const databases[] = {"postgres", "template1"};
    static const char *const roles[] = {"owner", "door", "judge", "courier", "reader"};
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < sizeof roles / sizeof roles[0]; j++) {
            struct slice state = state_of(roles[j], databases[i], "select 1");
            ck_assert_msg(slice_equal(state, SLICE("FATAL")), "%s in %s", roles[j], databases[i]);
        }
}
END_TEST

/* The test itself: that a refusal is one of the right, not of the way to ask. */
static const struct {
    const char *role, *sql;
} allowed[] = {
    {"door", "insert into inbox select * from inbox where false"},
    {"door", "select raw from inbox"},
    {"door", "update inbox set status = 'dropped' where false"},
    {"door", "select ensure_partitions(now())"},
    {"door", "select nextval('number_block')"},
    {"door", "delete from held_message where false"},
    {"judge", "select body from resource"},
    {"judge", "insert into outbox select * from outbox where false"},
    {"judge", "delete from marked_person where false"},
    {"judge", "insert into audit select * from audit where false"},
    {"judge", "insert into audit_seal select * from audit_seal where false"},
    {"courier", "update outbox set state = 'delivered' where false"},
    {"courier", "select body from resource"},
    {"courier", "insert into audit select * from audit where false"},
    {"reader", "select raw from inbox"},
    {"reader", "select * from audit"},
    {"owner", "create table mine (x integer)"},
};

START_TEST(what_is_a_roles_work_is_done)
{
    struct slice state = state_of(allowed[_i].role, "painbridge", allowed[_i].sql);
    ck_assert_msg(state.len == 0, "%s: %.*s", allowed[_i].sql, SLICE_ARG(state));
}
END_TEST

/* --- what holds for all of them --------------------------------------------------------------- */

/* Each lists what breaks a rule. */
static const struct {
    const char *rule, *sql;
} rules[] = {
    {"only the owner has tables, views, sequences and functions",
     "select relname from pg_class where relnamespace = 'public'::regnamespace"
     " and relowner <> 'painbridge_owner'::regrole union all "
     "select proname from pg_proc where pronamespace = 'public'::regnamespace"
     " and proowner <> 'painbridge_owner'::regrole"},
    {"no role may empty a table, hang triggers on it, or refer to it",
     "select table_name, grantee, privilege_type from information_schema.role_table_grants"
     " where table_schema = 'public' and grantee like 'painbridge\\_%'"
     " and grantee <> 'painbridge_owner'"
     " and privilege_type in ('TRUNCATE', 'TRIGGER', 'REFERENCES')"},
    {"what was said is never unsaid",
     "select table_name, grantee, privilege_type from information_schema.role_table_grants"
     " where table_schema = 'public' and grantee like 'painbridge\\_%'"
     " and grantee <> 'painbridge_owner' and privilege_type in ('DELETE', 'UPDATE')"
     " and (table_name like 'audit%' or table_name like '%history' or table_name like 'inbox%'"
     "      or table_name = 'held_drop')"},
    {"no right can be handed on",
     "select table_name, grantee from information_schema.role_table_grants"
     " where table_schema = 'public' and grantee <> 'painbridge_owner' and is_grantable = 'YES'"},
    {"the reader changes nothing but the audit",
     "select table_name, privilege_type from information_schema.role_table_grants"
     " where table_schema = 'public' and grantee = 'painbridge_reader'"
     " and privilege_type <> 'SELECT' and table_name not like 'audit%'"},
    {"who does not write the record calls no function that does",
     "select proname from pg_proc where pronamespace = 'public'::regnamespace"
     " and (has_function_privilege('painbridge_reader', oid, 'execute')"
     "      or has_function_privilege('painbridge_courier', oid, 'execute'))"
     " and proname <> 'ensure_partitions' and provolatile = 'v'"},
    {"nothing is everybody's",
     "select table_name from information_schema.role_table_grants"
     " where table_schema = 'public' and grantee = 'PUBLIC' union all "
     "select p.proname from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))"
     " a where p.pronamespace = 'public'::regnamespace and a.grantee = 0"},
    {"a function with its owner's rights says where it looks",
     "select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef"
     " and not exists (select from unnest(proconfig) c where c like 'search_path=%')"},
    {"no role is more than one that logs in",
     "select rolname from pg_roles where rolname like 'painbridge\\_%' and (rolsuper or"
     " rolcreaterole or rolcreatedb or rolreplication or rolbypassrls or not rolcanlogin)"},
    {"no role is a member of another",
     "select member::regrole, roleid::regrole from pg_auth_members"
     " where member::regrole::text like 'painbridge\\_%'"},
};

START_TEST(the_rules_of_rights_hold)
{
    char *found = database_ask(rules[_i].sql);
    ck_assert_msg(found[0] == '\0', "%s: %s", rules[_i].rule, found);
    free(found);
}
END_TEST

#define COUNT(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

static void add(Suite *suite)
{
    TCase *made = tcase_create("rights");
    tcase_set_timeout(made, 60);
    tcase_add_checked_fixture(made, set_up, tear_down);
    tcase_add_loop_test(made, what_is_not_a_roles_work_is_refused, 0, COUNT(attempts));
    tcase_add_test(made, no_role_gets_into_another_database);
    tcase_add_loop_test(made, what_is_a_roles_work_is_done, 0, COUNT(allowed));
    tcase_add_loop_test(made, the_rules_of_rights_hold, 0, COUNT(rules));
    suite_add_tcase(suite, made);
}

int main(void)
{
    return database_suite_main("rights", add);
}
