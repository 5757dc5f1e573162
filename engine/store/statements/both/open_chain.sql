-- Begins an audit chain: $1 text its name, $2 timestamptz now by the real clock. Columns: chain,
-- and of the last one under that name the chain, its last place and that row's hash; null where
-- there is none.
with last as (
    select max(chain) as chain from audit_chain where name = $1::text
), head as (
    select l.chain, h.place, h.hash
    from last l
    left join lateral (select a.place, a.hash from audit a where a.chain = l.chain
                       order by a.place desc limit 1) h on true
)
insert into audit_chain (name, opened, previous_chain, previous_place, previous_hash)
select $1::text, $2::timestamptz, h.chain, h.place, h.hash from head h
returning chain, previous_chain, previous_place, previous_hash
