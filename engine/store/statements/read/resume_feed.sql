-- Ends the pause of a feed: $1 text feed.
delete from feed_pause where feed = $1::text
