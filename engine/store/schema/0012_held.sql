-- Messages that wait: stored and answered, with nothing of them in the record yet. Their rows go when
-- they go on; what they were stays in inbox.

-- `position` is the order in which they came, over all doors.
create table held_message (
    inbox_id bigint primary key,
    received timestamptz not null,          -- with the id the key of the inbox
    feed text collate "C" not null,
    site text collate "C" not null,
    position bigint generated always as identity
);
create index held_message_position on held_message (position);

-- Whose lane a message stands in: a digest of the feed and one source record that it is about. The
-- messages of a lane go on in order; who comes while somebody stands there waits behind.
create table held_lane (
    lane bytea not null,
    position bigint not null,
    inbox_id bigint not null,
    primary key (lane, position)
);
create index held_lane_message on held_lane (inbox_id);

-- What a message waits for; a message that only waits behind another has no row.
create table held_cause (
    inbox_id bigint not null,
    cause text collate "C" not null,        -- the name by which it is called: "unmapped-1f0c39a2b4"
    kind text collate "C" not null check (kind in ('unmapped', 'invalid', 'required', 'clash')),
    rule text collate "C" not null,         -- the first one that said so, and where in the message
    place text collate "C" not null,
    code_table text collate "C" not null,   -- of an unmapped code, else ''
    code text collate "C" not null,
    code_system text collate "C" not null,
    primary key (inbox_id, cause)
);
create index held_cause_name on held_cause (cause, inbox_id);

-- Messages that waited and were let go for good: the bytes stay in inbox, nothing of them is in the
-- record. Appended only.
create table held_drop (
    inbox_id bigint primary key,
    dropped timestamptz not null,           -- always the real clock
    who text collate "C" not null,          -- as was said; the account is in the audit
    why text collate "C" not null
);

grant select on held_message, held_lane, held_cause, held_drop
to painbridge_door, painbridge_judge, painbridge_courier, painbridge_reader;
grant insert, update, delete on held_message, held_lane, held_cause to painbridge_door;
grant insert on held_drop to painbridge_door;
grant update (status, person_key, revision) on inbox to painbridge_door;
