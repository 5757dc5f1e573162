-- By what a source record is found as another one's of the same person: a few hashes of what it says
-- of who the patient is (pipeline/match.h). They are made of its demographics and say whom to
-- compare it with, never who it is.
create table match_block (
    block bigint not null,
    source_record_key bigint not null,
    primary key (block, source_record_key)
);
create index match_block_source on match_block (source_record_key);

grant select on match_block
to painbridge_door, painbridge_judge, painbridge_courier, painbridge_reader;
grant insert, delete on match_block to painbridge_door, painbridge_judge;
