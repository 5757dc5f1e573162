-- The feeds that are paused. Columns: feed, since, actor.
select feed, since, actor from feed_pause order by feed
