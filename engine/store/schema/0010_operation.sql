-- What a command may set while the engine runs: the test clock.
grant insert, update on instance_setting to painbridge_door;
