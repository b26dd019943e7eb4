-- Leads that a form's tool sends for a try, and those that a person throws away. The table is written anew for their
-- statuses, and lead_keys, which names it.
create table new_inbound_leads (
    id text primary key not null,
    tenant_id integer not null,
    source text not null,
    lead_key text not null, -- what makes two deliveries the same lead
    fingerprint text, -- of what its sender said; null: taken before version 8
    lead text not null, -- JSON; contact data, kept until retention
    received_at text not null,
    status text not null check (status in ('open', 'needs_review', 'rejected', 'done', 'test', 'discarded')),
    candidates text, -- JSON list of the customer ids that it may belong to
    customer_id integer,
    location_id integer,
    kept text, -- JSON list: what was given and the customer's record lacks; null: nobody has looked
    lead_id integer,
    tries integer not null default 0,
    next_try_at text,
    last_error text, -- also why it waits for a person
    find_first integer not null default 1, -- 0: a person has decided that this is a new customer
    decision text, -- the newest: customer, create, discard or retry
    decided_by text,
    decision_reason text,
    ended_at text
) strict;

-- Of leads whose customer is known already, ServiceTitan may have the summary: nothing is added to it.
insert into new_inbound_leads (
    id, tenant_id, source, lead_key, fingerprint, lead, received_at, status, candidates, customer_id, location_id, kept,
    lead_id, tries, next_try_at, last_error, find_first, decision, decided_by, ended_at
)
select
    id,
    tenant_id,
    source,
    lead_key,
    fingerprint,
    lead,
    received_at,
    status,
    candidates,
    customer_id,
    location_id,
    case when customer_id is not null then '[]' end,
    lead_id,
    tries,
    next_try_at,
    last_error,
    find_first,
    case when decided_by is not null then case when find_first = 1 then 'customer' else 'create' end end,
    decided_by,
    ended_at
from inbound_leads;

create table new_lead_keys (
    caller text not null, -- '': taken before version 8, which was the first to tell callers apart
    key text not null,
    lead_id text not null references new_inbound_leads (id),
    taken_at text not null,
    primary key (key, caller, lead_id)
) strict, without rowid;

insert into new_lead_keys select * from lead_keys;
drop table lead_keys;
drop table inbound_leads;
alter table new_inbound_leads rename to inbound_leads;
alter table new_lead_keys rename to lead_keys;

create index inbound_leads_key on inbound_leads (tenant_id, lead_key, received_at);
create index inbound_leads_open on inbound_leads (tenant_id, ifnull(next_try_at, ''), received_at)
where status = 'open';
create index inbound_leads_status on inbound_leads (status, received_at);
create index lead_keys_taken on lead_keys (taken_at);

-- A link that was moved leaves a row without a contact, for a sync only ever takes in rows.
create table new_contact_links (
    tenant_id integer not null,
    customer_id integer not null,
    contact_id text, -- null: it was moved to another customer
    linked_at text not null,
    primary key (tenant_id, customer_id)
) strict;

insert into new_contact_links select * from contact_links;
drop table contact_links;
alter table new_contact_links rename to contact_links;
create index contact_links_contact on contact_links (tenant_id, contact_id);
