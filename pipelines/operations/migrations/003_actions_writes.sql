create table idempotency_keys (
    caller text not null,
    key text not null,
    fingerprint text not null, -- of what was asked
    action text not null,
    tenant_id integer not null,
    runner text, -- the process that works on it; null: nobody
    status integer, -- of the outcome; null: there is none yet
    body blob,
    began_at text not null,
    ended_at text,
    primary key (caller, key)
) strict, without rowid;

create index idempotency_keys_ended on idempotency_keys (ended_at);

-- Writes to ServiceTitan: a row is there before the write is sent, and record_id when it is known what became of it.
create table servicetitan_writes (
    write_id text primary key not null,
    tenant_id integer not null,
    resource text not null,
    began_at text not null,
    record_id integer
) strict, without rowid;

create index servicetitan_writes_records on servicetitan_writes (tenant_id, resource, record_id);

create table inbound_leads (
    id text primary key not null,
    tenant_id integer not null,
    source text not null,
    lead_key text not null, -- what makes two deliveries the same lead
    lead text not null, -- JSON; contact data, kept until retention
    received_at text not null,
    status text not null check (status in ('open', 'needs_review', 'rejected', 'done')),
    candidates text, -- JSON list of customer ids that match, where several do
    customer_id integer,
    location_id integer,
    lead_id integer,
    tries integer not null default 0,
    next_try_at text,
    last_error text,
    find_first integer not null default 1, -- 0: a person has decided that this is a new customer
    decided_by text,
    ended_at text
) strict;

create index inbound_leads_key on inbound_leads (tenant_id, lead_key, received_at);

create index inbound_leads_open on inbound_leads (tenant_id, ifnull(next_try_at, ''), received_at)
where status = 'open';

create index inbound_leads_status on inbound_leads (status, received_at);

-- Our own copy of the customers' e-mail addresses, as SHA-256 of the tenant's id and the address.
create table known_emails (
    tenant_id integer not null,
    email_hash blob not null,
    customer_id integer not null,
    contact_id integer not null,
    primary key (tenant_id, customer_id, contact_id)
) strict, without rowid;

create index known_emails_hash on known_emails (tenant_id, email_hash);
