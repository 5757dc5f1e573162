-- New resources with their places: $1 bigint[] persons (0: shared), $2 text[] types, $3 bigint[]
-- numbers, $4 text[] ids, $5 int[] versions, $6 timestamptz[] last updated, $7 boolean[] merged, $8
-- bigint[] sources, $9 timestamptz[] source times, $10 bigint[] inbox ids, $11 bytea[] content
-- hashes, $12 text[] marks, $13 text[] bodies, $14 int[] labels, $15 text[] label sites. An id that somebody else made meanwhile fails, as a
-- race that was lost.
with place as (
    insert into resource_place (type, id, labelled, person_key, number)
    select n.type, n.id, n.labels <> 0, n.person, n.number
    from (select unnest($2::text[]) as type, unnest($4::text[]) as id,
                 unnest($14::int[]) as labels, unnest($1::bigint[]) as person,
                 unnest($3::bigint[]) as number) as n
    order by 1, 2, 3
)
insert into {shared_}resource
    (person_key, type, number, id, version, last_updated, deleted, merged, source_record_key,
     source_time, inbox_id, content_hash, marks, body, labels, label_site)
select n.person, n.type, n.number, n.id, n.version, n.updated, false, n.merged, n.source, n.time,
       n.inbox, n.hash, n.marks, n.body, n.labels, n.label_site
from (select unnest($1::bigint[]) as person, unnest($2::text[]) as type,
             unnest($3::bigint[]) as number, unnest($4::text[]) as id,
             unnest($5::int[]) as version, unnest($6::timestamptz[]) as updated,
             unnest($7::boolean[]) as merged, unnest($8::bigint[]) as source,
             unnest($9::timestamptz[]) as time, unnest($10::bigint[]) as inbox,
             unnest($11::bytea[]) as hash, unnest($12::text[]) as marks,
             unnest($13::text[]) as body, unnest($14::int[]) as labels,
             unnest($15::text[]) as label_site) as n
