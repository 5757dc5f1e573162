-- Messages as they came: $1 bigint[] inbox ids, $2 timestamptz[] received, $3 text[] feeds, $4
-- bytea[] MSH-10, $5 text[] types, $6 text[] status, $7 bigint[] persons, $8 bytea[] revisions, $9
-- bytea[] content hashes, $10 bytea[] raw, $11 bytea[] answers.
insert into inbox
    (inbox_id, received, feed, control_id, message_type, status, person_key, revision,
     content_hash, raw, answer)
select unnest($1::bigint[]), unnest($2::timestamptz[]), unnest($3::text[]), unnest($4::bytea[]),
       unnest($5::text[]), unnest($6::text[]), unnest($7::bigint[]), unnest($8::bytea[]),
       unnest($9::bytea[]), unnest($10::bytea[]), unnest($11::bytea[])
