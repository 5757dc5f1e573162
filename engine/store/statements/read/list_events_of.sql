-- Rows of the audit, newest first, of the person of the Patient $11 text, of those whose records that
-- person has now, and of whoever has that person's: $1 timestamptz from, $2 timestamptz before, $3
-- text[] kinds or null, $4 text[] roles or null, $5 text the beginning of the actor's name in lower
-- case or null, $6 boolean whether it went well or null; below the row $7 timestamptz recorded, $8
-- bigint chain, $9 bigint place; at most $10 bigint. Columns: those of the table, then the Patient.
with known as (
    select coalesce(p.replaced_by, p.person_key) as person_key
    from resource_place r join person p on p.person_key = r.person_key
    where r.type = 'Patient' and r.id = $11::text
), persons as (
    select k.person_key from known k
    union
    select p.person_key from person p join known k on p.replaced_by = k.person_key
)
select a.chain, a.place, a.recorded, a.person_key, a.inbox_id, a.kind, a.role, a.actor, a.outcome,
       a.site, a.address, a.purpose, a.entities, a.detail, a.user_name, a.hash, p.patient_id
from persons k
join audit a on a.person_key = k.person_key and a.person_key <> 0
join person p on p.person_key = a.person_key
where a.recorded >= $1::timestamptz and a.recorded < $2::timestamptz
  and (a.recorded, a.chain, a.place) < ($7::timestamptz, $8::bigint, $9::bigint)
  and ($3::text[] is null or a.kind = any ($3::text[]))
  and ($4::text[] is null or a.role = any ($4::text[]))
  and ($5::text is null or starts_with(lower(a.actor), $5::text))
  and ($6::boolean is null or (a.outcome = 'success') = $6::boolean)
order by a.recorded desc, a.chain desc, a.place desc
limit $10::bigint
