-- What may move with the source records of the persons whom acts may change, and what of theirs
-- may have to be computed again; $1 to $5 as of act_persons. Columns as of load_resources.
with of_person as materialized (
    select r.*
    from act_persons($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[]) a
    join resource r using (person_key)
    where a.is_main or r.merged or r.type = 'Patient'
)
select 0, r.person_key, r.type, r.number, r.id, r.version, r.last_updated, r.deleted, r.merged,
       r.source_record_key, r.source_time, r.inbox_id, r.content_hash, r.marks, r.body,
       (select s.site from source_record s where s.source_record_key = r.source_record_key),
       r.labels, r.label_site
from of_person r
union all
select 1, c.person_key, c.type, c.number, '', 0, null, s.person_key <> c.person_key, true,
       c.source_record_key, c.source_time, c.inbox_id, null, c.marks, c.body, s.site, 0, ''
from of_person r join contribution c using (person_key, type, number)
join source_record s on s.source_record_key = c.source_record_key
where r.merged
order by 1, 17
