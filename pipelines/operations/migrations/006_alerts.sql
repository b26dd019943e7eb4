create table alerts ( -- a trouble that people were told of, or are to be
    alert_id integer primary key,
    key text not null, -- what makes it the same trouble
    what text not null,
    what_to_do text not null,
    run_id text,
    since text not null,
    gone_at text, -- since when it is not seen any more
    closed_at text
) strict;

create unique index alerts_open on alerts (key) where closed_at is null;

create index alerts_closed on alerts (closed_at) where closed_at is not null;

create table announcements (
    alert_id integer not null references alerts (alert_id) on delete cascade,
    channel text not null,
    event text not null check (event in ('trouble', 'over')),
    announced_at text not null,
    primary key (alert_id, channel, event)
) strict, without rowid;
