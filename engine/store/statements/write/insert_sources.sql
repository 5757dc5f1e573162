-- Source records seen for the first time: $1 bigint[] keys, $2 text[] sites, $3 text[] systems, $4
-- text[] values, $5 bigint[] persons, $6 bigint[] the persons an unlink goes back to, $7 text[]
-- Patient ids, $8 timestamptz created.
insert into source_record
    (source_record_key, site, system, value, person_key, home_person_key, patient_id, created)
select n.source, n.site, n.system, n.value, n.person, n.home, n.patient, $8::timestamptz
from (select unnest($1::bigint[]) as source, unnest($2::text[]) as site,
             unnest($3::text[]) as system, unnest($4::text[]) as value,
             unnest($5::bigint[]) as person, unnest($6::bigint[]) as home,
             unnest($7::text[]) as patient) as n
order by 2, 3, 4
