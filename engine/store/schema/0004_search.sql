-- The search index: few and narrow rows, only for search parameters that are switched on.
--
-- `parameter` is type and code in one word ("Observation.code"). Each table has two indexes: one by
-- resource, to take its rows away when it changes or to look at one person's, and one by value, to
-- find it. The first is by number alone: numbers grow, so its new rows go to its end, which costs a
-- third of finding their place. What points at the person itself (subject, patient) is person_key
-- and has no row, nor has what a Provenance names of its own person's record. Twins for shared
-- resources as in 0003.
--
-- Where most rows come in, tokens and dates, the index by value holds hashes instead of words that
-- nearly all begin alike: they are compared in one step, and three times as many stand on a page.
-- A search asks for the hash and then for the words, as two of them may share one (store/search).
-- Behind a token's hash stands the number, so that what comes in under a code goes to one page, the
-- end of that code's rows; behind it the person would send each row to a page of its own, which
-- costs three times as much. One person's rows of a code are found by that person's resources.

-- FHIR R4 search 3.1.1.4.10: a token is system and code; no system is ''.
create table index_token (
    person_key bigint not null,
    number bigint not null,
    parameter text collate "C" not null,
    code text collate "C" not null,
    system text collate "C" not null
);
create index on index_token (number);
create index on index_token (hashtextextended(code, hashtext(parameter)), number);

-- A reference by type and id; one that has an identifier alone is a token of its parameter.
create table index_reference (
    person_key bigint not null,
    number bigint not null,
    parameter text collate "C" not null,
    target_type text collate "C" not null,
    target_id text collate "C" not null
);
create index on index_reference (number);
create index on index_reference (parameter, target_id, person_key) include (target_type, number);

-- FHIR R4 search 3.1.1.4.7: a date is the range from its first instant to its last.
create table index_date (
    person_key bigint not null,
    number bigint not null,
    parameter text collate "C" not null,
    lower timestamptz not null,
    upper timestamptz not null
);
create index on index_date (number);
create index on index_date (hashtext(parameter), lower, upper);

-- Strings are normalised (case, accents) by whoever writes them; uris stand as they are.
create table index_string (
    person_key bigint not null,
    number bigint not null,
    parameter text collate "C" not null,
    value text collate "C" not null
);
create index on index_string (number);
create index on index_string (parameter, value, person_key) include (number);

-- Numbers and quantities; a plain number has no unit.
create table index_quantity (
    person_key bigint not null,
    number bigint not null,
    parameter text collate "C" not null,
    value numeric not null,
    system text collate "C" not null,
    code text collate "C" not null
);
create index on index_quantity (number);
create index on index_quantity (parameter, value) include (person_key, number, system, code);

create table shared_index_token (like index_token including all, check (person_key = 0));
create table shared_index_reference (like index_reference including all, check (person_key = 0));
create table shared_index_date (like index_date including all, check (person_key = 0));
create table shared_index_string (like index_string including all, check (person_key = 0));
create table shared_index_quantity (like index_quantity including all, check (person_key = 0));
