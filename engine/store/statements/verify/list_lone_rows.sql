-- Chains that have rows and no beginning. Columns: chain, its first place.
select a.chain, min(a.place) from audit a
where not exists (select from audit_chain c where c.chain = a.chain)
group by a.chain order by 1
