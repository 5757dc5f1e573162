-- The roles of an instance. Run once, by the superuser of the cluster, in the database template1 and
-- before the instance's own database is made of it; everything else in this folder runs as
-- painbridge_owner. Passwords are set by whoever makes the instance and stand in its files, never
-- here.
--
--   owner    migrations only; no process of the running engine has its rights
--   door     takes messages and requests in: writes the record, appends inbox and audit
--   judge    reads the record of marked persons, writes what follows from it, takes marks away
--   courier  reads what is owed, notes what was delivered
--   reader   looks, and changes nothing
create role painbridge_owner login;
create role painbridge_door login;
create role painbridge_judge login;
create role painbridge_courier login;
create role painbridge_reader login;
-- No role has anything to do in another database, nor with large objects, which are nobody's.
revoke all on database postgres, template1 from public;
revoke execute on function lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea),
    lo_open(oid, integer), lo_put(oid, bigint, bytea), lowrite(integer, bytea) from public;
