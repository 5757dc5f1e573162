-- Messages that were answered: every dedupe key whose message was accepted has its row in the
-- inbox, where the answer stands too; one that was refused has it once it is kept. $1 integer how
-- many to name. Columns of this and all others of its kind: table, key, fault, how many rows have a
-- fault in all.
with bad as (
    select k.feed, k.inbox_id,
        case when i.inbox_id is null then 'has no message in the inbox'
             else 'does not agree with its message in the inbox' end as fault
    from message_key k
    left join inbox i on i.inbox_id = k.inbox_id and i.received = k.received
    where case when i.inbox_id is null then k.accepted
               else i.feed <> k.feed or i.control_id <> k.control_id
                    or i.content_hash <> k.content_hash
                    or k.accepted <> (i.status in ('accepted', 'held', 'dropped')) end
)
select 'message_key', feed || '/' || inbox_id, fault, count(*) over ()
from bad order by inbox_id limit $1::integer
