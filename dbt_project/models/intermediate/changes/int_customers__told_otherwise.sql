{%- set details = relation_before('marts', 'transition_details') %}

with changes as (
    select * from {{ ref('int_changes') }}
),

details as (
    {% if details -%}
    select * from {{ details }}
    {%- else -%}
    select
        cast(null as bigint) as tenant_id,
        cast(null as bigint) as servicetitan_customer_id,
        cast(null as bigint) as job_id,
        cast(null as bigint) as location_id,
        cast(null as varchar) as job_type,
        cast(null as varchar) as business_unit,
    where false
    {%- endif %}
),

assignments as (
    select * from changes
    where source_table = 'appointment_assignments'
),

-- an assignment names its appointment's job
jobs as (
    select
        tenant_id,
        job_id,
    from assignments
    union
    select
        tenant_id,
        previous_job_id as job_id,
    from assignments
    union
    select
        appointments.tenant_id,
        appointments.job_id,
    from assignments as changes
    inner join {{ ref('stg_servicetitan__appointment_assignments') }} as assigned
        on changes.tenant_id = assigned.tenant_id
        and changes.record_id = assigned.appointment_assignment_id
    inner join {{ ref('stg_servicetitan__appointments') }} as appointments
        on assigned.tenant_id = appointments.tenant_id
        and assigned.appointment_id = appointments.appointment_id
    union
    select
        logs.tenant_id,
        logs.job_id,
    from changes
    inner join {{ ref('stg_servicetitan__job_canceled_logs') }} as logs
        on changes.tenant_id = logs.tenant_id
        and changes.record_id = logs.reason_id
    where changes.source_table = 'job_cancel_reasons'
    {%- for names, (id, name) in {
        'job_types': ('job_type_id', 'job_type'), 'business_units': ('business_unit_id', 'business_unit')
    }.items() %}
    union
    select
        details.tenant_id,
        details.job_id,
    from changes
    inner join {{ ref('stg_servicetitan__' ~ names) }} as names
        on changes.tenant_id = names.tenant_id
        and changes.record_id = names.{{ id }}
    inner join {{ ref('stg_servicetitan__jobs') }} as jobs
        on names.tenant_id = jobs.tenant_id
        and names.{{ id }} = jobs.{{ id }}
    inner join details
        on jobs.tenant_id = details.tenant_id
        and jobs.job_id = details.job_id
        and names.name is distinct from details.{{ name }}
    where changes.source_table = '{{ names }}'
    {%- endfor %}
),

told_otherwise as (
    select
        details.tenant_id,
        details.servicetitan_customer_id as customer_id,
    from details
    semi join jobs
        on details.tenant_id = jobs.tenant_id
        and details.job_id = jobs.job_id
    union
    select
        details.tenant_id,
        details.servicetitan_customer_id as customer_id,
    from details
    semi join changes
        on details.tenant_id = changes.tenant_id
        and details.location_id = changes.record_id
        and changes.source_table = 'locations'
)

select * from told_otherwise
