-- Source records by site, system and value ($1, $2, $3 text[]). Columns: source_record_key, site,
-- system, value, person_key.
select s.source_record_key, s.site, s.system, s.value, s.person_key
from (select unnest($1::text[]) as site, unnest($2::text[]) as system,
             unnest($3::text[]) as value) as record
join source_record s using (site, system, value)
