{{ config(materialized='view') }}

with job_types as (
    select * from {{ ref('stg_servicetitan__job_types') }}
),

spans as (
    select
        tenant_id,
        cast(date_trunc('week', make_timestamp(epoch_us(entered_at))) as date) as week,
        job_type_id,
        state,
        count(*) as stays,
    from {{ ref('customer_state_spans') }}
    where state > 0
    group by all
),

counted as (
    select
        tenant_id,
        week,
        job_type_id,
        {%- for name, state in {
            'leads': 1,
            'sales_appointments_booked': 2,
            'sales_appointments_canceled': 2.5,
            'estimates_created': 3,
            'estimates_sold': 4,
            'installs_scheduled': 5,
            'installs_canceled': 5.5,
            'installs_completed': 6,
        }.items() %}
        cast(coalesce(sum(stays) filter (where state = {{ state }}), 0) as bigint) as {{ name }},
        {%- endfor %}
    from spans
    group by all
),

named as (
    select
        counted.*,
        tenants.tenant_name,
        job_types.name as job_type_name,
    from counted
    left join {{ ref('stg_servicetitan__tenants') }} as tenants on counted.tenant_id = tenants.tenant_id
    left join job_types
        on counted.tenant_id = job_types.tenant_id
        and counted.job_type_id = job_types.job_type_id
)

select * from named
