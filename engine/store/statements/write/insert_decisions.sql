-- What was decided of pairs of source records: $1 bigint[] ids, $2 bigint[] the lower key of each, $3
-- bigint[] the higher one, $4 text[] verdicts, $5 text[] who, $6 text[] why, $7 timestamptz now by
-- the real clock.
insert into identity_decision (decision_id, record_one, record_two, verdict, who, why, decided)
select n.id, n.one, n.two, n.verdict, n.who, n.why, $7::timestamptz
from (select unnest($1::bigint[]) as id, unnest($2::bigint[]) as one, unnest($3::bigint[]) as two,
             unnest($4::text[]) as verdict, unnest($5::text[]) as who, unnest($6::text[]) as why) as n
