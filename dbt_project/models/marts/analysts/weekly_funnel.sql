{{ config(materialized='view') }}

with spans as (
    select * from {{ ref('customer_state_spans') }}
    where state > 0
),

job_types as (
    select * from {{ ref('stg_servicetitan__job_types') }}
),

counted as (
    select
        spans.tenant_id,
        spans.tenant_name,
        cast(date_trunc('week', make_timestamp(epoch_us(spans.entered_at))) as date) as week,
        spans.job_type_id,
        count(*) filter (where spans.state = 1) as leads,
        count(*) filter (where spans.state = 2) as sales_appointments_booked,
        count(*) filter (where spans.state = 2.5) as sales_appointments_canceled,
        count(*) filter (where spans.state = 3) as estimates_created,
        count(*) filter (where spans.state = 4) as estimates_sold,
        count(*) filter (where spans.state = 5) as installs_scheduled,
        count(*) filter (where spans.state = 5.5) as installs_canceled,
        count(*) filter (where spans.state = 6) as installs_completed,
    from spans
    group by all
),

named as (
    select
        counted.*,
        job_types.name as job_type_name,
    from counted
    left join job_types
        on counted.tenant_id = job_types.tenant_id
        and counted.job_type_id = job_types.job_type_id
)

select * from named
