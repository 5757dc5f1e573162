-- Who is who: every source record has its person, every person a Patient, and who was replaced
-- points at one who was not. $1 integer how many to name. Columns as of verify_messages.
with bad as (
    select 'source_record' as name, s.source_record_key as key, 'has no person' as fault
    from source_record s
    left join person p using (person_key)
    where s.person_key <> 0 and p.person_key is null
    union all
    select 'person', p.person_key, 'has no Patient'
    from person p
    left join resource_place l
        on l.type = 'Patient' and l.id = p.patient_id and l.person_key = p.person_key
    where l.id is null
    union all
    select 'person', p.person_key, 'is replaced by one who was replaced'
    from person p
    join person q on q.person_key = p.replaced_by
    where q.replaced_by is not null
)
select name, key::text, fault, count(*) over () from bad order by name, key limit $1::integer
