-- Up to which of dlt's load packages the contacts are copied; no row: none yet.
create table known_emails_copied (
    load_id text primary key not null
) strict, without rowid;
