{{ config(materialized='view') }}

-- an event's id is the id of its record between these, and after them the number of the cancellation
select
    {{ event_name('event_name') }} as event_name,
    source_table,
    prefix,
    suffix,
from (
    values
    ('lead_created', 'leads', 'lead:', ':created'),
    ('sales_appointment_booked', 'appointments', 'appointment:', ':booked'),
    ('sales_job_canceled', 'jobs', 'job:', ':canceled:'),
    ('estimate_created', 'estimates', 'estimate:', ':created'),
    ('estimate_sold', 'estimates', 'estimate:', ':sold'),
    ('install_appointment_booked', 'appointments', 'appointment:', ':booked'),
    ('install_job_canceled', 'jobs', 'job:', ':canceled:'),
    ('install_job_completed', 'jobs', 'job:', ':completed'),
    ('state_set', 'state_updates', 'state_update:', '')
) as names (event_name, source_table, prefix, suffix)
