-- The same content said again later: no version, but from now on older news does not count. $1
-- bigint[] persons, $2 text[] types, $3 bigint[] numbers, $4 timestamptz[] source times, $5 text[]
-- marks, $6 boolean[] merged from now on, $7 int[] the versions that were read, $8 text[] the marks
-- that must still stand where a resource comes to have its second source; else null. Where another
-- engine has stored another content or another source since, the transaction fails as a race that
-- was lost; where it has said the same content again, the later time stays.
with changed as (
    update {shared_}resource r
    set source_time = greatest(r.source_time, n.time), merged = n.merged,
        marks = case when n.merged or n.time >= r.source_time then n.marks else r.marks end
    from (select unnest($1::bigint[]) as person, unnest($2::text[]) as type,
                 unnest($3::bigint[]) as number, unnest($4::timestamptz[]) as time,
                 unnest($5::text[]) as marks, unnest($6::boolean[]) as merged,
                 unnest($7::int[]) as version, unnest($8::text[]) as read_marks order by 3) as n
    where r.person_key = n.person and r.type = n.type and r.number = n.number
      and r.version = n.version
      and (r.merged = n.merged or r.marks = n.read_marks)
    returning 1
)
select confirm_rows((select count(*) from changed), cardinality($3::bigint[]))
