-- Who did what to whose record. Appended only: no role of the running engine may change or delete.
--
-- Each row stands at a place of a chain: its hash covers the row and the hash of the row before it.
-- A chain is written by one connection of one process, so that no commit waits for another's; its
-- places have no gap. What is hashed, byte for byte, is in pipeline/audit_row.c.

-- The beginning of each chain; its hash is what the row at place 0 stands on. It names the last
-- chain before it under the same name, and where that one ended then, so that a chain that is gone
-- is missed.
create table audit_chain (
    chain bigint generated always as identity primary key,
    name text collate "C" not null,         -- process and what it writes: "door-1/commit"
    opened timestamptz not null,            -- always the real clock
    previous_chain bigint,                  -- null: there was none
    previous_place bigint,                  -- null: it had no row
    previous_hash bytea
);
create index audit_chain_name on audit_chain (name, chain);

create table audit (
    chain bigint not null,
    place bigint not null,                  -- from 0
    recorded timestamptz not null,          -- always the real clock
    person_key bigint not null,             -- 0 where nobody's
    inbox_id bigint,                        -- the message it is about
    kind text collate "C" not null,         -- write, read, search, refuse ...; pipeline/audit.h
    role text collate "C" not null,         -- what the actor is: feed, client, account, engine,
                                            -- stranger
    actor text collate "C" not null,        -- its name; of a stranger: ''
    outcome text collate "C" not null,      -- success, or the name of the issue
    site text collate "C",                  -- of the actor
    address text collate "C",               -- where it called from
    purpose text collate "C",               -- of use, a code of HL7 v3 ActReason
    entities text collate "C",              -- "Patient/a1/3 Observation/b2/1", with versions where
                                            -- one was written or given
    detail text collate "C",                -- the query of a search, the words of a reason
    user_name text collate "C",             -- who is signed in at the client that is the actor
    hash bytea not null,                    -- SHA-256
    primary key (chain, place, recorded)
) partition by range (recorded);
create index audit_person on audit (person_key, recorded) where person_key <> 0;
create index audit_recorded on audit (recorded);
