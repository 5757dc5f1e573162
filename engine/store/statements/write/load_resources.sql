-- What is stored of every resource that is reached, what each source said of those with several,
-- and which keys are known. Columns: kind (0 a resource, 1 a contribution, 2 a key, 3 the
-- transaction itself: its id is the number), person_key, type, number, id, version, last_updated,
-- deleted (of a contribution: whether its source record is another person's now), merged,
-- source_record_key, source_time, inbox_id, content_hash (of a key: its digest), marks, body, the
-- site of the source record where it is a person's and no Patient (which never moves), labels,
-- label_site; resources first, and of two with one id the open one.
{reach}, place as materialized (
    select distinct person_key, type, number from reached
)
select 0, r.person_key, r.type, r.number, r.id, r.version, r.last_updated, r.deleted, r.merged,
       r.source_record_key, r.source_time, r.inbox_id, r.content_hash, r.marks, r.body,
       case when r.type <> 'Patient' then (
           select s.site from source_record s where s.source_record_key = r.source_record_key
       ) end, r.labels, r.label_site
from place p join resource r using (person_key, type, number) where p.person_key <> 0
union all
select 0, r.person_key, r.type, r.number, r.id, r.version, r.last_updated, r.deleted, r.merged,
       r.source_record_key, r.source_time, r.inbox_id, r.content_hash, r.marks, r.body,
       null, r.labels, r.label_site
from place p join shared_resource r using (person_key, type, number) where p.person_key = 0
union all
select 1, c.person_key, c.type, c.number, '', 0, null, s.person_key <> c.person_key, true,
       c.source_record_key, c.source_time, c.inbox_id, null, c.marks, c.body, s.site, 0, ''
from place p join contribution c using (person_key, type, number)
join source_record s on s.source_record_key = c.source_record_key where p.person_key <> 0
union all
select 1, c.person_key, c.type, c.number, '', 0, null, false, true,
       c.source_record_key, c.source_time, c.inbox_id, null, c.marks, c.body, null, 0, ''
from place p join shared_contribution c using (person_key, type, number) where p.person_key = 0
union all
select 2, 0, f.type, f.number, '', 0, null, false, false, 0, null, null, f.digest, null, null,
       null, 0, ''
from found f where f.digest is not null
union all
select 3, 0, '', pg_current_xact_id()::text::bigint, '', 0, null, false, false, 0, null, null, null,
       null, null, null, 0, ''
order by 1, 17
