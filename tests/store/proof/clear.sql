-- Two clinics speak of one person: a delete indicator takes away what its own sender said.
select proof.receive('north', '1', 'a', 'north', 'M1', '2026-03-01Z',
    '[{"type":"Patient","keys":["north M1"],"says":{"phone":"north","city":"Ames"},"clears":[]}]');
-- the second clinic's record is linked to the same person by a shared identifier
insert into source_record
select 7, 'south', 'urn:south', 'S1', s.person_key, s.person_key,
       s.patient_id, now()
from source_record s where s.value = 'M1';
select proof.receive('south', '1', 'b', 'south', 'S1', '2026-03-02Z',
    '[{"type":"Patient","keys":["north M1"],"says":{"phone":"south"},"clears":[]}]');
select proof.expect('the newer of two clinics is shown',
    proof.says('Patient', 'north M1')::text, '{"city": "Ames", "phone": "south"}');
select proof.receive('south', '2', 'c', 'south', 'S1', '2026-03-03Z',
    '[{"type":"Patient","keys":["north M1"],"says":{},"clears":["phone"]}]');
select proof.expect('a clear by one clinic leaves what the other one said',
    proof.says('Patient', 'north M1')::text, '{"city": "Ames", "phone": "north"}');
select proof.receive('south', '3', 'd', 'south', 'S1', '2026-03-04Z',
    '[{"type":"Patient","keys":["north M1"],"says":{},"clears":["city"]}]');
select proof.expect('nobody clears what another one said',
    proof.says('Patient', 'north M1')::text, '{"city": "Ames", "phone": "north"}');
select proof.receive('north', '2', 'e', 'north', 'M1', '2026-03-05Z',
    '[{"type":"Patient","keys":["north M1"],"says":{},"clears":["phone"]}]');
select proof.expect('cleared by both, it is gone',
    proof.says('Patient', 'north M1')::text, '{"city": "Ames"}');
