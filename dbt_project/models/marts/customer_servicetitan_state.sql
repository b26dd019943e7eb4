{{ config(
    incremental_strategy='by_changed_customers', unique_key=['tenant_id', 'servicetitan_customer_id']
) }}

with changed as (
    select * from {{ ref('int_customers__changed') }}
),

-- a customer's own link, else the newest of those merged into it
contacts as (
    select
        changed.tenant_id,
        changed.merged_customer_id as customer_id,
        links.contact_id,
    from {{ ref('stg_servicetitan__contact_links') }} as links
    inner join changed
        on links.tenant_id = changed.tenant_id
        and links.customer_id = changed.customer_id
    where links.contact_id is not null -- it was moved to another customer
    qualify row_number() over (
        partition by changed.tenant_id, changed.merged_customer_id
        order by links.customer_id = changed.merged_customer_id desc, links.linked_at desc, links.contact_id
    ) = 1
),

causes as (
    select
        folded.*,
        {{ transition_id('folded.tenant_id', 'events.event_id', 'events.to_state') }} as transition_id,
    from {{ ref('int_customers__folded') }} as folded
    inner join {{ ref('int_events__named') }} as events
        on folded.customer_key = events.customer_key
        and folded.position = events.position
),

last_transitions as (
    select
        customer_key,
        case
            when is_reset then {{ transition_id('tenant_id', "'reset:' || transition_id", '0') }}
            else transition_id
        end as transition_id,
    from causes
),

states as (
    select
        cast(md5(folded.tenant_id || ':' || folded.customer_id) as uuid) as id,
        folded.tenant_id,
        tenants.tenant_name,
        tenants.workspace_id,
        contacts.contact_id,
        folded.customer_id as servicetitan_customer_id,
        customers.name as customer_name,
        customers.is_active as customer_is_active,
        folded.state as current_state,
        customer_states.state_name as current_state_name,
        folded.job_id,
        folded.previous_state,
        coalesce(folded.entered_at, customers.created_at) as state_changed_at,
        folded.reset_due_at,
        last_transitions.transition_id as last_transition_id,
        customers.created_at,
        greatest(customers.modified_at, coalesce(folded.entered_at, customers.created_at)) as updated_at,
    from {{ ref('int_customers__folded') }} as folded
    inner join {{ ref('stg_servicetitan__customers') }} as customers
        on folded.tenant_id = customers.tenant_id
        and folded.customer_id = customers.customer_id
    left join last_transitions on folded.customer_key = last_transitions.customer_key
    left join contacts
        on folded.tenant_id = contacts.tenant_id
        and folded.customer_id = contacts.customer_id
    left join {{ ref('stg_servicetitan__tenants') }} as tenants on folded.tenant_id = tenants.tenant_id
    left join {{ ref('int_tenants__states') }} as customer_states
        on folded.tenant_id = customer_states.tenant_id
        and folded.state = customer_states.state
)

select * from states
