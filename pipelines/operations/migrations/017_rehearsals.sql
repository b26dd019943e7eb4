-- What a tenant would have mailed, had it been live, as a rehearsal found it. Forgotten after thirty days.
create table rehearsals (
    rehearsal_id integer primary key,
    tenant_id integer not null,
    made_at text not null,
    begins_at text not null, -- the window: a sync at its beginning, and one for every day up to its end
    ends_at text not null,
    rules text, -- the file that was laid over the rules in force
    mails integer not null,
    withheld integer not null,
    result text not null -- JSON: every mail, started or withheld, and who would stand elsewhere
) strict;

create index rehearsals_tenant on rehearsals (tenant_id, made_at);
