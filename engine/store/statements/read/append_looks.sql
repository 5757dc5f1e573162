-- Notes of who looked at what: $1 timestamptz[] recorded, $2 text[] kinds, $3 text[] actors, $4
-- text[] outcomes, $5 bigint[] persons, $6 text[] types, $7 text[] ids (null for a search). Their
-- numbers are a block of their own, of at most 65,536 rows.
with block as (select nextval('number_block') as first)
insert into audit (audit_id, recorded, kind, actor, outcome, person_key, type, id)
select block.first + n.place - 1, n.recorded, n.kind, n.actor, n.outcome, n.person, n.type, n.id
from block, unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[],
                   $7::text[])
     with ordinality as n (recorded, kind, actor, outcome, person, type, id, place)
