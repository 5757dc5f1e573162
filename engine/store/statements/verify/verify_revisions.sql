-- The revisions that stored messages name. Columns: revision, how many messages, when the last of
-- them was received.
select revision, count(*), max(received) from inbox
where revision <> ''
group by revision order by 3
