create table tenant_rests ( -- tenants that were given up, until a scheduled sync asks them again
    tenant_id integer primary key,
    times integer not null, -- how often in a row
    ends_at text not null,
    why text not null,
    next_is_long integer not null, -- whether the next turn has time for the slowest call
    fingerprint text not null -- a salted digest of what it is asked with, to tell that it has changed
) strict;
