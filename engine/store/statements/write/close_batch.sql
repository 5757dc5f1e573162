-- What every batch ends with, in one statement: the messages as they came, the persons whose record
-- has changed, for the judge, and a note of each item. $1 bigint[] inbox ids, $2 timestamptz[]
-- received, $3 text[] feeds, $4 bytea[] MSH-10, $5 text[] types, $6 text[] status, $7 bigint[]
-- persons, $8 bytea[] revisions, $9 bytea[] content hashes, $10 bytea[] raw, $11 bytea[] answers;
-- $12 bigint[] marked persons; $13 timestamptz now by the clock of the record; $14 bigint[] audit
-- ids, $15 text[] kinds, $16 text[] actors, $17 text[] outcomes, $18 bigint[] persons (0:
-- nobody's), $19 bigint[] inbox ids, $20 timestamptz now by the real clock.
with message as (
    insert into inbox
        (inbox_id, received, feed, control_id, message_type, status, person_key, revision,
         content_hash, raw, answer)
    select unnest($1::bigint[]), unnest($2::timestamptz[]), unnest($3::text[]),
           unnest($4::bytea[]), unnest($5::text[]), unnest($6::text[]), unnest($7::bigint[]),
           unnest($8::bytea[]), unnest($9::bytea[]), unnest($10::bytea[]), unnest($11::bytea[])
), mark as (
    insert into marked_person (person_key, marked, due)
    select person, $13::timestamptz, $13::timestamptz
    from (select unnest($12::bigint[]) as person) as n
    order by 1
    on conflict (person_key) do update
    set marked = excluded.marked, due = least(marked_person.due, excluded.due)
)
insert into audit (audit_id, recorded, kind, actor, outcome, person_key, inbox_id)
select n.id, $20::timestamptz, n.kind, n.actor, n.outcome, n.person, n.inbox
from (select unnest($14::bigint[]) as id, unnest($15::text[]) as kind, unnest($16::text[]) as actor,
             unnest($17::text[]) as outcome, unnest($18::bigint[]) as person,
             unnest($19::bigint[]) as inbox) as n
