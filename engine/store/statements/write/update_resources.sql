-- Later versions; $1 to $15 as in insert_resources, $16 int[] the versions that were read, $17
-- text[] the marks that were read, of a resource of no person, which nobody has locked; else null.
-- A row that has others by now fails the transaction as a race that was lost.
with changed as (
    update {shared_}resource r
    set version = n.version, last_updated = n.updated, deleted = false, merged = n.merged,
        source_record_key = n.source, source_time = n.time, inbox_id = n.inbox,
        content_hash = n.hash, marks = n.marks, body = n.body, labels = n.labels,
        label_site = n.label_site
    from (select unnest($1::bigint[]) as person, unnest($2::text[]) as type,
                 unnest($3::bigint[]) as number, unnest($4::text[]) as id,
                 unnest($5::int[]) as version, unnest($6::timestamptz[]) as updated,
                 unnest($7::boolean[]) as merged, unnest($8::bigint[]) as source,
                 unnest($9::timestamptz[]) as time, unnest($10::bigint[]) as inbox,
                 unnest($11::bytea[]) as hash, unnest($12::text[]) as marks,
                 unnest($13::text[]) as body, unnest($14::int[]) as labels,
                 unnest($15::text[]) as label_site, unnest($16::int[]) as expected,
                 unnest($17::text[]) as read_marks order by 3) as n
    where r.person_key = n.person and r.type = n.type and r.number = n.number
      and r.version = n.expected
      and (r.person_key > 0 or r.marks is not distinct from n.read_marks)
    returning 1
)
select confirm_rows((select count(*) from changed), cardinality($3::bigint[]))
