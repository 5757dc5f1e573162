-- Makes the months of inbox and audit that $1 timestamptz and the month after it need.
select ensure_partitions($1::timestamptz)
