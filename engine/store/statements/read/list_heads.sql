-- The last rows of the audit chains that may have grown since the last seal: the newest chain of
-- each name, those that were begun since, and those that they came after (who began a chain may
-- write to the one before for a while). Columns: chain, place, hash.
with fresh as (
    select chain, previous_chain from audit_chain
    where opened >= coalesce((select sealed from audit_seal order by seal desc limit 1)
                             - interval '10 minutes', '-infinity')
), live as (
    select max(chain) as chain from audit_chain group by name
    union
    select chain from fresh
    union
    select previous_chain from fresh where previous_chain is not null
)
select l.chain, h.place, h.hash
from live l
cross join lateral (select a.place, a.hash from audit a where a.chain = l.chain
                    order by a.place desc limit 1) h
order by 1
