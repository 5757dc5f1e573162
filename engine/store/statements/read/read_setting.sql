-- A setting that lives in the database: $1 text name. Column: value.
select value from instance_setting where name = $1::text
