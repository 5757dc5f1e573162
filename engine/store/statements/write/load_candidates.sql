-- Who may be the same person as some records. $1 int4[] number of the record, $2 int8[] a block of
-- it; $3 int4: a block with more members than this is passed over. Columns: number of the record,
-- person_key, source_record_key, body of the Patient as that source record said it; all source
-- records of each person that shares a block, in ascending order.
with shared as (
    select distinct w.record, unnest(m.members) as source_record_key
    from (select unnest($1::int4[]) as record, unnest($2::int8[]) as block) as w
    cross join lateral (
        select array_agg(few.source_record_key) as members
        from (
            select b.source_record_key from match_block b where b.block = w.block limit $3 + 1
        ) as few
    ) as m
    where cardinality(m.members) <= $3
), person as (
    select distinct shared.record, s.person_key
    from shared join source_record s using (source_record_key)
    where s.person_key <> 0
)
select p.record, s.person_key, s.source_record_key, said.body
from person p join source_record s using (person_key)
cross join lateral (
    select c.body from contribution c
    where c.person_key = s.person_key and c.type = 'Patient'
      and c.source_record_key = s.source_record_key
    union all
    select r.body from resource r
    where r.person_key = s.person_key and r.type = 'Patient'
      and r.source_record_key = s.source_record_key and not r.merged and not r.deleted
    limit 1
) as said
order by 1, 2, 3
