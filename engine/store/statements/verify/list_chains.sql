-- All audit chains. Columns: chain, name, opened, and the previous chain, its last place and that
-- row's hash, each of which may be null.
select chain, name, opened, previous_chain, previous_place, previous_hash
from audit_chain order by chain
