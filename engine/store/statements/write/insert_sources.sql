-- Source records seen for the first time: $1 bigint[] keys, $2 text[] sites, $3 text[] systems, $4
-- text[] values, $5 bigint[] persons, $6 text[] Patient ids, $7 timestamptz created.
insert into source_record
    (source_record_key, site, system, value, person_key, home_person_key, patient_id, created)
select n.source, n.site, n.system, n.value, n.person, n.person, n.patient, $7::timestamptz
from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
     as n (source, site, system, value, person, patient)
order by 2, 3, 4
