-- Which rows of an audit chain are there, that is: which items were committed. $1 bigint the chain,
-- $2 bigint the first place, $3 bigint the last one.
select place from audit where chain = $1::bigint and place between $2::bigint and $3::bigint
