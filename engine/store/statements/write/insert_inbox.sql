-- Messages as they came: $1 bigint[] inbox ids, $2 timestamptz[] received, $3 text[] feeds, $4
-- bytea[] MSH-10, $5 text[] types, $6 text[] status, $7 bigint[] persons, $8 bytea[] revisions, $9
-- bytea[] content hashes, $10 bytea[] raw, $11 bytea[] answers.
insert into inbox
    (inbox_id, received, feed, control_id, message_type, status, person_key, revision,
     content_hash, raw, answer)
select * from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::bytea[], $5::text[],
                     $6::text[], $7::bigint[], $8::bytea[], $9::bytea[], $10::bytea[], $11::bytea[])
