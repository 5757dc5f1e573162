-- All source records of the persons whom acts may change; $1 to $4 as of act_persons. Columns: those
-- of load_sources, home_person_key, patient_id; in ascending order.
select s.source_record_key, s.site, s.system, s.value, s.person_key, s.home_person_key,
       s.patient_id
from act_persons($1::text[], $2::text[], $3::text[], $4::text[]) a
join source_record s using (person_key)
order by 1
