-- Keys and aliases: the id that was given first stays, however the numbers arrive.

-- a placer-only order, then its result with placer and filler number
select proof.receive('north', '1', 'order', 'north', 'M1', '2026-01-01Z',
    '[{"type":"ServiceRequest","keys":["placer 77"],"says":{"status":"active"},"clears":[]}]');
select proof.receive('north', '2', 'result', 'north', 'M1', '2026-01-02Z',
    '[{"type":"ServiceRequest","keys":["filler 9001","placer 77"],"says":{"status":"completed"},
       "clears":[]}]');
-- both again, the other way round, under new control ids
select proof.receive('north', '3', 'result', 'north', 'M1', '2026-01-02Z',
    '[{"type":"ServiceRequest","keys":["filler 9001","placer 77"],"says":{"status":"completed"},
       "clears":[]}]');
select proof.receive('north', '4', 'order', 'north', 'M1', '2026-01-01Z',
    '[{"type":"ServiceRequest","keys":["placer 77"],"says":{"status":"active"},"clears":[]}]');
select proof.expect('an order, its result and both again are one resource',
    (select count(*) from resource where type = 'ServiceRequest')::text, '1');
select proof.expect('its id is that of the first key it ever had',
    (select id from resource where type = 'ServiceRequest'),
    proof.id_of('ServiceRequest placer 77'));
select proof.expect('the late copy of the order does not undo the result',
    proof.says('ServiceRequest', 'filler 9001') ->> 'status', 'completed');
select proof.expect('a resend makes no version',
    proof.version('ServiceRequest', 'placer 77')::text, '2');

-- the filler number alone
select proof.receive('north', '5', 'final', 'north', 'M1', '2026-01-03Z',
    '[{"type":"ServiceRequest","keys":["filler 9001"],"says":{"priority":"stat"},"clears":[]}]');
select proof.expect('the filler number alone finds it', (select count(*) from resource
    where type = 'ServiceRequest')::text || ' '
    || proof.version('ServiceRequest', 'placer 77'), '1 3');

-- the result first, its order after it
select proof.receive('north', '6', 'result 78', 'north', 'M1', '2026-01-02Z',
    '[{"type":"ServiceRequest","keys":["filler 9002","placer 78"],"says":{"status":"completed"},
       "clears":[]}]');
select proof.receive('north', '7', 'order 78', 'north', 'M1', '2026-01-01Z',
    '[{"type":"ServiceRequest","keys":["placer 78"],"says":{"status":"active"},"clears":[]}]');
select proof.expect('a result before its order is one resource too',
    (select count(*) from resource where type = 'ServiceRequest')::text || ' '
    || (proof.says('ServiceRequest', 'placer 78') ->> 'status'), '2 completed');

-- the same message again
select proof.expect('the same message again has no effect',
    proof.receive('north', '1', 'order', 'north', 'M1', '2026-01-01Z', '[]'), 'duplicate');
select proof.expect('another message under a taken key is a conflict',
    proof.receive('north', '1', 'changed', 'north', 'M1', '2026-01-01Z', '[]'), 'conflict');
select proof.expect('the key is of its feed only',
    proof.receive('south', '1', 'order', 'north', 'M1', '2026-01-01Z', '[]'), 'accepted');
