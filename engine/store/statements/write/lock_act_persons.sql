-- lock_persons for a batch with acts: locks the persons whom they may change, too. $7 to $11 as of
-- act_persons. Columns: those of lock_persons, created.
{reach}
select p.person_key, p.patient_id, p.replaced_by, p.created from person p
where p.person_key in (
    select person_key from reached
    union select a.person_key
    from act_persons($7::text[], $8::text[], $9::text[], $10::text[], $11::bytea[]) a
)
order by p.person_key for no key update
