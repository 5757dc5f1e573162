-- Locks every person whose record is reached, in ascending order, until the transaction ends.
-- Columns: person_key, patient_id, replaced_by.
{reach}
select p.person_key, p.patient_id, p.replaced_by from person p
where p.person_key in (select person_key from reached)
order by p.person_key for no key update
