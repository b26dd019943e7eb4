alter table endpoint rename column stopped_at to down_since; -- null: it is up
alter table endpoint add column because text; -- its last answer
alter table endpoint add column refuses integer not null default 0; -- it answers, and takes nothing: only a 2xx brings it up
alter table endpoint add column probes integer not null default 0; -- since it is down
alter table endpoint add column probe_id integer; -- the attempt of the latest one
alter table endpoint add column next_probe_at text;
alter table endpoint add column got_through_at text; -- the last 2xx

update endpoint set because = 'HTTP ' || stopped_status, next_probe_at = tried_at where down_since is not null;

alter table endpoint drop column stopped_status;
alter table endpoint drop column tried_at;

create table endpoint_failures ( -- attempts since the last 2xx that may be the endpoint's fault, and not the message's
    attempt_id integer primary key references attempts (attempt_id)
) strict;
