-- Rows of one audit chain: $1 bigint the chain, $2 bigint place of the first, $3 timestamptz[]
-- recorded, $4 bigint[] persons (0: nobody's), $5 bigint[] inbox ids, $6 text[] kinds, $7 text[]
-- roles, $8 text[] actors, $9 text[] outcomes, $10 text[] sites, $11 text[] addresses, $12 text[]
-- purposes, $13 text[] entities, $14 text[] details, $15 text[] users, $16 bytea[] hashes. What is there already
-- stays: who does not know whether it was stored sends it again.
insert into audit (chain, place, recorded, person_key, inbox_id, kind, role, actor, outcome, site,
                   address, purpose, entities, detail, user_name, hash)
select $1::bigint, $2::bigint + n.number - 1, n.recorded, n.person, n.inbox, n.kind, n.role,
       n.actor, n.outcome, n.site, n.address, n.purpose, n.entities, n.detail,
       n.user_name, n.hash
from unnest($3::timestamptz[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
            $15::text[], $16::bytea[])
     with ordinality as n (recorded, person, inbox, kind, role, actor, outcome, site, address,
                           purpose, entities, detail, user_name, hash, number)
on conflict do nothing
