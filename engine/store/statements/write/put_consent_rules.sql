-- What the consents that changed say now, in the place of what they said: $1 bigint[] numbers of the
-- consents; of each rule $2 bigint[] person, $3 bigint[] number, $4 boolean[] permits, $5 text[]
-- discloser, $6 text[] recipient, $7 int[] labels, $8 int[] purposes, $9 timestamptz[] lower, $10
-- timestamptz[] upper.
with gone as (
    delete from consent_rule where number = any ($1::bigint[])
)
insert into consent_rule
    (person_key, number, permits, discloser, recipient, labels, purposes, lower, upper)
select unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::boolean[]), unnest($5::text[]),
       unnest($6::text[]), unnest($7::int[]), unnest($8::int[]), unnest($9::timestamptz[]),
       unnest($10::timestamptz[])
