-- All source records of the persons whom acts may change; $1 to $5 as of act_persons. Columns: those
-- of load_sources, home_person_key, patient_id; in ascending order. Of a person without any there is
-- a row of nulls, but for the person.
select s.source_record_key, s.site, s.system, s.value, a.person_key, s.home_person_key,
       s.patient_id
from act_persons($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[]) a
left join source_record s using (person_key)
order by 1
