-- Least rights for each role (roles.sql says what each is for). No role of the running engine may
-- delete a version, a message or an audit row, and none may make a table.

revoke all on all tables in schema public from public;
revoke all on all functions in schema public from public;

grant select on all tables in schema public
to painbridge_door, painbridge_judge, painbridge_courier, painbridge_reader;
grant usage on sequence number_block to painbridge_door, painbridge_judge, painbridge_courier;
grant execute on function ensure_partitions
to painbridge_door, painbridge_judge, painbridge_courier;
grant insert on audit, audit_chain
to painbridge_door, painbridge_judge, painbridge_courier, painbridge_reader;

grant insert, update on
    person, source_record, resource_place, resource, shared_resource
to painbridge_door, painbridge_judge;
grant insert on
    resource_key, former_place, resource_history, shared_resource_history
to painbridge_door, painbridge_judge;
grant insert, update, delete on
    contribution, shared_contribution, consent_rule,
    index_token, index_reference, index_date, index_string, index_quantity,
    shared_index_token, shared_index_reference, shared_index_date, shared_index_string,
    shared_index_quantity, marked_person
to painbridge_door, painbridge_judge;
grant execute on function move_resources, confirm_rows
to painbridge_door, painbridge_judge;
grant insert on outbox to painbridge_door, painbridge_judge;

grant insert, update on message_key to painbridge_door;
grant insert on inbox to painbridge_door;

grant update on outbox to painbridge_courier;

-- The new tables' first months; the engine makes the next ones.
select ensure_partitions(now());
