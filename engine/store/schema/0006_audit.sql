-- Who did what to whose record. Appended only: no role of the running engine may change or delete.
create table audit (
    audit_id bigint not null,
    recorded timestamptz not null,          -- always the real clock
    kind text collate "C" not null,         -- message, duplicate, conflict, read, search, write ...
    actor text collate "C" not null,        -- feed, client or account
    outcome text collate "C" not null,      -- success, or the name of the issue
    person_key bigint not null,             -- 0 where nobody's
    inbox_id bigint,
    type text collate "C",
    id text collate "C",
    primary key (audit_id, recorded)
) partition by range (recorded);
create index audit_person on audit (person_key, recorded) where person_key <> 0;
