-- What every batch ends with, in one statement: the messages as they came, the persons whose record
-- has changed, for the judge, and a note of each item. $1 bigint[] inbox ids, $2 timestamptz[]
-- received, $3 text[] feeds, $4 bytea[] MSH-10, $5 text[] types, $6 text[] status, $7 bigint[]
-- persons, $8 bytea[] revisions, $9 bytea[] content hashes, $10 bytea[] raw, $11 bytea[] answers;
-- $12 bigint[] marked persons; $13 timestamptz now by the clock of the record; the audit as in
-- append_audit: $14 bigint chain, $15 bigint first place, $16 timestamptz[] recorded, $17 bigint[]
-- persons, $18 bigint[] inbox ids, $19 text[] kinds, $20 text[] roles, $21 text[] actors, $22
-- text[] outcomes, $23 text[] sites, $24 text[] addresses, $25 text[] purposes, $26 text[]
-- entities, $27 text[] details, $28 text[] users, $29 bytea[] hashes.
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
insert into audit (chain, place, recorded, person_key, inbox_id, kind, role, actor, outcome, site,
                   address, purpose, entities, detail, user_name, hash)
select $14::bigint, $15::bigint + n.number - 1, n.recorded, n.person, n.inbox, n.kind, n.role,
       n.actor, n.outcome, n.site, n.address, n.purpose, n.entities, n.detail,
       n.user_name, n.hash
from unnest($16::timestamptz[], $17::bigint[], $18::bigint[], $19::text[], $20::text[], $21::text[],
            $22::text[], $23::text[], $24::text[], $25::text[], $26::text[], $27::text[],
            $28::text[], $29::bytea[])
     with ordinality as n (recorded, person, inbox, kind, role, actor, outcome, site, address,
                           purpose, entities, detail, user_name, hash, number)
