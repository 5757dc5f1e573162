-- Source records with the person each is of: $1 text a Patient id (of a person who was replaced, too)
-- or the key of a source record, whose person is meant, or '' for all; $2 bigint the key that the page
-- begins after, $3 integer how many at most. Columns: source_record_key, site, system, value, the
-- Patient that answers for it, the id that its own Patient has or would have.
with wanted as (
    select coalesce(p.replaced_by, p.person_key) as person_key
    from resource_place l join person p using (person_key)
    where l.type = 'Patient' and l.id = $1::text
    union
    select s.person_key from source_record s where s.source_record_key::text = $1::text
)
select s.source_record_key, s.site, s.system, s.value, p.patient_id, s.patient_id
from source_record s join person p using (person_key)
where ($1::text = '' or s.person_key in (select person_key from wanted))
  and s.source_record_key > $2::bigint
order by 1 limit $3::integer
