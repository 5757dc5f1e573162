-- Messages that wait: the inbox and the rows of what they wait for know of each other. Parameter and
-- columns as in verify_messages.
with bad as (
    select 'held_message' as name, h.feed || '/' || h.inbox_id as key, h.inbox_id,
           'is of no message of the inbox that waits' as fault
    from held_message h
    left join inbox i
        on i.inbox_id = h.inbox_id and i.received = h.received and i.status = 'held'
    where i.inbox_id is null
    union all
    select 'inbox', i.feed || '/' || i.inbox_id, i.inbox_id, 'waits, and would wait for ever'
    from inbox i left join held_message h using (inbox_id)
    where i.status = 'held' and h.inbox_id is null
    union all
    select 'held_lane', l.inbox_id::text, l.inbox_id, 'is of no message that waits'
    from held_lane l left join held_message h using (inbox_id, position)
    where h.inbox_id is null
    union all
    select 'held_cause', c.inbox_id::text, c.inbox_id, 'is of no message that waits'
    from held_cause c left join held_message h using (inbox_id)
    where h.inbox_id is null
    union all
    select 'inbox', i.feed || '/' || i.inbox_id, i.inbox_id, 'was let go, and nobody says why'
    from inbox i left join held_drop d using (inbox_id)
    where i.status = 'dropped' and d.inbox_id is null
)
select name, key, fault, count(*) over () from bad order by inbox_id, name limit $1::integer
