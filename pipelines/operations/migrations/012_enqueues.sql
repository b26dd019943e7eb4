-- Each tenant's last enqueue, also one that wrote no row: where the log was told before and there is none, this file is not
-- the one of which it was told.
create table enqueues (
    tenant_id integer primary key,
    derivation_id text, -- the log of this tenant is known up to it; null: none is, all of it is looked at
    read_at text not null
) strict;

alter table deliveries add column is_newest integer not null default 0; -- of a changed one: as the last enqueue saw it
alter table deliveries add column was_untold integer not null default 0; -- the last enqueue saw that it told nothing

-- Of what a replay may send: the rest is known with the next enqueue, which looks at the whole log.
update deliveries
set is_newest = 1
where
    kind = 'changed'
    and stands
    and body is not null
    and status in ('delivered', 'dead', 'not_sent')
    and not exists (
        select 1 from deliveries as later
        where
            later.customer_id = deliveries.customer_id
            and later.tenant_id = deliveries.tenant_id
            and later.kind = 'changed'
            and later.stands
            and (later.occurred_at, later.sequence) > (deliveries.occurred_at, deliveries.sequence)
    );

drop index deliveries_known;

create index deliveries_known on deliveries (tenant_id, stands, is_newest, reason, transition_id) where kind = 'changed';

-- What tells something and did not, or the other way round, since the last enqueue.
create index deliveries_turned on deliveries (tenant_id, customer_id)
where
    (case
        when status in ('pending', 'sending', 'retry', 'held', 'delivered') then 0
        when status = 'canceled' and attempt_id is not null then 0
        else 1
    end) != was_untold
    and reason is distinct from 'baseline';

-- Its tenants were looked at until now: those with a row, and those whose history was complete.
insert into enqueues (tenant_id, derivation_id, read_at)
select
    tenant_id,
    null as derivation_id,
    read_at
from (
    select tenant_id from deliveries
    union
    select tenant_id from last_complete_syncs
    where ended_at <= (select read_at from known_log)
)
cross join known_log;

drop table known_log;

-- The history that 0.1.0 kept as rows is taken out step by step: up to this sequence it was looked through.
create table history_removal (
    id integer primary key check (id = 1),
    sequence integer not null
) strict;

insert into history_removal
select
    1 as id,
    0 as sequence
where exists (select 1 from deliveries where status = 'not_sent' and reason = 'baseline');
