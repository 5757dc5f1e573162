-- The blocks of some source records are these and no others. $1 int8[] the source records; $2 int8[]
-- source record and $3 int8[] block of each row.
with wanted as (
    select unnest($2::int8[]) as source_record_key, unnest($3::int8[]) as block
), gone as (
    delete from match_block b using (select unnest($1::int8[]) as source_record_key) as k
    where b.source_record_key = k.source_record_key
      and not exists (select from wanted w where w.source_record_key = b.source_record_key
                                             and w.block = b.block)
)
insert into match_block (block, source_record_key)
select block, source_record_key from wanted
on conflict do nothing
