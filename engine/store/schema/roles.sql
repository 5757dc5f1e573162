-- The roles of an instance. Run once, by the superuser of the cluster, before the first migration;
-- everything else in this folder runs as painbridge_owner. Passwords are set by whoever makes the
-- instance and stand in its files, never here.
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
