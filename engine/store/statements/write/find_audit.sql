-- Which of these audit rows ($1 bigint[]) are there, that is: which items were committed.
select audit_id from audit where audit_id = any ($1::bigint[])
