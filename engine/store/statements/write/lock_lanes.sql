-- The lanes ($1 bytea[]) in which a message waits. Until the transaction ends nobody can let the last
-- one of such a lane go on, so that who lines up behind it is not forgotten. Column: lane.
select wanted.lane
from (select unnest($1::bytea[]) as lane order by 1) as wanted
cross join lateral (
    select 1 from held_lane l where l.lane = wanted.lane order by l.position desc limit 1 for share
) as last
