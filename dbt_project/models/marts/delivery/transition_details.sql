{{ config(
    incremental_strategy='by_changed_customers',
    unique_key=['tenant_id', 'servicetitan_customer_id'],
    post_hook='{{ other_slices(sql) }}',
) }}

-- depends_on: {{ ref('int_customers__changed') }}
{%- set is_whole = is_full() or not relation_before(this.schema, this.identifier) %}
{%- set slice = in_slice('servicetitan_customer_id') if is_whole %}

with states as (
    select * from {{ ref('customer_servicetitan_state') }}
    where {{ slice if is_whole else of_changed_customers(ref('customer_servicetitan_state')) }}
),

-- read twice rather than kept, for its rows are wide
log as not materialized (
    select * from {{ ref('customer_state_transitions') }}
    where
        retracted_at is null
        and {{ slice if is_whole else of_changed_customers(ref('customer_state_transitions')) }}
),

-- the newest transition, the newest that is no reset, and the first of those that leave their state where it is
ends as (
    select
        tenant_id,
        servicetitan_customer_id,
        max(position) as last_position,
        max(position) filter (where event_name != 'reset') as entered_position,
        max(position) filter (where event_name != 'reset' and from_state != to_state) as first_position,
    from log
    group by tenant_id, servicetitan_customer_id
),

-- of history, which is never told, only where the customer stands, or would but for a reset: two visits, or two
-- installs, stand side by side
standing as (
    select log.*
    from log
    inner join ends
        on log.tenant_id = ends.tenant_id
        and log.servicetitan_customer_id = ends.servicetitan_customer_id
    where
        not log.is_baseline
        or log.position in (ends.last_position, ends.entered_position)
        or (log.to_state in (2, 6) and log.position between ends.first_position and ends.entered_position)
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
        coalesce(standing.to_state, states.current_state) as to_state,
        standing.event_name,
        standing.source_table,
        standing.source_id,
        standing.occurred_at,
        standing.detected_at,
        -- not asked in the joins: one that asks something of one side alone is made row by row
        case when standing.source_table = 'estimates' then try_cast(standing.source_id as bigint) end as estimate_id,
        case when standing.source_table = 'leads' then try_cast(standing.source_id as bigint) end as lead_id,
        case when standing.source_table = 'state_updates' then standing.source_id end as state_update_id,
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
        contacts.contact_id,
        case when trim(contacts.value) != '' then contacts.type end as type,
        contacts.value,
        contacts.preferences,
        contacts.modified_at,
    from {{ ref('stg_servicetitan__customer_contacts') }} as contacts
    semi join states
        on contacts.tenant_id = states.tenant_id
        and contacts.customer_id = states.servicetitan_customer_id
    where contacts.is_active
),

-- sorted afterwards: an aggregate that sorts takes ten times as long
typed_contacts as (
    select
        tenant_id,
        customer_id,
        list_reverse_sort(list(contact) filter (where type = 'Email')) as emails,
        list_reverse_sort(list(contact) filter (where type in ('MobilePhone', 'Phone'))) as phones,
    from (
        select
            tenant_id,
            customer_id,
            type,
            struct_pack(
                is_mobile := type = 'MobilePhone',
                modified_at := coalesce(modified_at, timestamptz '-infinity'),
                contact_id := contact_id,
                value := value,
                is_opted_out := coalesce(preferences ->> 'marketingUpdatesEnabled' = 'false', false)
            ) as contact,
        from contacts
    )
    group by tenant_id, customer_id
),

jobs as (
    select * from {{ ref('stg_servicetitan__jobs') }} as jobs
    semi join transitions
        on jobs.tenant_id = transitions.tenant_id
        and jobs.job_id = transitions.job_id
),

appointments as (
    select * from {{ ref('stg_servicetitan__appointments') }} as appointments
    semi join transitions
        on appointments.tenant_id = transitions.tenant_id
        and appointments.job_id = transitions.job_id
),

first_assignments as (
    select
        assignments.tenant_id,
        assignments.appointment_id,
        assignments.technician_name,
    from {{ ref('stg_servicetitan__appointment_assignments') }} as assignments
    semi join appointments
        on assignments.tenant_id = appointments.tenant_id
        and assignments.appointment_id = appointments.appointment_id
    where assignments.is_active
    qualify row_number() over (
        partition by assignments.tenant_id, assignments.appointment_id
        order by assignments.assigned_at nulls last, assignments.appointment_assignment_id
    ) = 1
),

visits as (
    select
        appointments.tenant_id,
        appointments.job_id,
        list_sort(list(
            struct_pack(
                id := appointments.appointment_id,
                is_active := appointments.is_active,
                status := appointments.status,
                starts_at := appointments.starts_at,
                ends_at := appointments.ends_at,
                arrival_window_starts_at := appointments.arrival_window_starts_at,
                arrival_window_ends_at := appointments.arrival_window_ends_at,
                technician := first_assignments.technician_name
            )
        )) as visits,
    from appointments
    left join first_assignments
        on appointments.tenant_id = first_assignments.tenant_id
        and appointments.appointment_id = first_assignments.appointment_id
    group by appointments.tenant_id, appointments.job_id
),

-- entries often stay active after the cancellation was removed
cancellations as (
    select logs.*
    from {{ ref('stg_servicetitan__job_canceled_logs') }} as logs
    semi join jobs
        on logs.tenant_id = jobs.tenant_id
        and logs.job_id = jobs.job_id
        and jobs.job_status = 'Canceled'
    where logs.is_active
    qualify row_number() over (
        partition by logs.tenant_id, logs.job_id
        order by logs.created_at desc nulls last, logs.job_canceled_log_id desc
    ) = 1
),

described_jobs as (
    select
        jobs.tenant_id,
        jobs.job_id,
        jobs.job_number,
        job_types.name as job_type,
        business_units.name as business_unit,
        jobs.project_id,
        jobs.job_status,
        case jobs.job_status
            when 'Canceled' then coalesce(cancellations.created_at, jobs.modified_at)
            when 'Completed' then coalesce(jobs.completed_at, jobs.modified_at)
        end as job_ended_at,
        case when jobs.job_status = 'Canceled' then reasons.name end as cancel_reason,
        jobs.job_status = 'Canceled' and not reasons.starts_flow as is_cancel_reason_silent,
        jobs.location_id,
        locations.name as location_name,
        locations.address,
    from jobs
    left join {{ ref('stg_servicetitan__job_types') }} as job_types
        on jobs.tenant_id = job_types.tenant_id
        and jobs.job_type_id = job_types.job_type_id
    left join {{ ref('stg_servicetitan__business_units') }} as business_units
        on jobs.tenant_id = business_units.tenant_id
        and jobs.business_unit_id = business_units.business_unit_id
    left join {{ ref('stg_servicetitan__locations') }} as locations
        on jobs.tenant_id = locations.tenant_id
        and jobs.location_id = locations.location_id
    left join cancellations
        on jobs.tenant_id = cancellations.tenant_id
        and jobs.job_id = cancellations.job_id
    left join {{ ref('int_cancel_reasons') }} as reasons
        on jobs.tenant_id = reasons.tenant_id
        and cancellations.reason_id is not distinct from reasons.reason_id
)

select
    transitions.tenant_id,
    transitions.tenant_name,
    transitions.workspace_id,
    transitions.contact_id,
    transitions.servicetitan_customer_id,
    transitions.transition_id,
    transitions.job_id,
    transitions.from_state,
    transitions.from_state_name,
    transitions.to_state,
    states_in_force.state_name as to_state_name,
    states_in_force.flow_name,
    coalesce(states_in_force.settle_minutes, 0) as settle_minutes,
    states_in_force.suppressed_by,
    transitions.event_name,
    transitions.source_table,
    transitions.source_id,
    transitions.occurred_at,
    transitions.detected_at,
    customers.name as customer_name,
    customers.type as customer_type,
    coalesce(customers.is_do_not_mail, false) as is_do_not_mail,
    coalesce(customers.is_do_not_service, false) as is_do_not_service,
    coalesce(
        list_transform(
            typed_contacts.emails,
            lambda email: struct_pack(value := email.value, is_opted_out := email.is_opted_out)
        ),
        []
    ) as emails,
    coalesce(list_transform(typed_contacts.phones, lambda phone: phone.value), []) as phones,
    coalesce(visits.visits, []) as visits,
    jobs.job_number,
    jobs.job_type,
    jobs.business_unit,
    jobs.project_id,
    jobs.job_status,
    jobs.job_ended_at,
    jobs.cancel_reason,
    coalesce(jobs.is_cancel_reason_silent, false) as is_cancel_reason_silent,
    jobs.location_id,
    jobs.location_name,
    jobs.address ->> 'street' as street,
    jobs.address ->> 'unit' as unit,
    jobs.address ->> 'city' as city,
    jobs.address ->> 'state' as state,
    jobs.address ->> 'zip' as zip,
    jobs.address ->> 'country' as country,
    estimates.estimate_id,
    estimates.name as estimate_name,
    estimates.status_name as estimate_status,
    estimates.subtotal as estimate_subtotal,
    estimates.sold_at as estimate_sold_at,
    leads.status as lead_status,
    coalesce(updates.is_flow_wanted, true) as is_flow_wanted,
from transitions
left join {{ ref('int_tenants__states') }} as states_in_force
    on transitions.tenant_id = states_in_force.tenant_id
    and transitions.to_state = states_in_force.state
left join {{ ref('stg_servicetitan__customers') }} as customers
    on transitions.tenant_id = customers.tenant_id
    and transitions.servicetitan_customer_id = customers.customer_id
left join typed_contacts
    on transitions.tenant_id = typed_contacts.tenant_id
    and transitions.servicetitan_customer_id = typed_contacts.customer_id
left join described_jobs as jobs
    on transitions.tenant_id = jobs.tenant_id
    and transitions.job_id = jobs.job_id
left join visits
    on transitions.tenant_id = visits.tenant_id
    and transitions.job_id = visits.job_id
left join {{ ref('stg_servicetitan__estimates') }} as estimates
    on transitions.tenant_id = estimates.tenant_id
    and transitions.estimate_id = estimates.estimate_id
left join {{ ref('stg_servicetitan__leads') }} as leads
    on transitions.tenant_id = leads.tenant_id
    and transitions.lead_id = leads.lead_id
left join {{ ref('stg_servicetitan__state_updates') }} as updates
    on transitions.tenant_id = updates.tenant_id
    and transitions.state_update_id = updates.state_update_id
