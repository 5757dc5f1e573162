-- Rows of the audit chain $1 bigint behind place $2 bigint and, at that place, behind $3
-- timestamptz; at most $4 bigint. Columns: those of the table.
select chain, place, recorded, person_key, inbox_id, kind, role, actor, outcome, site, address,
       purpose, entities, detail, user_name, hash
from audit
where chain = $1::bigint and (place, recorded) > ($2::bigint, $3::timestamptz)
order by place, recorded
limit $4::bigint
