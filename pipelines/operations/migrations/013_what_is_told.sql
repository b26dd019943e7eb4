-- What a delivery says of its visit, which flows it ends, and why it starts none. Its table is written anew, for `moved`
-- is another kind, and with it the tables that name it.
create table new_deliveries (
    sequence integer primary key, -- a customer's deliveries leave in this order
    webhook_id text not null unique,
    kind text not null check (kind in ('changed', 'corrected', 'moved')),
    transition_id text,
    tenant_id integer not null,
    customer_id integer not null, -- the one that the body names
    job_id integer,
    told_state real, -- null: of a visit that has moved, which tells no state
    flow_name text, -- what it starts
    ends text not null default '[]', -- JSON: the transitions whose flows it ends
    follows text, -- of a correction: the delivery that had told what is no longer so
    suppressed text, -- why it starts no flow, though its state has one
    occurred_at text,
    appointment text, -- JSON, as told: id, start, end, arrival_window_start, arrival_window_end; null in rows of before
    was_ahead integer not null default 0, -- the job had an appointment ahead when it was written
    ahead_until text, -- of a booking: the end of that appointment; until then it does not age
    flow_until text, -- of what starts the flow of a visit: the visit's end
    settles_at text, -- null: due; else once a sync that began after this has written it anew
    body blob, -- null where nothing was ever to be sent
    created_at text not null,
    batch text, -- with which others it is or was held
    status text not null check (
        status in ('pending', 'sending', 'retry', 'delivered', 'dead', 'held', 'not_sent', 'canceled')
    ),
    reason text,
    attempts integer not null default 0, -- those that count
    attempt_id integer, -- the latest; null: none was ever begun
    may_have_arrived integer not null default 0, -- an attempt of it ended in a way that leaves that open
    next_attempt_at text, -- of retry; of what is on its way: the lease's end; of pending null, which is at once
    delivered_at text,
    last_status integer,
    last_error text,
    stands integer not null default 1, -- whether its transition stood in the log at the last enqueue
    is_newest integer not null default 0, -- of a changed one: as the last enqueue saw it
    was_retracted integer not null default 0, -- its transition was, since it was written
    overrides text not null default '', -- the reasons against it that a person overrode, or `all`
    seen_as integer not null default 0 -- what it told at the last enqueue: 0 it might yet, 1 nothing, 2 a flow that was canceled, 3 a state, 4 nobody knew
) strict;

-- A visit of before counts as one that lay ahead, or a whole city would be told anew.
insert into new_deliveries (
    sequence, webhook_id, kind, transition_id, tenant_id, customer_id, told_state, flow_name, occurred_at, body, created_at,
    status, reason, attempts, attempt_id, next_attempt_at, delivered_at, last_status, last_error, stands, is_newest,
    was_ahead, job_id, batch, overrides, may_have_arrived
)
select
    sequence, webhook_id, kind, transition_id, tenant_id, customer_id, told_state, flow_name, occurred_at, body, created_at,
    status, reason, attempts, attempt_id, next_attempt_at, delivered_at, last_status, last_error, stands, is_newest,
    ifnull(json_extract(cast(body as text), '$.data.appointment.end') > created_at, 1),
    json_extract(cast(body as text), '$.data.job_id'),
    case when status = 'held' then tenant_id || '-' || created_at end,
    case when replayed then 'reclassified stale expired' else '' end,
    attempt_id is not null and status not in ('delivered', 'not_sent') and exists (
        select 1 from attempts
        where attempts.webhook_id = deliveries.webhook_id
            and (http_status >= 500 or (http_status is null and (ended_at is null or error is not null)))
            and ifnull(error, '') not like 'Connect%'
    )
from deliveries;

-- Until now each message ended the flows of the ones before it.
update new_deliveries
set ends = (
    select json_group_array(transition_id) from (
        select distinct earlier.transition_id
        from deliveries as earlier
        where earlier.tenant_id = new_deliveries.tenant_id
            and earlier.customer_id = new_deliveries.customer_id
            and earlier.sequence < new_deliveries.sequence
            and earlier.flow_name is not null
            and earlier.transition_id is not new_deliveries.transition_id
    )
)
where status = 'delivered';

-- All whose facts the gate may be asked for are looked at once.
update new_deliveries set seen_as = case
    when reason = 'baseline' then 1
    when kind = 'changed' and stands and is_newest then 9
    when status in ('pending', 'sending', 'retry', 'held') then 0
    when status = 'delivered' then 3
    when not may_have_arrived then 1
    when status = 'canceled' then 2
    else 4
end;

create table new_attempts (
    attempt_id integer primary key,
    webhook_id text not null references new_deliveries (webhook_id),
    started_at text not null,
    ended_at text,
    http_status integer,
    error text,
    milliseconds integer,
    answer text
) strict;

insert into new_attempts select * from attempts;

create table new_endpoint_failures ( -- attempts since the last 2xx that may be the endpoint's fault, and not the message's
    attempt_id integer primary key references new_attempts (attempt_id)
) strict;

insert into new_endpoint_failures select * from endpoint_failures;

create table new_decisions (
    decision_id integer primary key,
    webhook_id text references new_deliveries (webhook_id), -- null: about a tenant
    tenant_id integer, -- null: about a delivery; 0: about all tenants
    action text not null check (
        action in ('released', 'replayed', 'canceled', 'live', 'shadow', 'paused', 'resumed')
    ),
    overrides text, -- the reasons against it that this overrode
    reason text not null,
    decided_by text not null,
    decided_at text not null
) strict;

insert into new_decisions (decision_id, webhook_id, action, reason, decided_by, decided_at)
select decision_id, webhook_id, action, reason, decided_by, decided_at from decisions;

drop table endpoint_failures;
drop table decisions;
drop table attempts;
drop table deliveries;

alter table new_deliveries rename to deliveries;
alter table new_attempts rename to attempts;
alter table new_endpoint_failures rename to endpoint_failures;
alter table new_decisions rename to decisions;

create index attempts_of on attempts (webhook_id);
create index decisions_on on decisions (webhook_id);
create index decisions_about on decisions (tenant_id) where tenant_id is not null;

create index deliveries_due on deliveries (ifnull(next_attempt_at, ''), sequence)
where status in ('pending', 'sending', 'retry');

-- What was canceled on its way, or settled by one attempt while another runs, keeps its lease: it may still arrive.
create index deliveries_unfinished on deliveries (tenant_id, customer_id, sequence)
where status in ('pending', 'sending', 'retry', 'held') or next_attempt_at is not null;

create index deliveries_told on deliveries (tenant_id, customer_id, sequence, told_state)
where (status in ('pending', 'sending', 'retry', 'held', 'delivered') or may_have_arrived = 1) and told_state is not null;

create index deliveries_known on deliveries (tenant_id, stands, is_newest, reason, transition_id) where kind = 'changed';
create index deliveries_transition on deliveries (transition_id);
create index deliveries_status on deliveries (status, reason);
create index deliveries_customer on deliveries (customer_id);
create index deliveries_recent on deliveries (tenant_id, created_at);
create index deliveries_batch on deliveries (batch) where batch is not null;

-- What tells something else than at the last enqueue.
create index deliveries_turned on deliveries (tenant_id, customer_id)
where
    (case
        when status in ('pending', 'sending', 'retry', 'held') then 0
        when status = 'delivered' then 3
        when may_have_arrived = 0 then 1
        when status = 'canceled' then 2
        else 4
    end) != seen_as
    and reason is distinct from 'baseline';

-- What the records say of each transition that Flow Builder may ask about.
create table gate_facts (
    transition_id text primary key not null,
    tenant_id integer not null,
    customer_id integer not null,
    digest text not null, -- of its facts in the warehouse
    is_current integer not null, -- 0: it would be but for its own reset
    is_active integer not null, -- the customer
    facts blob not null -- JSON
) strict;

create index gate_facts_customer on gate_facts (tenant_id, customer_id);

create table tenant_switches (
    tenant_id integer primary key, -- 0: all tenants
    is_shadow integer not null default 0,
    paused_at text, -- null: it is not
    resumed_at text, -- what is due goes once a sync that began after this has been enqueued
    changed_at text not null
) strict;

alter table enqueues add column began_at text; -- the sync
alter table enqueues add column whole_from text; -- as tenant_readings has it; what the gate says is as of then
alter table enqueues add column was_shadow integer not null default 0;

create table tenant_readings (
    tenant_id integer primary key,
    asked_at text not null, -- when the newest sync that asked the tenant began
    whole_from text -- when the newest one began that read to their end all records of which states and mails come
) strict;

alter table state_updates add column start_flow integer not null default 1; -- whether the flow of the state starts
