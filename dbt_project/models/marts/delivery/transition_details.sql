{{ config(
    incremental_strategy='by_changed_customers', unique_key=['tenant_id', 'servicetitan_customer_id']
) }}

-- depends_on: {{ ref('int_customers__changed') }}
{%- set is_whole = is_full() or not relation_before(this.schema, this.identifier) %}

with states as (
    select * from {{ ref('customer_servicetitan_state') }}
    where {{ 'true' if is_whole else of_changed_customers(ref('customer_servicetitan_state')) }}
),

log as (
    select * from {{ ref('customer_state_transitions') }}
    where {{ 'true' if is_whole else of_changed_customers(ref('customer_state_transitions')) }}
),

-- of history, which is never told, only where the customer stands: a correction says it
standing as (
    select log.*
    from log
    inner join states
        on log.tenant_id = states.tenant_id
        and log.servicetitan_customer_id = states.servicetitan_customer_id
    where log.retracted_at is null and (not log.is_baseline or log.transition_id = states.last_transition_id)
),

transitions as (
    select
        states.tenant_id,
        states.tenant_name,
        states.workspace_id,
        states.contact_id,
        states.servicetitan_customer_id,
        standing.transition_id,
        standing.job_id,
        standing.from_state,
        standing.from_state_name,
        coalesce(standing.to_state_name, states.current_state_name) as to_state_name,
        standing.event_name,
        standing.source_table,
        standing.source_id,
        standing.occurred_at,
        standing.detected_at,
    from states
    left join standing
        on states.tenant_id = standing.tenant_id
        and states.servicetitan_customer_id = standing.servicetitan_customer_id
),

-- what is blank is left out after the join: asked of all contacts of a million customers, it takes a second more
contacts as (
    select
        contacts.tenant_id,
        contacts.customer_id,
        case when trim(contacts.value) != '' then contacts.type end as type,
        contacts.value,
        row(coalesce(contacts.modified_at, timestamptz '-infinity'), contacts.contact_id) as age,
    from {{ ref('stg_servicetitan__customer_contacts') }} as contacts
    semi join states
        on contacts.tenant_id = states.tenant_id
        and contacts.customer_id = states.servicetitan_customer_id
    where contacts.is_active
),

newest_contacts as (
    select
        tenant_id,
        customer_id,
        max_by(value, age) filter (where type = 'Email') as email,
        coalesce(
            max_by(value, age) filter (where type = 'MobilePhone'),
            max_by(value, age) filter (where type = 'Phone')
        ) as phone,
    from contacts
    group by tenant_id, customer_id
),

candidates as (
    select
        transitions.transition_id,
        appointments.appointment_id,
        appointments.status,
        appointments.starts_at,
        appointments.ends_at,
        appointments.arrival_window_starts_at,
        appointments.arrival_window_ends_at,
        coalesce(
            transitions.source_table = 'appointments'
            and transitions.source_id = cast(appointments.appointment_id as varchar),
            false
        ) as is_cause,
        coalesce(appointments.ends_at > transitions.detected_at, false) as is_ahead,
    from transitions
    inner join {{ ref('stg_servicetitan__appointments') }} as appointments
        on transitions.tenant_id = appointments.tenant_id
        and transitions.job_id = appointments.job_id
    where appointments.is_active
),

appointments as (
    select * from candidates
    where is_cause or status is distinct from 'Canceled'
    qualify row_number() over (
        partition by transition_id
        order by
            is_cause desc,
            is_ahead desc,
            case when is_ahead then starts_at end,
            starts_at desc nulls last,
            appointment_id
    ) = 1
)

select
    transitions.*,
    customers.name as customer_name,
    customers.type as customer_type,
    newest_contacts.email,
    newest_contacts.phone,
    coalesce(customers.is_do_not_mail, false) as is_do_not_mail,
    coalesce(customers.is_do_not_service, false) as is_do_not_service,
    appointments.appointment_id,
    appointments.starts_at as appointment_starts_at,
    appointments.ends_at as appointment_ends_at,
    appointments.arrival_window_starts_at,
    appointments.arrival_window_ends_at,
from transitions
left join {{ ref('stg_servicetitan__customers') }} as customers
    on transitions.tenant_id = customers.tenant_id
    and transitions.servicetitan_customer_id = customers.customer_id
left join newest_contacts
    on transitions.tenant_id = newest_contacts.tenant_id
    and transitions.servicetitan_customer_id = newest_contacts.customer_id
left join appointments on transitions.transition_id = appointments.transition_id
