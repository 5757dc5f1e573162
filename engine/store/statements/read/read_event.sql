-- One row of the audit: $1 bigint chain, $2 bigint place. Columns: those of the table, then the
-- Patient.
select a.chain, a.place, a.recorded, a.person_key, a.inbox_id, a.kind, a.role, a.actor, a.outcome,
       a.site, a.address, a.purpose, a.entities, a.detail, a.user_name, a.hash, p.patient_id
from audit a left join person p on p.person_key = a.person_key
where a.chain = $1::bigint and a.place = $2::bigint
limit 1
