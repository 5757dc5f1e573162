-- What was decided last of the pairs of source records of the persons whom acts may change; $1 to $5
-- as of act_persons. Columns: record_one, record_two, verdict.
with record as (
    select s.source_record_key
    from act_persons($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[]) a
    join source_record s using (person_key)
)
select distinct on (d.record_one, d.record_two) d.record_one, d.record_two, d.verdict
from identity_decision d
where d.record_one in (select source_record_key from record)
  and d.record_two in (select source_record_key from record)
order by d.record_one, d.record_two, d.decision_id desc
