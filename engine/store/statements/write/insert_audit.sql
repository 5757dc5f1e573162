-- $1 bigint[] audit ids, $2 timestamptz recorded, $3 text[] kinds, $4 text[] actors, $5 text[]
-- outcomes, $6 bigint[] persons, $7 bigint[] inbox ids (null where there is none).
insert into audit (audit_id, recorded, kind, actor, outcome, person_key, inbox_id)
select n.id, $2::timestamptz, n.kind, n.actor, n.outcome, n.person, n.inbox
from (select unnest($1::bigint[]) as id, unnest($3::text[]) as kind, unnest($4::text[]) as actor,
             unnest($5::text[]) as outcome, unnest($6::bigint[]) as person,
             unnest($7::bigint[]) as inbox) as n
