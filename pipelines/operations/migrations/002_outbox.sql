create table deliveries (
    sequence integer primary key, -- a customer's deliveries leave in this order
    webhook_id text not null unique,
    kind text not null check (kind in ('changed', 'corrected')),
    transition_id text,
    tenant_id integer not null,
    customer_id integer not null, -- the one that the body names
    told_state real not null,
    flow_name text,
    occurred_at text,
    body blob, -- null where nothing was ever to be sent
    created_at text not null,
    status text not null check (
        status in ('pending', 'sending', 'retry', 'delivered', 'dead', 'held', 'not_sent', 'canceled')
    ),
    reason text,
    attempts integer not null default 0, -- those that count
    attempt_id integer, -- the latest; null: none was ever begun
    next_attempt_at text, -- of retry; of what is on its way: the lease's end; of pending null, which is at once
    delivered_at text,
    last_status integer,
    last_error text,
    stands integer not null default 1, -- of a changed one: whether its transition stands in the log
    replayed integer not null default 0 -- a person sent it again: it does not expire
) strict;

create index deliveries_due on deliveries (ifnull(next_attempt_at, ''), sequence)
where status in ('pending', 'sending', 'retry');

-- What was canceled on its way, or settled by one attempt while another runs, keeps its lease: it may still arrive.
create index deliveries_unfinished on deliveries (tenant_id, customer_id, sequence)
where status in ('pending', 'sending', 'retry', 'held') or next_attempt_at is not null;

create index deliveries_told on deliveries (tenant_id, customer_id, sequence, told_state)
where status in ('pending', 'sending', 'retry', 'held', 'delivered') or (status = 'canceled' and attempt_id is not null);

create index deliveries_known on deliveries (transition_id, stands) where kind = 'changed';

create index deliveries_status on deliveries (status, reason);

create index deliveries_customer on deliveries (customer_id);

create table attempts (
    attempt_id integer primary key,
    webhook_id text not null references deliveries (webhook_id),
    started_at text not null,
    ended_at text,
    http_status integer,
    error text,
    milliseconds integer,
    answer text
) strict;

create index attempts_of on attempts (webhook_id);

create table decisions (
    decision_id integer primary key,
    webhook_id text not null references deliveries (webhook_id),
    action text not null check (action in ('released', 'replayed', 'canceled')),
    reason text not null,
    decided_by text not null,
    decided_at text not null
) strict;

create index decisions_on on decisions (webhook_id);

create table endpoint (
    id integer primary key check (id = 1),
    stopped_at text, -- since when it answers as a wrong address does
    stopped_status integer,
    tried_at text, -- the last such answer
    waits_until text
) strict;

insert into endpoint (id) values (1);

create table known_log ( -- the log as the last enqueue left it: every transition in it has a delivery
    id integer primary key check (id = 1),
    fingerprint text not null,
    sequence integer not null,
    read_at text not null
) strict;
