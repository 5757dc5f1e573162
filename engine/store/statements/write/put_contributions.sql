-- What each of several sources says: $1 bigint[] persons, $2 text[] types, $3 bigint[] numbers, $4
-- bigint[] sources, $5 timestamptz[] source times, $6 bigint[] inbox ids, $7 text[] marks, $8
-- text[] bodies.
insert into {shared_}contribution
    (person_key, type, number, source_record_key, source_time, inbox_id, marks, body)
select unnest($1::bigint[]), unnest($2::text[]), unnest($3::bigint[]), unnest($4::bigint[]),
       unnest($5::timestamptz[]), unnest($6::bigint[]), unnest($7::text[]), unnest($8::text[])
on conflict (person_key, type, number, source_record_key) do update
set source_time = excluded.source_time, inbox_id = excluded.inbox_id, marks = excluded.marks,
    body = excluded.body
