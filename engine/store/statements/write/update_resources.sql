-- Later versions; $1 to $13 as in insert_resources, $14 int[] the versions that are stored now. A
-- row that has another one by now fails the transaction as a race that was lost.
with changed as (
    update {shared_}resource r
    set version = n.version, last_updated = n.updated, deleted = false, merged = n.merged,
        source_record_key = n.source, source_time = n.time, inbox_id = n.inbox,
        content_hash = n.hash, marks = n.marks, body = n.body
    from unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::timestamptz[],
                $7::boolean[], $8::bigint[], $9::timestamptz[], $10::bigint[], $11::bytea[],
                $12::text[], $13::text[], $14::int[])
         as n (person, type, number, id, version, updated, merged, source, time, inbox, hash, marks,
               body, expected)
    where r.person_key = n.person and r.type = n.type and r.number = n.number
      and r.version = n.expected
    returning 1
)
select confirm_rows((select count(*) from changed), cardinality($3::bigint[]))
