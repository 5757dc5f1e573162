-- Source times: what is older never overwrites what is newer, element by element.
select proof.receive('north', '1', 'b', 'north', 'M1', '2026-02-02Z',
    '[{"type":"Patient","keys":["north M1"],"says":{"city":"Ames","phone":"2"},
       "clears":["email"]}]');
select proof.receive('north', '2', 'a', 'north', 'M1', '2026-02-01Z',
    '[{"type":"Patient","keys":["north M1"],
       "says":{"city":"Boone","email":"old","language":"es"},"clears":["phone"]}]');
select proof.expect('an older message overwrites, clears and revives nothing, and adds the rest',
    proof.says('Patient', 'north M1')::text, '{"city": "Ames", "phone": "2", "language": "es"}');
select proof.expect('both versions are kept',
    (select count(*) from provenance where type = 'Patient')::text, '2');
select proof.expect('each version names its message',
    (select count(distinct inbox_id) from provenance where type = 'Patient')::text, '2');
