-- How many messages wait. Columns: feed, how many, received of the oldest.
select feed, count(*), min(received) from held_message group by feed order by feed
