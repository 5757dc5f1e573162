-- What 0009 gave to all is taken back where a role has no use for it: judge and courier work on the
-- record, and read neither what came in nor what waits. The courier changes of a letter only how its
-- delivery stands.
revoke select on
    inbox, message_key, held_message, held_lane, held_cause, held_drop, feed_pause, match_block,
    resource_key
from painbridge_judge, painbridge_courier;
revoke select on
    resource_history, shared_resource_history, contribution, shared_contribution, former_place,
    provenance, marked_person,
    index_token, index_reference, index_date, index_string, index_quantity,
    shared_index_token, shared_index_reference, shared_index_date, shared_index_string,
    shared_index_quantity
from painbridge_courier;
revoke update on outbox from painbridge_courier;
grant update (due, state, attempts, last_issue) on outbox to painbridge_courier;

-- PostgreSQL lets everybody call a new function; here whoever makes one says who may.
revoke all on all functions in schema public from public;
alter default privileges revoke execute on functions from public;
