create table state_updates (
    tenant_id integer not null,
    id text primary key not null,
    customer_id integer not null,
    to_state real not null,
    job_id integer,
    reason text,
    set_by text,
    set_at text not null
) strict;

create table contact_links (
    tenant_id integer not null,
    customer_id integer not null,
    contact_id text not null,
    linked_at text not null,
    primary key (tenant_id, customer_id)
) strict;
