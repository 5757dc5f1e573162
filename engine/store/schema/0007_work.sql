-- What is to be done next, and what waits to go out.

-- Persons whose facts changed, or whose next due time has come. Whoever changes a person's record
-- marks it in the same transaction by an upsert that always writes: it thereby waits for a judge
-- that is taking the mark away, and no change falls between two looks.
create table marked_person (
    person_key bigint primary key,
    marked timestamptz not null,
    due timestamptz not null
) with (fillfactor = 50);
create index marked_person_due on marked_person (due);

-- What is owed to whom. The content is made when it is sent, from what then is true and allowed.
create table outbox (
    person_key bigint not null,
    outbox_id bigint not null,
    destination text collate "C" not null,
    kind text collate "C" not null,
    type text collate "C" not null,
    id text collate "C" not null,
    created timestamptz not null,
    due timestamptz not null,
    state text collate "C" not null check (state in ('waiting', 'delivered', 'dead')),
    attempts integer not null,
    last_issue text collate "C",            -- the name of the issue, never words of the other side
    primary key (person_key, outbox_id)
);
create index outbox_waiting on outbox (destination, due, outbox_id) where state = 'waiting';
