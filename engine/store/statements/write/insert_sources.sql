-- Source records seen for the first time: $1 bigint[] keys, $2 text[] sites, $3 text[] systems, $4
-- text[] values, $5 bigint[] persons, $6 text[] Patient ids, $7 timestamptz created.
insert into source_record
    (source_record_key, site, system, value, person_key, home_person_key, patient_id, created)
select n.source, n.site, n.system, n.value, n.person, n.person, n.patient, $7::timestamptz
from (select unnest($1::bigint[]) as source, unnest($2::text[]) as site,
             unnest($3::text[]) as system, unnest($4::text[]) as value,
             unnest($5::bigint[]) as person, unnest($6::text[]) as patient) as n
order by 2, 3, 4
