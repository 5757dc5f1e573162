-- Pauses a feed; one that is paused stays so since then. $1 text feed, $2 timestamptz since, $3
-- text actor.
insert into feed_pause (feed, since, actor) values ($1::text, $2::timestamptz, $3::text)
on conflict (feed) do nothing
