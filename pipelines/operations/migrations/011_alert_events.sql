-- An announcement is of an alert that is firing, or resolved.
create table announcements_renamed (
    alert_id integer not null references alerts (alert_id) on delete cascade,
    channel text not null,
    event text not null check (event in ('firing', 'resolved')),
    announced_at text not null,
    primary key (alert_id, channel, event)
) strict, without rowid;

insert into announcements_renamed (alert_id, channel, event, announced_at)
select
    alert_id,
    channel,
    case event when 'trouble' then 'firing' else 'resolved' end as event,
    announced_at
from announcements;

drop table announcements;

alter table announcements_renamed rename to announcements;
