-- By what a customer is found in our own copy: per active contact its number or address, per job its number, per merged
-- customer the id; as hashes, salted per tenant. It takes the place of the addresses alone.
create table customer_index (
    tenant_id integer not null,
    source_table text not null,
    source_id integer not null,
    customer_id integer not null,
    value_hash blob not null,
    primary key (tenant_id, source_table, source_id, customer_id)
) strict, without rowid;

create index customer_index_hash on customer_index (tenant_id, value_hash);

create table customer_index_salts (
    tenant_id integer primary key not null,
    salt blob not null
) strict;

-- Up to which of dlt's load packages a table is copied; no row: none yet.
create table customer_index_copied (
    source_table text primary key not null,
    load_id text not null
) strict, without rowid;

drop table known_emails;
drop table known_emails_copied;
