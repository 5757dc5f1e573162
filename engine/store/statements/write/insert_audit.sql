-- $1 bigint[] audit ids, $2 timestamptz recorded, $3 text[] kinds, $4 text[] actors, $5 text[]
-- outcomes, $6 bigint[] persons, $7 bigint[] inbox ids (null where there is none).
insert into audit (audit_id, recorded, kind, actor, outcome, person_key, inbox_id)
select n.id, $2::timestamptz, n.kind, n.actor, n.outcome, n.person, n.inbox
from unnest($1::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[])
     as n (id, kind, actor, outcome, person, inbox)
